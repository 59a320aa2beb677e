#include "harness/shrink/shrink_state.h"

#include <numeric>
#include <utility>

#include "absl/strings/str_cat.h"

namespace heddle::harness {
namespace {

using Clock = std::chrono::steady_clock;

// Replays the schedule as it was given, which must lead to its finding.
absl::Status Confirm(ShrinkState* state) {
  const sim::Supervisor& supervisor = state->prober->supervisor();
  absl::Status status =
      sim::CanReplayIn(state->schedule, supervisor.flavour(), supervisor.compiler());
  if (!status.ok()) return status;
  state->switches = sim::SwitchesOf(state->schedule.steps);
  absl::StatusOr<sim::Attempt> attempt = state->prober->Run(state->switches);
  if (!attempt.ok()) return attempt.status();
  if (!attempt->same) {
    return absl::FailedPreconditionError(
        absl::StrCat(state->options.schedule, ": does not lead to its finding (",
                     state->schedule.dedup_key, "). Outcome: ", attempt->outcome));
  }
  state->steps = std::move(attempt->steps);
  return absl::OkStatus();
}

}  // namespace

std::function<bool()> ShrinkState::Until(double share) const {
  const Clock::time_point end =
      start + std::chrono::duration_cast<Clock::duration>(options.time_limit * share);
  return [&options = options, end] {
    return Clock::now() < end && (options.interrupted == nullptr || !options.interrupted());
  };
}

void ShrinkState::Announce(const std::string& text) const {
  if (options.progress != nullptr) options.progress(text);
}

ShrinkSize ShrinkState::SizeOf(const std::vector<sim::Step>& of_steps, size_t events) const {
  return {events, sim::ContextSwitches(of_steps), of_steps.size(), target.faults.size()};
}

absl::Status ShrinkState::StartProber() {
  prober = nullptr;  // two would share the files of one folder
  absl::StatusOr<std::unique_ptr<sim::Prober>> started = absl::UnknownError("");
  if (subject != nullptr) {
    started = subject->Start(kept, target);
  } else {
    const absl::StatusOr<sim::ProgramOptions> program = options.program(schedule);
    if (!program.ok()) return program.status();
    started = sim::Prober::Start(*program, target, nullptr);
  }
  if (!started.ok()) return started.status();
  prober = *std::move(started);
  return absl::OkStatus();
}

absl::StatusOr<ShrinkState> OpenShrink(const ShrinkOptions& options) {
  ShrinkState state{.options = options, .start = Clock::now()};
  absl::StatusOr<sim::Schedule> schedule = sim::ReadSchedule(options.schedule);
  if (!schedule.ok()) return schedule.status();
  state.schedule = *std::move(schedule);
  if (state.schedule.dedup_key.empty()) {
    return absl::FailedPreconditionError(
        absl::StrCat(options.schedule, ": has no finding, so there is nothing to shrink"));
  }
  state.target = sim::TargetOf(state.schedule);
  if (state.schedule.subject_kind == "scenario") {
    absl::StatusOr<std::unique_ptr<ScenarioSubject>> subject =
        ScenarioSubject::Create(state.schedule, options.schedule, options.host_folder);
    if (!subject.ok()) return subject.status();
    state.subject = *std::move(subject);
    state.kept.resize(state.subject->events().size());
    std::iota(state.kept.begin(), state.kept.end(), 0);
  }
  if (absl::Status status = state.StartProber(); !status.ok()) return status;
  if (absl::Status status = Confirm(&state); !status.ok()) return status;
  state.report.before = state.SizeOf(state.schedule.steps, state.kept.size());
  return state;
}

}  // namespace heddle::harness
