#include "harness/host/request.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <functional>
#include <iterator>
#include <limits>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/types/span.h"
#include "harness/scenario/edit_distance.h"
#include "nlohmann/json.hpp"
#include "sim/json/document.h"
#include "sim/json/parse.h"
#include "sim/text/printable.h"

namespace heddle::host {
namespace {

using Json = nlohmann::json;  // with its members in order of their names

constexpr absl::string_view kSignatureKinds[] = {"structural", "cost_model"};
constexpr absl::string_view kWindowKeys[] = {"index", "time", "slot"};
constexpr size_t kMaxRequestBytes = 1 << 20;  // the names of files are most of it

using Names = absl::Span<const absl::string_view>;

std::string UnknownName(absl::string_view name, Names names) {
  const absl::string_view nearest =
      *std::min_element(names.begin(), names.end(), [&](absl::string_view a, absl::string_view b) {
        return EditDistance(name, a) < EditDistance(name, b);
      });
  return absl::StrCat("\"", json::Excerpt(name), "\" is not one of ", absl::StrJoin(names, ", "),
                      "; the nearest is ", nearest);
}

// The members of one object. All may be missing, which leaves the default; no others may be there.
class Members {
 public:
  explicit Members(const json::Value& object) : object_(object) {
    if (!object.IsObject()) object.Fail(absl::StrCat("expected an object, got ", object.Json()));
  }

  bool Has(absl::string_view key) {
    known_.push_back(key);
    return object_.Has(key);
  }
  json::Value At(absl::string_view key) const { return object_[key]; }

  void Text(absl::string_view key, std::string* value) {
    if (Has(key)) *value = At(key).Text();
  }

  void Boolean(absl::string_view key, bool* value) {
    if (Has(key)) *value = At(key).Bool();
  }

  void Number(absl::string_view key, double* value) {
    constexpr double kMost = std::numeric_limits<double>::max();
    if (Has(key)) *value = At(key).Number(-kMost, kMost);
  }

  template <typename Unsigned>
  void Count(absl::string_view key, Unsigned* value) {
    if (Has(key)) *value = At(key).template Count<Unsigned>();
  }

  void OptionalCount(absl::string_view key, std::optional<uint64_t>* value) {
    if (Has(key)) *value = At(key).Count();
  }

  void Signed(absl::string_view key, int64_t* value) {
    if (Has(key)) *value = At(key).Signed();
  }

  // `first` is what the first of `names` stands for.
  template <typename Enum>
  void Choice(absl::string_view key, Names names, Enum* value, Enum first = Enum{}) {
    if (!Has(key)) return;
    const std::string name = At(key).Text();
    const auto found = std::find(names.begin(), names.end(), name);
    if (found == names.end()) {
      At(key).Fail(UnknownName(name, names));
    } else {
      *value = static_cast<Enum>(found - names.begin() + static_cast<ptrdiff_t>(first));
    }
  }

  // Calls `read` with the members of the object at `key`, if there is one.
  void Object(absl::string_view key, const std::function<void(Members&)>& read) {
    if (!Has(key)) return;
    Members members(At(key));
    read(members);
    members.Finish();
  }

  // Refuses members that nobody asked for.
  void Finish() {
    if (!object_.IsObject()) return;
    for (const std::string& key : object_.Keys()) {
      if (std::find(known_.begin(), known_.end(), key) == known_.end()) {
        object_.Fail(absl::StrCat("unknown member ", UnknownName(key, known_)));
      }
    }
  }

 private:
  const json::Value object_;
  std::vector<absl::string_view> known_;
};

void ReadWindow(Members& members, trace::Window* window) {
  members.Choice("by", kWindowKeys, &window->by);
  members.Signed("from", &window->from);
  members.Signed("to", &window->to);
}

void ReadFaults(Members& members, traffic::NetworkFaults* faults) {
  members.Count("seed", &faults->seed);
  members.Number("drop", &faults->drop);
  members.Number("duplicate", &faults->duplicate);
  members.Number("reorder", &faults->reorder);
  members.Number("delay", &faults->delay);
  members.Number("corrupt", &faults->corrupt);
  members.Number("disconnect", &faults->disconnect);
  members.Signed("reorder_ns", &faults->reorder_ns);
  members.Signed("delay_ns", &faults->delay_ns);
  members.Signed("away_ns", &faults->away_ns);
}

Json FaultsJson(const traffic::NetworkFaults& faults) {
  return {{"seed", faults.seed},
          {"drop", faults.drop},
          {"duplicate", faults.duplicate},
          {"reorder", faults.reorder},
          {"delay", faults.delay},
          {"corrupt", faults.corrupt},
          {"disconnect", faults.disconnect},
          {"reorder_ns", faults.reorder_ns},
          {"delay_ns", faults.delay_ns},
          {"away_ns", faults.away_ns}};
}

void ReadMembers(const json::Value& object, Request* request) {
  Members members(object);
  members.Text("trace", &request->trace);
  members.Object("window", [&](Members& window) { ReadWindow(window, &request->window); });
  members.Boolean("warm_up", &request->warm_up);
  // The reference is no host.
  members.Choice("dispatcher", Names(sim::kDispatcherNames).subspan(1), &request->dispatcher,
                 Dispatcher::kUnsync);
  members.Choice("mode", harness::kModeNames, &request->mode);
  members.Number("speed", &request->speed);
  members.OptionalCount("tick_interval_ns", &request->tick_interval_ns);
  members.Count("instances", &request->instances);
  members.Choice("split", harness::kSplitNames, &request->split);
  members.Count("channel_capacity", &request->channel_capacity);
  members.Count("channel_bytes", &request->channel_bytes);
  members.Boolean("duplicates", &request->duplicates);
  members.Object("signature", [&](Members& signature) {
    signature.Choice("kind", kSignatureKinds, &request->signature.kind);
    signature.Count("ns", &request->signature.ns);
  });
  members.OptionalCount("stop_after", &request->stop_after);
  members.Object("faults", [&](Members& faults) { ReadFaults(faults, &request->faults); });
  members.Boolean("system_faults", &request->system_faults);
  members.Boolean("snapshots", &request->snapshots);
  members.Count("seed", &request->seed);
  members.Finish();
}

absl::Status Invalid(absl::string_view member, absl::string_view message) {
  return absl::InvalidArgumentError(absl::StrCat(member, ": ", message));
}

}  // namespace

absl::string_view SignatureKindName(Signature::Kind kind) {
  return kSignatureKinds[static_cast<size_t>(kind)];
}

absl::Status Validate(const Request& request) {
  if (request.trace.empty()) return Invalid("trace", "expected the path of a trace");
  if (request.window.from > request.window.to) {
    return Invalid("window", "`from` must not be after `to`");
  }
  if (!(request.speed > 0 && request.speed <= Request::kMaxSpeed)) {
    return Invalid("speed", absl::StrCat("expected a number above 0, up to ", Request::kMaxSpeed));
  }
  if (request.speed != 1 && request.mode != Mode::kRecorded) {
    return Invalid("speed", "only the mode recorded has a speed");
  }
  if (request.tick_interval_ns) {
    if (request.mode == Mode::kLockstep) {
      return Invalid("tick_interval_ns", "in lockstep ticks come between events, not from a timer");
    }
    if (*request.tick_interval_ns == 0) return Invalid("tick_interval_ns", "must be above 0");
  }
  if (request.instances < 1 || request.instances > Request::kMaxInstances) {
    return Invalid("instances", absl::StrCat("expected 1 to ", Request::kMaxInstances));
  }
  if (request.channel_capacity < 1 || request.channel_capacity > Request::kMaxChannelCapacity) {
    return Invalid("channel_capacity",
                   absl::StrCat("expected 1 to ", Request::kMaxChannelCapacity, " events"));
  }
  if (request.signature.ns != 0 && request.signature.kind != Signature::Kind::kCostModel) {
    return Invalid("signature.ns", "only the kind cost_model has a cost");
  }
  if (absl::Status status = traffic::Check(request.faults); !status.ok()) {
    return Invalid("faults", status.message());
  }
  if (request.stop_after == uint64_t{0}) return Invalid("stop_after", "must be above 0");
  return absl::OkStatus();
}

absl::StatusOr<Request> ParseRequest(absl::string_view text, absl::string_view source) {
  const auto at_source = [&](absl::string_view message) {
    return absl::InvalidArgumentError(absl::StrCat(source, ": ", message));
  };
  if (text.size() > kMaxRequestBytes) {
    return at_source(absl::StrCat("more than ", kMaxRequestBytes, " bytes"));
  }
  absl::StatusOr<json::Document> document = json::Document::Parse(text, source);
  if (!document.ok()) return document.status();
  Request request;
  ReadMembers(document->root(), &request);
  if (!document->status().ok()) return document->status();
  if (absl::Status status = Validate(request); !status.ok()) {
    return at_source(status.message());
  }
  return request;
}

absl::StatusOr<Request> ReadRequest(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  if (!stream) return absl::NotFoundError(absl::StrCat(path, ": cannot be opened"));
  const std::string text((std::istreambuf_iterator<char>(stream)),
                         std::istreambuf_iterator<char>());
  if (stream.bad()) return absl::InvalidArgumentError(absl::StrCat(path, ": cannot be read"));
  return ParseRequest(text, path);
}

namespace {

Json ToJson(const Request& request) {
  const auto name = [](absl::string_view text) { return std::string(text); };
  Json object = {
      {"trace", request.trace},
      {"warm_up", request.warm_up},
      {"dispatcher", name(Name(request.dispatcher))},
      {"mode", name(Name(request.mode))},
      {"speed", request.speed},
      {"instances", request.instances},
      {"split", name(Name(request.split))},
      {"channel_capacity", request.channel_capacity},
      {"channel_bytes", request.channel_bytes},
      {"duplicates", request.duplicates},
      {"signature",
       {{"kind", name(SignatureKindName(request.signature.kind))}, {"ns", request.signature.ns}}},
      {"snapshots", request.snapshots},
      {"seed", request.seed},
  };
  if (!request.window.IsUnbounded()) {
    const trace::Window unbounded;
    Json window = {{"by", name(kWindowKeys[static_cast<size_t>(request.window.by)])}};
    if (request.window.from != unbounded.from) window["from"] = request.window.from;
    if (request.window.to != unbounded.to) window["to"] = request.window.to;
    object["window"] = window;
  }
  if (request.tick_interval_ns) object["tick_interval_ns"] = *request.tick_interval_ns;
  if (request.stop_after) object["stop_after"] = *request.stop_after;
  if (request.faults.Any()) object["faults"] = FaultsJson(request.faults);
  object["system_faults"] = request.system_faults;
  return object;
}

}  // namespace

absl::StatusOr<std::string> FormatRequest(const Request& request) {
  try {
    return ToJson(request).dump();
  } catch (const Json::type_error&) {
    return absl::InvalidArgumentError(
        absl::StrCat("the name of the trace, '", sim::Printable(request.trace), "', is not UTF-8"));
  }
}

std::string FormatWithoutTrace(const Request& request) {
  Json object = ToJson(request);
  object.erase("trace");
  return object.dump();
}

}  // namespace heddle::host
