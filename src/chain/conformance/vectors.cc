#include "src/chain/conformance/vectors.h"

#include <algorithm>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <system_error>
#include <utility>
#include <vector>

#include "gtest/gtest.h"

namespace heddle::conformance {
namespace {

// What HEDDLE_VECTORS says; empty when it is not set.
std::string ChosenDirectory() {
  const char* directory = std::getenv("HEDDLE_VECTORS");
  return directory != nullptr ? directory : "";
}

std::filesystem::path Directory() {
  const std::string chosen = ChosenDirectory();
  return chosen.empty() ? "../shared/vectors" : chosen;
}

std::vector<std::filesystem::path> ListFiles(const std::string& folder) {
  std::vector<std::filesystem::path> files;
  std::error_code error;
  for (auto entry = std::filesystem::recursive_directory_iterator(Directory() / folder, error);
       !error && entry != std::filesystem::recursive_directory_iterator(); entry.increment(error)) {
    if (entry->path().extension() == ".json") files.push_back(entry->path());
  }
  EXPECT_FALSE(error) << Directory() / folder << ": " << error.message();
  std::sort(files.begin(), files.end());
  return files;
}

// The vectors of a file, in its own order.
std::vector<Vector> ReadFile(const std::filesystem::path& file) {
  std::ifstream stream(file);
  nlohmann::ordered_json json = nlohmann::ordered_json::parse(stream);
  std::vector<Vector> vectors;
  for (auto& [id, body] : json.items()) {
    vectors.push_back({file.string(), id, Json::parse(body.dump())});
  }
  return vectors;
}

}  // namespace

std::optional<std::string> Vector::rejection_reason() const {
  const auto reason = body.find("rejectionReason");
  if (reason == body.end() || reason->is_null()) return std::nullopt;
  return reason->get<std::string>();
}

bool HaveVectors() {
  return !ChosenDirectory().empty() || std::filesystem::is_directory(Directory());
}

std::vector<std::string> Folders() {
  std::vector<std::string> folders;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(Directory(), error)) {
    if (entry.is_directory()) folders.push_back(entry.path().filename().string());
  }
  EXPECT_FALSE(error) << Directory() << ": " << error.message();
  std::sort(folders.begin(), folders.end());
  return folders;
}

std::string NoVectors() {
  return "no conformance vectors in " + Directory().string() +
         ": set HEDDLE_VECTORS to a directory of them. In a checkout of leanEthereum/leanSpec, "
         "`uv run fill --clean --fork=Lstar --scheme=test --output=DIR` emits them.";
}

void ForEachVector(const std::string& folder, const std::function<Outcome(const Vector&)>& run) {
  const std::vector<std::string> folders = Folders();
  if (!folders.empty() && std::find(folders.begin(), folders.end(), folder) == folders.end()) {
    GTEST_SKIP() << Directory() << " has vectors, but none of " << folder;
  }
  size_t total = 0;
  size_t skipped = 0;
  for (const std::filesystem::path& file : ListFiles(folder)) {
    SCOPED_TRACE(file.string());
    try {
      for (const Vector& vector : ReadFile(file)) {
        SCOPED_TRACE(vector.id);
        ++total;
        const Outcome outcome = run(vector);
        if (outcome.skipped.empty()) continue;
        ++skipped;
        std::cout << "skipped: " << vector.id << ": " << outcome.skipped << "\n";
      }
    } catch (const std::exception& exception) {
      ADD_FAILURE() << exception.what();
    }
  }
  EXPECT_GT(total, 0u) << "no vector in " << Directory() / folder;
  std::cout << folder << ": " << total << " vectors, " << skipped << " skipped\n";
}

}  // namespace heddle::conformance
