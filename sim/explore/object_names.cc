#include "sim/explore/object_names.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/match.h"
#include "sim/stacks/frame.h"
#include "sim/stacks/source_lines.h"

namespace heddle::sim {
namespace {

// Whether a line with such an operation names its object. A thread's start has no line of its own,
// and memory is not an object.
bool NamesItsObject(OpKind kind) {
  switch (kind) {
    case OpKind::kNone:
    case OpKind::kThreadCreate:
    case OpKind::kThreadStart:
    case OpKind::kThreadExit:
    case OpKind::kThreadJoin:
    case OpKind::kThreadDetach:
    case OpKind::kFence:
    case OpKind::kYield:
    case OpKind::kSleep:
    case OpKind::kSleepEnd:
    case OpKind::kClockRead:
    case OpKind::kClockAdvance:
    case OpKind::kAllocate:
    case OpKind::kFree:
    case OpKind::kMemoryRead:
    case OpKind::kMemoryWrite:
    case OpKind::kIo:
    case OpKind::kIoWait:
    case OpKind::kRandom:
    case OpKind::kExit:
    case OpKind::kProcessEnd:
    case OpKind::kStaticGuard:
      return false;
    default:
      return true;
  }
}

// "ns::(anonymous namespace)::state" -> "state".
std::string LastPart(const std::string& symbol) {
  const size_t at = symbol.rfind("::");
  return at == std::string::npos ? symbol : symbol.substr(at + 2);
}

class Expressions {
 public:
  explicit Expressions(const OperationLog& log) : log_(log), of_stack_(log.stacks.size()) {}

  // What the innermost own line of the stack calls the object.
  const std::string& Of(uint32_t stack) {
    Known& known = of_stack_[stack];
    if (std::exchange(known.looked_up, true)) return known.text;
    const std::vector<uint32_t>& frames = log_.stacks[stack];
    const auto own = std::find_if(frames.begin(), frames.end(),
                                  [&](uint32_t frame) { return log_.frames[frame].own; });
    if (own == frames.end()) return known.text;
    const Frame& frame = log_.frames[*own];
    known.text = ObjectExpression(lines_.Line(frame.file, frame.line), frame.column);
    return known.text;
  }

 private:
  struct Known {
    bool looked_up = false;
    std::string text;
  };
  const OperationLog& log_;
  SourceLines lines_;
  std::vector<Known> of_stack_;
};

// The most frequent one; of equals, the first in order.
std::string Favourite(const std::map<std::string, uint64_t>& votes) {
  std::string best;
  uint64_t most = 0;
  for (const auto& [text, count] : votes) {
    if (count > most) best = text;
    most = std::max(most, count);
  }
  return best;
}

}  // namespace

std::map<ObjectId, std::string> NameObjects(
    const OperationLog& log, const std::function<std::string(uint64_t address)>& variable_at) {
  Expressions expressions(log);
  std::map<ObjectId, std::map<std::string, uint64_t>> votes;
  std::map<ObjectId, std::string> symbols;
  for (const OperationLog::Operation& operation : log.operations) {
    if (operation.object <= kRandomObject || !NamesItsObject(operation.kind)) continue;
    const std::string& expression = expressions.Of(operation.stack);
    if (!expression.empty()) ++votes[operation.object][expression];
    const auto [symbol, added] = symbols.try_emplace(operation.object);
    if (added && operation.address != 0) symbol->second = LastPart(variable_at(operation.address));
  }
  std::map<ObjectId, std::string> names;
  for (const auto& [object, symbol] : symbols) {
    std::string expression = Favourite(votes[object]);
    std::string name = symbol.empty() || absl::StartsWith(expression, symbol) ? expression : symbol;
    if (!name.empty()) names.emplace(object, std::move(name));
  }
  return names;
}

}  // namespace heddle::sim
