#include "harness/run/program_builds.h"

#include <openssl/evp.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <memory>
#include <system_error>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "sim/protocol/runtime_mark.h"
#include "sim/text/printable.h"

namespace heddle::harness {
namespace {

namespace fs = std::filesystem;

constexpr absl::string_view kFlavours[] = {"det", "tsan", "asan"};

struct Content {
  std::string hash;
  bool has_runtime = false;
};

// Reads the file once, in pieces. Its hash is "" if it cannot be read.
Content ReadContent(const std::string& path) {
  constexpr size_t kPiece = 1 << 20;
  const std::string mark = absl::StrCat(sim::kRuntimeMarkBegin, sim::kRuntimeMarkEnd);
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> digest(EVP_MD_CTX_new(),
                                                                       EVP_MD_CTX_free);
  Content content;
  std::ifstream file(path, std::ios::binary);
  if (!file || digest == nullptr || EVP_DigestInit_ex(digest.get(), EVP_sha256(), nullptr) != 1) {
    return content;
  }
  std::vector<char> piece(kPiece);
  std::string seen;  // the latest piece, after the end of the one before: the mark may lie across
  while (file.read(piece.data(), kPiece), file.gcount() > 0) {
    const absl::string_view read(piece.data(), static_cast<size_t>(file.gcount()));
    EVP_DigestUpdate(digest.get(), read.data(), read.size());
    seen.erase(0, seen.size() - std::min(seen.size(), mark.size() - 1));
    seen.append(read.data(), read.size());
    content.has_runtime |= absl::StrContains(seen, mark);
  }
  unsigned char bytes[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  if (file.bad() || EVP_DigestFinal_ex(digest.get(), bytes, &size) != 1) return {};
  content.hash =
      absl::BytesToHexString(absl::string_view(reinterpret_cast<const char*>(bytes), size));
  return content;
}

// By its name: a build folder may be a link to another disk.
bool IsBelowCurrentFolder(const std::string& program) {
  std::error_code error;
  const fs::path folder = fs::current_path(error);
  const fs::path relative = (folder / program).lexically_normal().lexically_relative(folder);
  return !error && !relative.empty() && *relative.begin() != "..";
}

// Why `program` must not run; "" if it may.
std::string Objection(const std::string& program, const std::string& recorded) {
  std::error_code error;
  if (!fs::is_regular_file(program, error)) return "is not there";
  if (!IsBelowCurrentFolder(program)) return "is not below the current folder";
  if (recorded.empty()) return "was recorded without the hash of its content";
  const Content content = ReadContent(program);
  if (content.hash != recorded) return "is not the one that was recorded: its content has changed";
  if (!content.has_runtime) return "does not hold Heddle's runtime";
  return "";
}

}  // namespace

absl::string_view EndingOf(const std::string& program) {
  for (const absl::string_view flavour : kFlavours) {
    if (absl::EndsWith(program, absl::StrCat("-", flavour))) return flavour;
  }
  return "";
}

std::string BuildIn(const std::string& program, absl::string_view flavour) {
  const absl::string_view ending = EndingOf(program);
  if (ending.empty()) return program;
  return absl::StrCat(absl::StripSuffix(program, ending), flavour);
}

std::map<std::string, std::string> HashBuilds(const std::string& program) {
  std::map<std::string, std::string> hashes;
  const auto add = [&hashes](absl::string_view ending, const std::string& build) {
    const std::string hash = ReadContent(build).hash;
    if (!hash.empty()) hashes.emplace(ending, hash);
  };
  if (EndingOf(program).empty()) {
    add("", program);
  } else {
    for (const absl::string_view flavour : kFlavours) add(flavour, BuildIn(program, flavour));
  }
  return hashes;
}

absl::StatusOr<std::string> FindBuild(const sim::Schedule& schedule, const std::string& path,
                                      absl::string_view flavour) {
  // Not looked for near the schedule file: what came along with it is not to be trusted more.
  const std::string program = BuildIn(schedule.subject_path, flavour);
  const auto recorded = schedule.subject_builds.find(std::string(EndingOf(program)));
  const std::string objection = Objection(
      program, recorded == schedule.subject_builds.end() ? std::string() : recorded->second);
  if (objection.empty()) return program;
  return absl::FailedPreconditionError(
      absl::StrCat(path, ": the program that it names, ", sim::Printable(program), ", ", objection,
                   ". If you want to run it, name it: --program ", sim::Printable(program)));
}

}  // namespace heddle::harness
