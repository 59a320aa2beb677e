#include "sim/runtime/interpose/system_code.h"

#include <link.h>

#include <cstdint>
#include <cstring>
#include <initializer_list>

namespace heddle::sim::runtime {
namespace {

struct Range {
  uintptr_t begin, end;
};
constinit Range system_code[4] = {};
constinit int system_count = 0;

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
  }
  return 0;
}

}  // namespace

void InitSystemRanges() { dl_iterate_phdr(FindSystem, nullptr); }

bool FromSystem(const void* caller) {
  const auto address = reinterpret_cast<uintptr_t>(caller);
  for (int i = 0; i < system_count; ++i) {
    if (address - system_code[i].begin < system_code[i].end - system_code[i].begin) return true;
  }
  return false;
}

}  // namespace heddle::sim::runtime
