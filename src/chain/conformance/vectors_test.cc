// Every folder of the vectors is either run by a conformance test or left out for a stated reason.
#include "src/chain/conformance/vectors.h"

#include <iostream>
#include <map>

#include "gtest/gtest.h"

namespace heddle::conformance {
namespace {

TEST(Conformance, NoFolderIsForgotten) {
  if (!HaveVectors()) GTEST_SKIP() << NoVectors();
  const std::map<std::string, std::string> reasons = {
      {"fork_choice", ""},
      {"justifiability", ""},
      {"networking_codec", ""},
      {"poseidon_permutation", ""},
      {"slot_clock", ""},
      {"ssz", ""},
      {"state_transition", ""},
      {"sync", ""},
      {"api_endpoint", "this node serves no HTTP"},
      {"gossipsub_handler", "gossipsub's mesh lives on the other side of the C ABI"},
      {"reaggregation", "needs the real aggregation prover"},
      {"verify_multi_message_proofs", "needs the real aggregation prover"},
      {"verify_single_message_proofs", "needs the real aggregation prover"},
      {"verify_signatures", "needs real XMSS signatures"},
  };
  for (const std::string& folder : Folders()) {
    const auto known = reasons.find(folder);
    if (known == reasons.end()) {
      ADD_FAILURE() << "no conformance test runs the folder " << folder;
    } else if (!known->second.empty()) {
      std::cout << "skipped: " << folder << ": " << known->second << "\n";
    }
  }
}

}  // namespace
}  // namespace heddle::conformance
