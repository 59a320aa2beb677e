// heddle version: this build, and the flavours that stand beside it.
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "harness/cli/command.h"
#include "harness/run/host_run.h"

namespace heddle::cli {
namespace {

int Version() {
  Print(VersionText());
  return kMet;
}

}  // namespace

std::string VersionText() {
  std::vector<std::string> flavours;
  for (size_t i = 0; i < sim::kFlavourNames.size(); ++i) {
    const auto flavour = static_cast<sim::Flavour>(i);
    if (harness::FindHost(HostFolder(""), flavour).ok()) {
      flavours.emplace_back(Name(flavour));
    }
  }
  return absl::StrCat("heddle ", HEDDLE_VERSION, "\ncompiler: ", HEDDLE_COMPILER,
                      "\nflavours: ", flavours.empty() ? "none" : absl::StrJoin(flavours, ", "),
                      "\n");
}

void AddVersion(Command app) {
  Command command = app.Add("version", "Print the version, the compiler and the flavours built");
  command.OnRun(Version);
}

}  // namespace heddle::cli
