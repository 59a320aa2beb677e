#include "sim/runtime/core/testing/fake_kernel.h"

#include <cstdarg>
#include <cstdio>
#include <cstdlib>

#include "sim/runtime/core/child_processes.h"
#include "sim/runtime/core/decide.h"
#include "sim/runtime/core/report.h"
#include "sim/runtime/core/waiting.h"
#include "sim/runtime/interpose/cancel.h"
#include "sim/runtime/interpose/timers.h"

namespace heddle::sim::runtime {

int64_t fake_timer_deadline = kNever;

int64_t TimersEarliest() { return fake_timer_deadline; }
void TimersFire() {
  if (fake_timer_deadline <= kernel.clock.now) fake_timer_deadline = kNever;
}

void Schedule(Thread*) {}
void SettleFreeProcesses() {}
int OwnProcessNumber() { return kProcessNumber; }
int64_t ChildTimersEarliest() { return kNever; }
void ChildTimersFire() {}
void Cancel(Thread*) { exit(1); }

void Fail(FailureKind kind, const char* format, ...) {
  fprintf(stderr, "%s: ", FailureKindName(kind));
  va_list values;
  va_start(values, format);
  vfprintf(stderr, format, values);
  va_end(values);
  fprintf(stderr, "\n");
  exit(kFindingExitStatus);
}

FakeKernel::FakeKernel() {
  static const Kernel fresh;
  kernel = fresh;
  fake_timer_deadline = kNever;
  for (Thread& thread : threads_) AddThread(&thread);
  kernel.threads.current = &threads_[0];
}

void FakeKernel::Sleep(Thread& thread, const void* address, Ready ready, int64_t deadline) {
  thread.ready = ready;
  thread.wait_address = address;
  thread.deadline = deadline;
  ++kernel.threads.waiting;
  if (deadline != kNever) DeadlineAdded(deadline);
  SetEnabled(&thread, CanGoOn(&thread));
}

void FakeKernel::Wake(Thread& thread) {
  --kernel.threads.waiting;
  thread.ready = nullptr;
  thread.deadline = kNever;
  thread.timed_out = false;
  thread.enabled = true;
}

}  // namespace heddle::sim::runtime
