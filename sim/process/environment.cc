#include "sim/process/environment.h"

#include <cerrno>
#include <cstring>

#include "absl/strings/str_cat.h"

namespace heddle::sim {

std::string RemedyOf(int error) {
  switch (error) {
    case ENOSPC:
    case EDQUOT:
      return "free some space, or set TMPDIR or the output folder to a disk with room";
    case EROFS:
    case EACCES:
      return "choose a folder that can be written to";
    case EMFILE:
    case ENFILE:
      return "raise the limit on open files: ulimit -n 4096";
    case EAGAIN:
      return "raise the limit on processes: ulimit -u";
    case ENOMEM:
      return "free some memory, or raise ulimit -v";
    case EFBIG:
      return "raise the limit on files' sizes: ulimit -f unlimited";
    case EPERM:
    case ENOSYS:
      return "in a container: --security-opt seccomp=unconfined --cap-add=SYS_PTRACE";
    default:
      return "";
  }
}

absl::Status EnvironmentError(int error, absl::string_view what) {
  const std::string remedy = RemedyOf(error);
  return absl::UnavailableError(
      absl::StrCat(what, ": ", std::strerror(error), remedy.empty() ? "" : "; ", remedy));
}

}  // namespace heddle::sim
