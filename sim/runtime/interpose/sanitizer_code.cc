#include "sim/runtime/interpose/sanitizer_code.h"

#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <cstring>

#include "sim/runtime/core/context.h"
#include "sim/runtime/core/flavour.h"
#include "sim/runtime/interpose/system_code.h"

namespace heddle::sim::runtime {
namespace {

// Functions with a system call: clang 14's runtimes have some eighty.
constexpr uint32_t kMaxFunctions = 1024;
constinit CodeRange functions[kMaxFunctions] = {};
constinit uint32_t function_count = 0;

// The names that the sanitizers keep for themselves.
bool IsSanitizers(const char* name) {
  constexpr const char* kBegins[] = {
      "__sanitizer_",   "__tsan_",        "__asan_",    "__lsan_",     "__ubsan_",
      "_ZN6__tsan",     "_ZN6__asan",     "_ZN6__lsan", "_ZN7__ubsan", "_ZN14__interception",
      "__interceptor_", "___interceptor_"};
  for (const char* begin : kBegins) {
    if (strncmp(name, begin, strlen(begin)) == 0) return true;
  }
  return strstr(name, "11__sanitizer") != nullptr;
}

bool HasSystemCall(CodeRange code) {
  const auto* bytes = reinterpret_cast<const unsigned char*>(code.begin);
  for (uintptr_t i = 0; i + 1 < code.end - code.begin; ++i) {
    if (bytes[i] == 0x0F && bytes[i + 1] == 0x05) return true;
  }
  return false;
}

// The file of the program, mapped for reading.
struct MappedFile {
  const char* bytes = nullptr;
  size_t size = 0;
};

MappedFile MapProgram() {
  const long descriptor =
      RawSyscall(SYS_open, reinterpret_cast<long>("/proc/self/exe"), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return {};
  struct stat status;
  MappedFile file;
  if (RawSyscall(SYS_fstat, descriptor, reinterpret_cast<long>(&status)) == 0) {
    const long address =
        RawSyscall(SYS_mmap, 0, status.st_size, PROT_READ, MAP_PRIVATE, descriptor, 0);
    constexpr long kLastError = -4095;
    if (address > 0 || address < kLastError) {
      file = {reinterpret_cast<const char*>(address), static_cast<size_t>(status.st_size)};
    }
  }
  RawSyscall(SYS_close, descriptor);
  return file;
}

int FirstBias(dl_phdr_info* info, size_t, void* bias) {
  *static_cast<uintptr_t*>(bias) = info->dlpi_addr;
  return 1;  // the program is the first
}

// False when the table is full.
bool AddSymbols(const MappedFile& file, const Elf64_Shdr& table, const Elf64_Shdr& strings,
                uintptr_t bias) {
  const auto* symbols = reinterpret_cast<const Elf64_Sym*>(file.bytes + table.sh_offset);
  for (size_t i = 0; i < table.sh_size / sizeof(Elf64_Sym); ++i) {
    const Elf64_Sym& symbol = symbols[i];
    if (ELF64_ST_TYPE(symbol.st_info) != STT_FUNC || symbol.st_size == 0 ||
        symbol.st_shndx == SHN_UNDEF) {
      continue;
    }
    if (!IsSanitizers(file.bytes + strings.sh_offset + symbol.st_name)) continue;
    // A return address may lie behind the last instruction.
    const CodeRange code = {bias + symbol.st_value, bias + symbol.st_value + symbol.st_size + 1};
    if (!HasSystemCall(code)) continue;
    if (function_count == kMaxFunctions) return false;
    functions[function_count++] = code;
  }
  return true;
}

bool ReadSymbols(const MappedFile& file) {
  const auto* header = reinterpret_cast<const Elf64_Ehdr*>(file.bytes);
  const auto* sections = reinterpret_cast<const Elf64_Shdr*>(file.bytes + header->e_shoff);
  if (header->e_shoff == 0 || header->e_shoff + header->e_shnum * sizeof *sections > file.size) {
    return false;
  }
  uintptr_t bias = 0;
  dl_iterate_phdr(FirstBias, &bias);
  for (int i = 0; i < header->e_shnum; ++i) {
    if (sections[i].sh_type != SHT_SYMTAB) continue;
    return AddSymbols(file, sections[i], sections[sections[i].sh_link], bias);
  }
  return false;
}

}  // namespace

bool FindSanitizerCode() {
  if (kIsDet) return true;
  const MappedFile file = MapProgram();
  if (file.bytes == nullptr) return false;
  const bool found = ReadSymbols(file);
  RawSyscall(SYS_munmap, reinterpret_cast<long>(file.bytes), static_cast<long>(file.size));
  return found;
}

bool InSanitizer(uintptr_t code) {
  for (uint32_t i = 0; i < function_count; ++i) {
    if (functions[i].Has(code)) return true;
  }
  return false;
}

}  // namespace heddle::sim::runtime
