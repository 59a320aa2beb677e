#include "sim/runtime/core/supervised.h"

#include <unistd.h>

#include <cstring>

#include "sim/protocol/control.h"

namespace heddle::sim::runtime {

bool Supervised() {
  // Kept, as the variable is taken out of the environment later.
  enum : char { kUnknown, kYes, kNo };
  static constinit char answer = kUnknown;
  if (__builtin_expect(answer == kUnknown, 0)) {
    if (environ == nullptr) return false;  // libc has not begun; nobody can ask for more yet
    constexpr size_t kLength = sizeof kControlVariable - 1;
    answer = kNo;
    for (char** variable = environ; *variable != nullptr; ++variable) {
      const char* text = *variable;
      if (strncmp(text, kControlVariable, kLength) == 0 && text[kLength] == '=') answer = kYes;
    }
  }
  return answer == kYes;
}

}  // namespace heddle::sim::runtime
