// Relations between the events of a small execution, as rows of bits.
#ifndef HEDDLE_SIM_RUNTIME_TESTING_LITMUS_RELATION_H_
#define HEDDLE_SIM_RUNTIME_TESTING_LITMUS_RELATION_H_

#include <cstdint>
#include <vector>

namespace heddle::sim::litmus {

class Relation {
 public:
  // None of `events`, at most 32.
  explicit Relation(int events) : rows_(static_cast<size_t>(events), 0) {}

  int events() const { return static_cast<int>(rows_.size()); }
  void Add(int from, int to) { rows_[from] |= Bit(to); }
  void Remove(int from, int to) { rows_[from] &= ~Bit(to); }
  bool Has(int from, int to) const { return (rows_[from] & Bit(to)) != 0; }

  // Union.
  friend Relation operator|(Relation a, const Relation& b) {
    for (int i = 0; i < a.events(); ++i) a.rows_[i] |= b.rows_[i];
    return a;
  }
  // Composition: first `a`, then `b`.
  friend Relation operator*(const Relation& a, const Relation& b) {
    Relation result(a.events());
    for (int i = 0; i < a.events(); ++i) {
      for (int j = 0; j < a.events(); ++j) {
        if (a.Has(i, j)) result.rows_[i] |= b.rows_[j];
      }
    }
    return result;
  }
  // The transitive closure.
  Relation Plus() const {
    Relation result = *this;
    for (int k = 0; k < events(); ++k) {
      for (int i = 0; i < events(); ++i) {
        if (result.Has(i, k)) result.rows_[i] |= result.rows_[k];
      }
    }
    return result;
  }
  // The reflexive closure.
  Relation OrSame() const {
    Relation result = *this;
    for (int i = 0; i < events(); ++i) result.Add(i, i);
    return result;
  }
  Relation Inverse() const {
    Relation result(events());
    for (int i = 0; i < events(); ++i) {
      for (int j = 0; j < events(); ++j) {
        if (Has(i, j)) result.Add(j, i);
      }
    }
    return result;
  }
  bool Irreflexive() const {
    for (int i = 0; i < events(); ++i) {
      if (Has(i, i)) return false;
    }
    return true;
  }
  bool Acyclic() const { return Plus().Irreflexive(); }

 private:
  static uint32_t Bit(int event) { return 1u << event; }

  std::vector<uint32_t> rows_;
};

}  // namespace heddle::sim::litmus

#endif  // HEDDLE_SIM_RUNTIME_TESTING_LITMUS_RELATION_H_
