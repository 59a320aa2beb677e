// Files for the trace tests.
#ifndef HEDDLE_SIM_TRACE_TEST_FILES_H_
#define HEDDLE_SIM_TRACE_TEST_FILES_H_

#include <zstd.h>

#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "gtest/gtest.h"

namespace heddle::trace {

// A recorded trace that the repository carries; tests run in its root.
inline constexpr char kShortTrace[] = "scenarios/traces/devnet-4v-short.jsonl.zst";
inline constexpr char kShortExpectation[] = "scenarios/traces/devnet-4v-short.expected.jsonl.zst";

// A path of this test's own.
inline std::string TempPath(absl::string_view name) {
  const testing::TestInfo* test = testing::UnitTest::GetInstance()->current_test_info();
  return absl::StrCat(testing::TempDir(), test->test_suite_name(), ".", test->name(), ".", name);
}

inline std::string WriteFile(absl::string_view name, absl::string_view content) {
  std::string path = TempPath(name);
  std::remove(path.c_str());  // some file systems flush a file that is overwritten, which is slow
  std::ofstream(path, std::ios::binary) << content;
  return path;
}

inline std::string ReadFile(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(stream), {});
}

inline std::string Compress(absl::string_view content) {
  std::string out(ZSTD_compressBound(content.size()), '\0');
  out.resize(ZSTD_compress(out.data(), out.size(), content.data(), content.size(), 3));
  return out;
}

// For content that is small.
inline std::string Decompress(absl::string_view compressed) {
  std::string out(16 << 20, '\0');
  const size_t size = ZSTD_decompress(out.data(), out.size(), compressed.data(), compressed.size());
  EXPECT_FALSE(ZSTD_isError(size)) << ZSTD_getErrorName(size);
  out.resize(ZSTD_isError(size) ? 0 : size);
  return out;
}

}  // namespace heddle::trace

#endif  // HEDDLE_SIM_TRACE_TEST_FILES_H_
