#include "sim/runtime/core/stacks.h"

#include <link.h>
#include <sys/syscall.h>
#include <unwind.h>

#include <algorithm>
#include <cstdio>

#include "sim/runtime/core/kernel.h"
#include "sim/runtime/core/tsan_reports.h"
#include "sim/runtime/core/uncontrolled.h"

extern "C" void* __libc_stack_end;  // the dynamic linker's; of the main thread

namespace heddle::sim::runtime {
namespace {

struct Frames {
  uint64_t* pcs;
  uint32_t most;
  uint32_t count;
};

_Unwind_Reason_Code AddFrame(_Unwind_Context* context, void* argument) {
  Frames* frames = static_cast<Frames*>(argument);
  int interrupted = 0;
  uint64_t pc = _Unwind_GetIPInfo(context, &interrupted);
  // Return addresses are behind their calls, and are looked up one byte before. That of a frame
  // that a signal interrupted is the instruction itself.
  if (interrupted != 0 && pc != 0) ++pc;
  if (pc == 0 || frames->count == frames->most) return _URC_END_OF_STACK;
  frames->pcs[frames->count++] = pc;
  return _URC_NO_REASON;
}

int AddModule(dl_phdr_info* info, size_t, void*) {
  Control* control = kernel.control;
  if (control->module_count == kMaxModules) return 0;
  Module& module = control->modules[control->module_count++];
  module.bias = info->dlpi_addr;
  module.begin = UINT64_MAX;
  module.end = 0;
  for (int i = 0; i < info->dlpi_phnum; ++i) {
    const auto& header = info->dlpi_phdr[i];
    if (header.p_type != PT_LOAD) continue;
    const uint64_t begin = info->dlpi_addr + header.p_vaddr;
    if (begin < module.begin) module.begin = begin;
    if (begin + header.p_memsz > module.end) module.end = begin + header.p_memsz;
  }
  const char* name = info->dlpi_name;
  if (name[0] == 0) {
    const long length = RawSyscall(SYS_readlink, reinterpret_cast<long>("/proc/self/exe"),
                                   reinterpret_cast<long>(module.path), sizeof module.path - 1);
    module.path[length > 0 ? length : 0] = 0;
  } else {
    snprintf(module.path, sizeof module.path, "%s", name);
  }
  return 0;
}

}  // namespace

void CaptureFrames(uint64_t* pcs, uint32_t most) {
  Frames frames{pcs, most, 0};
  const WhileReportingStack scope;
  _Unwind_Backtrace(AddFrame, &frames);
  for (uint32_t i = frames.count; i < most; ++i) pcs[i] = 0;
}

void CaptureCallers(const Thread* self, uint64_t* pcs, uint32_t most) {
  std::fill_n(pcs, most, 0);
  pcs[0] = reinterpret_cast<uint64_t>(self->caller);
  // What a register holds in code without frame pointers must not be followed off the stack.
  const auto end =
      self->stack_size != 0 ? self->context.fs_base : reinterpret_cast<uintptr_t>(__libc_stack_end);
  auto frame = reinterpret_cast<uintptr_t>(__builtin_frame_address(0));
  constexpr uint32_t kMostOwnFrames = 16;  // of the runtime's, below the caller
  uint32_t own = 0, count = 0;
  while (count < most && own < kMostOwnFrames && frame < end &&
         end - frame >= 2 * sizeof(uintptr_t)) {
    const auto* words = reinterpret_cast<const uintptr_t*>(frame);
    if (count > 0 || words[1] == pcs[0]) {
      pcs[count++] = words[1];
    } else {
      ++own;
    }
    if (words[0] <= frame || words[0] % sizeof(uintptr_t) != 0) return;
    frame = words[0];
  }
}

void CaptureStack(ThreadReport* report) {
  Uncontrolled scope;
  Frames frames{report->pcs, kMaxStackFrames, 0};
  _Unwind_Backtrace(AddFrame, &frames);
  report->frames = frames.count;
}

void CapturePending(Thread* self) {
  Uncontrolled scope;
  Frames frames{self->detail_pcs, kMaxDetailFrames, 0};
  _Unwind_Backtrace(AddFrame, &frames);
  self->detail_frames = frames.count;
}

void FillModules() {
  kernel.control->module_count = 0;
  dl_iterate_phdr(AddModule, nullptr);
}

}  // namespace heddle::sim::runtime
