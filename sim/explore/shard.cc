#include "sim/explore/shard.h"

#include <vector>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace heddle::sim {

absl::StatusOr<Shard> ParseShard(absl::string_view text) {
  const std::vector<absl::string_view> parts = absl::StrSplit(text, '/');
  Shard shard;
  if (parts.size() != 2 || !absl::SimpleAtoi(parts[0], &shard.index) ||
      !absl::SimpleAtoi(parts[1], &shard.count) || shard.index < 1 || shard.count > kMaxShards ||
      shard.index > shard.count) {
    return absl::InvalidArgumentError(
        absl::StrCat("invalid shard '", text, "'; expected I/N with 1 <= I <= N <= ", kMaxShards,
                     ", as in 2/8"));
  }
  return shard;
}

}  // namespace heddle::sim
