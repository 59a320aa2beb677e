// Fork-choice trees for people, made of the snapshots in which two builds part.
#ifndef HEDDLE_HARNESS_ORACLES_CHAIN_VIEW_H_
#define HEDDLE_HARNESS_ORACLES_CHAIN_VIEW_H_

#include <string>
#include <vector>

#include "harness/host/result_reader.h"
#include "reports/model/finding.h"
#include "sim/trace/trace.h"

namespace heddle::harness {

using reports::ChainView;
using reports::Finding;

// What a snapshot tells alone: roots and weights. Parents and slots come from CompleteChains().
ChainView ViewOf(std::string name, const Snapshot& snapshot);

// Fills in the parents and slots of the blocks that `trace` holds, and leaves out blocks that are
// older than what both trees have finalized. Reads every block of the trace: call it once, for the
// findings that are kept.
void CompleteChains(const trace::Trace& trace, std::vector<Finding>* findings);

}  // namespace heddle::harness

#endif  // HEDDLE_HARNESS_ORACLES_CHAIN_VIEW_H_
