// How many schedules each strategy needs to find each broken program of the corpus, and how the
// right ones fare: a Markdown table, and exit status 1 when a broken one escapes every strategy,
// when a finding is not what it should be or does not replay, or when a right one is flagged.
//
//   corpus_benchmark [--seeds N] [--limit N] [--right N] [--program NAME]...
//
//   --seeds    campaigns per random strategy, of which the median is shown     (default 20)
//   --limit    schedules after which a campaign gives up                       (default 10000)
//   --right    schedules of each right version, per strategy and flavour       (default 1000)
//   --program  only this one; may be repeated
#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "sim/corpus/program.h"
#include "sim/corpus/subject.h"

namespace heddle::corpus {
namespace {

constexpr uint64_t kReplays = 10;
const sim::StrategySpec kStrategies[] = {{"auto", ""},  {"random", ""},   {"pct", "d=3"},
                                         {"pctwm", ""}, {"pos", ""},      {"surw", ""},
                                         {"rff", ""},   {"delay", "d=2"}, {"dfs", "preemptions=2"}};
// pctwm chooses old values.
bool IsFor(const sim::StrategySpec& strategy, sim::MemoryModel memory) {
  return strategy.name != "pctwm" || memory != sim::MemoryModel::kSc;
}

struct Settings {
  std::string directory;
  uint64_t seeds = 20;
  uint64_t limit = 10'000;
  uint64_t right = 1'000;
  std::vector<std::string> programs;  // empty: all
};

class Benchmark {
 public:
  explicit Benchmark(Settings settings) : settings_(std::move(settings)) {}

  // Whether everything is as it should be.
  bool Run() {
    std::printf("| program | shows | flavour |");
    for (const sim::StrategySpec& strategy : kStrategies) {
      std::printf(" %s |", strategy.ToString().c_str());
    }
    std::printf(" right |\n| --- | --- | --- |");
    for (size_t i = 0; i < std::size(kStrategies); ++i) std::printf(" ---: |");
    std::printf(" --- |\n");
    for (const Program* program : Programs()) {
      const std::vector<std::string>& wanted = settings_.programs;
      if (wanted.empty() || std::count(wanted.begin(), wanted.end(), program->name) > 0) {
        Row(*program);
      }
    }
    std::printf(
        "\nSchedules to the first finding, median of %lu seeds; \">\": not within that many. ",
        settings_.seeds);
    std::printf(
        "dfs draws nothing: one run; \"none of N\": it saw all there is within its bound.\n");
    for (const std::string& problem : problems_) std::fprintf(stderr, "%s\n", problem.c_str());
    return problems_.empty();
  }

 private:
  void Row(const Program& program) {
    const char* flavour = FlavourFor(program.shows);
    std::printf("| %s | %s | %s%s |", program.name, ShowsName(program.shows), flavour,
                program.needs == Needs::kWeakMemory ? ", c11" : "");
    found_ = false;
    for (const sim::StrategySpec& strategy : kStrategies) {
      std::printf(" %s |", Broken(program, flavour, strategy).c_str());
      std::fflush(stdout);
    }
    if (!found_) Problem(program, "no strategy finds it");
    std::printf(" %s |\n", Right(program).c_str());
    std::fflush(stdout);
  }

  // The median over the seeds, a campaign that found nothing counting as longer than any.
  std::string Broken(const Program& program, const char* flavour,
                     const sim::StrategySpec& strategy) {
    std::vector<uint64_t> needed;
    std::string exhausted;
    const sim::MemoryModel memory = MemoryFor(program.needs);
    if (!IsFor(strategy, memory)) return "-";
    const uint64_t seeds = strategy.Systematic() ? 1 : settings_.seeds;
    for (uint64_t seed = 1; seed <= seeds; ++seed) {
      // A process of its own, so that no campaign depends on the ones before.
      absl::StatusOr<std::unique_ptr<Subject>> subject =
          Subject::Start(settings_.directory, program, true, flavour);
      if (!subject.ok()) return Problem(program, subject.status().ToString());
      const absl::StatusOr<Search> search =
          (*subject)->Run(strategy, seed, settings_.limit, memory);
      if (!search.ok()) return Problem(program, search.status().ToString());
      if (!search->finding.has_value()) {
        needed.push_back(settings_.limit + 1);
        if (search->exhausted) exhausted = absl::StrCat("none of ", search->executions);
        continue;
      }
      found_ = true;
      needed.push_back(search->executions);
      Check(program, **subject, *search);
    }
    if (!exhausted.empty()) return exhausted;
    std::sort(needed.begin(), needed.end());
    const uint64_t median = needed[(needed.size() - 1) / 2];
    return median > settings_.limit ? absl::StrCat("> ", settings_.limit) : absl::StrCat(median);
  }

  void Check(const Program& program, Subject& subject, const Search& search) {
    const std::string unexpected = subject.Unexpected(*search.finding);
    if (!unexpected.empty()) Problem(program, unexpected);
    const absl::StatusOr<uint64_t> exact = subject.Replay(search, kReplays);
    if (!exact.ok()) {
      Problem(program, exact.status().ToString());
    } else if (*exact != kReplays) {
      Problem(program, absl::StrFormat("%d of %d replays were exact", *exact, kReplays));
    }
  }

  std::string Right(const Program& program) {
    uint64_t executions = 0;
    for (const char* flavour : {"det", "tsan", "asan"}) {
      for (const sim::StrategySpec& strategy : kStrategies) {
        if (!IsFor(strategy, sim::MemoryModel::kSc)) continue;
        absl::StatusOr<std::unique_ptr<Subject>> subject =
            Subject::Start(settings_.directory, program, false, flavour);
        if (!subject.ok()) return Problem(program, subject.status().ToString());
        const absl::StatusOr<Search> search = (*subject)->Run(strategy, 1, settings_.right);
        if (!search.ok()) return Problem(program, search.status().ToString());
        executions += search->executions;
        if (search->finding.has_value()) {
          return Problem(program, absl::StrCat("flagged in ", flavour, " by ", strategy.ToString(),
                                               ":\n", (*subject)->Describe(*search->finding),
                                               search->finding->standard_error));
        }
      }
    }
    return absl::StrCat("clean, ", executions, " schedules");
  }

  std::string Problem(const Program& program, const std::string& what) {
    problems_.push_back(absl::StrCat(program.name, ": ", what));
    return "**wrong**";
  }

  const Settings settings_;
  bool found_ = false;
  std::vector<std::string> problems_;
};

}  // namespace
}  // namespace heddle::corpus

int main(int argc, char** argv) {
  heddle::corpus::Settings settings;
  const std::string self = argv[0];
  const size_t slash = self.rfind('/');
  settings.directory = slash == std::string::npos ? "." : self.substr(0, slash);
  CLI::App app("How many schedules each strategy needs for each program of the bug corpus");
  app.add_option("--seeds", settings.seeds, "campaigns per random strategy")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("--limit", settings.limit, "schedules after which a campaign gives up")
      ->capture_default_str();
  app.add_option("--right", settings.right, "schedules of each right version, strategy and flavour")
      ->capture_default_str();
  app.add_option("--program", settings.programs, "only this one; may be repeated");
  CLI11_PARSE(app, argc, argv);
  return heddle::corpus::Benchmark(std::move(settings)).Run() ? 0 : 1;
}
