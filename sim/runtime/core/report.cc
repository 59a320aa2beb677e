#include "sim/runtime/core/report.h"

#include <sys/syscall.h>

#include <algorithm>
#include <cstdarg>
#include <cstdio>
#include <cstring>

#include "sim/runtime/core/arena.h"
#include "sim/runtime/core/child_processes.h"
#include "sim/runtime/core/debugger.h"
#include "sim/runtime/core/describe.h"
#include "sim/runtime/core/hand_over.h"
#include "sim/runtime/core/held_locks.h"
#include "sim/runtime/core/kernel.h"
#include "sim/runtime/core/lost_signals.h"
#include "sim/runtime/core/stacks.h"
#include "sim/runtime/core/text.h"

namespace heddle::sim::runtime {
namespace {

constinit PlaceReport place_of_next = {};

void ReportThread(Thread* thread, FailureRecord& finding) {
  if (finding.threads == kMaxReportedThreads) return;
  ThreadReport& report = finding.reports[finding.threads];
  report.thread = thread->number;
  report.frames = 0;
  CopyText(report.name, sizeof report.name, thread->own.named ? thread->own.name : "");
  DescribeThread(thread, report.state, sizeof report.state);
  Thread* self = kernel.threads.current;
  if (thread->child_process != 0) {
    ReportChild(thread, finding.threads);
  } else if (thread == self) {
    CaptureStack(&report);
  } else {
    // Only a thread itself knows its stack: let it run just long enough to look (AfterSwitch).
    kernel.capture.asker = self;
    kernel.capture.into = &report;
    kernel.threads.current = thread;
    SwitchContext(self, thread);
    kernel.threads.current = self;
  }
  ++finding.threads;
}

// A place that matters to the finding: `caller` is where.
// Once, however many threads it concerns.
__attribute__((format(printf, 3, 4))) void AddPlace(FailureRecord& finding, const void* caller,
                                                    const char* format, ...) {
  if (finding.place_count == kMaxPlaces || caller == nullptr) return;
  PlaceReport& place = finding.places[finding.place_count];
  place = {};
  place.pcs[0] = reinterpret_cast<uint64_t>(caller);
  va_list values;
  va_start(values, format);
  vsnprintf(place.text, sizeof place.text, format, values);
  va_end(values);
  for (uint32_t i = 0; i < finding.place_count; ++i) {
    const PlaceReport& known = finding.places[i];
    if (known.pcs[0] == place.pcs[0] && strcmp(known.text, place.text) == 0) return;
  }
  ++finding.place_count;
}

// Where locks were taken, and where signals went to nobody or to another thread.
void AddPlaces(const Thread* thread, FailureRecord& finding) {
  for (uint32_t h = 0; h < HeldEntries(thread); ++h) {
    const Held& held = thread->held[h];
    AddPlace(finding, held.caller, "thread %u took the %s 0x%lx", thread->number,
             HeldName(held.kind), reinterpret_cast<unsigned long>(held.address));
  }
  if (thread->enabled) return;
  const auto waits_at = reinterpret_cast<unsigned long>(thread->wait_address);
  if (const LeftLock* left = LeftBy(thread->wait_address);
      left != nullptr && HolderOf(thread->wait_address) == nullptr) {
    AddPlace(finding, left->caller, "thread %u took 0x%lx, and ended with it", left->thread,
             waits_at);
  }
  const LostSignal* signal = LastSignalNotFor(thread);
  if (signal == nullptr) return;
  if (signal->woken == kNoThread) {
    AddPlace(finding, signal->caller, "thread %u signalled 0x%lx at point %lu, and reached nobody",
             signal->thread, waits_at, signal->point);
    return;
  }
  AddPlace(finding, signal->caller, "thread %u signalled 0x%lx at point %lu, and woke thread %u",
           signal->thread, waits_at, signal->point, signal->woken);
  AddPlace(finding, signal->woken_caller,
           "thread %u waited for 0x%lx and took the wake-up of point %lu", signal->woken, waits_at,
           signal->point);
}

}  // namespace

void RecordFinding(FailureKind kind, const char* message, bool all_threads) {
  Control* control = kernel.control;
  FailureRecord& finding = control->finding;
  const Thread* current = kernel.threads.current;
  finding.kind = kind;
  finding.thread = current != nullptr ? current->number : kNoThread;
  finding.point = kernel.log.points;
  finding.threads = 0;
  finding.place_count = 0;
  if (place_of_next.pcs[0] != 0) finding.places[finding.place_count++] = place_of_next;
  CopyText(finding.message, sizeof finding.message, message);
  control->points = kernel.log.points;
  control->hash = kernel.log.hash;
  control->virtual_ns = static_cast<uint64_t>(kernel.clock.now);
  control->state = ExecutionState::kFinding;
  FillModules();
  if (current == nullptr) return;
  if (!all_threads) {
    ReportThread(kernel.threads.current, finding);
    return;
  }
  for (uint32_t i = 0; i < kernel.threads.slot_end; ++i) {
    Thread* thread = kernel.threads.slots[i];
    if (thread != nullptr && !thread->is_courier) ReportThread(thread, finding);
  }
  if (kind != FailureKind::kDeadlock && kind != FailureKind::kLostWakeup) return;
  for (uint32_t i = 0; i < kernel.threads.slot_end; ++i) {
    const Thread* thread = kernel.threads.slots[i];
    if (thread != nullptr && !thread->is_courier) AddPlaces(thread, finding);
  }
}

void AddToNextFinding(const uint64_t* pcs, const char* format, ...) {
  std::copy_n(pcs, kMaxPlaceFrames, place_of_next.pcs);
  va_list values;
  va_start(values, format);
  vsnprintf(place_of_next.text, sizeof place_of_next.text, format, values);
  va_end(values);
}

void Fail(FailureKind kind, const char* format, ...) {
  if (kernel.execution.leave_to_fork != nullptr) kernel.execution.leave_to_fork(nullptr);
  tls_self = nullptr;
  tls_in_arena = false;
  char message[sizeof(FailureRecord::message)];
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
       "%s is not modelled by Heddle, so this execution cannot be replayed", operation);
}

void NoteRealValue(const Thread* self, const char* what) {
  Control* control = kernel.control;
  for (uint32_t i = 0; i < control->real_value_count; ++i) {
    if (strncmp(control->real_values[i].text, what, kMaxPlaceText - 1) == 0) return;
  }
  if (control->real_value_count == kMaxRealValues) return;
  PlaceReport& value = control->real_values[control->real_value_count++];
  value = {};
  value.pcs[0] =
      reinterpret_cast<uint64_t>(self->raw_caller != nullptr ? self->raw_caller : self->caller);
  CopyText(value.text, sizeof value.text, what);
}

bool CountKnownReport(uint64_t report) {
  Control* control = kernel.control;
  if (control == nullptr) return false;
  if (control->sanitizer_reports == 0) control->report = report;
  if (kernel.execution.knows_report == nullptr) return false;
  if (!kernel.execution.knows_report(control->report)) kernel.execution.leave_to_fork(nullptr);
  ++control->sanitizer_reports;
  return true;
}

void NoteSanitizerReport() {
  if (kernel.control == nullptr) return;
  if (kernel.execution.leave_to_fork != nullptr) kernel.execution.leave_to_fork(nullptr);
  heddle_debug_finding("a sanitizer reports");
  const uint32_t number = kernel.control->sanitizer_reports++;
  const Thread* current = kernel.threads.current;
  if (number >= kMaxReportPoints || current == nullptr) return;
  const uint64_t point = kernel.log.points == 0 ? 0 : kernel.log.points - 1;
  kernel.control->report_points[number] = {point, current->number, 0};
}

}  // namespace heddle::sim::runtime
