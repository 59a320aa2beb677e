#include "sim/trace/verify.h"

#include <memory>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "sim/trace/operations.h"
#include "sim/trace/trace.h"

namespace heddle::trace {
namespace {

bool IsTopicName(absl::string_view name) {
  if (name == "block" || name == "aggregation") return true;
  uint64_t subnet = 0;
  return absl::ConsumePrefix(&name, "attestation_") && absl::SimpleAtoi(name, &subnet) &&
         name == absl::StrCat(subnet);
}

// The name within "/leanconsensus/<network>/<name>/ssz_snappy"; empty for any other text.
absl::string_view TopicName(absl::string_view topic, absl::string_view network) {
  if (!absl::ConsumePrefix(&topic, "/leanconsensus/") || !absl::ConsumePrefix(&topic, network) ||
      !absl::ConsumePrefix(&topic, "/") || !absl::ConsumeSuffix(&topic, "/ssz_snappy")) {
    return "";
  }
  return topic;
}

// Verify()'s memory of what came before.
class Verifier {
 public:
  Verifier(const std::string& path, const Header& header, const MessageIdFunction& message_id)
      : path_(path), network_(header.network), message_id_(message_id) {}

  void Check(const Event& event) {
    ++result_.events;
    line_ = event.line;
    switch (event.kind) {
      case Kind::kGossip:
        return CheckGossip(event);
      case Kind::kPeerConnected:
      case Kind::kPeerDisconnected:
        return CheckPeer(event);
      case Kind::kRpcResponse:
      case Kind::kRpcEnd:
        return CheckRpc(event);
    }
  }

  Verification TakeResult() { return std::move(result_); }

 private:
  void CheckGossip(const Event& event) {
    if (!IsTopicName(TopicName(event.topic, network_))) {
      Report(absl::StrCat("topic \"", absl::Utf8SafeCEscape(event.topic),
                          "\", expected /leanconsensus/", network_,
                          "/<block, attestation_<subnet> or aggregation>/ssz_snappy"));
    }
    if (message_id_) {
      const MessageId expected = message_id_(event.topic, event.data);
      if (event.id != expected) {
        Report(
            absl::StrCat("message id ", Hex(event.id), ", but the payload's is ", Hex(expected)));
      }
    }
    const bool came_before = !seen_.insert(event.id).second;
    if (came_before != event.duplicate) {
      Report(absl::StrCat("message ", Hex(event.id), came_before ? " came before" : " is new",
                          ", but \"duplicate\" is ", event.duplicate ? "true" : "not true"));
    }
  }

  void CheckPeer(const Event& event) {
    const bool connected = event.kind == Kind::kPeerConnected;
    const auto [peer, is_new] = connected_.try_emplace(event.peer, connected);
    if (!is_new && peer->second == connected) {
      Report(absl::StrCat("peer ", absl::Utf8SafeCEscape(event.peer),
                          connected ? " connects twice" : " disconnects twice"));
    }
    peer->second = connected;
  }

  void CheckRpc(const Event& event) {
    if (ended_.count(event.request) > 0) {
      Report(absl::StrCat("request ", event.request,
                          event.kind == Kind::kRpcEnd ? " ends twice" : " has ended before"));
    }
    if (event.kind == Kind::kRpcEnd) ended_.insert(event.request);
  }

  void Report(absl::string_view what) {
    ++result_.problem_count;
    if (result_.problems.size() == Verification::kMaxProblems) return;
    result_.problems.push_back({line_, absl::StrCat(path_, ":", line_, ": ", what)});
  }

  const std::string& path_;
  const std::string& network_;
  const MessageIdFunction& message_id_;
  Verification result_;
  uint64_t line_ = 0;
  MessageIdSet seen_;
  std::unordered_map<std::string, bool> connected_;
  std::unordered_set<uint64_t> ended_;
};

}  // namespace

absl::StatusOr<Verification> Verify(const std::string& path, const MessageIdFunction& message_id) {
  absl::StatusOr<std::unique_ptr<TraceReader>> reader = TraceReader::Open(path);
  if (!reader.ok()) return reader.status();
  Verifier verifier(path, (*reader)->header(), message_id);
  absl::Status status = ForEach(reader->get(), [&verifier](const Event& event) {
    verifier.Check(event);
    return true;
  });
  if (!status.ok()) return status;
  return verifier.TakeResult();
}

}  // namespace heddle::trace
