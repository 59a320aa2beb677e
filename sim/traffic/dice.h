// Random values of the protocol's types, for synthetic traffic.
#ifndef HEDDLE_SIM_TRAFFIC_DICE_H_
#define HEDDLE_SIM_TRAFFIC_DICE_H_

#include <cstdint>
#include <string>

#include "sim/protocol/random.h"
#include "sim/trace/trace.h"
#include "src/chain/xmss.h"

namespace heddle::traffic {

// One stream of random numbers for a whole trace: the order of the calls is part of the trace.
class Dice {
 public:
  explicit Dice(uint64_t seed) : random_(seed) {}

  sim::Random* random() { return &random_; }
  bool Chance(double rate) { return random_.Unit() < rate; }
  bool OneIn(uint32_t n) { return random_.Below(n) == 0; }
  uint32_t Below(uint32_t bound) { return random_.Below(bound); }
  // In [from, to) milliseconds; ns.
  int64_t Milliseconds(uint32_t from, uint32_t to);

  trace::PublicKey Key();
  // Of form, not of substance.
  chain::Signature Signature();
  std::string PeerId();

 private:
  uint32_t FieldElement() { return random_.Below(chain::FieldElement::kModulus); }
  template <typename Elements>
  void Fill(Elements* elements) {
    for (size_t i = 0; i < elements->size(); ++i) (*elements)[i].value = FieldElement();
  }

  sim::Random random_;
};

}  // namespace heddle::traffic

#endif  // HEDDLE_SIM_TRAFFIC_DICE_H_
