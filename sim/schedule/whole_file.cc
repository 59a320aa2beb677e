#include "sim/schedule/whole_file.h"

#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <fstream>

#include "absl/strings/str_cat.h"

namespace heddle::sim {

absl::Status WriteWholeFile(absl::string_view text, const std::string& path) {
  const std::string temporary = absl::StrCat(path, ".", getpid(), ".tmp");
  {
    std::ofstream file(temporary, std::ios::binary);
    file << text;
    file.flush();
    if (!file) return absl::ErrnoToStatus(errno, absl::StrCat("writing ", temporary));
  }
  if (rename(temporary.c_str(), path.c_str()) != 0) {
    return absl::ErrnoToStatus(errno, absl::StrCat("renaming ", temporary, " to ", path));
  }
  return absl::OkStatus();
}

}  // namespace heddle::sim
