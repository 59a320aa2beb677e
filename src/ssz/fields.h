// Containers are described once.
//
//   struct Checkpoint {
//     Root root;
//     Slot slot = 0;
//     HEDDLE_SSZ_CONTAINER(Checkpoint, root, slot);
//   };
//
// From that one line come Encode, Decode (codec.h), HashTreeRoot (merkle.h), equality, and, in
// tests, reading the specification's JSON. The names are in SSZ order.
//
// A container may add
//   static constexpr size_t kSszLength = N;      every encoding has N bytes although a field is of
//                                                variable size: encoded in line, without an offset;
//   absl::Status CheckDecoded() const;           a rule beyond the fields' own, run after decoding.
#ifndef HEDDLE_SRC_SSZ_FIELDS_H_
#define HEDDLE_SRC_SSZ_FIELDS_H_

#include <tuple>
#include <utility>

namespace heddle::ssz {

// One field of a container: its name and where it is.
template <class Owner, class T>
struct Field {
  using Type = T;
  const char* name;
  T Owner::*member;
};
template <class Owner, class T>
Field(const char*, T Owner::*) -> Field<Owner, T>;

template <class T>
concept Container = requires {
  T::SszFields();
};

// Calls visit(field) for each field of T, in SSZ order.
template <Container T, class Visitor>
constexpr void ForEachField(Visitor&& visit) {
  std::apply([&](const auto&... field) { (visit(field), ...); }, T::SszFields());
}

// The same, but stops at the first call that returns false, and then returns false.
template <Container T, class Visitor>
constexpr bool AllFields(Visitor&& visit) {
  return std::apply([&](const auto&... field) { return (visit(field) && ...); }, T::SszFields());
}

template <Container T>
inline constexpr size_t kFieldCount = std::tuple_size_v<decltype(T::SszFields())>;

}  // namespace heddle::ssz

// Applies HEDDLE_SSZ_FIELD to up to 20 names: the preprocessor has no loop, so HEDDLE_SSZ_EXPAND
// scans its argument again and again, and each scan takes one name off the list.
#define HEDDLE_SSZ_PARENS ()
#define HEDDLE_SSZ_EXPAND(...) \
  HEDDLE_SSZ_EXPAND1(HEDDLE_SSZ_EXPAND1(HEDDLE_SSZ_EXPAND1(HEDDLE_SSZ_EXPAND1(__VA_ARGS__))))
#define HEDDLE_SSZ_EXPAND1(...) \
  HEDDLE_SSZ_EXPAND2(HEDDLE_SSZ_EXPAND2(HEDDLE_SSZ_EXPAND2(HEDDLE_SSZ_EXPAND2(__VA_ARGS__))))
#define HEDDLE_SSZ_EXPAND2(...) __VA_ARGS__
#define HEDDLE_SSZ_FIELD(Type, name) \
  ::heddle::ssz::Field { #name, &Type::name }
#define HEDDLE_SSZ_EACH(Type, name, ...) \
  HEDDLE_SSZ_FIELD(Type, name)           \
  __VA_OPT__(, HEDDLE_SSZ_EACH_AGAIN HEDDLE_SSZ_PARENS(Type, __VA_ARGS__))
#define HEDDLE_SSZ_EACH_AGAIN() HEDDLE_SSZ_EACH

#define HEDDLE_SSZ_CONTAINER(Type, ...)                                            \
  static constexpr auto SszFields() {                                              \
    return std::make_tuple(HEDDLE_SSZ_EXPAND(HEDDLE_SSZ_EACH(Type, __VA_ARGS__))); \
  }                                                                                \
  [[maybe_unused]] friend bool operator==(const Type& a, const Type& b) {          \
    return ::heddle::ssz::AllFields<Type>(                                         \
        [&](const auto& field) { return a.*field.member == b.*field.member; });    \
  }                                                                                \
  static_assert(true, "takes the semicolon")

#endif  // HEDDLE_SRC_SSZ_FIELDS_H_
