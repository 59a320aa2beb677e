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

std::filesystem::path Directory() {
  const char* directory = std::getenv("HEDDLE_VECTORS");
  return directory != nullptr && *directory != '\0' ? directory : "../shared/vectors";
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

bool HaveVectors() { return std::filesystem::is_directory(Directory()); }

std::string NoVectors() {
  return "no conformance vectors in " + Directory().string() +
         ": set HEDDLE_VECTORS to a directory of them. In a checkout of leanEthereum/leanSpec, "
         "`uv run fill --clean --fork=Lstar --scheme=test --output=DIR` emits them.";
}

void ForEachVector(const std::string& folder, const std::function<Outcome(const Vector&)>& run) {
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
