#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "harness/fuzz/targets.h"
#include "sim/trace/trace.h"
#include "src/chain/wire/gossipsub_rpc.h"
#include "src/chain/wire/reqresp.h"
#include "src/chain/wire/snappy_block.h"

namespace heddle::fuzz {
namespace {

namespace fs = std::filesystem;

constexpr char kTrace[] = "scenarios/traces/devnet-4v-short.jsonl.zst";
// Of each kind: more teach a fuzzer nothing.
constexpr size_t kMaxSeeds = 64;

std::string TextOf(const std::vector<uint8_t>& bytes) { return {bytes.begin(), bytes.end()}; }

std::string ReadWhole(const fs::path& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

// The files of a folder whose names end so, in the order of their names.
std::vector<std::string> FilesOf(const fs::path& folder, absl::string_view ending) {
  std::vector<fs::path> paths;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(folder, none)) {
    if (absl::EndsWith(entry.path().string(), ending)) paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());
  if (paths.size() > kMaxSeeds) paths.resize(kMaxSeeds);
  std::vector<std::string> texts;
  for (const fs::path& path : paths) texts.push_back(ReadWhole(path));
  return texts;
}

// Of the trace's events of one kind, what `make` makes of each.
template <typename Make>
std::vector<std::string> FromEvents(trace::Kind kind, const Make& make) {
  std::vector<std::string> seeds;
  const absl::StatusOr<trace::Trace> trace = trace::ReadTrace(kTrace);
  if (!trace.ok()) return seeds;
  for (const trace::Event& event : trace->events) {
    if (event.kind != kind || seeds.size() == kMaxSeeds) continue;
    seeds.push_back(make(event));
  }
  return seeds;
}

std::string Decompressed(const trace::Event& event) {
  const auto ssz = wire::SnappyDecompress(event.data);
  return ssz.ok() ? TextOf(*ssz) : "";
}

std::string AsChunk(const trace::Event& event) {
  const auto ssz = wire::SnappyDecompress(event.data);
  if (!ssz.ok()) return "";
  const auto chunk = wire::EncodeResponseChunk(wire::ResponseCode::kSuccess, *ssz);
  return chunk.ok() ? TextOf(*chunk) : "";
}

std::string AsGossipsub(const trace::Event& event) {
  wire::GossipsubRpc rpc;
  rpc.publish.push_back({.data = event.data, .topic = event.topic});
  return TextOf(wire::EncodeGossipsubRpc(rpc));
}

// A call of heddle_gossip(), as host_abi.cc reads it.
std::string AsCall(const trace::Event& event) {
  const auto text = [](absl::string_view whole) {
    const absl::string_view cut = whole.substr(0, 255);
    return absl::StrCat(std::string(1, static_cast<char>(cut.size())), cut);
  };
  const size_t size = event.data.size();
  return absl::StrCat(std::string("\x05\x02", 2), text(event.peer), text(event.topic),
                      std::string{static_cast<char>(size >> 8), static_cast<char>(size)},
                      TextOf(event.data));
}

// The trace's header and first events.
std::vector<std::string> TraceLines() {
  std::vector<std::string> seeds;
  const std::string path = FileWith({}, ".seed.jsonl");
  absl::StatusOr<trace::Trace> trace = trace::ReadTrace(kTrace);
  if (!trace.ok()) return seeds;
  auto writer = trace::TraceWriter::Create(path, trace->header);
  if (!writer.ok()) return seeds;
  for (size_t i = 0; i < std::min<size_t>(trace->events.size(), 20); ++i) {
    (*writer)->Write(trace->events[i]).IgnoreError();
  }
  if ((*writer)->Close().ok()) seeds.push_back(ReadWhole(path));
  return seeds;
}

}  // namespace

std::vector<std::string> SeedsOf(absl::string_view target) {
  using trace::Kind;
  if (target == "trace-json") return TraceLines();
  if (target == "trace-zstd") return {ReadWhole(kTrace)};
  if (target == "scenario-yaml") return FilesOf("scenarios", ".yaml");
  if (target == "ssz") return FromEvents(Kind::kGossip, Decompressed);
  if (target == "snappy") {
    return FromEvents(Kind::kGossip, [](const trace::Event& event) { return TextOf(event.data); });
  }
  if (target == "framing") return FromEvents(Kind::kGossip, AsChunk);
  if (target == "gossipsub") return FromEvents(Kind::kGossip, AsGossipsub);
  if (target == "host-abi") return FromEvents(Kind::kGossip, AsCall);
  if (target == "strategy") {
    return {"random", "pct:d=3", "pos", "fifo", "race", "dfs:preemptions=2"};
  }
  return {};  // those of inputs/ are all there is
}

}  // namespace heddle::fuzz
