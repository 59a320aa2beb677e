// The vectors of `justifiability`, `slot_clock` and `sync`: pure functions.
#include <cstdint>
#include <string>

#include "gtest/gtest.h"
#include "src/chain/checkpoint_sync.h"
#include "src/chain/config.h"
#include "src/chain/conformance/json_value.h"
#include "src/chain/conformance/vectors.h"
#include "src/chain/slot.h"
#include "src/chain/slot_clock.h"

namespace heddle::conformance {
namespace {

Outcome RunJustifiability(const Vector& vector) {
  ExpectKeys(vector.body,
             {"network", "leanEnv", "proofSetting", "_info", "slot", "finalizedSlot", "output"});
  const Json& output = vector.body.at("output");
  ExpectKeys(output, {"delta", "isJustifiable"});
  const auto slot = FromJson<uint64_t>(vector.body.at("slot"));
  const auto finalized_slot = FromJson<uint64_t>(vector.body.at("finalizedSlot"));
  EXPECT_EQ(slot - finalized_slot, FromJson<uint64_t>(output.at("delta")));
  EXPECT_EQ(chain::IsJustifiableAfter(slot, finalized_slot),
            FromJson<bool>(output.at("isJustifiable")));
  return Passed();
}

// The specification's clock reads seconds as a double, and a vector's output comes from that.
uint64_t ClockMilliseconds(double seconds) { return static_cast<uint64_t>(seconds * 1000); }

uint64_t RunClockOperation(const Json& operation) {
  const auto kind = operation.at("kind").get<std::string>();
  if (kind == "from_slot") {
    ExpectKeys(operation, {"kind", "slot"});
    return chain::IntervalFromSlot(FromJson<uint64_t>(operation.at("slot")));
  }
  const auto genesis_time = FromJson<uint64_t>(operation.at("genesisTime"));
  if (kind == "from_unix_time") {
    ExpectKeys(operation, {"kind", "genesisTime", "unixSeconds"});
    return chain::TotalIntervals(genesis_time,
                                 ClockMilliseconds(operation.at("unixSeconds").get<double>()));
  }
  ExpectKeys(operation, {"kind", "genesisTime", "currentTimeMilliseconds"});
  const uint64_t now =
      ClockMilliseconds(operation.at("currentTimeMilliseconds").get<double>() / 1000.0);
  if (kind == "current_slot") return chain::CurrentSlot(genesis_time, now);
  if (kind == "current_interval") return chain::CurrentInterval(genesis_time, now);
  if (kind == "total_intervals") return chain::TotalIntervals(genesis_time, now);
  throw std::invalid_argument("unknown kind " + kind);
}

Outcome RunSlotClock(const Vector& vector) {
  ExpectKeys(vector.body,
             {"network", "leanEnv", "proofSetting", "_info", "operation", "config", "output"});
  const Json& config = vector.body.at("config");
  ExpectKeys(config, {"secondsPerSlot", "intervalsPerSlot", "millisecondsPerInterval"});
  EXPECT_EQ(FromJson<uint64_t>(config.at("secondsPerSlot")), chain::kSecondsPerSlot);
  EXPECT_EQ(FromJson<uint64_t>(config.at("intervalsPerSlot")), chain::kIntervalsPerSlot);
  EXPECT_EQ(FromJson<uint64_t>(config.at("millisecondsPerInterval")),
            chain::kMillisecondsPerInterval);

  const Json& output = vector.body.at("output");
  ExpectKeys(output, {"interval", "slot", "totalIntervals"});
  EXPECT_EQ(output.size(), 1u);
  EXPECT_EQ(RunClockOperation(vector.body.at("operation")), FromJson<uint64_t>(output.front()));
  return Passed();
}

Outcome RunSync(const Vector& vector) {
  ExpectKeys(vector.body, {"network", "leanEnv", "proofSetting", "_info", "operation", "output"});
  const Json& operation = vector.body.at("operation");
  ExpectKeys(operation, {"kind", "numValidators", "anchorSlot"});
  EXPECT_EQ(operation.at("kind").get<std::string>(), "verify_checkpoint");
  const Json& output = vector.body.at("output");
  ExpectKeys(output, {"valid", "stateBytes", "validatorCount", "anchorSlot"});

  const auto state = ssz::Decode<chain::State>(HexBytes(output.at("stateBytes")));
  EXPECT_TRUE(state.ok()) << state.status();
  if (!state.ok()) return Passed();
  EXPECT_EQ(chain::VerifyCheckpointState(*state), FromJson<bool>(output.at("valid")));
  EXPECT_EQ(state->validators.size(), FromJson<uint64_t>(output.at("validatorCount")));
  EXPECT_EQ(state->slot, FromJson<uint64_t>(output.at("anchorSlot")));
  EXPECT_EQ(output.at("validatorCount"), operation.at("numValidators"));
  EXPECT_EQ(output.at("anchorSlot"), operation.at("anchorSlot"));
  return Passed();
}

TEST(Conformance, Justifiability) {
  if (!HaveVectors()) GTEST_SKIP() << NoVectors();
  ForEachVector("justifiability", RunJustifiability);
}

TEST(Conformance, SlotClock) {
  if (!HaveVectors()) GTEST_SKIP() << NoVectors();
  ForEachVector("slot_clock", RunSlotClock);
}

TEST(Conformance, Sync) {
  if (!HaveVectors()) GTEST_SKIP() << NoVectors();
  ForEachVector("sync", RunSync);
}

}  // namespace
}  // namespace heddle::conformance
