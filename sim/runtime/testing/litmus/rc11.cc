// RC11 by enumeration: every reads-from map and every modification order, each against the axioms.
// Names as in the paper: sb sequenced before, rf reads from, mo modification order, rb reads
// before, rs release sequence, hb happens before, eco extended coherence order, psc partial order
// of seq_cst events.
#include <algorithm>

#include "sim/runtime/testing/litmus/models.h"
#include "sim/runtime/testing/litmus/relation.h"

namespace heddle::sim::litmus {
namespace {

bool Acquires(int order) { return order == kAcquire || order == kAcqRel || order == kSeqCst; }
bool Releases(int order) { return order == kRelease || order == kAcqRel || order == kSeqCst; }

struct Event {
  int thread = -1;  // -1: the initial store of a location
  Op op;
  bool reads = false;
  bool writes = false;
  int order = kRelaxed;
  int value = 0;  // that it writes
};

class Rc11 {
 public:
  explicit Rc11(const Program& program) {
    for (int location = 0; location < kLocations; ++location) {
      events_.push_back({.op = {.kind = Kind::kStore, .location = location}, .writes = true});
    }
    for (size_t thread = 0; thread < program.size(); ++thread) {
      for (const Op& op : program[thread]) {
        events_.push_back({.thread = static_cast<int>(thread), .op = op});
      }
    }
    reads_from_.assign(events_.size(), -1);
    ChooseReadsFrom(kLocations);
  }
  Rc11Outcomes outcomes;

 private:
  using Order = std::vector<int>;  // of the stores of a location

  int count() const { return static_cast<int>(events_.size()); }
  Relation None() const { return Relation(count()); }
  static bool IsRead(const Op& op) { return op.kind != Kind::kStore && op.kind != Kind::kFence; }

  void ChooseReadsFrom(int event) {
    while (event < count() && !IsRead(events_[event].op)) ++event;
    if (event == count()) return ReadsFromChosen();
    for (int store = 0; store < count(); ++store) {
      const Op& op = events_[store].op;
      if (store == event || op.kind == Kind::kLoad || op.kind == Kind::kFence) continue;
      if (op.location != events_[event].op.location) continue;
      reads_from_[event] = store;
      ChooseReadsFrom(event + 1);
    }
  }

  int ValueReadBy(int event) const { return events_[reads_from_[event]].op.value; }

  void ReadsFromChosen() {
    for (int e = kLocations; e < count(); ++e) {
      Event& event = events_[e];
      event.reads = IsRead(event.op);
      event.order = event.op.order;
      event.value = event.op.value;
      event.writes = event.op.kind == Kind::kStore || event.op.kind == Kind::kExchange;
      if (event.op.kind != Kind::kCompareExchange) continue;
      event.writes = ValueReadBy(e) == event.op.expected;
      if (!event.writes) event.order = FailureOrder(event.order);
    }
    for (int e = kLocations; e < count(); ++e) {
      if (events_[e].reads && !events_[reads_from_[e]].writes) return;
    }
    ChooseModificationOrder(0);
  }

  void ChooseModificationOrder(int location) {
    if (location == kLocations) return Check();
    Order stores;
    for (int e = kLocations; e < count(); ++e) {
      if (events_[e].writes && events_[e].op.location == location) stores.push_back(e);
    }
    do {
      orders_[location] = {location};
      orders_[location].insert(orders_[location].end(), stores.begin(), stores.end());
      ChooseModificationOrder(location + 1);
    } while (std::next_permutation(stores.begin(), stores.end()));
  }

  Relation SequencedBefore() const {
    Relation sb = None();
    for (int a = 0; a < count(); ++a) {
      for (int b = 0; b < count(); ++b) {
        const bool initial = events_[a].thread < 0 && events_[b].thread >= 0;
        const bool same = events_[a].thread >= 0 && events_[a].thread == events_[b].thread;
        if (initial || (same && a < b)) sb.Add(a, b);
      }
    }
    return sb;
  }

  // A read-modify-write comes right after what it reads.
  bool Atomic() const {
    for (const Order& order : orders_) {
      for (size_t i = 1; i < order.size(); ++i) {
        if (events_[order[i]].reads && reads_from_[order[i]] != order[i - 1]) return false;
      }
    }
    return true;
  }

  Relation HappensBefore(const Relation& sb, const Relation& rf) const {
    Relation updates = None();
    for (int e = kLocations; e < count(); ++e) {
      if (events_[e].reads && events_[e].writes) updates.Add(reads_from_[e], e);
    }
    const Relation rs = updates.Plus().OrSame();
    Relation releases = None();  // from what releases to the store that carries it
    Relation acquires = None();  // from the read to what acquires
    for (int e = kLocations; e < count(); ++e) {
      if (events_[e].writes && Releases(events_[e].order)) releases.Add(e, e);
      if (events_[e].reads && Acquires(events_[e].order)) acquires.Add(e, e);
      for (int fence = kLocations; fence < count(); ++fence) {
        if (events_[fence].op.kind != Kind::kFence) continue;
        const int order = events_[fence].order;
        if (events_[e].writes && sb.Has(fence, e) && Releases(order)) releases.Add(fence, e);
        if (events_[e].reads && sb.Has(e, fence) && Acquires(order)) acquires.Add(e, fence);
      }
    }
    return (sb | releases * rs * rf * acquires).Plus();
  }

  Relation PartialSc(const Relation& sb, const Relation& hb, const Relation& eco,
                     const Relation& mo_or_rb) const {
    Relation sb_elsewhere = None(), hb_same = None(), accesses = None(), fences = None();
    const auto same = [&](int a, int b) {
      return events_[a].op.kind != Kind::kFence && events_[b].op.kind != Kind::kFence &&
             events_[a].op.location == events_[b].op.location;
    };
    for (int a = 0; a < count(); ++a) {
      for (int b = 0; b < count(); ++b) {
        if (sb.Has(a, b) && !same(a, b)) sb_elsewhere.Add(a, b);
        if (hb.Has(a, b) && same(a, b)) hb_same.Add(a, b);
      }
      if (events_[a].thread < 0 || events_[a].order != kSeqCst) continue;
      (events_[a].op.kind == Kind::kFence ? fences : accesses).Add(a, a);
    }
    const Relation all = accesses | fences;
    const Relation scb = sb | sb_elsewhere * hb * sb_elsewhere | hb_same | mo_or_rb;
    return (all | fences * hb.OrSame()) * scb * (all | hb.OrSame() * fences) |
           fences * (hb | hb * eco * hb) * fences;
  }

  void Check() {
    Relation rf = None(), mo = None();
    for (int e = kLocations; e < count(); ++e) {
      if (events_[e].reads) rf.Add(reads_from_[e], e);
    }
    for (const Order& order : orders_) {
      for (size_t i = 0; i < order.size(); ++i) {
        for (size_t j = i + 1; j < order.size(); ++j) mo.Add(order[i], order[j]);
      }
    }
    const Relation sb = SequencedBefore();
    if (!(sb | rf).Acyclic() || !Atomic()) return;  // no load buffering
    Relation rb = rf.Inverse() * mo;
    for (int e = 0; e < count(); ++e) rb.Remove(e, e);
    const Relation hb = HappensBefore(sb, rf);
    const Relation eco = (rf | mo | rb).Plus();
    if (!hb.Irreflexive() || !(hb * eco).Irreflexive()) return;
    const Relation psc = PartialSc(sb, hb, eco, mo | rb);
    if (!psc.Acyclic()) return;
    Outcome outcome;
    for (int e = kLocations; e < count(); ++e) {
      if (events_[e].reads) outcome.push_back(ValueReadBy(e));
    }
    for (const Order& order : orders_) outcome.push_back(events_[order.back()].op.value);
    outcomes.allowed.insert(outcome);
    if ((sb | rf | psc).Acyclic()) outcomes.in_execution_order.insert(outcome);
  }

  std::vector<Event> events_;
  std::vector<int> reads_from_;
  Order orders_[kLocations];
};

}  // namespace

Rc11Outcomes AllowedByRc11(const Program& program) { return Rc11(program).outcomes; }

}  // namespace heddle::sim::litmus
