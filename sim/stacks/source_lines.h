// Lines of source files, and what a line says about the object of an operation.
#ifndef HEDDLE_SIM_STACKS_SOURCE_LINES_H_
#define HEDDLE_SIM_STACKS_SOURCE_LINES_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace heddle::sim {

// A longer file is generated: nobody reads it.
inline constexpr uint64_t kMaxSourceBytes = 4 << 20;

// Reads each file once. Thread rule: one caller at a time.
class SourceLines {
 public:
  // The line (from 1) without its end; "" when there is none, or the file cannot be read.
  const std::string& Line(const std::string& file, int line);

 private:
  std::map<std::string, std::vector<std::string>> files_;
};

// The object that an operation at `column` (from 1; where clang places a call: at the name of a
// member function, of a function or of a variable, at an operator) of the line is about, as the
// programmer calls it: "queue->mutex" of "queue->mutex.lock()", "mutex" of "std::lock_guard
// lock(mutex)", "ready" of "ready = true" and "while (!ready)". Without "this->". "" when the line
// does not say: a closing brace, several arguments, an expression that is not a name.
std::string ObjectExpression(absl::string_view line, int column);

}  // namespace heddle::sim

#endif  // HEDDLE_SIM_STACKS_SOURCE_LINES_H_
