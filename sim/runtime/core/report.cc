// Findings: written into the control block first, then printed, then the process ends.
#include <link.h>
#include <sys/syscall.h>
#include <unwind.h>

#include <cstdarg>
#include <cstdio>
#include <cstring>

#include "sim/runtime/core/scheduler.h"

// Where debuggers set their breakpoints (debug.py): a step's operation is about to happen,
// something was found. Not inlined, not merged with one another.
extern "C" __attribute__((noinline, used)) void heddle_debug_step() { asm volatile("nop"); }
extern "C" __attribute__((noinline, used)) void heddle_debug_finding(const char* message) {
  asm volatile("nop # finding" : : "r"(message));
}

namespace heddle::sim::runtime {

void DescribeThread(const Thread* thread, char* text, size_t size);  // scheduler.cc

namespace {

struct Frames {
  uint64_t* pcs;
  uint32_t most;
  uint32_t count;
};

_Unwind_Reason_Code AddFrame(_Unwind_Context* context, void* argument) {
  Frames* frames = static_cast<Frames*>(argument);
  const uint64_t pc = _Unwind_GetIP(context);
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

void ReportThread(Thread* thread, FailureRecord& finding) {
  if (finding.threads == kMaxReportedThreads) return;
  ThreadReport& report = finding.reports[finding.threads];
  report.thread = thread->number;
  report.frames = 0;
  DescribeThread(thread, report.state, sizeof report.state);
  Thread* self = kernel.threads.current;
  if (thread == self) {
    CaptureStack(&report);
  } else {
    // Only a thread itself knows its stack: let it run just long enough to look (AfterSwitch).
    kernel.capture.asker = self;
    kernel.capture.into = &report;
    kernel.threads.current = thread;
    if (kernel.carrier.baton) {
      SwitchBaton(&self->context, &thread->context);
    } else {
      SwitchAdopted(&self->context, &thread->context);
    }
    kernel.threads.current = self;
  }
  ++finding.threads;
}

}  // namespace

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

void NoteSanitizerReport() {
  if (kernel.control == nullptr) return;
  heddle_debug_finding("a sanitizer reports");
  const uint32_t number = kernel.control->sanitizer_reports++;
  if (number >= kMaxReportPoints || kernel.threads.current == nullptr) return;
  kernel.control->report_points[number] = {kernel.log.points == 0 ? 0 : kernel.log.points - 1,
                                           kernel.threads.current->number, 0};
}

void StopForDebugger() {
  kernel.control->stopped_at = kernel.log.points - 1;
  if (kernel.control->debugger == Debugger::kAttaches) {
    const long thread = KernelThreadId();
    RawSyscall(SYS_tgkill, kernel.carrier.process, thread, 19 /* SIGSTOP */);
  }
  heddle_debug_step();
}

void FillModules() {
  kernel.control->module_count = 0;
  dl_iterate_phdr(AddModule, nullptr);
}

// Without switching (from a signal handler the other contexts must not be touched).
void RecordFinding(FailureKind kind, const char* message, bool all_threads) {
  Control* control = kernel.control;
  FailureRecord& finding = control->finding;
  finding.kind = kind;
  finding.thread = kernel.threads.current != nullptr ? kernel.threads.current->number : kNoThread;
  finding.point = kernel.log.points;
  finding.threads = 0;
  snprintf(finding.message, sizeof finding.message, "%s", message);
  control->points = kernel.log.points;
  control->hash = kernel.log.hash;
  control->virtual_ns = static_cast<uint64_t>(kernel.clock.now);
  control->state = ExecutionState::kFinding;
  FillModules();
  if (kernel.threads.current == nullptr) return;
  if (!all_threads) {
    ReportThread(kernel.threads.current, finding);
    return;
  }
  for (uint32_t i = 0; i < kernel.threads.slot_end; ++i) {
    if (kernel.threads.slots[i] != nullptr) ReportThread(kernel.threads.slots[i], finding);
  }
}

void Fail(FailureKind kind, const char* format, ...) {
  tls_self = nullptr;
  tls_in_arena = false;
  char message[4096];
  va_list values;
  va_start(values, format);
  vsnprintf(message, sizeof message, format, values);
  va_end(values);
  dprintf(2, "heddle: %s: %s\n", FailureKindName(kind), message);
  heddle_debug_finding(message);
  if (kernel.control != nullptr) {
    RecordFinding(kind, message, kernel.execution.active);
    const FailureRecord& finding = kernel.control->finding;
    for (uint32_t i = 0; i < finding.threads; ++i) {
      dprintf(2, "heddle:   thread %u %s\n", finding.reports[i].thread, finding.reports[i].state);
    }
  }
  RawSyscall(SYS_exit_group, kFindingExitStatus);
  __builtin_unreachable();
}

void Unmodelled(const char* operation) {
  Fail(FailureKind::kUnmodelled,
       "%s is not modelled by the kernel, so this execution could not be replayed", operation);
}

}  // namespace heddle::sim::runtime
