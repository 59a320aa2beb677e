// A frame of a stack and a stack of frames: what the symbolizer and the sanitizers' reports are
// read into, and what everything behind them works on.
#ifndef HEDDLE_SIM_STACKS_FRAME_H_
#define HEDDLE_SIM_STACKS_FRAME_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace heddle::sim {

struct Frame {
  std::string function{};  // with its parameters, as the symbolizer wrote it; "" when unknown
  std::string file{};      // "" when unknown; an absolute path is normalised
  int line = 0;            // 0 when unknown
  int column = 0;
  std::string module{};  // the executable or shared library; "" when unknown
  bool own = false;      // of the code under test: IsOwn() in own_code.h
};

struct Stack {
  std::string title{};          // "Write of size 8 by thread T1 'producer'", "freed by thread T1"
  std::string thread{};         // "T1", "main"; "" when the report does not say
  bool is_access = false;       // it shows the error, not where an object was created
  std::vector<Frame> frames{};  // innermost first
};

// Splits ":LINE:COLUMN" or ":LINE" off the end of `*text`; false when there is no line.
bool TakeLine(absl::string_view* text, Frame* frame);

// Sets the frame's file: "build/../src/x.cc", as compilers are called, is "src/x.cc". An unknown
// one ("??") is "".
void SetFile(absl::string_view path, Frame* frame);

// "FILE:LINE:COLUMN"; "FILE" when the line is not known; "" without a file.
std::string FormatPlace(const Frame& frame);

// "FILE:LINE"; "FILE" when the line is not known; "" without a file.
std::string ShortPlace(const Frame& frame);

// The own frames of `stack`, innermost first; when none is own, its innermost frame.
std::vector<const Frame*> OwnFrames(const Stack& stack);

// "Store::OnBlock src/chain/store.cc:120" without parameters and template arguments.
std::string ShortFrame(const Frame& frame);

// `function` without its parameter list, template arguments and ABI tags:
// "a::B<int>::C[abi:cxx11](long) const" becomes "a::B::C".
std::string ShortFunction(absl::string_view function);

// The part behind the last slash.
absl::string_view BaseName(absl::string_view path);

}  // namespace heddle::sim

#endif  // HEDDLE_SIM_STACKS_FRAME_H_
