// heddle trace generate and heddle trace mutate: traces that nobody has recorded.
#include "sim/traffic/generate.h"

#include <cstdio>
#include <memory>

#include "absl/strings/str_cat.h"
#include "harness/cli/command.h"
#include "sim/traffic/mutate.h"

namespace heddle::cli {
namespace {

struct GenerateFlags {
  traffic::TrafficOptions traffic;
  traffic::MutateOptions mutate;
  std::string from;
  std::string to;
};

int Generate(const GenerateFlags& flags) {
  const absl::StatusOr<traffic::TrafficSummary> summary =
      traffic::GenerateTrace(flags.traffic, flags.to);
  if (!summary.ok()) return Fail(summary.status());
  Print(absl::StrCat(flags.to, ": ", summary->events, " events, ", summary->blocks, " blocks in ",
                     flags.traffic.slots, " slots; head at slot ", summary->head_slot,
                     ", justified ", summary->justified_slot, ", finalized ",
                     summary->finalized_slot, "\n"));
  return kMet;
}

int Mutate(const GenerateFlags& flags) {
  const absl::StatusOr<traffic::MutateSummary> summary =
      traffic::MutateTrace(flags.from, flags.to, flags.mutate);
  if (!summary.ok()) return Fail(summary.status());
  Print(absl::StrCat(flags.to, ": ", summary->written, " events of ", summary->read, "; ",
                     summary->dropped, " dropped, ", summary->duplicated, " duplicated, ",
                     summary->delayed, " delayed, ", summary->corrupted, " damaged, ",
                     summary->disconnected, " disconnects\n"));
  return kMet;
}

}  // namespace

void AddTraceGenerate(Command trace) {
  Command command = trace.Add("generate", "Generate synthetic traffic, and write it as a trace");
  auto flags = std::make_shared<GenerateFlags>();
  traffic::TrafficOptions& o = flags->traffic;
  command.AddOption("--out,-o", &flags->to, "The new trace (*.jsonl, *.jsonl.zst)").Required();
  command.AddOption("--seed", &o.seed, "The same seed gives the same bytes (default 1)");
  command.AddOption("--validators", &o.validators, "Number of validators, 1 to 4096 (default 8)");
  command.AddOption("--slots", &o.slots, "Number of slots, 4 s each (default 32)");
  command.AddOption("--peers", &o.peers, "Number of the observer's peers (default 4)");
  command.AddRate("--missed", 0.1, &o.missed, "Rate of missed proposals");
  command.AddRate("--late", 0.15, &o.late, "Rate of blocks that arrive 0.9 to 7 s late");
  command.AddRate("--forks", 0.15, &o.forks, "Rate of blocks that are built on the head's parent");
  command.AddRate("--equivocation", 0.1, &o.equivocation,
                  "Rate of slots with a second block and a second vote");
  command.AddRate("--duplicates", 0.5, &o.duplicates, "Rate of peers that forward a message too");
  command.AddRate("--reorder", 0.1, &o.reorder, "Rate of messages that arrive up to 2 s later");
  command.AddRate("--corrupt", 0.02, &o.corrupt,
                  "Rate of messages with an additional damaged copy");
  command.AddRate("--churn", 0.05, &o.churn, "Rate of peers that disconnect, for each slot");
  command.AddFlag("--partition", &o.partition,
                  "Half of the validators are cut off from 1/4 to 1/2 of the slots");
  command.AddFlag("--reqresp", &o.reqresp,
                  "Add requests for blocks, with correct, wrong or no responses");
  command.SetFooter(
      "A rate is given as --late=0.3; without a value, the rate in the option's name is used.\n"
      "\n"
      "  heddle trace generate --seed 7 --validators 8 --slots 64 --forks --late -o forks.jsonl");
  command.OnRun([flags] { return Generate(*flags); });
}

void AddTraceMutate(Command trace) {
  Command command = trace.Add("mutate", "Mutate a trace: lose, repeat, delay and damage messages");
  auto flags = std::make_shared<GenerateFlags>();
  traffic::MutateOptions& o = flags->mutate;
  command.AddOption("trace", &flags->from, "The trace (*.jsonl, *.jsonl.zst)").Required();
  command.AddOption("--out,-o", &flags->to, "The new trace (*.jsonl, *.jsonl.zst)").Required();
  command.AddOption("--seed", &o.seed, "The same seed gives the same events (default 1)");
  command.AddRate("--drop", 0.05, &o.drop, "Rate of messages that are lost");
  command.AddRate("--duplicate", 0.05, &o.duplicate, "Rate of messages that arrive a second time");
  command.AddRate("--reorder", 0.1, &o.reorder, "Rate of messages that arrive up to 200 ms later");
  command.AddRate("--delay", 0.05, &o.delay, "Rate of messages that arrive 0.2 to 6 s later");
  command.AddRate("--corrupt", 0.02, &o.corrupt, "Rate of messages that arrive damaged");
  command.AddRate("--disconnect", 0.01, &o.disconnect,
                  "Rate of messages replaced by a disconnect of the peer for 4 s");
  command.SetFooter(
      "A rate is given as --drop=0.2; without a value, the rate in the option's name is used.\n"
      "\n"
      "  heddle trace mutate scenarios/traces/devnet-4v-healthy.jsonl.zst --drop --delay=0.2 \\\n"
      "    --seed 3 -o mutated.jsonl.zst");
  command.OnRun([flags] { return Mutate(*flags); });
}

}  // namespace heddle::cli
