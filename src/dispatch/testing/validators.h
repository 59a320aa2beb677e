// Validators for hosts of tests and benchmarks, as the C ABI takes them.
#ifndef HEDDLE_SRC_DISPATCH_TESTING_VALIDATORS_H_
#define HEDDLE_SRC_DISPATCH_TESTING_VALIDATORS_H_

#include <cstdint>
#include <cstring>
#include <vector>

#include "src/dispatch/include/heddle/host.h"
#include "src/node/testing/gossip.h"

namespace heddle::dispatch {

// Those of node::SyntheticKeys(count).
inline std::vector<heddle_validator> SyntheticValidators(uint64_t count) {
  std::vector<heddle_validator> validators;
  for (const auto& [attestation_key, proposal_key] : node::SyntheticKeys(count)) {
    heddle_validator& validator = validators.emplace_back();
    std::memcpy(validator.attestation_public_key, attestation_key.data(), HEDDLE_PUBLIC_KEY_BYTES);
    std::memcpy(validator.proposal_public_key, proposal_key.data(), HEDDLE_PUBLIC_KEY_BYTES);
  }
  return validators;
}

}  // namespace heddle::dispatch

#endif  // HEDDLE_SRC_DISPATCH_TESTING_VALIDATORS_H_
