#include "sim/runtime/core/fresh_stack.h"

#include <sys/mman.h>
#include <sys/syscall.h>

#include <cstddef>

#include "sim/runtime/core/check.h"
#include "sim/runtime/core/context.h"

// The frame pointer leads unwinders back to the caller's stack. The stack pointer is the caller's
// argument: what lies below the return address of the call is free.
asm(R"(
.text
.p2align 4
.globl heddle_call_on_stack       # (void* top, void (*function)(uintptr_t stack_pointer))
.hidden heddle_call_on_stack
.type heddle_call_on_stack,@function
heddle_call_on_stack:
  .cfi_startproc
  pushq %rbp
  .cfi_def_cfa_offset 16
  .cfi_offset %rbp,-16
  movq %rsp,%rbp
  .cfi_def_cfa_register %rbp
  movq %rdi,%rax
  movq %rsp,%rdi
  movq %rax,%rsp
  callq *%rsi
  movq %rbp,%rsp
  popq %rbp
  .cfi_def_cfa %rsp,8
  ret
  .cfi_endproc
.size heddle_call_on_stack,.-heddle_call_on_stack
.p2align 4
.globl heddle_clear_below         # (size_t words)
.hidden heddle_clear_below
.type heddle_clear_below,@function
heddle_clear_below:
  movq %rdi,%rcx
  shlq $3,%rdi
  negq %rdi
  addq %rsp,%rdi
  xorl %eax,%eax
  rep stosq
  ret
.size heddle_clear_below,.-heddle_clear_below
)");

extern "C" void heddle_call_on_stack(void* top, void (*function)(uintptr_t stack_pointer));
extern "C" void heddle_clear_below(size_t words);

namespace heddle::sim::runtime {
namespace {

constexpr uintptr_t kStackPage = 4096;
// The server's frames and those of a worker until its executions begin; the widest lists threads.
constexpr size_t kOwnStack = size_t{512} << 10;
alignas(64) char own_stack[kOwnStack];

}  // namespace

void ClearStack(uintptr_t low, uintptr_t end) {
  KERNEL_CHECK(low <= end, "a stack grows down");
  const uintptr_t first = (low + kStackPage - 1) & ~(kStackPage - 1);
  uintptr_t page = end & ~(kStackPage - 1);
  if (page > first) {
    RawSyscall(SYS_madvise, static_cast<long>(first), static_cast<long>(page - first),
               MADV_DONTNEED);
  } else {
    page = low;
  }
  // No call: in asan memset() would look whether something there is a variable that has ended.
  size_t size = end - page;
  asm volatile("rep stosb" : "+D"(page), "+c"(size) : "a"(0) : "memory");
}

void ClearWhatIsBelow() {
  // AfterSwitch() with its system calls takes less than half of it.
  constexpr size_t kBytes = 2048;
  heddle_clear_below(kBytes / sizeof(uint64_t));
}

void CallOnOwnStack(void (*function)(uintptr_t stack_pointer)) {
  heddle_call_on_stack(own_stack + sizeof own_stack, function);
}

}  // namespace heddle::sim::runtime
