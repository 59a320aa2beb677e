// Patches the libraries' relocation tables (System V ABI, chapter 5: dynamic linking; the x86-64
// supplement for R_X86_64_JUMP_SLOT and R_X86_64_GLOB_DAT). ld.so has relocated the dynamic
// section's pointers already.
#include "sim/runtime/interpose/library_calls.h"

#include <elf.h>
#include <link.h>
#include <sys/mman.h>

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace heddle::sim::runtime {
namespace {

// What of a library's dynamic section matters here; null or 0 where it has none.
struct Tables {
  const char* strings = nullptr;
  const Elf64_Sym* symbols = nullptr;
  std::span<const Elf64_Rela> plt, rela;
};

std::span<const Elf64_Rela> RelocationsAt(uint64_t address, uint64_t bytes) {
  if (address == 0) return {};
  return {reinterpret_cast<const Elf64_Rela*>(address), bytes / sizeof(Elf64_Rela)};
}

Tables ReadDynamic(const Elf64_Dyn* dynamic) {
  Tables tables;
  uint64_t plt = 0, plt_size = 0, rela = 0, rela_size = 0;
  for (; dynamic->d_tag != DT_NULL; ++dynamic) {
    switch (dynamic->d_tag) {
      case DT_STRTAB:
        tables.strings = reinterpret_cast<const char*>(dynamic->d_un.d_ptr);
        break;
      case DT_SYMTAB:
        tables.symbols = reinterpret_cast<const Elf64_Sym*>(dynamic->d_un.d_ptr);
        break;
      case DT_JMPREL:
        plt = dynamic->d_un.d_ptr;
        break;
      case DT_PLTRELSZ:
        plt_size = dynamic->d_un.d_val;
        break;
      case DT_RELA:
        rela = dynamic->d_un.d_ptr;
        break;
      case DT_RELASZ:
        rela_size = dynamic->d_un.d_val;
        break;
      default:
        break;
    }
  }
  tables.plt = RelocationsAt(plt, plt_size);
  tables.rela = RelocationsAt(rela, rela_size);
  return tables;
}

void Store(uintptr_t address, void* function) {
  constexpr uintptr_t kPage = 4096;
  // Relocated and read-only by now (RELRO).
  mprotect(reinterpret_cast<void*>(address & ~(kPage - 1)), kPage, PROT_READ | PROT_WRITE);
  *reinterpret_cast<void**>(address) = function;
}

void PatchTable(const Tables& tables, std::span<const Elf64_Rela> relocations, uintptr_t bias,
                std::span<const Replacement> replacements) {
  for (const Elf64_Rela& relocation : relocations) {
    const uint32_t type = ELF64_R_TYPE(relocation.r_info);
    if (type != R_X86_64_JUMP_SLOT && type != R_X86_64_GLOB_DAT) continue;
    const char* name = tables.strings + tables.symbols[ELF64_R_SYM(relocation.r_info)].st_name;
    if (name[0] != '_' || name[1] != 'Z') continue;
    for (const Replacement& replacement : replacements) {
      if (strcmp(name, replacement.name) == 0) {
        Store(bias + relocation.r_offset, replacement.function);
      }
    }
  }
}

int PatchLibrary(dl_phdr_info* info, size_t, void* raw) {
  const auto& replacements = *static_cast<std::span<const Replacement>*>(raw);
  // The executable has no name; the vDSO cannot be written.
  if (info->dlpi_name[0] == 0 || strstr(info->dlpi_name, "linux-vdso") != nullptr) return 0;
  const Elf64_Dyn* dynamic = nullptr;
  for (int i = 0; i < info->dlpi_phnum; ++i) {
    if (info->dlpi_phdr[i].p_type == PT_DYNAMIC) {
      dynamic = reinterpret_cast<const Elf64_Dyn*>(info->dlpi_addr + info->dlpi_phdr[i].p_vaddr);
    }
  }
  if (dynamic == nullptr) return 0;
  const Tables tables = ReadDynamic(dynamic);
  if (tables.strings == nullptr || tables.symbols == nullptr) return 0;
  PatchTable(tables, tables.plt, info->dlpi_addr, replacements);
  PatchTable(tables, tables.rela, info->dlpi_addr, replacements);
  return 0;
}

}  // namespace

void ReplaceInLibraries(std::span<const Replacement> replacements) {
  dl_iterate_phdr(PatchLibrary, &replacements);
}

}  // namespace heddle::sim::runtime
