// HEDDLE_CHECK(condition): an assertion that stays on in every build. For contracts between our own
// parts, at the C ABI and at both ends of the channel; never for what a peer may send.
#ifndef HEDDLE_SRC_NODE_CHECK_H_
#define HEDDLE_SRC_NODE_CHECK_H_

#include <cstdio>
#include <cstdlib>

namespace heddle::node {

[[noreturn]] inline void CheckFailed(const char* file, int line, const char* what) {
  std::fprintf(stderr, "%s:%d: check failed: %s\n", file, line, what);
  std::abort();
}

}  // namespace heddle::node

#define HEDDLE_CHECK(condition) \
  ((condition) ? (void)0 : ::heddle::node::CheckFailed(__FILE__, __LINE__, #condition))

#endif  // HEDDLE_SRC_NODE_CHECK_H_
