// heddle version: this build, and the flavours that stand beside it.
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "harness/cli/command.h"
#include "harness/run/host_run.h"
#include "sim/process/process.h"

namespace heddle::cli {
namespace {

int Version() {
  std::vector<std::string> flavours;
  for (size_t i = 0; i < sim::kFlavourNames.size(); ++i) {
    const auto flavour = static_cast<sim::Flavour>(i);
    if (harness::FindHost(sim::ExecutableFolder(), flavour).ok()) {
      flavours.emplace_back(Name(flavour));
    }
  }
  Print(absl::StrCat("heddle ", HEDDLE_VERSION, "\ncompiler: ", HEDDLE_COMPILER, "\nflavours: ",
                     flavours.empty() ? "none" : absl::StrJoin(flavours, ", "), "\n"));
  return kMet;
}

}  // namespace

void AddVersion(Command app) {
  Command command = app.Add("version", "Print the version, the compiler and the flavours built");
  command.OnRun(Version);
}

}  // namespace heddle::cli
