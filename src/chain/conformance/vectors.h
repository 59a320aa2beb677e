// The conformance vectors of the lean specification, as test input.
//
// They are read from the directory in the environment variable HEDDLE_VECTORS, or from
// ../shared/vectors (tests run in the repository's root). One file holds one or more vectors:
//   { "<test id>": { "network": ..., ..., "_info": {...} } }
//
// A conformance test visits every vector of a folder and must fail loudly on a form it does not
// know:
//
//   TEST(Conformance, NetworkingCodec) {
//     if (!HaveVectors()) GTEST_SKIP() << NoVectors();
//     ForEachVector("networking_codec", [](const Vector& vector) { EXPECT_...; return Passed(); });
//   }
#ifndef HEDDLE_SRC_CHAIN_CONFORMANCE_VECTORS_H_
#define HEDDLE_SRC_CHAIN_CONFORMANCE_VECTORS_H_

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "nlohmann/json.hpp"

namespace heddle::conformance {

using Json = nlohmann::json;

struct Vector {
  std::string file;  // for messages
  std::string id;    // "tests/consensus/lstar/....py::test_name[...]"
  Json body;

  // The specification's name of why the vector must be refused, when it must be.
  std::optional<std::string> rejection_reason() const;
};

// What a runner did with a vector. Failures are reported as GoogleTest failures.
struct Outcome {
  std::string skipped;  // why it was not run; empty when it was
};
inline Outcome Passed() { return {}; }
inline Outcome Skipped(std::string reason) { return {std::move(reason)}; }

// Whether there is a directory to read. A HEDDLE_VECTORS that names none is no reason to skip:
// ForEachVector() will say so.
bool HaveVectors();

// The folders in it, sorted.
std::vector<std::string> Folders();

// What a test says that is skipped for want of vectors: where they were sought, how to emit them.
std::string NoVectors();

// Calls `run` for every vector of a folder, in the order of the files' names, and prints how many
// there were and the name of each that was skipped, with the reason. GoogleTest failures name the
// vector. It is a failure when the folder holds no vector, or when a file cannot be read (but a set
// of vectors without this folder skips the test); an exception out of `run` (nlohmann's, for a
// field that is missing or of another type) is one too.
void ForEachVector(const std::string& folder, const std::function<Outcome(const Vector&)>& run);

}  // namespace heddle::conformance

#endif  // HEDDLE_SRC_CHAIN_CONFORMANCE_VECTORS_H_
