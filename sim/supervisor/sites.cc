#include "sim/supervisor/sites.h"

#include <elf.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace heddle::sim {
namespace {

using absl::string_view;

// A file mapped for reading.
class Mapping {
 public:
  explicit Mapping(const std::string& path) {
    const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
    struct stat status {};
    if (file >= 0 && fstat(file, &status) == 0 && status.st_size > 0) {
      size_ = static_cast<size_t>(status.st_size);
      void* data = mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, file, 0);
      if (data != MAP_FAILED) data_ = static_cast<const char*>(data);
    }
    if (file >= 0) close(file);
  }
  ~Mapping() {
    if (data_ != nullptr) munmap(const_cast<char*>(data_), size_);
  }
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;

  // `count` objects of type T at `offset`; empty when the file does not hold them.
  template <typename T>
  absl::Span<const T> At(uint64_t offset, uint64_t count) const {
    if (data_ == nullptr || offset > size_ || count > (size_ - offset) / sizeof(T) ||
        offset % alignof(T) != 0) {
      return {};
    }
    return {reinterpret_cast<const T*>(data_ + offset), count};
  }

 private:
  const char* data_ = nullptr;
  size_t size_ = 0;
};

// __tsan_read8, __wrap___tsan_unaligned_write4, __tsan_vptr_read, __wrap_memcpy...: not the
// atomics.
bool AnnouncesAccess(string_view name) {
  if (absl::ConsumePrefix(&name, "__wrap_") &&
      (name == "memcpy" || name == "memmove" || name == "memset")) {
    return true;
  }
  if (!absl::ConsumePrefix(&name, "__tsan_")) return false;
  absl::ConsumePrefix(&name, "unaligned_");
  absl::ConsumePrefix(&name, "volatile_");
  for (const string_view start : {"read", "write", "vptr_", "mem"}) {
    if (absl::StartsWith(name, start)) return true;
  }
  return false;
}

// Where those functions are.
std::vector<uint64_t> Announcers(const Mapping& file, absl::Span<const Elf64_Shdr> sections) {
  std::vector<uint64_t> addresses;
  for (const Elf64_Shdr& section : sections) {
    if (section.sh_type != SHT_SYMTAB || section.sh_link >= sections.size()) continue;
    const Elf64_Shdr& strings = sections[section.sh_link];
    const absl::Span<const char> names = file.At<char>(strings.sh_offset, strings.sh_size);
    for (const Elf64_Sym& symbol :
         file.At<Elf64_Sym>(section.sh_offset, section.sh_size / sizeof(Elf64_Sym))) {
      if (ELF64_ST_TYPE(symbol.st_info) != STT_FUNC || symbol.st_name >= names.size()) continue;
      const char* name = names.data() + symbol.st_name;
      const size_t length = strnlen(name, names.size() - symbol.st_name);
      if (AnnouncesAccess(string_view(name, length))) addresses.push_back(symbol.st_value);
    }
  }
  std::sort(addresses.begin(), addresses.end());
  return addresses;
}

// `call rel32`. Bytes inside another instruction may look like one, but hardly with such a target.
constexpr unsigned char kCall = 0xe8;
constexpr size_t kCallLength = 5;

void AddCalls(absl::Span<const char> code, uint64_t address,
              const std::vector<uint64_t>& announcers, std::vector<uint64_t>* returns) {
  for (size_t i = 0; i + kCallLength <= code.size(); ++i) {
    if (static_cast<unsigned char>(code[i]) != kCall) continue;
    int32_t distance;
    std::memcpy(&distance, code.data() + i + 1, sizeof distance);
    const uint64_t after = address + i + kCallLength;
    if (std::binary_search(announcers.begin(), announcers.end(),
                           after + static_cast<uint64_t>(static_cast<int64_t>(distance)))) {
      returns->push_back(after);
    }
  }
}

}  // namespace

absl::StatusOr<Site> Site::Parse(string_view text) {
  Site site;
  for (const string_view part : absl::StrSplit(text, '<')) {
    std::vector<string_view> fields = absl::StrSplit(part, ':');
    Line line;
    bool good = fields.size() == 2 || fields.size() == 3;
    good = good && !fields[0].empty() && absl::SimpleAtoi(fields[1], &line.line) && line.line > 0;
    if (good && fields.size() == 3) {
      good = absl::SimpleAtoi(fields[2], &line.column) && line.column > 0;
    }
    if (!good) {
      return absl::InvalidArgumentError(absl::StrCat(
          "site '", text, "': expected FILE:LINE[:COLUMN], or several with < between them"));
    }
    line.file = std::string(fields[0]);
    site.lines_.push_back(std::move(line));
  }
  return site;
}

bool Site::LineMatches(const Line& line, const Frame& frame) {
  if (frame.line != line.line || (line.column != 0 && frame.column != line.column)) return false;
  return frame.file == line.file || absl::EndsWith(frame.file, absl::StrCat("/", line.file));
}

bool Site::Matches(absl::Span<const Frame> frames) const {
  if (frames.empty()) return false;
  const size_t common = std::min(lines_.size(), frames.size());
  for (size_t i = 0; i < common; ++i) {
    if (!LineMatches(lines_[i], frames[i])) return false;
  }
  return true;
}

absl::StatusOr<std::vector<uint64_t>> AccessCalls(const std::string& path) {
  const Mapping file(path);
  const absl::Span<const Elf64_Ehdr> header = file.At<Elf64_Ehdr>(0, 1);
  if (header.empty() || std::memcmp(header[0].e_ident, ELFMAG, SELFMAG) != 0 ||
      header[0].e_ident[EI_CLASS] != ELFCLASS64 || header[0].e_machine != EM_X86_64) {
    return absl::FailedPreconditionError(absl::StrCat(path, ": is not an x86-64 ELF file"));
  }
  const absl::Span<const Elf64_Shdr> sections =
      file.At<Elf64_Shdr>(header[0].e_shoff, header[0].e_shnum);
  const std::vector<uint64_t> announcers = Announcers(file, sections);
  if (announcers.empty()) {
    return absl::FailedPreconditionError(absl::StrCat(
        path,
        ": its symbol table has no instrumented accesses (stripped, or not linked through "
        "heddle_instrument)"));
  }
  std::vector<uint64_t> returns;
  for (const Elf64_Shdr& section : sections) {
    if (section.sh_type != SHT_PROGBITS || (section.sh_flags & SHF_EXECINSTR) == 0) continue;
    AddCalls(file.At<char>(section.sh_offset, section.sh_size), section.sh_addr, announcers,
             &returns);
  }
  std::sort(returns.begin(), returns.end());
  return returns;
}

}  // namespace heddle::sim
