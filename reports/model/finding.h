// A finding: a proved fault. Everything that reports, compares or stores findings uses these types.
#ifndef HEDDLE_REPORTS_MODEL_FINDING_H_
#define HEDDLE_REPORTS_MODEL_FINDING_H_

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace heddle::harness {

enum class FindingKind {
  kDataRace,        // two accesses, at least one a write, without happens-before order
  kHeapCorruption,  // use after free, overflow of a heap block, double free, broken allocator
  kMemoryError,     // the same for stack and globals
  kUndefinedBehaviour,
  kLeak,
  kDeadlock,    // threads wait for each other in a cycle, or lock in an order that allows it
  kSyncMisuse,  // a mutex destroyed while locked, unlocked by a non-owner, a leaked thread
  kDivergence,  // the chain differs from the reference, the expectation or the other dispatcher
  kLostEvent,   // a delivered event is neither applied once nor refused, or is out of order
  kCrash,       // the host died of a signal, or aborted
  kHang,        // the host did not end within its time limit
  // Only the runtime can prove these.
  kLostWakeup,      // a signal reached no thread, and a waiting thread sleeps for ever
  kLivelock,        // the threads are busy and make no progress
  kNondeterminism,  // the same schedule led to different operations
  kUnmodelled,      // the runtime does not model an operation, a number of threads...
};

inline constexpr std::array<absl::string_view, 15> kFindingKindNames = {
    "data-race", "heap-corruption", "memory-error", "undefined-behaviour", "leak",
    "deadlock",  "sync-misuse",     "divergence",   "lost-event",          "crash",
    "hang",      "lost-wakeup",     "livelock",     "nondeterminism",      "unmodelled"};

inline absl::string_view Name(FindingKind kind) {
  return kFindingKindNames[static_cast<size_t>(kind)];
}

struct Frame {
  std::string function{};  // with its parameters, as the symbolizer wrote it; "" when unknown
  std::string file{};      // "" when unknown
  int line = 0;            // 0 when unknown
  int column = 0;
  std::string module{};  // the executable or shared library; "" when the report did not say
  // In the code under test: not in a system header or library, nor in a sanitizer's runtime.
  bool own = false;
};

struct Stack {
  std::string title{};          // "Write of size 8 by thread T1 'producer'", "freed by thread T1"
  std::string thread{};         // "T1", "main"; "" when the report does not say
  bool is_access = false;       // it shows the error, not where an object was created
  std::vector<Frame> frames{};  // innermost first
};

// A fork-choice tree at the point where two builds diverge.
struct ChainView {
  struct Point {
    std::string root;
    uint64_t slot = 0;  // 0 when the block was not in the trace
  };
  struct Block {
    std::string root;
    std::string parent;  // "" when the block was not in the trace
    uint64_t slot = 0;
    uint64_t weight = 0;
  };
  std::string name;  // the host: "async", "reference", "the specification"
  Point head, justified, finalized;
  std::vector<Block> blocks;  // the finalized one and those after it
};

struct Finding {
  FindingKind kind = FindingKind::kCrash;
  std::string detail;   // the finder's own term: "heap-use-after-free", "SIGSEGV", "snapshot"
  std::string source;   // the finder: "ThreadSanitizer", "serialisability", "process", ...
  std::string message;  // one paragraph for people, never a dump
  std::vector<Stack> stacks;
  std::string text;       // the sanitizer's own report, as far as it was kept
  std::string signature;  // 16 hex digits, the same for the same bug in every run and flavour build

  // The two trees of a divergence: the correct (or first) one, and this one. Empty if there is no
  // snapshot of the whole tree at the difference.
  std::vector<ChainView> chains;

  // The schedule file that leads here; "" when none was written.
  std::string schedule;

  // Filled in when the findings of several runs are merged.
  uint64_t count = 1;      // occurrences, repeats in one run included
  uint64_t runs = 1;       // number of runs that had it
  uint64_t first_run = 1;  // the first of them, counted from 1
};

// 16 hex digits over the kind, the detail and, for each stack that shows an access, its innermost
// own frames (function and file, no line: the dedup key survives small edits). The order of
// the accesses does not matter: either thread of a race may come first. For a finding without
// stacks, over the kind, the detail and `place`.
std::string Signature(const Finding& finding, absl::string_view place = "");

// Whether `pattern` occurs in the function or in "file:line" of an own frame of an access (or, for
// a finding without stacks, in its message). `*` matches any text. An empty pattern matches.
bool MatchesWhere(const Finding& finding, absl::string_view pattern);

// The own frames of `stack`, innermost first; when none is own, its innermost frame.
std::vector<const Frame*> OwnFrames(const Stack& stack);

// "Store::OnBlock src/chain/store.cc:120" without parameters and template arguments.
std::string ShortFrame(const Frame& frame);

// `function` without its parameter list and template arguments: "a::B<int>::C(long) const" becomes
// "a::B::C".
std::string ShortFunction(absl::string_view function);

// Adds `found`, the findings of `run` (and, where a campaign has counted them, in `Finding::runs` -
// 1 others), to `*all`: one entry for each signature, in the order of first appearance.
void Merge(std::vector<Finding> found, uint64_t run, std::vector<Finding>* all);

}  // namespace heddle::harness

#endif  // HEDDLE_REPORTS_MODEL_FINDING_H_
