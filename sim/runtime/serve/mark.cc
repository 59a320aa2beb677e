// The mark by which a program shows that it holds the runtime.
#include "sim/protocol/runtime_mark.h"

namespace heddle::sim::runtime {
namespace {

struct Mark {
  char bytes[sizeof(kRuntimeMarkBegin) + sizeof(kRuntimeMarkEnd) - 1];
};

constexpr Mark MakeMark() {
  Mark mark = {};
  char* next = mark.bytes;
  for (const char* from = kRuntimeMarkBegin; *from != 0; ++from) *next++ = *from;
  for (const char* from = kRuntimeMarkEnd; *from != 0; ++from) *next++ = *from;
  return mark;
}

// Nobody refers to it; the linker must not collect it.
__attribute__((used, retain)) constexpr Mark kMark = MakeMark();

}  // namespace
}  // namespace heddle::sim::runtime
