#include "sim/supervisor/private_folders.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace heddle::sim {

void PrintTo(const FolderRequest& request, std::ostream* out) {
  *out << static_cast<int>(request.kind) << " " << request.path;
}

namespace {

using ::testing::Contains;
using ::testing::Not;

ProgramOptions Program() {
  ProgramOptions program;
  program.arguments = {"/bin/true"};
  return program;
}

std::vector<FolderRequest> Of(const ProgramOptions& program, const std::string& working_folder,
                              const std::vector<std::string>& mounts = {"/", "/proc", "/tmp"}) {
  return PrivateFoldersOf(program, working_folder, mounts);
}

TEST(PrivateFoldersTest, TemporaryAndWorkingFoldersAreCopiedAndSharedMemoryIsEmpty) {
  const auto folders = Of(Program(), "/usr/share");
  EXPECT_THAT(folders, Contains(FolderRequest{FolderKind::kCopied, "/tmp"}));
  EXPECT_THAT(folders, Contains(FolderRequest{FolderKind::kEmpty, "/dev/shm"}));
  EXPECT_THAT(folders, Contains(FolderRequest{FolderKind::kCopied, "/usr/share"}));
}

TEST(PrivateFoldersTest, FoldersOfTheSystemAreNotCopied) {
  for (const char* folder : {"/", "/proc", "/sys", "/dev"}) {
    EXPECT_THAT(Of(Program(), folder), Not(Contains(FolderRequest{FolderKind::kCopied, folder})));
  }
}

TEST(PrivateFoldersTest, AProgramThatUsesSharedMemoryByNameSeesWhatIsThere) {
  ProgramOptions program = Program();
  program.arguments.push_back("--input=/dev/shm/data");
  EXPECT_THAT(Of(program, "/usr"), Contains(FolderRequest{FolderKind::kCopied, "/dev/shm"}));
  EXPECT_THAT(Of(Program(), "/dev/shm"), Contains(FolderRequest{FolderKind::kCopied, "/dev/shm"}));
}

TEST(PrivateFoldersTest, WhatIsMountedBelowAPrivateFolderIsShared) {
  const auto folders = Of(Program(), "/usr", {"/", "/usr/lib", "/usr", "/var", "/proc"});
  EXPECT_THAT(folders, Contains(FolderRequest{FolderKind::kShared, "/usr/lib"}));
  EXPECT_THAT(folders, Not(Contains(FolderRequest{FolderKind::kShared, "/usr"})));
  EXPECT_THAT(folders, Not(Contains(FolderRequest{FolderKind::kShared, "/var"})));
}

TEST(PrivateFoldersTest, SharedFoldersAreSharedAndOuterFoldersComeFirst) {
  ProgramOptions program = Program();
  program.shared_folders = {"/usr/share", "/tmp"};
  const auto folders = Of(program, "/usr");
  EXPECT_THAT(folders, Contains(FolderRequest{FolderKind::kShared, "/usr/share"}));
  EXPECT_THAT(folders, Not(Contains(FolderRequest{FolderKind::kCopied, "/tmp"})));
  for (size_t i = 1; i < folders.size(); ++i) {
    EXPECT_LE(folders[i - 1].path.size(), folders[i].path.size());
  }
  program.shared_folders = {"/usr"};
  EXPECT_THAT(Of(program, "/usr/share"),
              Not(Contains(FolderRequest{FolderKind::kCopied, "/usr/share"})));
}

}  // namespace
}  // namespace heddle::sim
