// The accesses at a campaign's sites, in the program as it is loaded.
#ifndef HEDDLE_SIM_SUPERVISOR_SITE_CALLS_H_
#define HEDDLE_SIM_SUPERVISOR_SITE_CALLS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "sim/supervisor/address_names.h"

namespace heddle::sim {

struct SiteCalls {
  std::vector<uint64_t> addresses;  // return addresses of the announcing calls, ascending
  std::vector<std::string> idle;    // sites without any
};

// Of one program. Thread rule: one caller at a time; what was found is shared by all threads.
class SiteCallFinder {
 public:
  // InvalidArgument for a text that is no site; NotFound when no site has an access.
  absl::StatusOr<SiteCalls> Find(const std::vector<std::string>& sites, const AddressNames& names);

 private:
  // The accesses at the site `text`, as offsets from the module's beginning.
  absl::StatusOr<std::vector<uint64_t>> CallsAt(const std::string& text, const AddressNames& names);

  std::vector<uint64_t> access_calls_;  // all of the program; empty until a site is asked for
};

}  // namespace heddle::sim

#endif  // HEDDLE_SIM_SUPERVISOR_SITE_CALLS_H_
