#include "harness/shrink/explain.h"

#include <cstdint>
#include <memory>
#include <numeric>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "harness/run/scenario_schedule.h"
#include "harness/run/schedule_extra.h"
#include "harness/shrink/event_words.h"
#include "harness/shrink/scenario_subject.h"
#include "reports/story.h"
#include "reports/timeline.h"
#include "sim/explore/operations.h"
#include "sim/shrink/narrative.h"
#include "sim/shrink/prober.h"
#include "sim/shrink/shrink.h"
#include "sim/shrink/stronger.h"
#include "sim/shrink/switches.h"
#include "sim/text/markup.h"

namespace heddle::harness {
namespace {

// A trace of more events is told by its number of events only.
constexpr size_t kMostEventsTold = 40;

// What happens in the schedule, from one more replay of it.
absl::StatusOr<reports::Timeline> Replayed(const sim::Prober& prober,
                                           const sim::Schedule& schedule) {
  absl::StatusOr<sim::OperationLog> log = sim::LogOperations(prober.program(), schedule);
  if (!log.ok()) return log.status();
  const Finding finding = FindingOf(schedule, &*log);
  return reports::MakeTimeline(*std::move(log), schedule, schedule.flavour, {finding});
}

// The headline, the sentences and the threads' names.
void Tell(const reports::Timeline& timeline, sim::NarrativeOptions* words) {
  if (timeline.causes.empty()) return;
  const auto& [dedup_key, cause] = *timeline.causes.begin();
  words->title = cause.headline;
  words->story = reports::StorySentences(reports::StoryOf(timeline, dedup_key));
  words->step_words = [&timeline](uint64_t step) { return reports::StepWords(timeline, step); };
  words->name = [&timeline](sim::ThreadNumber thread, const std::vector<std::string>&) {
    for (const reports::Timeline::Lane& lane : timeline.lanes) {
      if (lane.thread == thread) return lane.name;
    }
    return std::string();
  };
}

}  // namespace

std::string SubjectLine(const sim::Schedule& schedule) {
  const ScheduleExtra extra = ReadExtra(schedule, "").value_or(ScheduleExtra());
  if (schedule.subject_kind == "program") {
    std::string command = schedule.subject_path;
    for (const std::string& argument : extra.arguments) absl::StrAppend(&command, " ", argument);
    return absl::StrCat("Program ", sim::MarkdownCodeSpan(command), ", flavour ",
                        sim::EscapeForMarkdown(schedule.flavour), ".");
  }
  return absl::StrCat("Scenario ", sim::MarkdownCodeSpan(schedule.subject_path), ", dispatcher ",
                      extra.dispatcher.empty() ? "?" : sim::EscapeForMarkdown(extra.dispatcher),
                      ", flavour ", sim::EscapeForMarkdown(schedule.flavour), ".");
}

absl::StatusOr<std::string> ExplainFinding(const std::string& path, const std::string& host_folder,
                                           const ProgramOfSchedule& program_of,
                                           const std::function<bool()>& go_on) {
  absl::StatusOr<sim::Schedule> schedule = sim::ReadSchedule(path);
  if (!schedule.ok()) return schedule.status();
  const absl::StatusOr<ScheduleExtra> extra = ReadExtra(*schedule, path);
  if (!extra.ok()) return extra.status();
  if (!extra->switches) {
    return absl::FailedPreconditionError(absl::StrCat(
        path, ": is not shrunk (extra.switches is missing; ", sim::ContextSwitches(schedule->steps),
        " context switches); run heddle shrink first"));
  }
  absl::StatusOr<std::vector<sim::Switch>> switches = sim::ParseSwitches(*extra->switches);
  if (!switches.ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": extra.switches: ", switches.status().message()));
  }
  sim::NarrativeOptions words;
  words.title = schedule->dedup_key;
  words.setting.push_back(SubjectLine(*schedule));
  std::unique_ptr<ScenarioSubject> subject;
  absl::StatusOr<std::unique_ptr<sim::Prober>> prober = absl::UnknownError("");
  if (schedule->subject_kind == "scenario") {
    absl::StatusOr<std::unique_ptr<ScenarioSubject>> created =
        ScenarioSubject::Create(*schedule, path, host_folder);
    if (!created.ok()) return created.status();
    subject = *std::move(created);
    std::vector<uint32_t> all(subject->events().size());
    std::iota(all.begin(), all.end(), 0);
    prober = subject->Start(all, sim::TargetOf(*schedule));
    words.state = [&subject] { return subject->Progress(); };
    words.setting.push_back(absl::StrCat("\nThe trace has ", all.size(), " events:\n"));
    for (const trace::Event& event : subject->events()) {
      if (event.index == kMostEventsTold) break;
      words.setting.push_back(
          absl::StrCat("- event ", event.index, ": ", sim::EscapeForMarkdown(EventWords(event))));
    }
  } else {
    const absl::StatusOr<sim::ProgramOptions> program = program_of(*schedule);
    if (!program.ok()) return program.status();
    prober = sim::Prober::Start(*program, sim::TargetOf(*schedule), nullptr);
  }
  if (!prober.ok()) return prober.status();
  for (const sim::Fault& fault : schedule->faults) {
    words.setting.push_back(absl::StrCat("- fault: ", sim::FaultKindName(fault.kind),
                                         ", at occasion ", fault.nth, " of thread ", fault.thread));
  }
  absl::StatusOr<std::vector<sim::TestedSwitch>> tested =
      sim::TestSwitches(**prober, *switches, go_on);
  if (!tested.ok()) return tested.status();
  const absl::StatusOr<reports::Timeline> timeline = Replayed(**prober, *schedule);
  if (!timeline.ok()) return timeline.status();
  Tell(*timeline, &words);
  if (schedule->memory != sim::MemoryModel::kSc) {
    const absl::StatusOr<sim::StrongerResult> stronger =
        sim::TryStronger(**prober, *schedule, *switches, go_on);
    if (!stronger.ok()) return stronger.status();
    words.cures = sim::TellStronger(*stronger);
  }
  return sim::Narrate(**prober, *schedule, *tested, words);
}

}  // namespace heddle::harness
