// x86-TSO: every run of the abstract machine.
#include <tuple>
#include <utility>

#include "sim/runtime/testing/litmus/models.h"

namespace heddle::sim::litmus {
namespace {

struct State {
  using Buffered = std::pair<int, int>;  // location, value

  std::vector<size_t> next;                    // operation, by thread
  std::vector<std::vector<Buffered>> buffers;  // oldest first
  std::vector<std::vector<int>> reads;
  std::vector<int> memory = std::vector<int>(kLocations, 0);

  friend bool operator<(const State& a, const State& b) {
    return std::tie(a.next, a.buffers, a.reads, a.memory) <
           std::tie(b.next, b.buffers, b.reads, b.memory);
  }
};

class Machine {
 public:
  explicit Machine(const Program& program) : program_(program) {
    State state;
    state.next.resize(program.size());
    state.buffers.resize(program.size());
    state.reads.resize(program.size());
    Visit(state);
  }
  Outcomes outcomes;

 private:
  // Locked instructions, and what compilers make of seq_cst stores and fences.
  static bool NeedsEmptyBuffer(const Op& op) {
    if (op.kind == Kind::kExchange || op.kind == Kind::kCompareExchange) return true;
    return op.order == kSeqCst && (op.kind == Kind::kFence || op.kind == Kind::kStore);
  }

  void Visit(const State& state) {
    if (!seen_.insert(state).second) return;
    bool ended = true;
    for (size_t thread = 0; thread < program_.size(); ++thread) {
      if (!state.buffers[thread].empty()) {
        ended = false;
        State after = state;
        const auto [location, value] = after.buffers[thread].front();
        after.memory[location] = value;
        after.buffers[thread].erase(after.buffers[thread].begin());
        Visit(after);
      }
      if (state.next[thread] == program_[thread].size()) continue;
      ended = false;
      const Op& op = program_[thread][state.next[thread]];
      if (!NeedsEmptyBuffer(op) || state.buffers[thread].empty()) Visit(After(state, thread, op));
    }
    if (ended) Note(state);
  }

  static State After(State state, size_t thread, const Op& op) {
    ++state.next[thread];
    int& cell = state.memory[op.location];
    switch (op.kind) {
      case Kind::kLoad: {
        int value = cell;
        for (const auto& [location, buffered] : state.buffers[thread]) {
          if (location == op.location) value = buffered;
        }
        state.reads[thread].push_back(value);
        break;
      }
      case Kind::kStore:
        if (NeedsEmptyBuffer(op)) {
          cell = op.value;
        } else {
          state.buffers[thread].emplace_back(op.location, op.value);
        }
        break;
      case Kind::kExchange:
      case Kind::kCompareExchange:
        state.reads[thread].push_back(cell);
        if (op.kind == Kind::kExchange || cell == op.expected) cell = op.value;
        break;
      case Kind::kFence:
        break;
    }
    return state;
  }

  void Note(const State& state) {
    Outcome outcome;
    for (const std::vector<int>& reads : state.reads) {
      outcome.insert(outcome.end(), reads.begin(), reads.end());
    }
    outcome.insert(outcome.end(), state.memory.begin(), state.memory.end());
    outcomes.insert(outcome);
  }

  const Program& program_;
  std::set<State> seen_;
};

}  // namespace

Outcomes AllowedByTso(const Program& program) { return Machine(program).outcomes; }

}  // namespace heddle::sim::litmus
