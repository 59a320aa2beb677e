#include "src/chain/aggregation.h"

#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/sha.h>

#include <algorithm>
#include <span>
#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"

namespace heddle::chain {
namespace {

constexpr std::string_view kPrefix("\0MOCKED-AGGREGATION-PROOF\0", 26);

// Inverse-rate exponent that the specification hands to its prover with the `test` scheme.
constexpr int kLogInverseRate = 1;

// The mocked prover digests Python's repr() of its arguments; these write the same text.

// repr(bytes): b'...', with the quote that needs no escape if there is one.
void AppendRepr(std::span<const uint8_t> bytes, std::string* out) {
  const bool has_single = std::find(bytes.begin(), bytes.end(), '\'') != bytes.end();
  const bool has_double = std::find(bytes.begin(), bytes.end(), '"') != bytes.end();
  const char quote = has_single && !has_double ? '"' : '\'';
  static constexpr char kDigits[] = "0123456789abcdef";
  *out += 'b';
  *out += quote;
  for (const uint8_t byte : bytes) {
    if (byte == quote || byte == '\\') {
      *out += '\\';
      *out += static_cast<char>(byte);
    } else if (byte == '\t') {
      *out += "\\t";
    } else if (byte == '\n') {
      *out += "\\n";
    } else if (byte == '\r') {
      *out += "\\r";
    } else if (byte < 0x20 || byte >= 0x7f) {
      *out += "\\x";
      *out += kDigits[byte >> 4];
      *out += kDigits[byte & 15];
    } else {
      *out += static_cast<char>(byte);
    }
  }
  *out += quote;
}

// repr(list): [a, b].
template <class Range, class AppendElement>
void AppendListRepr(const Range& range, AppendElement&& append_element, std::string* out) {
  *out += '[';
  std::string_view separator;
  for (const auto& element : range) {
    *out += separator;
    append_element(element);
    separator = ", ";
  }
  *out += ']';
}

// repr of the arguments: (keys, signatures, message, slot, rate, children or None).
std::string Repr(const ProofInputs& inputs) {
  std::string text = "(";
  AppendListRepr(
      inputs.raw, [&](const auto& raw) { AppendRepr(raw.public_key->bytes, &text); }, &text);
  text += ", ";
  AppendListRepr(
      inputs.raw, [&](const auto& raw) { AppendRepr(Encode(*raw.signature), &text); }, &text);
  text += ", ";
  AppendRepr(inputs.message.bytes, &text);
  absl::StrAppend(&text, ", ", inputs.slot, ", ", kLogInverseRate, ", ");
  if (inputs.children.empty()) {
    text += "None";
  } else {
    const auto append_child = [&](const ProofInputs::Child& child) {
      text += '(';
      AppendListRepr(
          child.public_keys, [&](const auto* key) { AppendRepr(key->bytes, &text); }, &text);
      text += ", ";
      AppendRepr(child.proof->bytes, &text);
      text += ')';
    };
    AppendListRepr(inputs.children, append_child, &text);
  }
  text += ')';
  return text;
}

// How many of `participants` are not in `covered`.
size_t CountNew(const ssz::Bits& participants, const ssz::Bits& covered) {
  size_t count = 0;
  participants.ForEachOne(
      [&](uint64_t index) { count += index < covered.size() && covered[index] ? 0 : 1; });
  return count;
}

void Unite(const ssz::Bits& participants, ssz::Bits* covered) {
  if (covered->size() < participants.size()) covered->Resize(participants.size());
  participants.ForEachOne([&](uint64_t index) { covered->Set(index, true); });
}

void SelectFrom(const std::vector<SingleMessageAggregate>& pool, ProofSelection* selection) {
  struct Candidate {
    const SingleMessageAggregate* proof;
    std::vector<uint8_t> encoding;
  };
  std::vector<Candidate> candidates;
  for (const SingleMessageAggregate& proof : pool) candidates.push_back({&proof, Encode(proof)});
  while (!candidates.empty()) {
    auto best = candidates.end();
    size_t best_count = 0;
    for (auto it = candidates.begin(); it != candidates.end(); ++it) {
      const size_t count = CountNew(it->proof->participants.bits, selection->covered);
      if (best == candidates.end() || count > best_count ||
          (count == best_count && it->encoding > best->encoding)) {
        best = it;
        best_count = count;
      }
    }
    if (best_count == 0) return;  // Nor does any other add anything.
    selection->proofs.push_back(best->proof);
    Unite(best->proof->participants.bits, &selection->covered);
    candidates.erase(best);
  }
}

std::vector<const PublicKeyBytes*> AttestationKeys(const Validators& validators,
                                                   const AggregationBits& participants) {
  std::vector<const PublicKeyBytes*> keys;
  participants.bits.ForEachOne(
      [&](uint64_t index) { keys.push_back(&validators[index].attestation_public_key); });
  return keys;
}

}  // namespace

std::vector<uint8_t> PlaceholderProver::Prefix() { return {kPrefix.begin(), kPrefix.end()}; }

ByteList512KiB PlaceholderProver::AggregateSingleMessage(const ProofInputs& inputs) {
  const std::string text = Repr(inputs);
  ByteList512KiB proof{Prefix()};
  proof.bytes.resize(kPrefix.size() + SHA256_DIGEST_LENGTH);
  SHA256(reinterpret_cast<const uint8_t*>(text.data()), text.size(),
         proof.bytes.data() + kPrefix.size());
  return proof;
}

ProofSelection SelectProofsForCoverage(const std::vector<SingleMessageAggregate>* priority_pool,
                                       const std::vector<SingleMessageAggregate>* fallback_pool) {
  ProofSelection selection;
  if (priority_pool != nullptr) SelectFrom(*priority_pool, &selection);
  if (fallback_pool != nullptr) SelectFrom(*fallback_pool, &selection);
  return selection;
}

SingleMessageAggregate AggregateProofs(AggregationProver* prover, const Validators& validators,
                                       const AttestationData& data,
                                       const std::vector<const SingleMessageAggregate*>& children,
                                       const std::vector<const AttestationSignature*>& raw) {
  ProofInputs inputs;
  inputs.message = HashTreeRoot(data);
  inputs.slot = data.slot;
  ssz::Bits participants(validators.size());
  for (const SingleMessageAggregate* child : children) {
    inputs.children.push_back({AttestationKeys(validators, child->participants), &child->proof});
    Unite(child->participants.bits, &participants);
  }
  for (const AttestationSignature* signature : raw) {
    const ValidatorIndex index = signature->validator_index;
    inputs.raw.push_back({&validators[index].attestation_public_key, &signature->signature});
    participants.Set(index, true);
  }
  return {*AggregationBitsFromIndices(participants.Ones()), prover->AggregateSingleMessage(inputs)};
}

}  // namespace heddle::chain
