#include <cerrno>
#include <cstdio>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "sim/trace/byte_sink.h"
#include "sim/trace/json_fields.h"
#include "sim/trace/trace.h"

namespace heddle::trace {
namespace {

constexpr absl::string_view kPartialSuffix = ".partial";

void AppendString(absl::string_view text, std::string* out) {
  out->push_back('"');
  for (char c : text) {
    if (c == '"' || c == '\\') {
      out->push_back('\\');
      out->push_back(c);
    } else if (static_cast<unsigned char>(c) < 0x20) {
      absl::StrAppend(out, "\\u", absl::Hex(static_cast<unsigned char>(c), absl::kZeroPad4));
    } else {
      out->push_back(c);
    }
  }
  out->push_back('"');
}

void AppendHex(absl::Span<const uint8_t> bytes, std::string* out) {
  absl::StrAppend(out, "\"",
                  absl::BytesToHexString(
                      absl::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size())),
                  "\"");
}

void AppendBase64(absl::Span<const uint8_t> bytes, std::string* out) {
  absl::StrAppend(out, "\"",
                  absl::Base64Escape(
                      absl::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size())),
                  "\"");
}

void FormatHeader(const Header& header, std::string* out) {
  absl::StrAppend(out, R"({"format":")", kFormatName, R"(","version":)", kFormatVersion,
                  R"(,"network":)");
  AppendString(header.network, out);
  absl::StrAppend(out, R"(,"genesis_time":)", header.genesis_time, R"(,"validators":[)");
  for (size_t i = 0; i < header.validators.size(); ++i) {
    absl::StrAppend(out, i == 0 ? "" : ",", R"({"attestation_public_key":)");
    AppendHex(header.validators[i].attestation_public_key, out);
    absl::StrAppend(out, R"(,"proposal_public_key":)");
    AppendHex(header.validators[i].proposal_public_key, out);
    out->push_back('}');
  }
  out->push_back(']');
  if (header.observer_final.has_value()) {
    const ObserverFinal& observer = *header.observer_final;
    absl::StrAppend(out, R"(,"observer_final":{"head":)");
    AppendString(absl::StripPrefix(observer.head, "0x"), out);
    absl::StrAppend(out, R"(,"head_slot":)", observer.head_slot, R"(,"justified":)",
                    observer.justified, R"(,"finalized":)", observer.finalized, "}");
  }
  out->push_back('}');
}

void FormatEvent(const Event& event, std::string* out) {
  absl::StrAppend(out, R"({"t":)", event.time_ns, R"(,"kind":")", KindName(event.kind), "\"");
  if (event.kind == Kind::kGossip) {
    absl::StrAppend(out, R"(,"topic":)");
    AppendString(event.topic, out);
  }
  absl::StrAppend(out, R"(,"peer":)");
  AppendString(event.peer, out);
  if (event.kind == Kind::kGossip) {
    absl::StrAppend(out, R"(,"id":)");
    AppendHex(event.id, out);
    if (event.duplicate) absl::StrAppend(out, R"(,"duplicate":true)");
  }
  if (event.kind == Kind::kRpcResponse || event.kind == Kind::kRpcEnd) {
    absl::StrAppend(out, R"(,"request":)", event.request);
  }
  if (event.kind == Kind::kRpcResponse) {
    absl::StrAppend(out, R"(,"protocol":)");
    AppendString(event.protocol, out);
  }
  if (event.kind == Kind::kGossip || event.kind == Kind::kRpcResponse) {
    absl::StrAppend(out, R"(,"data":)");
    AppendBase64(event.data, out);
  }
  out->push_back('}');
}

absl::Status CheckHeader(const Header& header) {
  std::string root;
  if (header.network.empty()) return absl::InvalidArgumentError("the header's network is empty");
  if (header.validators.size() > kMaxValidators) {
    return absl::InvalidArgumentError(absl::StrCat("the header has ", header.validators.size(),
                                                   " validators, the limit is ", kMaxValidators));
  }
  if (header.observer_final.has_value() && !NormalizeRoot(header.observer_final->head, &root)) {
    return absl::InvalidArgumentError("observer_final.head is no root of 64 hexadecimal digits");
  }
  return absl::OkStatus();
}

}  // namespace

TraceWriter::TraceWriter(std::string path, std::unique_ptr<ByteSink> sink)
    : path_(std::move(path)), sink_(std::move(sink)) {}

TraceWriter::~TraceWriter() {
  if (sink_ != nullptr) std::remove(absl::StrCat(path_, kPartialSuffix).c_str());
}

absl::StatusOr<std::unique_ptr<TraceWriter>> TraceWriter::Create(const std::string& path,
                                                                 const Header& header) {
  if (absl::Status status = CheckHeader(header); !status.ok()) return status;
  absl::StatusOr<std::unique_ptr<ByteSink>> sink =
      OpenByteSink(absl::StrCat(path, kPartialSuffix), absl::EndsWith(path, ".zst"));
  if (!sink.ok()) return sink.status();
  std::unique_ptr<TraceWriter> writer(new TraceWriter(path, *std::move(sink)));
  FormatHeader(header, &writer->line_);
  if (absl::Status status = writer->WriteLine(); !status.ok()) return status;
  return writer;
}

absl::Status TraceWriter::Write(const Event& event) {
  if (sink_ == nullptr) return absl::FailedPreconditionError("the trace is closed");
  if (event.time_ns < last_time_ns_) {
    return absl::InvalidArgumentError(
        absl::StrCat("the event's time goes back, from ", last_time_ns_, " to ", event.time_ns));
  }
  line_.clear();
  FormatEvent(event, &line_);
  if (absl::Status status = WriteLine(); !status.ok()) return status;
  last_time_ns_ = event.time_ns;
  return absl::OkStatus();
}

absl::Status TraceWriter::WriteLine() {
  if (line_.size() > kMaxLineBytes) {
    return absl::InvalidArgumentError(
        absl::StrCat("the line has ", line_.size(), " bytes, the limit is ", kMaxLineBytes));
  }
  if (!simdjson::validate_utf8(line_.data(), line_.size())) {
    return absl::InvalidArgumentError("a text is not UTF-8");
  }
  line_.push_back('\n');
  if (error_.ok()) error_ = sink_->Write(line_);
  return error_;
}

absl::Status TraceWriter::Close() {
  if (sink_ == nullptr) return absl::FailedPreconditionError("the trace is closed");
  if (!error_.ok()) return error_;
  if (error_ = sink_->Close(); !error_.ok()) return error_;
  if (std::rename(absl::StrCat(path_, kPartialSuffix).c_str(), path_.c_str()) != 0) {
    return absl::ErrnoToStatus(errno, path_);
  }
  sink_ = nullptr;
  return absl::OkStatus();
}

}  // namespace heddle::trace
