#include "sim/runtime/core/child_processes.h"

#include <sys/mman.h>

#include <cstring>

#include "sim/runtime/core/check.h"
#include "sim/runtime/core/child_control.h"
#include "sim/runtime/core/kernel.h"
#include "sim/runtime/core/own_mapping.h"
#include "sim/runtime/core/report.h"

namespace heddle::sim::runtime {
namespace {

constinit ChildTable* table = nullptr;

// (An object of its size on a program's stack may be too much.)
void Clear(ChildProcess* child) { memset(static_cast<void*>(child), 0, sizeof *child); }

}  // namespace

void MapChildProcesses() {
  const long address = MapOwn(sizeof(ChildTable), MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE);
  KERNEL_CHECK(address > 0, "there is memory for the table of child processes");
  table = reinterpret_cast<ChildTable*>(address);
  MapSharedQueues();
}

void ResetChildProcesses() {
  ResetChildControl();
  ResetSharedQueues();
  kernel.free_children = nullptr;
  if (table == nullptr || table->count == 0) return;
  for (uint32_t i = 0; i < table->count; ++i) Clear(&table->processes[i]);
  table->count = table->free = table->untold = 0;
  table->posted_to_root.set = 0;
}

int OwnProcessNumber() {
  const ChildProcess* own = OwnChildProcess();
  return own != nullptr ? own->number : kProcessNumber;
}

int OwnGroupNumber() {
  const ChildProcess* own = OwnChildProcess();
  return own != nullptr ? own->group : kProcessNumber;
}

ChildTable* ChildProcesses() { return table; }

ChildProcess* FindChildProcess(int number) {
  for (uint32_t i = 0; table != nullptr && i < table->count; ++i) {
    if (table->processes[i].number == number) return &table->processes[i];
  }
  return nullptr;
}

ChildProcess* NewChildProcess() {
  if (table == nullptr) Unmodelled("a child process of an execution within Run()");
  if (table->count == kMaxChildProcesses) {
    Fail(FailureKind::kLimit, "more than %u child processes", kMaxChildProcesses);
  }
  kernel.free_children = &table->free;
  const ChildProcess* own = OwnChildProcess();
  ChildProcess* child = &table->processes[table->count++];
  Clear(child);
  child->number = kProcessNumber + static_cast<int>(kernel.threads.next_number++);
  table->next_number = kernel.threads.next_number;
  child->parent = OwnProcessNumber();
  child->group = OwnGroupNumber();
  child->session = own != nullptr ? own->session : kProcessNumber;
  child->timers_earliest = kNever;
  return child;
}

void DropChildProcess(ChildProcess* child) {
  KERNEL_CHECK(child == &table->processes[table->count - 1], "what fails to start is the last");
  --table->count;
}

void MarkDead(ChildProcess* child) {
  if (child->stage == ChildStage::kDead) return;
  if (child->stage == ChildStage::kFree) --table->free;
  child->stage = ChildStage::kDead;
  ++table->untold;
  kernel.candidates.dirty = true;
}

}  // namespace heddle::sim::runtime
