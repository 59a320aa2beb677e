// When the sanitizers do what costs more than an execution.
#ifndef HEDDLE_SIM_RUNTIME_SERVE_SANITIZERS_H_
#define HEDDLE_SIM_RUNTIME_SERVE_SANITIZERS_H_

#include <cstdint>

namespace heddle::sim::runtime {

// Whether LeakSanitizer looks for leaks at the end of that execution of a campaign: in asan, of
// some (CampaignSpec::leak_check_every). It stops all threads and reads all memory that is in use.
bool EndsInLeakCheck(uint64_t execution);

}  // namespace heddle::sim::runtime

#endif  // HEDDLE_SIM_RUNTIME_SERVE_SANITIZERS_H_
