// A portfolio: no single strategy finds every bug soon, and nobody knows beforehand which one will.
//
// Each execution takes an arm: a strategy, which operations are points, a memory model. Arms are
// drawn at random, in proportion to a fixed share and to how often the arm has shown something new
// lately (pairs of operations, less so interleavings). That is a stochastic bandit whose rewards
// change: each arm's mean forgets (R. Sutton and A. Barto, "Reinforcement Learning", 2018, section
// 2.5), starts high, and an arm that shows nothing new keeps kLeastOfShare of its share, since a
// bug need not be where new pairs are. So a bug that an arm finds once in N executions is found
// once in N / (its share at least).
//
// Executions with points at memory accesses may be long. From kLongExecution points on, their arms
// are drawn less often, in proportion.
//
// Under weak memory an execution in which no load had a choice of stores is one of sequentially
// consistent memory. Where nearly all are, the arms of weak memory are hardly drawn.
//
// The first executions take arms with points at synchronisation: what they find replays in every
// flavour. The very first, of which nothing is known yet, lets the threads begin together and
// walks at random, with many old values where memory is weak; where it always is, the first two do
// so. The others of these strategies learn from earlier executions, or find their bugs in many.
#include "sim/runtime/strategies/auto.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "sim/runtime/strategies/parameters.h"
#include "sim/runtime/strategies/stale_reads.h"
#include "sim/runtime/strategies/strategies.h"

namespace heddle::sim {
namespace {

constexpr double kLeastOfShare = 0.25;
constexpr double kForget = 0.05;     // of a mean, for each reward
constexpr double kOfNewOrder = 0.1;  // the reward of a new interleaving without new pairs
constexpr double kLongExecution = 20'000;
constexpr double kLeastOfLong = 0.02;
constexpr uint64_t kFirstExecutions = 8;
// Executions of the first arm before any is drawn; the same where memory is weak in all. Of the
// bugs of small lock-free programs, one of the latter shows half to three quarters, also of those
// that the one before it has not shown; an execution whose arm is drawn shows a quarter. More than
// two cost the other bugs more than they find.
constexpr uint64_t kGathered = 1;
constexpr uint64_t kGatheredWeakly = 2;
// Of the mean of executions under weak memory in which a load had a choice: quick, since all their
// arms share it. From a quarter on they are drawn as often as their share says.
constexpr double kForgetChoices = 0.1;
constexpr double kEnoughChoices = 0.25;
constexpr double kLeastOfWeak = 0.05;

struct ArmShare {
  const char* name;
  const char* parameters;
  uint32_t share;
  uint32_t stale_rate = 0;  // where memory is weak; 0: drawn (stale_reads.h)
};
// By what each needs on small programs, on those of sim/corpus and on SCTBench: hardly any is found
// soonest by random or pos.
constexpr ArmShare kSyncShares[] = {{"random", "gather=32", 1, 80},
                                    {"random", "", 1},
                                    {"pos", "", 2},
                                    {"pct", "d=2", 2},
                                    {"pct", "d=3", 3},
                                    {"surw", "", 5},
                                    {"rff", "", 5},
                                    {"delay", "d=2", 2}};
constexpr ArmShare kMemoryShares[] = {{"random", "", 1},  {"pos", "", 1},  {"pct", "d=3", 3},
                                      {"pct", "d=5", 1},  {"surw", "", 5}, {"rff", "", 5},
                                      {"delay", "d=2", 1}};
constexpr ArmShare kSitesShares[] = {{"race", "", 3}, {"surw", "", 2}, {"pct", "d=3", 1}};
// A fifth of all: these show the interleavings of sequentially consistent memory too.
constexpr ArmShare kWeakShares[] = {
    {"random", "", 4}, {"pos", "", 3}, {"pct", "d=3", 2}, {"pctwm", "", 2}};
// Beside kSyncShares, where memory is weak in all executions.
constexpr ArmShare kOnlyWeakShares[] = {{"pctwm", "d=2", 2}, {"pctwm", "d=3", 2}};

class Auto final : public Strategy {
 public:
  explicit Auto(const AutoOptions& options) {
    for (const AutoArm& made : ArmsOf(options)) {
      Arm& arm = arms_.emplace_back();
      arm.plan = made.plan;
      arm.share = made.share;
      const char* error;
      arm.strategy = MakeStrategy(made.plan.strategy.name.view(),
                                  made.plan.strategy.parameters.view(), &error);
      // pctwm chooses stores itself.
      if (IsWeak(arm) && made.plan.strategy.name != "pctwm") {
        arm.strategy = WithStaleReads(std::move(arm.strategy), made.stale_rate);
      }
    }
  }

  bool WantsObjects() const override { return true; }
  const ExecutionPlan* Plan() const override { return &arms_[taken_].plan; }

  bool NewExecution(const Random& random) override {
    Random own = random;
    own.Seed(own.Next() ^ kStream);
    const uint64_t gathered = IsWeak(arms_[0]) ? kGatheredWeakly : kGathered;
    taken_ = executions_ < gathered ? 0 : Draw(own);
    ++executions_;
    points_ = 0;
    fresh_pairs_ = 0;
    fresh_order_ = false;
    had_choice_ = false;
    return arms_[taken_].strategy->NewExecution(random);
  }

  uint32_t Choose(const Point& point) override {
    ++points_;
    return arms_[taken_].strategy->Choose(point);
  }
  uint32_t ChooseStore(const StoreChoice& choice) override {
    had_choice_ = true;
    return arms_[taken_].strategy->ChooseStore(choice);
  }
  void StoresLeftOut() override { arms_[taken_].strategy->StoresLeftOut(); }
  void Stuck(const Point& point) override { arms_[taken_].strategy->Stuck(point); }

  void News(uint32_t fresh_pairs, bool fresh_order) override {
    fresh_pairs_ = fresh_pairs;
    fresh_order_ = fresh_order;
  }

  void EndExecution(ExecutionEnd end, ThreadNumber last_thread, const Operation& last) override {
    Arm& arm = arms_[taken_];
    const double reward = fresh_pairs_ > 0 ? 1 : fresh_order_ ? kOfNewOrder : 0;
    arm.value += (reward - arm.value) * kForget;
    arm.points += (static_cast<double>(points_) - arm.points) * (arm.points == 0 ? 1 : kForget);
    if (IsWeak(arm)) choices_ += ((had_choice_ ? 1 : 0) - choices_) * kForgetChoices;
    arm.strategy->EndExecution(end, last_thread, last);
  }

 private:
  static constexpr uint64_t kStream = 0x6175746f;  // "auto"

  struct Arm {
    ExecutionPlan plan;
    uint32_t share = 0;
    std::unique_ptr<Strategy> strategy;
    double value = 1;   // mean of the rewards
    double points = 0;  // mean of an execution's
  };

  static bool IsWeak(const Arm& arm) { return arm.plan.memory != MemoryModel::kSc; }

  double WeightOf(const Arm& arm) const {
    double weight = arm.share * (kLeastOfShare + arm.value);
    if (arm.plan.preempt == Preempt::kMemory && arm.points > kLongExecution) {
      weight *= std::max(kLeastOfLong, kLongExecution / arm.points);
    }
    if (IsWeak(arm)) weight *= std::clamp(choices_ / kEnoughChoices, kLeastOfWeak, 1.0);
    return weight;
  }

  // Of the first executions only arms with points at synchronisation, if there are any.
  bool MayTake(const Arm& arm) const {
    return executions_ >= kFirstExecutions || arms_[0].plan.preempt != Preempt::kSync ||
           (arm.plan.preempt == Preempt::kSync && arm.plan.memory == arms_[0].plan.memory);
  }

  size_t Draw(Random& random) const {
    double total = 0;
    for (const Arm& arm : arms_) total += MayTake(arm) ? WeightOf(arm) : 0;
    double at = random.Unit() * total;
    for (size_t i = 0; i < arms_.size(); ++i) {
      if (!MayTake(arms_[i])) continue;
      at -= WeightOf(arms_[i]);
      if (at < 0) return i;
    }
    return 0;
  }

  std::vector<Arm> arms_;
  size_t taken_ = 0;
  uint64_t executions_ = 0, points_ = 0;
  uint32_t fresh_pairs_ = 0;
  bool fresh_order_ = false;
  bool had_choice_ = false;  // in this execution
  double choices_ = 1;       // mean, under weak memory
};

}  // namespace

bool ParseAutoOptions(std::string_view parameters, AutoOptions* options, const char** error) {
  const Parameter known[] = {{"sync", &options->sync, 0, 1},   {"memory", &options->memory, 0, 1},
                             {"sites", &options->sites, 0, 1}, {"sc", &options->sc, 0, 1},
                             {"c11", &options->c11, 0, 1},     {"tso", &options->tso, 0, 1}};
  const bool right = ParseParameters(parameters, known);
  if (right && options->sync + options->memory + options->sites > 0 &&
      options->sc + options->c11 + options->tso > 0) {
    return true;
  }
  *error =
      "auto takes sync, memory, sites (the points that it uses) and sc, c11, tso (the memory "
      "models), each as NAME=0 or NAME=1, at least one of either";
  return false;
}

std::vector<AutoArm> ArmsOf(const AutoOptions& options) {
  std::vector<AutoArm> arms;
  const auto add = [&](const auto& shares, Preempt preempt, MemoryModel memory) {
    for (const ArmShare& share : shares) {
      AutoArm arm;
      arm.plan.strategy.name = share.name;
      arm.plan.strategy.parameters = share.parameters;
      arm.plan.preempt = preempt;
      arm.plan.memory = memory;
      arm.plan.arm = static_cast<uint32_t>(arms.size()) + 1;
      arm.share = share.share;
      arm.stale_rate = share.stale_rate;
      arms.push_back(arm);
    }
  };
  const MemoryModel weak = options.c11 != 0   ? MemoryModel::kC11
                           : options.tso != 0 ? MemoryModel::kTso
                                              : MemoryModel::kSc;
  const MemoryModel most = options.sc != 0 ? MemoryModel::kSc : weak;
  if (options.sync != 0) add(kSyncShares, Preempt::kSync, most);
  if (options.sync != 0 && options.sc == 0) add(kOnlyWeakShares, Preempt::kSync, most);
  if (options.memory != 0) add(kMemoryShares, Preempt::kMemory, most);
  if (weak != most) {
    const Preempt preempt = options.sync != 0     ? Preempt::kSync
                            : options.memory != 0 ? Preempt::kMemory
                                                  : Preempt::kSites;
    add(kWeakShares, preempt, weak);
  }
  // Last: they come in later (Explore() finds sites), and the others keep their numbers.
  if (options.sites != 0) add(kSitesShares, Preempt::kSites, most);
  return arms;
}

std::unique_ptr<Strategy> MakeAuto(const AutoOptions& options) {
  return std::make_unique<Auto>(options);
}

}  // namespace heddle::sim
