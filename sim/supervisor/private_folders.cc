#include "sim/supervisor/private_folders.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <sstream>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

namespace heddle::sim {
namespace {

namespace fs = std::filesystem;

constexpr char kSharedMemory[] = "/dev/shm";

// "" when there is no such folder.
std::string Canonical(const std::string& path) {
  std::error_code error;
  const std::string canonical = fs::canonical(path, error).string();
  return !error && fs::is_directory(canonical, error) ? canonical : "";
}

bool IsBelow(const std::string& path, const std::string& folder) {
  return folder == "/" ? path != "/" : absl::StartsWith(path, absl::StrCat(folder, "/"));
}
bool IsIn(const std::string& path, const std::string& folder) {
  return path == folder || IsBelow(path, folder);
}

// Folders of the system itself: no copies are made of them.
bool IsOfSystem(const std::string& folder) {
  if (folder == "/" || folder.empty()) return true;
  for (const char* each : {"/proc", "/sys", "/dev"}) {
    if (IsIn(folder, each) && !IsIn(folder, kSharedMemory)) return true;
  }
  return false;
}

// In a user namespace an overlay cannot copy what belongs to another user or group: changing it
// would fail there (EOVERFLOW). False when the folder holds something that the program may change
// and that cannot be copied, or too much to look at.
bool CanBeCopied(const std::string& folder) {
  constexpr int kMostEntries = 20'000;  // some 30 ms
  if (geteuid() == 0) return true;
  int entries = 0;
  std::error_code error;
  for (fs::recursive_directory_iterator at(folder, fs::directory_options::skip_permission_denied,
                                           error);
       !error && at != fs::recursive_directory_iterator(); at.increment(error)) {
    struct stat status;
    if (++entries > kMostEntries) return false;
    if (lstat(at->path().c_str(), &status) != 0 || S_ISLNK(status.st_mode)) continue;
    const bool ours = status.st_uid == geteuid() && status.st_gid == getegid();
    if (!ours && access(at->path().c_str(), W_OK) == 0) return false;
  }
  return true;
}

class Collection {
 public:
  explicit Collection(std::vector<std::string> shared) : shared_(std::move(shared)) {}

  // Not when it is all shared, or private already.
  void Add(FolderKind kind, const std::string& path) {
    if (Innermost(path) != kind) AddAlways(kind, path);
  }
  void AddAlways(FolderKind kind, const std::string& path) {
    if (path.empty() || IsRequested(path)) return;
    for (const std::string& each : shared_) {
      if (IsIn(path, each)) return;
    }
    folders_.push_back({kind, path});
  }

  // What `path` is, as far as has been added; kShared when it is in none of the folders.
  FolderKind Innermost(const std::string& path) const {
    const FolderRequest* best = nullptr;
    for (const FolderRequest& each : folders_) {
      if (IsIn(path, each.path) && (best == nullptr || each.path.size() > best->path.size())) {
        best = &each;
      }
    }
    return best == nullptr ? FolderKind::kShared : best->kind;
  }

  std::vector<FolderRequest> Take(const std::vector<std::string>& mounts) {
    std::vector<FolderRequest> shared;
    for (const std::vector<std::string>* list : {&mounts, &std::as_const(shared_)}) {
      for (const std::string& path : *list) {
        if (Innermost(path) == FolderKind::kShared || IsRequested(path)) continue;
        if (list == &mounts && Innermost(path) == FolderKind::kEmpty) continue;
        shared.push_back({FolderKind::kShared, path});
      }
    }
    folders_.insert(folders_.end(), shared.begin(), shared.end());
    // Outer folders first, those of one length as they came. (std::stable_sort() draws in what
    // clang 19 calls deprecated.)
    std::multimap<size_t, FolderRequest> by_length;
    for (FolderRequest& each : folders_) by_length.emplace(each.path.size(), std::move(each));
    folders_.clear();
    for (auto& [length, each] : by_length) folders_.push_back(std::move(each));
    const auto same = [](const auto& a, const auto& b) { return a.path == b.path; };
    folders_.erase(std::unique(folders_.begin(), folders_.end(), same), folders_.end());
    return std::move(folders_);
  }

 private:
  bool IsRequested(const std::string& path) const {
    return std::any_of(folders_.begin(), folders_.end(),
                       [&](const FolderRequest& each) { return each.path == path; });
  }

  const std::vector<std::string> shared_;
  std::vector<FolderRequest> folders_;
};

// proc(5): the fifth field of each line, with spaces written as \040.
std::vector<std::string> MountPoints() {
  std::ifstream file("/proc/self/mountinfo");
  std::vector<std::string> points;
  for (std::string line; std::getline(file, line);) {
    std::istringstream fields(line);
    std::string point;
    for (int i = 0; i < 5; ++i) fields >> point;
    point = absl::StrReplaceAll(
        point, {{"\\040", " "}, {"\\011", "\t"}, {"\\012", "\n"}, {"\\134", "\\"}});
    std::error_code error;
    if (fs::is_directory(point, error)) points.push_back(std::move(point));
  }
  return points;
}

uint64_t NumberOf(const char* name_space) {
  struct stat status;
  return stat(name_space, &status) == 0 ? status.st_ino : 0;
}

}  // namespace

std::vector<FolderRequest> PrivateFoldersOf(const ProgramOptions& program,
                                            const std::string& working_folder,
                                            const std::vector<std::string>& mounts) {
  std::vector<std::string> shared;
  const bool working_is_private = !IsOfSystem(working_folder) && CanBeCopied(working_folder);
  if (!working_is_private && !IsOfSystem(working_folder)) shared.push_back(working_folder);
  for (const std::string& folder : program.shared_folders) {
    if (std::string path = Canonical(folder); !path.empty()) shared.push_back(std::move(path));
  }
  Collection folders(std::move(shared));
  for (const char* each : {"/tmp", "/var/tmp"}) folders.Add(FolderKind::kCopied, Canonical(each));
  const std::string memory = Canonical(kSharedMemory);
  std::error_code error;
  bool used = IsIn(working_folder, memory) ||
              IsIn(fs::canonical(program.arguments[0], error).string(), memory);
  for (const std::string& argument : program.arguments) {
    used = used || absl::StrContains(argument, kSharedMemory);
  }
  folders.Add(used ? FolderKind::kCopied : FolderKind::kEmpty, memory);
  // Also in another one: the folder itself may belong to another group.
  if (working_is_private) folders.AddAlways(FolderKind::kCopied, working_folder);
  return folders.Take(mounts);
}

void AskForPrivateFolders(const ProgramOptions& program, const std::string& temporary_folder,
                          Control* request) {
  ProgramOptions with_temporary = program;
  with_temporary.shared_folders.push_back(temporary_folder);
  const std::string working =
      Canonical(program.working_directory.empty() ? "." : program.working_directory);
  const std::vector<FolderRequest> folders =
      PrivateFoldersOf(with_temporary, working, MountPoints());
  request->outside = {NumberOf("/proc/self/ns/mnt"), NumberOf("/proc/self/ns/user")};
  request->renew_always = program.before.empty() ? 0 : 1;
  request->private_folder_count = 0;
  if (folders.size() > kMaxPrivateFolders) return;
  for (size_t i = 0; i < folders.size(); ++i) {
    request->private_folders[i].kind = folders[i].kind;
    if (!request->private_folders[i].path.Set(folders[i].path)) return;
  }
  request->private_folder_count = static_cast<uint32_t>(folders.size());
}

}  // namespace heddle::sim
