#include "sim/runtime/interpose/system_code.h"

#include <link.h>

#include <cstdint>
#include <cstring>
#include <initializer_list>

namespace heddle::sim::runtime {
namespace {

constinit CodeRange system_code[4] = {};
constinit int system_count = 0;
constinit CodeRange libc_code = {};

int FindSystem(dl_phdr_info* info, size_t, void*) {
  bool found = false;
  for (const char* name : {"/libc.so", "/ld-linux", "/libgcc_s.so"}) {
    found |= strstr(info->dlpi_name, name) != nullptr;
  }
  if (!found) return 0;
  for (int i = 0; i < info->dlpi_phnum; ++i) {
    const auto& header = info->dlpi_phdr[i];
    if (header.p_type != PT_LOAD || (header.p_flags & PF_X) == 0 || system_count == 4) continue;
    const uintptr_t begin = info->dlpi_addr + header.p_vaddr;
    system_code[system_count++] = {begin, begin + header.p_memsz};
    if (strstr(info->dlpi_name, "/libc.so") != nullptr) libc_code = system_code[system_count - 1];
  }
  return 0;
}

}  // namespace

void InitSystemRanges() { dl_iterate_phdr(FindSystem, nullptr); }

CodeRange LibcCode() { return libc_code; }

bool FromSystem(const void* caller) {
  const auto address = reinterpret_cast<uintptr_t>(caller);
  for (int i = 0; i < system_count; ++i) {
    if (system_code[i].Has(address)) return true;
  }
  return false;
}

}  // namespace heddle::sim::runtime
