#include "sim/supervisor/site_calls.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <mutex>
#include <tuple>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "sim/supervisor/sites.h"

namespace heddle::sim {

absl::StatusOr<std::vector<uint64_t>> SiteCallFinder::CallsAt(const std::string& text,
                                                              const AddressNames& names) {
  // Whoever starts one program again and again (shrinking does) asks for the same each time, and to
  // name every access of a program takes about a second.
  using Key = std::tuple<std::string, std::filesystem::file_time_type, std::string>;
  static auto& known = *new std::map<Key, std::vector<uint64_t>>;
  static std::mutex mutex;
  const absl::StatusOr<Site> site = Site::Parse(text);
  if (!site.ok()) return site.status();
  const LoadedModule& program = names.modules().front();
  std::error_code ignored;
  const Key key(program.path, std::filesystem::last_write_time(program.path, ignored), text);
  const std::lock_guard lock(mutex);
  if (const auto found = known.find(key); found != known.end()) return found->second;
  if (access_calls_.empty()) {
    absl::StatusOr<std::vector<uint64_t>> calls = AccessCalls(program.path);
    if (!calls.ok()) return calls.status();
    access_calls_ = *std::move(calls);
  }
  std::vector<uint64_t> matching;
  for (const uint64_t call : access_calls_) {
    if (site->Matches(names.FramesAt(call + program.bias))) matching.push_back(call);
  }
  return known.emplace(key, std::move(matching)).first->second;
}

absl::StatusOr<SiteCalls> SiteCallFinder::Find(const std::vector<std::string>& sites,
                                               const AddressNames& names) {
  SiteCalls result;
  if (sites.empty() || names.modules().empty()) return result;
  const LoadedModule& program = names.modules().front();
  for (const std::string& site : sites) {
    const absl::StatusOr<std::vector<uint64_t>> calls = CallsAt(site, names);
    if (!calls.ok()) return calls.status();
    for (const uint64_t call : *calls) result.addresses.push_back(call + program.bias);
    if (calls->empty()) result.idle.push_back(site);
  }
  if (result.addresses.empty()) {
    return absl::NotFoundError(absl::StrCat(program.path, " has no plain access to memory at ",
                                            absl::StrJoin(sites, ", ")));
  }
  std::vector<uint64_t>& addresses = result.addresses;
  std::sort(addresses.begin(), addresses.end());
  addresses.erase(std::unique(addresses.begin(), addresses.end()), addresses.end());
  return result;
}

}  // namespace heddle::sim
