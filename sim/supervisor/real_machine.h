// What of the real machine a program can see past the runtime.
#ifndef HEDDLE_SIM_SUPERVISOR_REAL_MACHINE_H_
#define HEDDLE_SIM_SUPERVISOR_REAL_MACHINE_H_

#include <string>
#include <vector>

#include "sim/supervisor/address_names.h"

namespace heddle::sim {

// Whether the runtime catches system calls by an instruction of the program's own (Syscall User
// Dispatch, Linux 5.11).
bool CanTrapSystemCalls();

// Whether the system tells which pages a process has written to, so that a process can put its
// memory back behind each execution (userfaultfd with asynchronous write protection and
// PAGEMAP_SCAN, Linux 6.7).
bool CanPutMemoryBack();

// The instructions of the program's own code that no runtime can answer: cpuid, rdrand, rdseed,
// rdpmc, and, where they are not caught, system calls. "rdrand: Seed() seed.cc:12", each place
// once, in the order of the code. Disassembles the program, with the llvm-objdump beside
// llvm-symbolizer: some seconds for a large one; empty without it.
std::vector<std::string> RealMachineInstructions(const AddressNames& names);

}  // namespace heddle::sim

#endif  // HEDDLE_SIM_SUPERVISOR_REAL_MACHINE_H_
