// From source lines to the places in a program's code that announce accesses to memory.
//
// A site is written "FILE:LINE[:COLUMN]", with the file's path or the end of it. Where the line is
// inlined into many places, "<FILE:LINE[:COLUMN]" behind it names the caller, and so on outwards:
// "stl_vector.h:987<fork_choice.cc:120" is that line of the library as fork_choice.cc:120 has it.
// The same text finds the same accesses in every flavour, however each was compiled.
#ifndef HEDDLE_SIM_SUPERVISOR_SITES_H_
#define HEDDLE_SIM_SUPERVISOR_SITES_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "sim/stacks/frame.h"

namespace heddle::sim {

class Site {
 public:
  // InvalidArgument for anything else than the above.
  static absl::StatusOr<Site> Parse(absl::string_view text);

  // Whether code whose inlined frames are `frames`, innermost first, is the site. A caller is
  // asked for only as far as it is inlined there: what one flavour inlines another may call.
  bool Matches(absl::Span<const Frame> frames) const;

 private:
  struct Line {
    std::string file;
    int line = 0;
    int column = 0;  // 0: any
  };
  static bool LineMatches(const Line& line, const Frame& frame);

  std::vector<Line> lines_;  // innermost first, never empty
};

// Where the executable at `path` calls the functions by which instrumented code announces its plain
// accesses (__tsan_read8 and its like): the return addresses, as offsets that the symbolizer knows,
// ascending. FailedPrecondition when it is no x86-64 ELF file with a symbol table.
absl::StatusOr<std::vector<uint64_t>> AccessCalls(const std::string& path);

}  // namespace heddle::sim

#endif  // HEDDLE_SIM_SUPERVISOR_SITES_H_
