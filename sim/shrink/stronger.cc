#include "sim/shrink/stronger.h"

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "sim/text/markup.h"
#include "sim/text/plural.h"

namespace heddle::sim {
namespace {

// Executions of the program as it is: until so many have failed, within these bounds.
constexpr uint64_t kEnoughFailures = 20;
constexpr uint64_t kFewestExecutions = 200;
constexpr uint64_t kMostExecutions = 3000;

bool IsAtomic(OpKind kind) { return kind >= OpKind::kAtomicLoad && kind <= OpKind::kFence; }

// An operation in the source.
struct Site {
  std::vector<uint64_t> addresses;  // that its calls return to
  Stronger where;
  int column = 0;
  bool failed_by_itself = false;  // a weak compare-exchange, in the schedule

  bool IsSameAs(const Site& other) const {
    return where.kind == other.where.kind && where.place == other.where.place &&
           column == other.column;
  }
};

// By the first return address of the program's own code.
std::optional<Site> SiteOf(const Supervisor& supervisor, const StepDetail& detail, OpKind kind) {
  const uint32_t count = std::min<uint32_t>(detail.frames, kMaxDetailFrames);
  for (uint32_t i = 0; i < count; ++i) {
    for (const Frame& frame : supervisor.FramesAt(detail.pcs[i])) {
      if (!frame.own) continue;
      const size_t slash = frame.file.rfind('/');
      const std::string file =
          slash == std::string::npos ? frame.file : frame.file.substr(slash + 1);
      Site site{{detail.pcs[i]}, {}, frame.column, false};
      site.where.kind = kind;
      site.where.place = absl::StrCat(file, ":", frame.line);
      return site;
    }
  }
  return std::nullopt;
}

// The places of the atomic operations of the schedule, in order of first use.
absl::StatusOr<std::vector<Site>> SitesOf(const ProgramOptions& program, const Schedule& schedule) {
  ProgramOptions options = program;
  options.keep_details = true;
  absl::StatusOr<std::unique_ptr<Supervisor>> supervisor = Supervisor::Start(options);
  if (!supervisor.ok()) return supervisor.status();
  const absl::StatusOr<Outcome> outcome =
      (*supervisor)->Replay(ReplayOptions(schedule), schedule.execution);
  if (!outcome.ok()) return outcome.status();
  std::vector<Site> sites;
  std::map<std::vector<uint64_t>, std::optional<size_t>> seen;  // stacks, and their site
  const size_t count = std::min(outcome->steps.size(), outcome->details.size());
  for (size_t i = 0; i < count; ++i) {
    const OpKind kind = StepKind(outcome->steps[i]);
    if (!IsAtomic(kind)) continue;
    const StepDetail& detail = outcome->details[i];
    const uint32_t frames = std::min<uint32_t>(detail.frames, kMaxDetailFrames);
    const auto [at, fresh] =
        seen.try_emplace(std::vector<uint64_t>(detail.pcs, detail.pcs + frames), std::nullopt);
    if (fresh) {
      std::optional<Site> site = SiteOf(**supervisor, detail, kind);
      if (!site) continue;
      const auto known = std::find_if(sites.begin(), sites.end(),
                                      [&](const Site& each) { return each.IsSameAs(*site); });
      at->second = known - sites.begin();
      if (known == sites.end()) {
        sites.push_back(*std::move(site));
      } else if (std::vector<uint64_t>& all = known->addresses;
                 all.size() < kMaxStrongerSites / 2 &&
                 std::find(all.begin(), all.end(), site->addresses[0]) == all.end()) {
        all.push_back(site->addresses[0]);
      }
    }
    if (at->second && detail.read_from == i) sites[*at->second].failed_by_itself = true;
  }
  return sites;
}

const char* Noun(OpKind kind) {
  switch (kind) {
    case OpKind::kAtomicLoad:
      return "load";
    case OpKind::kAtomicStore:
      return "store";
    case OpKind::kFence:
      return "fence";
    default:
      return "read-modify-write";
  }
}

std::string Words(const Stronger& stronger) {
  const std::string place = absl::StrCat(" at ", EscapeForMarkdown(stronger.place));
  if (stronger.by == Strengthening::kForm) {
    return absl::StrCat("the strong form of the compare-exchange", place,
                        " (the weak form may fail by itself)");
  }
  std::string text = absl::StrCat(
      stronger.by == Strengthening::kFence ? "a seq_cst fence in front of the " : "a seq_cst ",
      Noun(stronger.kind), place);
  if (stronger.kind_too != OpKind::kNone) {
    absl::StrAppend(&text, " and one in front of the ", Noun(stronger.kind_too), " at ",
                    EscapeForMarkdown(stronger.place_too));
  }
  return text;
}

}  // namespace

absl::StatusOr<StrongerResult> TryStronger(Prober& prober, const Schedule& schedule,
                                           const std::vector<Switch>& switches,
                                           const std::function<bool()>& go_on) {
  StrongerResult result;
  const absl::StatusOr<std::vector<Site>> sites = SitesOf(prober.program(), schedule);
  if (!sites.ok()) return sites.status();
  const auto count = [&](uint64_t most, uint64_t enough) {
    return prober.CountFailures(most, enough, go_on);
  };
  absl::StatusOr<Prober::Failures> as_it_is = count(kMostExecutions, kEnoughFailures);
  if (!as_it_is.ok()) return as_it_is.status();
  if (as_it_is->executions < kFewestExecutions) {
    as_it_is = count(kFewestExecutions, kFewestExecutions);
    if (!as_it_is.ok()) return as_it_is.status();
  }
  result.executions = as_it_is->executions;
  result.failed = as_it_is->failed;
  if (result.TooRare()) return result;
  // Whether neither the schedule nor as many random executions fail.
  const auto cures = [&](const std::vector<uint64_t>& addresses,
                         Strengthening by) -> absl::StatusOr<bool> {
    prober.UseStronger(addresses, by);
    const absl::StatusOr<Attempt> attempt = prober.Run(switches);
    absl::StatusOr<Prober::Failures> failures = Prober::Failures{};
    if (attempt.ok() && !attempt->same) failures = count(result.executions, 1);
    prober.UseStronger({}, Strengthening::kOrder);
    if (!attempt.ok()) return attempt.status();
    if (!failures.ok()) return failures.status();
    return !attempt->same && failures->failed == 0 && failures->executions >= result.executions;
  };
  for (const Site& site : *sites) {
    if (result.places == kMostStronger || !go_on()) {
      ++result.untried;
      continue;
    }
    ++result.places;
    for (const Strengthening by :
         {Strengthening::kForm, Strengthening::kOrder, Strengthening::kFence}) {
      if (by == Strengthening::kForm && !site.failed_by_itself) continue;
      // It would be next to it.
      if (by == Strengthening::kFence && site.where.kind == OpKind::kFence) continue;
      const absl::StatusOr<bool> cured = cures(site.addresses, by);
      if (!cured.ok()) return cured.status();
      if (!*cured) continue;
      result.cures.push_back(site.where);
      result.cures.back().by = by;
    }
  }
  for (size_t i = 0; i < sites->size() && result.cures.empty(); ++i) {
    for (size_t j = i + 1; j < sites->size() && sites->size() <= kMostInPairs && go_on(); ++j) {
      const Site &one = (*sites)[i], &other = (*sites)[j];
      std::vector<uint64_t> both = one.addresses;
      both.insert(both.end(), other.addresses.begin(), other.addresses.end());
      const absl::StatusOr<bool> cured = cures(both, Strengthening::kFence);
      if (!cured.ok()) return cured.status();
      if (!*cured) continue;
      result.cures.push_back({one.where.kind, one.where.place, Strengthening::kFence,
                              other.where.kind, other.where.place});
    }
  }
  if (result.cures.empty() && result.untried == 0) {
    const absl::StatusOr<bool> cured = cures({kEverySite}, Strengthening::kOrder);
    if (!cured.ok()) return cured.status();
    result.all_cure = *cured;
  }
  return result;
}

std::vector<std::string> TellStronger(const StrongerResult& result) {
  std::vector<std::string> lines;
  const std::string without = absl::StrCat(result.failed, " of ", result.executions);
  if (result.TooRare()) {
    return {absl::StrCat("Not known: ", without,
                         " random executions fail, too few to tell a cure from luck.")};
  }
  for (const Stronger& cure : result.cures) {
    lines.push_back(absl::StrCat("With ", Words(cure), " the finding is gone: 0 of ",
                                 result.executions,
                                 " random executions fail (without: ", result.failed, ")."));
  }
  if (lines.empty() && result.untried == 0) {
    lines.push_back(absl::StrCat(
        "No stronger order at one place forbids it, nor a fence (", Plural(result.places, "place"),
        " tried). With every atomic operation seq_cst ",
        result.all_cure ? "it is gone: more than one place is too weak."
                        : "it is still there: it is no matter of memory orders alone."));
  }
  if (result.untried > 0) {
    lines.push_back(absl::StrCat("Not tried: ", Plural(result.untried, "place"), "."));
  }
  return lines;
}

}  // namespace heddle::sim
