// TemporaryFolder.
//
// A folder is abandoned when nobody holds the lock on its owner file. Locks of the kernel's end
// with their process, however that ends, and tell the truth in containers that share a folder but
// no process ids. Whoever removes a folder removes that file last but for the folder itself, so
// that a removal that is cut off leaves an abandoned folder, or an empty one.
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "sim/process/process.h"

namespace heddle::sim {
namespace {

namespace fs = std::filesystem;

constexpr char kPrefix[] = "heddle-";
constexpr char kOwnerFile[] = ".owner";
// How often a folder may be taken for abandoned before it has its owner file.
constexpr int kMaxAttempts = 16;

std::string Root() {
  const char* base = std::getenv("TMPDIR");
  return base != nullptr && *base != '\0' ? base : "/tmp";
}

std::string OwnerFileOf(const std::string& folder) { return absl::StrCat(folder, "/", kOwnerFile); }

// What cannot be removed stays.
void Remove(const std::string& folder) {
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(folder, ignored)) {
    if (entry.path().filename() != kOwnerFile) fs::remove_all(entry.path(), ignored);
  }
  fs::remove(OwnerFileOf(folder), ignored);
  fs::remove(folder, ignored);
}

bool IsLinked(int file) {
  struct stat status;
  return fstat(file, &status) == 0 && status.st_nlink > 0;
}

bool IsOurFolder(const std::string& path) {
  struct stat status;
  return lstat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode) && status.st_uid == geteuid();
}

void RemoveIfAbandoned(const std::string& folder) {
  if (!IsOurFolder(folder)) return;
  const int owner = open(OwnerFileOf(folder).c_str(), O_RDWR | O_NOFOLLOW | O_CLOEXEC);
  if (owner < 0) {
    rmdir(folder.c_str());  // empty: its owner has not got that far, or was removing it
    return;
  }
  if (flock(owner, LOCK_EX | LOCK_NB) == 0 && IsLinked(owner)) Remove(folder);
  close(owner);
}

}  // namespace

absl::StatusOr<TemporaryFolder> TemporaryFolder::Create() {
  int error = 0;
  std::string path;
  for (int attempt = 0; attempt < kMaxAttempts; ++attempt) {
    path = absl::StrCat(Root(), "/", kPrefix, "XXXXXX");
    if (mkdtemp(path.data()) == nullptr) {
      error = errno;
      break;
    }
    const int owner = open(OwnerFileOf(path).c_str(), O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600);
    error = errno;
    if (owner < 0 && error == ENOENT) continue;  // it was taken for abandoned
    if (owner < 0) {
      rmdir(path.c_str());
      break;
    }
    if (flock(owner, LOCK_EX | LOCK_NB) == 0) {
      if (IsLinked(owner)) return TemporaryFolder(path, owner);
    } else if (errno != EWOULDBLOCK) {
      // A file system without locks: nobody may take the folder for abandoned.
      unlink(OwnerFileOf(path).c_str());
      close(owner);
      return TemporaryFolder(path, -1);
    }
    close(owner);
  }
  return absl::UnavailableError(absl::StrCat("cannot create ", path, ": ", std::strerror(error),
                                             "; set TMPDIR to a folder with room"));
}

TemporaryFolder::TemporaryFolder(TemporaryFolder&& other) noexcept
    : path_(std::exchange(other.path_, "")),
      owner_(std::exchange(other.owner_, -1)),
      keep_(other.keep_) {}

TemporaryFolder::~TemporaryFolder() {
  if (!path_.empty() && !keep_) Remove(path_);
  if (owner_ >= 0) close(owner_);
}

void TemporaryFolder::Keep() {
  keep_ = true;
  unlink(OwnerFileOf(path_).c_str());
}

void RemoveAbandonedFolders() {
  std::error_code error;
  for (auto at = fs::directory_iterator(Root(), error); !error && at != fs::directory_iterator();
       at.increment(error)) {
    const std::string path = at->path().string();
    if (absl::StartsWith(at->path().filename().string(), kPrefix)) RemoveIfAbandoned(path);
  }
}

}  // namespace heddle::sim
