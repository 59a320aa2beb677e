#include "sim/supervisor/real_machine.h"

#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <fstream>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "sim/process/process.h"
#include "sim/stacks/symbolizer.h"

namespace heddle::sim {
namespace {

using absl::string_view;

constexpr string_view kInstructions[] = {"cpuid",   "rdpmc",   "rdrand",  "rdrandl",
                                         "rdrandq", "rdrandw", "rdseed",  "rdseedl",
                                         "rdseedq", "rdseedw", "sysenter"};
// Whoever waits for more has a program of hundreds of megabytes.
constexpr std::chrono::seconds kTimeLimit{60};

bool IsOne(string_view instruction) {
  if (instruction == "syscall") return !CanTrapSystemCalls();
  return std::find(std::begin(kInstructions), std::end(kInstructions), instruction) !=
         std::end(kInstructions);
}

// "  401136: \tcpuid": the instruction, and where; false for all other lines.
bool ParseLine(string_view line, string_view* instruction, uint64_t* offset) {
  const std::vector<string_view> parts =
      absl::StrSplit(line, absl::ByAnyChar(": \t"), absl::SkipEmpty());
  if (parts.size() < 2 || !IsOne(parts[1])) return false;
  *instruction = parts[1];
  return absl::SimpleHexAtoi(parts[0], offset);
}

}  // namespace

bool CanTrapSystemCalls() {
  constexpr int kSetSyscallUserDispatch = 59;  // PR_SET_SYSCALL_USER_DISPATCH
  constexpr int kOff = 0;
  static const bool can = prctl(kSetSyscallUserDispatch, kOff, 0, 0, 0) == 0;
  return can;
}

bool CanPutMemoryBack() {
  constexpr uint64_t kAsync = 1 << 15, kUnpopulated = 1 << 13;
  constexpr int kUserModeOnly = 1;
  // linux/fs.h of Linux 6.7.
  struct ScanArgument {
    uint64_t size, flags, start, end, walk_end, vec, vec_len, max_pages, category_inverted,
        category_mask, category_anyof_mask, return_mask;
  };
  const int uffd = static_cast<int>(syscall(SYS_userfaultfd, O_CLOEXEC | kUserModeOnly));
  const int pagemap = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
  uffdio_api api = {};
  api.api = UFFD_API;
  api.features = kAsync | kUnpopulated;
  ScanArgument argument = {};
  argument.size = sizeof argument;
  const bool can = uffd >= 0 && ioctl(uffd, UFFDIO_API, &api) == 0 && pagemap >= 0 &&
                   ioctl(pagemap, _IOWR('f', 16, ScanArgument), &argument) >= 0;
  if (uffd >= 0) close(uffd);
  if (pagemap >= 0) close(pagemap);
  return can;
}

std::vector<std::string> RealMachineInstructions(const AddressNames& names) {
  std::vector<std::string> found;
  const absl::StatusOr<TemporaryFolder> folder = TemporaryFolder::Create();
  const std::string objdump =
      absl::StrReplaceAll(Symbolizer::Find(), {{"llvm-symbolizer", "llvm-objdump"}});
  if (!folder.ok() || objdump.empty() || names.modules().empty()) return found;
  const LoadedModule& program = names.modules().front();
  Command command;
  command.argv = {objdump, "--disassemble", "--no-show-raw-insn", program.path};
  command.stdout_path = folder->path() + "/code";
  command.stderr_path = folder->path() + "/errors";
  command.time_limit = kTimeLimit;
  if (!RunProcess(command).ok()) return found;
  std::ifstream code(command.stdout_path);
  for (std::string line; std::getline(code, line);) {
    string_view instruction;
    uint64_t offset;
    if (!ParseLine(line, &instruction, &offset)) continue;
    // FramesAt() takes a return address, which lies behind the instruction.
    const std::vector<Frame> frames = names.FramesAt(offset + program.bias + 1);
    const auto own =
        std::find_if(frames.begin(), frames.end(), [](const Frame& frame) { return frame.own; });
    if (own == frames.end()) continue;
    std::string place = absl::StrCat(instruction, ": ", ShortFrame(*own));
    if (std::find(found.begin(), found.end(), place) == found.end()) {
      found.push_back(std::move(place));
    }
  }
  return found;
}

}  // namespace heddle::sim
