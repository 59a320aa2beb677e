#include "harness/run/cell_plan.h"

#include <filesystem>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "harness/run/cells.h"

namespace heddle::harness {

const std::vector<ExpectedFinding>& CellPlan::Expected() const {
  return ExpectedOf(scenario, dispatcher);
}

host::Request CellPlan::AsDelivered(host::Request request) const {
  request.window = window;
  request.faults = {};
  return request;
}

std::string CellPlan::MakeRunFolder(int64_t run) const {
  const std::filesystem::path path =
      std::filesystem::path(folder) / absl::StrCat(Name(dispatcher), "-", Name(flavour), "-", run);
  std::error_code ignored;
  std::filesystem::remove_all(path, ignored);
  std::filesystem::create_directories(path, ignored);
  return path;
}

void CellPlan::Announce(const CellResult& cell, int64_t planned,
                        const sim::ExploreProgress* explored) const {
  if (!options.progress) return;
  options.progress(
      {scenario, dispatcher, flavour, cell.runs, planned, explored, cell.findings.size()});
}

}  // namespace heddle::harness
