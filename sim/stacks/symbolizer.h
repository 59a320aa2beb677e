// Names for code addresses: function, file and line, by llvm-symbolizer.
//
// The controlled program does not look its own addresses up: a sanitizer that does takes a second
// for its first report, and every execution is a new process. Here one symbolizer process serves
// all executions, and what it said is kept.
//
// Thread rule: one caller at a time. Errors: without llvm-symbolizer, or for a module it cannot
// read, addresses stay as they are.
#ifndef HEDDLE_SIM_STACKS_SYMBOLIZER_H_
#define HEDDLE_SIM_STACKS_SYMBOLIZER_H_

#include <sys/types.h>

#include <cstdint>
#include <cstdio>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "sim/stacks/frame.h"

namespace heddle::sim {

struct GlobalVariable {
  std::string name;  // empty: not known
  uint64_t size = 0;
};

class Symbolizer {
 public:
  // Path of an llvm-symbolizer: the first on PATH or in /usr/bin, one without a version before the
  // newest; empty when there is none. The sanitizers of hosts get the same one.
  static std::string Find();

  Symbolizer() = default;
  ~Symbolizer();
  Symbolizer(const Symbolizer&) = delete;
  Symbolizer& operator=(const Symbolizer&) = delete;

  // The function at `offset` in the file `module` and, where it was inlined, those around it;
  // innermost first. Empty when nothing is known.
  const std::vector<Frame>& Code(const std::string& module, uint64_t offset);
  const GlobalVariable& Data(const std::string& module, uint64_t offset);

 private:
  using Place = std::pair<std::string, uint64_t>;
  std::vector<std::string> Ask(const char* what, const Place& place);
  std::vector<Frame> AskForCode(const Place& place);
  void SetLineBefore(const std::string& module, uint64_t offset, Frame* frame);
  bool Start();
  void Stop();

  bool failed_ = false;
  pid_t process_ = -1;
  FILE* to_ = nullptr;
  FILE* from_ = nullptr;
  std::map<Place, std::vector<Frame>> code_;
  std::map<Place, GlobalVariable> data_;
};

}  // namespace heddle::sim

#endif  // HEDDLE_SIM_STACKS_SYMBOLIZER_H_
