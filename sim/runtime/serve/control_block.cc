#include "sim/runtime/serve/control_block.h"

#include <sys/mman.h>
#include <sys/syscall.h>

#include <cstdio>

#include "sim/runtime/core/arena.h"
#include "sim/runtime/core/check.h"
#include "sim/runtime/core/flavour.h"
#include "sim/runtime/core/kernel.h"
#include "sim/runtime/core/own_mapping.h"
#include "sim/runtime/core/stacks.h"
#include "sim/runtime/serve/mappings.h"

namespace heddle::sim::runtime {
namespace {

// Address space only (MAP_NORESERVE): a page is taken when it is touched. Far more than a search
// keeps of a program that is small enough to be searched.
constexpr size_t kPrivateArenaSize = size_t{1} << 30;

char* MapMemory(size_t size, int flags, int descriptor) {
  const long address = MapOwn(size, flags, descriptor);
  if (address < 0 && address > -static_cast<long>(kPageSize)) {
    SetupFailed("out of address space for the control block");
  }
  return reinterpret_cast<char*>(address);
}

}  // namespace

void SetupFailed(const char* message) {
  dprintf(2, "heddle: %s\n", message);
  if (Control* control = kernel.control; control != nullptr) {
    snprintf(control->finding.message, sizeof control->finding.message, "%s", message);
  }
  RawSyscall(SYS_exit_group, kSetupExitStatus);
  __builtin_unreachable();
}

void MapRegions() {
  KERNEL_CHECK(!kernel.execution.active, "the regions are mapped between executions");
  Control* control = kernel.control;
  char* memory = reinterpret_cast<char*>(control);
  const auto at = [&](uint64_t offset) { return offset == 0 ? nullptr : memory + offset; };
  kernel.log.steps = reinterpret_cast<Step*>(memory + control->log_offset);
  kernel.log.capacity = control->log_capacity;
  kernel.log.objects = reinterpret_cast<ObjectId*>(at(control->object_log_offset));
  kernel.log.details = reinterpret_cast<StepDetail*>(at(control->detail_offset));
  kernel.log.detail_capacity = control->detail_capacity;
  kernel.request.replay = reinterpret_cast<const Step*>(memory + control->replay_offset);
  ArenaInit(memory + control->arena_offset, control->arena_size);
  kernel.strategy = nullptr;
  kernel.threads.main = nullptr;
  snprintf(control->flavour, sizeof control->flavour, "%s", kFlavour);
  snprintf(control->compiler, sizeof control->compiler, "%s", __VERSION__);
}

void MapSupervisorsControl() {
  Control header;
  if (RawSyscall(SYS_pread64, kControlDescriptor, reinterpret_cast<long>(&header), sizeof header,
                 0) != sizeof header ||
      header.magic != kControlMagic) {
    SetupFailed("HEDDLE_CONTROL does not name a control block");
  }
  if (header.version != kControlVersion || header.size_of_control != sizeof(Control)) {
    SetupFailed(
        "the program was built with another version of Heddle than the one that runs it: build it "
        "again");
  }
  kernel.control =
      reinterpret_cast<Control*>(MapMemory(header.total_size, MAP_SHARED, kControlDescriptor));
  // It would make a core file gigabytes long and tell nothing that the supervisor does not know.
  RawSyscall(SYS_madvise, reinterpret_cast<long>(kernel.control),
             static_cast<long>(header.total_size), MADV_DONTDUMP);
  MapRegions();
  RawSyscall(SYS_close, kControlDescriptor);
}

void MakePrivateControl(uint64_t step_budget) {
  const size_t header = (sizeof(Control) + kPageSize - 1) & ~(kPageSize - 1);
  const size_t log = (step_budget + kMaxStepsBeyondBudget) * sizeof(Step);
  char* memory =
      MapMemory(header + log + kPrivateArenaSize, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1);
  auto* control = reinterpret_cast<Control*>(memory);
  control->magic = kControlMagic;
  control->version = kControlVersion;
  control->log_offset = header;
  control->log_capacity = log / sizeof(Step);
  control->replay_offset = header;
  control->arena_offset = header + log;
  control->arena_size = kPrivateArenaSize;
  kernel.control = control;
  MapRegions();
  FillModules();
}

bool LogHolds(uint64_t step_budget) {
  return step_budget + kMaxStepsBeyondBudget <= kernel.log.capacity;
}

}  // namespace heddle::sim::runtime
