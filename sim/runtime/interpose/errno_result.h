// How calls of libc say that they have failed.
#ifndef HEDDLE_SIM_RUNTIME_INTERPOSE_ERRNO_RESULT_H_
#define HEDDLE_SIM_RUNTIME_INTERPOSE_ERRNO_RESULT_H_

#include <cerrno>

namespace heddle::sim::runtime {

// 0 for 0; otherwise -1, and the error in errno.
inline int ErrnoResult(int error) {
  if (error == 0) return 0;
  errno = error;
  return -1;
}

}  // namespace heddle::sim::runtime

#endif  // HEDDLE_SIM_RUNTIME_INTERPOSE_ERRNO_RESULT_H_
