#include "sim/supervisor/libtool.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <system_error>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace heddle::sim {
namespace {

namespace fs = std::filesystem;

constexpr char kFolder[] = ".libs";
// Of a program that is linked anew when it is started for the first time.
constexpr char kRelinked[] = "lt-";

// What libtool 1.5 to 2.5 write.
struct Script {
  bool is_one = false;
  std::string library_path;
};

Script ReadScript(const fs::path& path) {
  constexpr int kMostLines = 2000;
  constexpr absl::string_view kSets = "LD_LIBRARY_PATH=\"";
  Script script;
  std::error_code error;
  if (!fs::is_regular_file(path, error)) return script;
  std::ifstream file(path, std::ios::binary);
  char begin[2];
  if (!file.read(begin, 2) || begin[0] != '#' || begin[1] != '!') return script;
  std::string line;
  for (int i = 0; i < kMostLines && std::getline(file, line); ++i) {
    if (absl::StrContains(line, " - temporary wrapper script for ")) script.is_one = true;
    absl::string_view rest = line;
    rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
    if (!script.is_one || !absl::ConsumePrefix(&rest, kSets)) continue;
    const absl::string_view folders = rest.substr(0, rest.find('"'));
    script.library_path = std::string(absl::StripSuffix(folders, ":$LD_LIBRARY_PATH"));
    break;
  }
  return script;
}

}  // namespace

std::string ProgramBehind(const std::string& path) {
  const fs::path script = path;
  if (!ReadScript(script).is_one) return path;
  std::error_code error;
  for (const char* prefix : {kRelinked, ""}) {
    const fs::path program =
        script.parent_path() / kFolder / absl::StrCat(prefix, script.filename().string());
    if (fs::is_regular_file(program, error)) return program.string();
  }
  return path;
}

std::string LibtoolLibraryPath(const std::string& program) {
  std::error_code error;
  const fs::path whole = fs::absolute(program, error);
  if (error || whole.parent_path().filename() != kFolder) return "";
  const std::string file = whole.filename().string();
  const absl::string_view name = absl::StripPrefix(file, kRelinked);
  return ReadScript(whole.parent_path().parent_path() / std::string(name)).library_path;
}

}  // namespace heddle::sim
