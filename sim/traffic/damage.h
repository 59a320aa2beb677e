// Payloads that no honest peer sends.
#ifndef HEDDLE_SIM_TRAFFIC_DAMAGE_H_
#define HEDDLE_SIM_TRAFFIC_DAMAGE_H_

#include <cstdint>
#include <vector>

#include "sim/protocol/random.h"

namespace heddle::traffic {

// A damaged copy of a gossip payload (raw snappy over SSZ): cut short, bytes flipped, garbage
// behind it or in its place, or sound snappy around damaged SSZ.
std::vector<uint8_t> Damage(const std::vector<uint8_t>& payload, sim::Random* random);

}  // namespace heddle::traffic

#endif  // HEDDLE_SIM_TRAFFIC_DAMAGE_H_
