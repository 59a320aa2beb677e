#include "src/chain/wire/gossipsub_rpc.h"

#include <utility>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "src/chain/wire/utf8.h"
#include "src/chain/wire/varint.h"

namespace heddle::wire {
namespace {

// Protobuf wire types.
constexpr uint64_t kVarint = 0;
constexpr uint64_t kFixed64 = 1;
constexpr uint64_t kLengthDelimited = 2;
constexpr uint64_t kFixed32 = 5;

// --- Encoding ---

void AppendField(uint64_t number, uint64_t value, Bytes* out) {
  AppendVarint(number << 3 | kVarint, out);
  AppendVarint(value, out);
}

void AppendField(uint64_t number, ByteView value, Bytes* out) {
  AppendVarint(number << 3 | kLengthDelimited, out);
  AppendVarint(value.size(), out);
  Append(value, out);
}

void AppendUnlessEmpty(uint64_t number, ByteView value, Bytes* out) {
  if (!value.empty()) AppendField(number, value, out);
}

void AppendEach(uint64_t number, const std::vector<Bytes>& values, Bytes* out) {
  for (const Bytes& value : values) AppendField(number, value, out);
}

Bytes Encode(const RpcSubscription& subscription) {
  Bytes out;
  AppendField(1, uint64_t{subscription.subscribe}, &out);
  AppendField(2, AsBytes(subscription.topic), &out);
  return out;
}

Bytes Encode(const RpcMessage& message) {
  Bytes out;
  AppendUnlessEmpty(1, message.from_peer, &out);
  AppendUnlessEmpty(2, message.data, &out);
  AppendUnlessEmpty(3, message.seqno, &out);
  AppendUnlessEmpty(4, AsBytes(message.topic), &out);
  AppendUnlessEmpty(5, message.signature, &out);
  AppendUnlessEmpty(6, message.key, &out);
  return out;
}

Bytes Encode(const RpcIHave& ihave) {
  Bytes out;
  AppendUnlessEmpty(1, AsBytes(ihave.topic), &out);
  AppendEach(2, ihave.message_ids, &out);
  return out;
}

Bytes Encode(const RpcIWant& iwant) {
  Bytes out;
  AppendEach(1, iwant.message_ids, &out);
  return out;
}

Bytes Encode(const RpcGraft& graft) {
  Bytes out;
  AppendUnlessEmpty(1, AsBytes(graft.topic), &out);
  return out;
}

Bytes Encode(const RpcPrune& prune) {
  Bytes out;
  AppendUnlessEmpty(1, AsBytes(prune.topic), &out);
  if (prune.backoff > 0) AppendField(3, prune.backoff, &out);
  return out;
}

Bytes Encode(const RpcIDontWant& idontwant) {
  Bytes out;
  AppendEach(1, idontwant.message_ids, &out);
  return out;
}

template <typename T>
void EncodeEach(uint64_t number, const std::vector<T>& entries, Bytes* out) {
  for (const T& entry : entries) AppendField(number, Encode(entry), out);
}

Bytes Encode(const RpcControl& control) {
  Bytes out;
  EncodeEach(1, control.ihave, &out);
  EncodeEach(2, control.iwant, &out);
  EncodeEach(3, control.graft, &out);
  EncodeEach(4, control.prune, &out);
  EncodeEach(5, control.idontwant, &out);
  return out;
}

// --- Decoding ---

absl::Status Malformed(absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat("gossipsub RPC: ", what));
}

struct Field {
  uint64_t number = 0;
  uint64_t type = 0;
  uint64_t value = 0;  // kVarint
  ByteView bytes;      // kLengthDelimited
};

// Takes a varint off the front of `data`.
absl::StatusOr<uint64_t> TakeVarint(ByteView* data) {
  const absl::StatusOr<Varint> varint = DecodeVarint(*data);
  if (!varint.ok()) return Malformed(varint.status().message());
  data->remove_prefix(varint->length);
  return varint->value;
}

absl::StatusOr<ByteView> TakeBytes(uint64_t length, ByteView* data) {
  if (length > data->size()) {
    return Malformed(
        absl::StrCat("a field of ", length, " bytes, where ", data->size(), " are left"));
  }
  const ByteView bytes = data->subspan(0, length);
  data->remove_prefix(length);
  return bytes;
}

absl::StatusOr<Field> TakeField(ByteView* data) {
  const absl::StatusOr<uint64_t> tag = TakeVarint(data);
  if (!tag.ok()) return tag.status();
  Field field;
  field.number = *tag >> 3;
  field.type = *tag & 7;
  if (field.type == kVarint) {
    const absl::StatusOr<uint64_t> value = TakeVarint(data);
    if (!value.ok()) return value.status();
    field.value = *value;
    return field;
  }
  uint64_t length = 0;
  if (field.type == kLengthDelimited) {
    const absl::StatusOr<uint64_t> prefix = TakeVarint(data);
    if (!prefix.ok()) return prefix.status();
    length = *prefix;
  } else if (field.type == kFixed64 || field.type == kFixed32) {
    length = field.type == kFixed64 ? 8 : 4;
  } else {
    return Malformed(absl::StrCat("unknown wire type ", field.type));
  }
  const absl::StatusOr<ByteView> bytes = TakeBytes(length, data);
  if (!bytes.ok()) return bytes.status();
  field.bytes = *bytes;
  return field;
}

// Calls `visit` with every field of the message; it ignores those it does not know.
absl::Status ForEachField(ByteView message, absl::FunctionRef<absl::Status(const Field&)> visit) {
  while (!message.empty()) {
    const absl::StatusOr<Field> field = TakeField(&message);
    if (!field.ok()) return field.status();
    if (absl::Status status = visit(*field); !status.ok()) return status;
  }
  return absl::OkStatus();
}

bool Is(const Field& field, uint64_t number, uint64_t type) {
  return field.number == number && field.type == type;
}

bool IsBytes(const Field& field, uint64_t number) { return Is(field, number, kLengthDelimited); }

absl::Status Store(const Field& field, Bytes* out) {
  out->assign(field.bytes.begin(), field.bytes.end());
  return absl::OkStatus();
}

absl::Status Store(const Field& field, std::string* out) {
  if (!IsUtf8(field.bytes)) return Malformed("a topic is not UTF-8");
  *out = std::string(AsText(field.bytes));
  return absl::OkStatus();
}

// Decodes messages, and counts their entries together.
class Decoder {
 public:
  absl::Status Decode(ByteView data, GossipsubRpc* rpc) {
    return ForEachField(data, [&](const Field& field) {
      if (IsBytes(field, 1)) return DecodeEntry(field, &rpc->subscriptions);
      if (IsBytes(field, 2)) return DecodeEntry(field, &rpc->publish);
      if (IsBytes(field, 3)) return Decode(field.bytes, &rpc->control.emplace());
      return absl::OkStatus();
    });
  }

 private:
  // Appends an entry to `entries`, within the limit.
  template <typename T>
  absl::StatusOr<T*> AddEntry(std::vector<T>* entries) {
    if (count_ == kMaxRpcEntries) {
      return absl::ResourceExhaustedError(
          absl::StrCat("gossipsub RPC: more than ", kMaxRpcEntries, " entries"));
    }
    ++count_;
    return &entries->emplace_back();
  }

  template <typename T>
  absl::Status DecodeEntry(const Field& field, std::vector<T>* entries) {
    const absl::StatusOr<T*> entry = AddEntry(entries);
    if (!entry.ok()) return entry.status();
    return Decode(field.bytes, *entry);
  }

  absl::Status AddMessageId(const Field& field, std::vector<Bytes>* ids) {
    const absl::StatusOr<Bytes*> id = AddEntry(ids);
    if (!id.ok()) return id.status();
    return Store(field, *id);
  }

  absl::Status Decode(ByteView data, RpcSubscription* subscription) {
    return ForEachField(data, [&](const Field& field) {
      if (Is(field, 1, kVarint)) subscription->subscribe = field.value != 0;
      return IsBytes(field, 2) ? Store(field, &subscription->topic) : absl::OkStatus();
    });
  }

  absl::Status Decode(ByteView data, RpcMessage* message) {
    return ForEachField(data, [&](const Field& field) {
      if (IsBytes(field, 1)) return Store(field, &message->from_peer);
      if (IsBytes(field, 2)) return Store(field, &message->data);
      if (IsBytes(field, 3)) return Store(field, &message->seqno);
      if (IsBytes(field, 4)) return Store(field, &message->topic);
      if (IsBytes(field, 5)) return Store(field, &message->signature);
      if (IsBytes(field, 6)) return Store(field, &message->key);
      return absl::OkStatus();
    });
  }

  absl::Status Decode(ByteView data, RpcIHave* ihave) {
    return ForEachField(data, [&](const Field& field) {
      if (IsBytes(field, 1)) return Store(field, &ihave->topic);
      if (IsBytes(field, 2)) return AddMessageId(field, &ihave->message_ids);
      return absl::OkStatus();
    });
  }

  absl::Status Decode(ByteView data, RpcIWant* iwant) {
    return ForEachField(data, [&](const Field& field) {
      return IsBytes(field, 1) ? AddMessageId(field, &iwant->message_ids) : absl::OkStatus();
    });
  }

  absl::Status Decode(ByteView data, RpcGraft* graft) {
    return ForEachField(data, [&](const Field& field) {
      return IsBytes(field, 1) ? Store(field, &graft->topic) : absl::OkStatus();
    });
  }

  absl::Status Decode(ByteView data, RpcPrune* prune) {
    return ForEachField(data, [&](const Field& field) {
      if (Is(field, 3, kVarint)) prune->backoff = field.value;
      return IsBytes(field, 1) ? Store(field, &prune->topic) : absl::OkStatus();
    });
  }

  absl::Status Decode(ByteView data, RpcIDontWant* idontwant) {
    return ForEachField(data, [&](const Field& field) {
      return IsBytes(field, 1) ? AddMessageId(field, &idontwant->message_ids) : absl::OkStatus();
    });
  }

  absl::Status Decode(ByteView data, RpcControl* control) {
    return ForEachField(data, [&](const Field& field) {
      if (IsBytes(field, 1)) return DecodeEntry(field, &control->ihave);
      if (IsBytes(field, 2)) return DecodeEntry(field, &control->iwant);
      if (IsBytes(field, 3)) return DecodeEntry(field, &control->graft);
      if (IsBytes(field, 4)) return DecodeEntry(field, &control->prune);
      if (IsBytes(field, 5)) return DecodeEntry(field, &control->idontwant);
      return absl::OkStatus();
    });
  }

  size_t count_ = 0;
};

}  // namespace

Bytes EncodeGossipsubRpc(const GossipsubRpc& rpc) {
  Bytes out;
  EncodeEach(1, rpc.subscriptions, &out);
  EncodeEach(2, rpc.publish, &out);
  if (rpc.control.has_value()) AppendUnlessEmpty(3, Encode(*rpc.control), &out);
  return out;
}

absl::StatusOr<GossipsubRpc> DecodeGossipsubRpc(ByteView data) {
  GossipsubRpc rpc;
  if (absl::Status status = Decoder().Decode(data, &rpc); !status.ok()) return status;
  return rpc;
}

}  // namespace heddle::wire
