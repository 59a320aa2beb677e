#include "harness/run/plain_libraries.h"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "sim/process/process.h"
#include "sim/supervisor/libtool.h"

namespace heddle::harness {
namespace {

// And libev, whose atomics order nothing but its own wake-ups, which are calls on descriptors.
constexpr absl::string_view kKnown[] = {
    "ld-linux",     "libatomic.so", "libc++.so",  "libc++abi.so",  "libc.so",      "libdl.so",
    "libev.so",     "libgcc_s.so",  "libm.so",    "libpthread.so", "libresolv.so", "librt.so",
    "libstdc++.so", "libunwind.so", "libutil.so", "linux-vdso"};

// Larger ones are not looked into, and count as plain.
constexpr uintmax_t kMostBytes = uintmax_t{1} << 30;

bool IsInstrumented(const std::string& library) {
  std::error_code error;
  const uintmax_t size = std::filesystem::file_size(library, error);
  if (error || size > kMostBytes) return false;
  std::ifstream file(library, std::ios::binary);
  const std::string bytes(std::istreambuf_iterator<char>(file), {});
  return absl::StrContains(bytes, "__tsan_func_entry") || absl::StrContains(bytes, "__tsan_init");
}

}  // namespace

std::vector<std::string> PlainLibraries(const std::string& program) {
  constexpr std::chrono::seconds kTime(5);
  const absl::StatusOr<sim::TemporaryFolder> folder = sim::TemporaryFolder::Create();
  if (!folder.ok()) return {};
  sim::Command command;
  command.argv = {program};
  command.environment = {"LD_TRACE_LOADED_OBJECTS=1"};
  if (const std::string folders = sim::LibtoolLibraryPath(program); !folders.empty()) {
    command.environment.push_back(absl::StrCat("LD_LIBRARY_PATH=", folders));
  }
  command.stdout_path = folder->path() + "/libraries";
  command.stderr_path = "/dev/null";
  command.time_limit = kTime;
  if (!sim::RunProcess(command).ok()) return {};
  std::vector<std::string> plain;
  std::ifstream lines(command.stdout_path);
  // "\tlibfoo.so.1 => /usr/lib/libfoo.so.1 (0x00007f...)"
  for (std::string line; std::getline(lines, line);) {
    const std::vector<absl::string_view> words =
        absl::StrSplit(line, absl::ByAnyChar("\t "), absl::SkipEmpty());
    if (words.size() < 3 || words[1] != "=>") continue;
    const std::string name = std::filesystem::path(std::string(words[0])).filename();
    const bool known =
        std::any_of(std::begin(kKnown), std::end(kKnown),
                    [&](absl::string_view each) { return absl::StartsWith(name, each); });
    if (!known && !IsInstrumented(std::string(words[2]))) plain.push_back(name);
  }
  return plain;
}

}  // namespace heddle::harness
