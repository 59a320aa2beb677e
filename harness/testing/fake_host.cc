// A host for tests of the harness: it reports what a correct host would report in lockstep, except
// for the things that $FAKE_HOST names, with a + between them. Built plain and with sanitizers,
// under the hosts' names.
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_split.h"
#include "harness/host/request.h"
#include "harness/testing/result_writer.h"
#include "sim/trace/trace.h"

namespace heddle::harness {
namespace {

// Wrong code that sanitizers know how to see. Nothing here may be optimised away.
namespace wrong {

int shared = 0;

[[gnu::noinline]] void Touch() { shared = shared + 1; }

void Race() {
  std::thread other(Touch);
  Touch();
  other.join();
}

struct Block {
  volatile int value = 0;
};

[[gnu::noinline]] void Release(Block* block) { delete block; }
[[gnu::noinline]] int Use(const Block* block) { return block->value; }

int UseAfterFree() {
  auto* block = new Block;
  Release(block);
  return Use(block);
}

[[gnu::noinline]] void Leak() {
  volatile Block* block = new Block;
  block->value = 1;
  block = nullptr;
}

[[gnu::noinline]] int Overflow(int by) {
  volatile int large = 2147483647;
  return large + by;
}

}  // namespace wrong

// The first event that carries something for the chain.
Applied& FirstApplied(std::vector<HostLine>* lines) {
  for (HostLine& line : *lines) {
    auto* applied = std::get_if<Applied>(&line.what);
    if (applied != nullptr && applied->concerns_chain()) return *applied;
  }
  std::abort();
}

Ended& End(std::vector<HostLine>* lines) { return std::get<Ended>(lines->back().what); }

// Makes the result wrong.
void Tamper(const std::string& what, std::vector<HostLine>* lines) {
  if (what == "lost") lines->erase(lines->end() - 20);
  if (what == "outcome") FirstApplied(lines).event.outcome = "undecodable";
  if (what == "end") End(lines).state.snapshot.head_root.back() ^= 1;
  if (what == "full") End(lines).instance_counters[0]["full"] = 7;
}

// Goes wrong itself, after a result that looks right or is cut short.
int Misbehave(const std::string& what, const std::string& result) {
  if (what == "segv") raise(SIGSEGV);
  if (what == "hang") pause();
  if (what == "exit") return 9;
  if (what == "heap") {
    std::fputs("malloc(): unaligned tcache chunk detected\n", stderr);
    std::abort();
  }
  if (what == "garbage") std::ofstream(result, std::ios::app) << "}{\n";
  if (what == "no-end") truncate(result.c_str(), 5000);
  if (what == "refuse") {
    std::fputs("heddle-host: request.json:3: unknown member\n", stderr);
    return host::kBadRequestExitStatus;
  }
  if (what == "race") wrong::Race();
  if (what == "use-after-free") return wrong::UseAfterFree();
  if (what == "leak") {
    // A pointer may survive in a register or a dead stack slot; not eight of them.
    for (int i = 0; i < 8; ++i) wrong::Leak();
  }
  if (what == "overflow") return wrong::Overflow(1) == 0 ? 1 : 0;
  return 0;
}

int Main(const std::string& request_path, const std::string& result_path) {
  const char* variable = std::getenv("FAKE_HOST");
  const std::string what = variable == nullptr ? "" : variable;
  const absl::StatusOr<host::Request> request = host::ReadRequest(request_path);
  if (!request.ok()) {
    std::fprintf(stderr, "%s\n", std::string(request.status().message()).c_str());
    return host::kBadRequestExitStatus;
  }
  const absl::StatusOr<trace::Trace> trace = trace::ReadTrace(request->trace);
  if (!trace.ok()) return host::kBadRequestExitStatus;
  std::vector<HostLine> lines = RightLines(*trace, *request);
  // "async:outcome" is wrong with that dispatcher only.
  const size_t colon = what.find(':');
  if (colon != std::string::npos && what.substr(0, colon) != Name(request->dispatcher)) {
    WriteResult(result_path, *request, lines);
    return 0;
  }
  const std::string fault = colon == std::string::npos ? what : what.substr(colon + 1);
  const std::vector<std::string> faults = absl::StrSplit(fault, '+');
  for (const std::string& each : faults) Tamper(each, &lines);
  WriteResult(result_path, *request, lines);
  int status = 0;
  for (const std::string& each : faults) status = std::max(status, Misbehave(each, result_path));
  return status;
}

}  // namespace
}  // namespace heddle::harness

int main(int argc, char** argv) {
  if (argc != 3) return heddle::host::kBadRequestExitStatus;
  return heddle::harness::Main(argv[1], argv[2]);
}
