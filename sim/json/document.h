// Typed access to a document of others: whole numbers in their range, nothing coerced.
//
//   absl::StatusOr<json::Document> document = json::Document::Parse(text, "x.json");
//   if (!document.ok()) return document.status();
//   const json::Value root = document->root();
//   point.slot = root["head"]["slot"].Count();
//   if (!document->status().ok()) return document->status();
//
// A value that is missing or not what was asked for is noted in the document, once; every further
// call then returns zero, "" or nothing. So a reader asks for all that it needs and looks at
// status() once, before it uses any of it.
#ifndef HEDDLE_SIM_JSON_DOCUMENT_H_
#define HEDDLE_SIM_JSON_DOCUMENT_H_

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "nlohmann/json_fwd.hpp"

namespace heddle::json {

class Document;

// One value of a document, as long as that lives.
class Value {
 public:
  // The member `key`, which must be there.
  Value operator[](absl::string_view key) const;
  // Whether this is an object with a member `key` that is not null.
  bool Has(absl::string_view key) const;
  // Of an object, in order.
  std::vector<std::string> Keys() const;
  std::vector<Value> List() const;

  std::string Text() const;
  bool Bool() const;
  // A whole number from 0 to `most`, or to the largest of a type.
  uint64_t Count(uint64_t most = std::numeric_limits<uint64_t>::max()) const;
  template <typename Unsigned>
  Unsigned Count() const {
    return static_cast<Unsigned>(Count(std::numeric_limits<Unsigned>::max()));
  }
  int64_t Signed() const;
  double Number(double least, double most) const;
  // A list of strings.
  std::vector<std::string> Texts() const;

  // One of `names`, by position.
  template <typename Enum, typename Names>
  Enum OneOf(const Names& names) const {
    return static_cast<Enum>(Choice({std::begin(names), std::end(names)}));
  }

  bool IsObject() const;
  // As JSON text in one line; for messages and for what is handed on as it is.
  std::string Json() const;

  // Notes that this value is wrong: "NAME: PLACE: MESSAGE".
  void Fail(absl::string_view message) const;

 private:
  friend class Document;
  Value(Document* document, const nlohmann::ordered_json* value)
      : document_(document), value_(value) {}
  // Notes an error unless `right`; returns it.
  bool Expect(bool right, absl::string_view expected) const;
  size_t Choice(const std::vector<absl::string_view>& names) const;

  Document* document_;
  const nlohmann::ordered_json* value_;  // null: what leads here was wrong
};

// A document and the first thing that is wrong with it. For one thread at a time.
class Document {
 public:
  // See Parse() of parse.h. `name` is used in messages.
  static absl::StatusOr<Document> Parse(absl::string_view text, absl::string_view name);
  Document(Document&&) noexcept;
  ~Document();

  // A document that is moved from takes its values along; ask the new one for them.
  Value root() { return {this, root_.get()}; }
  const absl::Status& status() const { return status_; }

 private:
  friend class Value;
  explicit Document(std::string name);
  void Fail(const nlohmann::ordered_json* at, absl::string_view key, absl::string_view message);

  std::string name_;
  std::unique_ptr<nlohmann::ordered_json> root_;
  absl::Status status_;
};

}  // namespace heddle::json

#endif  // HEDDLE_SIM_JSON_DOCUMENT_H_
