// How many descriptors the process may have.
#ifndef HEDDLE_SIM_RUNTIME_INTERPOSE_RESOURCE_LIMITS_H_
#define HEDDLE_SIM_RUNTIME_INTERPOSE_RESOURCE_LIMITS_H_

#include <sys/resource.h>

namespace heddle::sim::runtime {

// While it lives, the runtime may make descriptors of its own, whatever the program's limit is.
class OwnDescriptorScope {
 public:
  OwnDescriptorScope();
  ~OwnDescriptorScope();
  OwnDescriptorScope(const OwnDescriptorScope&) = delete;
  OwnDescriptorScope& operator=(const OwnDescriptorScope&) = delete;

 private:
  rlimit programs_;
};

}  // namespace heddle::sim::runtime

#endif  // HEDDLE_SIM_RUNTIME_INTERPOSE_RESOURCE_LIMITS_H_
