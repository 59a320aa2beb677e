#include "src/node/cost_model.h"

#include <cerrno>
#include <ctime>

namespace heddle::node {

void CostModelVerifier::Spend(uint64_t signatures) const {
  constexpr uint64_t kNsPerSecond = 1'000'000'000;
  const uint64_t ns = signatures * signature_ns_;
  timespec left{static_cast<time_t>(ns / kNsPerSecond), static_cast<long>(ns % kNsPerSecond)};
  while (clock_nanosleep(CLOCK_MONOTONIC, 0, &left, &left) == EINTR) {
  }
}

bool CostModelVerifier::VerifyAttestation(const chain::Validators& validators,
                                          const chain::SignedAttestation& vote) {
  Spend(1);
  return structural_.VerifyAttestation(validators, vote);
}

bool CostModelVerifier::VerifyAggregate(const chain::Validators& validators,
                                        const chain::SignedAggregatedAttestation& vote) {
  Spend(1);
  return structural_.VerifyAggregate(validators, vote);
}

bool CostModelVerifier::VerifyBlock(const chain::Validators& validators,
                                    const chain::SignedBlock& block,
                                    const chain::Root& block_root) {
  Spend(block.block.body.attestations.size() + 1);
  return structural_.VerifyBlock(validators, block, block_root);
}

}  // namespace heddle::node
