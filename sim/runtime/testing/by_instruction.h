// A system call by an instruction of the program's own, as libraries without libc make it.
#ifndef HEDDLE_SIM_RUNTIME_TESTING_BY_INSTRUCTION_H_
#define HEDDLE_SIM_RUNTIME_TESTING_BY_INSTRUCTION_H_

// The system's answer: from -4095 to -1 it is an error number.
inline long ByInstruction(long number, long a = 0, long b = 0, long c = 0, long d = 0, long e = 0,
                          long f = 0) {
  long result;
  register long r10 __asm__("r10") = d;
  register long r8 __asm__("r8") = e;
  register long r9 __asm__("r9") = f;
  __asm__ volatile("syscall"
                   : "=a"(result)
                   : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                   : "rcx", "r11", "memory");
  return result;
}

#endif  // HEDDLE_SIM_RUNTIME_TESTING_BY_INSTRUCTION_H_
