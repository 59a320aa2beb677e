#include "sim/explore/campaign.h"

#include <algorithm>
#include <filesystem>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"

namespace heddle::sim {
namespace {

// How long the executions asked for at once may take, roughly: the delay of an interruption.
constexpr std::chrono::milliseconds kBatchTime{100};
// A program whose fork server dies this often in a row without running anything is given up.
constexpr int kMaxRestarts = 3;

// Tells campaigns apart that write into one folder.
std::string NameOf(const ExploreOptions& options, const std::string& flavour) {
  const CampaignSpec& spec = options.spec;
  std::string name = absl::StrCat(options.subject_path, "|", options.subject_hash, "|",
                                  options.extra, "|", flavour, "|", spec.strategy.ToString(), "|",
                                  spec.seed, "|", PreemptName(spec.preempt));
  for (const std::string& site : options.sites) absl::StrAppend(&name, "|", site);
  for (const FaultRule& rule : spec.faults) {
    absl::StrAppend(&name, "|", rule.per_million, ".", rule.nth);
  }
  return name;
}

// What must be the same for rff to go on from what it has learnt: the names of objects are the
// build's.
std::string LearntIn(const ExploreOptions& options, const std::string& flavour) {
  std::string builds = options.subject_hash;
  for (const auto& [ending, hash] : options.subject_builds) {
    if (ending.empty() || ending == flavour) absl::StrAppend(&builds, hash);
  }
  const CampaignSpec& spec = options.spec;
  return absl::StrCat(builds, " ", flavour, " ", options.extra, " ", spec.strategy.ToString(), " ",
                      PreemptName(spec.preempt), " ", MemoryModelName(spec.memory), " ",
                      absl::StrJoin(options.sites, " "));
}

}  // namespace

uint64_t HashOfText(const std::string& text) {  // FNV-1a
  uint64_t hash = 0xcbf29ce484222325;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return hash;
}

ProgramOptions Campaign::ProgramOf(uint32_t job) const {
  return options_.program_of_job != nullptr ? options_.program_of_job(job) : options_.program;
}

absl::Status Campaign::StartProgram(Job& job) {
  ProgramOptions program = ProgramOf(job.number);
  const bool limited = options_.time_limit.count() > 0;
  if (limited) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        start_ + options_.time_limit - Clock::now());
    program.start_limit_ms = std::min<uint64_t>(
        program.start_limit_ms, static_cast<uint64_t>(std::max<int64_t>(left.count(), 1)));
  }
  absl::StatusOr<std::unique_ptr<Supervisor>> supervisor = Supervisor::Start(program);
  if (!supervisor.ok()) return supervisor.status();
  job.supervisor = *std::move(supervisor);
  if (limited) job.supervisor->EndBy(start_ + options_.time_limit);
  job.campaign.spec = options_.spec;
  job.campaign.spec.track_objects = true;
  if (options_.shard.count > 1 && options_.spec.strategy.name == "dfs") {
    std::string parameters = options_.spec.strategy.parameters.c_str();
    if (!parameters.empty()) parameters += ',';
    job.campaign.spec.strategy.parameters =
        absl::StrCat(parameters, "share=", options_.shard.index, ",shares=", options_.shard.count)
            .c_str();
  }
  job.campaign.spec.same_random = options_.spec.strategy.Systematic();
  job.campaign.sites = options_.sites;
  job.campaign.count_known = !options_.self_check;
  job.has_sites = false;
  if (absl::Status status = GoOnFromCorpus(job); !status.ok()) return status;
  return job.supervisor->NewCampaign(job.campaign);
}

// Each job learns by itself, so each has a file of its own.
absl::Status Campaign::GoOnFromCorpus(Job& job) {
  if (options_.spec.strategy.name != "rff" || options_.out.empty() || options_.self_check ||
      options_.subject_kind != "program" || !job.corpus_path.empty()) {
    return absl::OkStatus();
  }
  const std::string flavour(job.supervisor->flavour());
  const std::string campaign = LearntIn(options_, flavour);
  // A new build replaces what the old one has learnt.
  ExploreOptions any_build = options_;
  any_build.subject_builds.clear();
  any_build.subject_hash.clear();
  job.corpus_path = absl::StrFormat(
      "%s/rff-%08x-%u-of-%u-%u.corpus.json", options_.out,
      HashOfText(absl::StrCat(options_.subject_path, LearntIn(any_build, flavour))) & 0xffffffff,
      options_.shard.index, options_.shard.count, job.number);
  absl::StatusOr<RffCorpus> read = ReadCorpus(job.corpus_path, options_.spec.strategy);
  if (!read.ok()) return read.status();
  job.campaign.keep_learnt = true;
  if (!read->words.empty() && read->campaign != campaign) {
    result_.warnings.push_back(absl::StrCat(
        job.corpus_path, ": learnt from another build of the program; rff begins anew"));
    *read = RffCorpus();
  }
  job.campaign.learnt = read->words;
  job.corpus = *std::move(read);
  job.corpus.campaign = campaign;
  result_.learnt_before += job.corpus.schedules;
  return absl::OkStatus();
}

void Campaign::KeepCorpora(std::vector<Job>& jobs) {
  for (Job& job : jobs) {
    if (job.corpus_path.empty() || !difference_.empty()) continue;
    job.corpus.words = job.supervisor->Learnt();
    if (job.corpus.words.empty()) continue;  // none of its batches has ended, or there is too much
    if (absl::Status status = WriteCorpus(job.corpus, job.corpus_path); !status.ok()) {
      result_.warnings.push_back(std::string(status.message()));
    }
  }
}

// Whether the options go together.
absl::Status Campaign::Check() const {
  const StrategySpec& strategy = options_.spec.strategy;
  if (options_.self_check && strategy.Systematic()) {
    return absl::InvalidArgumentError(
        absl::StrCat("a self-check runs each schedule separately, but the schedules of ",
                     strategy.name.c_str(), " depend on each other; use another strategy"));
  }
  for (const FaultRule& rule : options_.spec.faults) {
    if (rule.per_million == 0 || !strategy.Systematic()) continue;
    return absl::InvalidArgumentError(absl::StrCat(
        strategy.name.c_str(),
        " requires executions that differ only in their schedule: give the occasion of a "
        "fault as a number (interrupt: 3), or use another strategy"));
  }
  if (options_.shard.index < 1 || options_.shard.index > options_.shard.count) {
    return absl::InvalidArgumentError(absl::StrCat("shard ", options_.shard.index, " of ",
                                                   options_.shard.count, "; expected 1 to ",
                                                   options_.shard.count));
  }
  if (options_.keep_clean > 0 && options_.out.empty()) {
    return absl::InvalidArgumentError("keeping clean schedules requires a folder");
  }
  return absl::OkStatus();
}

absl::Status Campaign::MakeFolder() const {
  if (options_.out.empty()) return absl::OkStatus();
  std::error_code error;
  std::filesystem::create_directories(options_.out, error);
  if (!error) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat(options_.out, ": ", error.message()));
}

// The programs are started before anything runs, so that what is wrong with them is said at once.
absl::Status Campaign::StartJobs(std::vector<Job>& jobs) {
  for (uint32_t i = 0; i < jobs_; ++i) {
    jobs[i].number = i;
    if (absl::Status status = StartProgram(jobs[i]); !status.ok()) return status;
  }
  // A race is often between a plain access and something else; its other side is no mistake.
  if (options_.spec.strategy.name != "race") {
    for (const std::string& site : jobs[0].supervisor->idle_sites()) {
      result_.warnings.push_back(absl::StrCat("site ", site, ": no plain access to memory"));
    }
  }
  result_.jobs = jobs_;
  result_.flavour = jobs[0].supervisor->flavour();
  result_.compiler = jobs[0].supervisor->compiler();
  campaign_name_ = NameOf(options_, result_.flavour);
  return absl::OkStatus();
}

// Each job on a thread of its own, until all have ended.
void Campaign::RunJobs(std::vector<Job>& jobs) {
  running_ = jobs_;
  std::vector<std::thread> threads;
  for (Job& job : jobs) {
    threads.emplace_back([this, &job] {
      Work(job);
      std::lock_guard lock(mutex_);
      --running_;
      job_ended_.notify_all();
    });
  }
  ShowProgressUntilDone();
  for (std::thread& thread : threads) thread.join();
}

void Campaign::Summarize(const std::vector<Job>& jobs) {
  for (size_t i = 0; i < kFaultKinds; ++i) {
    if (!options_.spec.faults[i].Any() || faults_[i] > 0) continue;
    if (result_.progress.executions == 0) continue;
    result_.warnings.push_back(absl::StrCat(FaultKindName(static_cast<FaultKind>(i)),
                                            ": this fault was not injected in any execution"));
  }
  for (const Job& job : jobs) {
    result_.strategy.executions += job.progress.executions;
    result_.strategy.abandoned += job.progress.abandoned;
    result_.strategy.bounded += job.progress.bounded;
    result_.strategy.stores_left_out += job.progress.stores_left_out;
    result_.strategy.threads = std::max(result_.strategy.threads, job.progress.threads);
    result_.strategy.steps = std::max(result_.strategy.steps, job.progress.steps);
    result_.in_process += job.supervisor->InProcessExecutions();
  }
  result_.strategy.exhausted = result_.exhausted;
  result_.coverage.reads_from = coverage_.Count(Covered::kReadsFrom);
  result_.coverage.adjacent = coverage_.Count(Covered::kAdjacent);
  result_.coverage.lock_orders = coverage_.Count(Covered::kLockOrders);
  for (const auto& [order, times] : orders_) result_.coverage.once += times == 1;
  for (const PlanUse& use : plans_) {
    if (use.executions > 0) result_.plans.push_back(use);
  }
  std::sort(result_.findings.begin(), result_.findings.end(),
            [](const DistinctFinding& a, const DistinctFinding& b) { return a.nth < b.nth; });
  result_.progress = Progress();
}

absl::StatusOr<ExploreResult> Campaign::Run() {
  if (absl::Status status = Check(); !status.ok()) return status;
  if (absl::Status status = MakeFolder(); !status.ok()) return status;
  std::vector<Job> jobs(jobs_);
  if (options_.spec.strategy.Plans()) {
    AutoOptions arms;
    const char* error = nullptr;
    if (!ParseAutoOptions(options_.spec.strategy.parameters.view(), &arms, &error)) {
      return absl::InvalidArgumentError(error);
    }
    NamePlans(ArmsOf(arms));
  }
  if (absl::Status status = StartJobs(jobs); !status.ok()) return status;
  RunJobs(jobs);
  KeepCorpora(jobs);
  if (!check_status_.ok()) return check_status_;
  if (!status_.ok() && result_.progress.executions == 0) return status_;
  result_.cut_short = status_;
  Summarize(jobs);
  if (options_.on_progress != nullptr) options_.on_progress(result_.progress);
  return std::move(result_);
}

bool Campaign::SitesAreDue() const {
  return options_.find_sites != nullptr && options_.spec.strategy.Plans() &&
         next_ >= kSitesAfter * stride_;
}

// The first job that comes here looks for the sites; the others wait for it.
void Campaign::UseSites(Job& job) {
  std::lock_guard lock(mutex_);
  if (job.has_sites || !SitesAreDue() || stopping_) return;
  if (!sites_found_) {
    sites_found_ = true;
    absl::StatusOr<std::vector<std::string>> sites = options_.find_sites();
    if (sites.ok()) {
      sites_ = *std::move(sites);
    } else {
      result_.warnings.push_back(
          absl::StrCat("races are no targets of the search: ", sites.status().message()));
    }
  }
  job.has_sites = true;
  if (sites_.empty()) return;
  CampaignOptions campaign = job.campaign;
  campaign.sites = sites_;
  StrategySpec& strategy = campaign.spec.strategy;
  const std::string parameters =
      absl::StrCat(strategy.parameters.c_str(), strategy.parameters.empty() ? "" : ",", "sites=1");
  // None of them may be a plain access of this build: then all stays as it was.
  if (!strategy.parameters.Set(parameters) || !job.supervisor->NewCampaign(campaign).ok()) {
    if (job.supervisor->NewCampaign(job.campaign).ok()) return;
    stopping_ = true;
    return;
  }
  job.campaign = campaign;
  result_.raced_sites = true;
  AutoOptions arms;
  const char* error = nullptr;
  if (ParseAutoOptions(parameters, &arms, &error)) NamePlans(ArmsOf(arms));
}

void Campaign::Work(Job& job) {
  for (;;) {
    UseSites(job);
    const bool one_by_one = options_.check != nullptr || options_.self_check || Keeps();
    const Chunk chunk = Take(one_by_one ? 1 : job.chunk);
    if (chunk.count == 0) break;
    RunChunk(job, chunk);
  }
  FinishCheck(job);
}

// A batch ends at the first execution that is not clean; the rest of the chunk follows in others.
void Campaign::RunChunk(Job& job, Chunk chunk) {
  int restarts = 0;
  while (chunk.count > 0 && !Over()) {
    const Clock::time_point before = Clock::now();
    absl::StatusOr<Batch> batch = RunSome(job, chunk);
    if (absl::IsCancelled(batch.status()) || absl::IsDeadlineExceeded(batch.status())) {
      std::lock_guard lock(mutex_);
      if (absl::IsCancelled(batch.status())) result_.interrupted = true;
      ++result_.unfinished;
      stopping_ = true;
      return;
    }
    if (!batch.ok()) {
      if (++restarts > kMaxRestarts || !Recover(job, batch.status())) {
        std::lock_guard lock(mutex_);
        status_ = batch.status();
        stopping_ = true;
        return;
      }
      continue;
    }
    if (FinishCheck(job)) return;  // without this one
    const uint32_t ran = static_cast<uint32_t>(batch->executions.size());
    const bool exhausted = batch->exhausted;
    Account(job, *batch);
    Adapt(job, ran, Clock::now() - before);
    if (batch->cut_off) {
      std::lock_guard lock(mutex_);
      ++result_.unfinished;
    } else if (ran > 0) {
      Examine(job, *std::move(batch));
    }
    if (exhausted) {
      std::lock_guard lock(mutex_);
      result_.exhausted = true;
      stopping_ = true;
      return;
    }
    if (ran > 0) restarts = 0;
    chunk.first += uint64_t{ran} * stride_;
    chunk.count -= ran;
  }
}

absl::StatusOr<Batch> Campaign::RunSome(Job& job, Chunk chunk) {
  if (!options_.self_check) return job.supervisor->RunBatch(chunk.first, chunk.count, stride_);
  absl::StatusOr<Outcome> outcome = job.supervisor->SelfCheck(job.campaign, chunk.first);
  if (!outcome.ok()) return outcome.status();
  Batch batch;
  batch.executions.push_back({.state = outcome->state,
                              .wait_status = outcome->wait_status,
                              .execution = outcome->execution,
                              .points = outcome->points,
                              .hash = outcome->hash,
                              .threads_left = outcome->threads_left,
                              .arm = outcome->plan.arm});
  for (const Fault& fault : outcome->faults) ++batch.faults[static_cast<size_t>(fault.kind)];
  batch.last = *std::move(outcome);
  return batch;
}

// The fork server itself is gone (killed from outside, out of memory...). A strategy that keeps its
// place in the search has lost it; all others go on in a new one.
bool Campaign::Recover(Job& job, const absl::Status& status) {
  if (options_.spec.strategy.Systematic() || absl::IsInvalidArgument(status) ||
      absl::IsUnavailable(status)) {
    return false;
  }
  {
    std::lock_guard lock(mutex_);
    if (result_.progress.executions == 0) return false;
    result_.warnings.push_back(absl::StrCat("restarted after: ", status.message()));
  }
  if (!job.corpus_path.empty()) job.campaign.learnt = job.supervisor->Learnt();
  return StartProgram(job).ok();
}

Campaign::Chunk Campaign::Take(uint32_t wanted) {
  if (Over()) return {};
  std::lock_guard lock(mutex_);
  Chunk chunk = {next_, wanted};
  // A chunk ends where the sites come in, so that one job always does the same.
  if (options_.find_sites != nullptr && options_.spec.strategy.Plans() && !SitesAreDue()) {
    const uint64_t until = (kSitesAfter * stride_ - next_ + stride_ - 1) / stride_;
    wanted = static_cast<uint32_t>(std::min<uint64_t>(wanted, until));
    chunk.count = wanted;
  }
  if (limit_ != 0) {
    const uint64_t left = limit_ - std::min(limit_, next_);
    chunk.count = static_cast<uint32_t>(std::min<uint64_t>(wanted, (left + stride_ - 1) / stride_));
  }
  next_ += uint64_t{chunk.count} * stride_;
  return chunk;
}

// Towards chunks that take kBatchTime, at most doubling each time.
void Campaign::Adapt(Job& job, uint32_t ran, Clock::duration took) const {
  if (ran < job.chunk) return;
  if (took * 2 < kBatchTime) {
    job.chunk = std::min(job.chunk * 2, kMaxBatch);
  } else if (took > kBatchTime && job.chunk > 1) {
    job.chunk /= 2;
  }
}

void Campaign::Stop() {
  std::lock_guard lock(mutex_);
  stopping_ = true;
}

bool Campaign::Over() {
  const bool late = options_.time_limit.count() > 0 && Clock::now() - start_ >= options_.time_limit;
  const bool interrupted = options_.interrupted != nullptr && options_.interrupted->load();
  std::lock_guard lock(mutex_);
  if (interrupted) result_.interrupted = true;
  stopping_ = stopping_ || late || interrupted;
  return stopping_;
}

ExploreProgress Campaign::Progress() {
  std::lock_guard lock(mutex_);
  ExploreProgress progress = result_.progress;
  progress.distinct_schedules = schedules_.size();
  progress.distinct_orders = orders_.size();
  progress.findings = result_.findings.size();
  progress.elapsed = Clock::now() - start_;
  const double seconds = std::chrono::duration<double>(progress.elapsed).count();
  if (seconds > 0) {
    progress.executions_per_second = static_cast<double>(progress.executions) / seconds;
  }
  const auto sooner = [&](std::chrono::nanoseconds left) {
    left = std::max(left, std::chrono::nanoseconds(0));
    progress.left = progress.left.has_value() ? std::min(*progress.left, left) : left;
  };
  if (options_.time_limit.count() > 0) sooner(options_.time_limit - progress.elapsed);
  if (limit_ != 0 && progress.executions_per_second > 0) {
    const uint64_t mine = (limit_ + stride_ - options_.shard.index) / stride_;
    const double left = static_cast<double>(mine - std::min(mine, progress.executions)) /
                        progress.executions_per_second;
    sooner(std::chrono::nanoseconds(static_cast<int64_t>(left * 1e9)));
  }
  return progress;
}

void Campaign::ShowProgressUntilDone() {
  std::unique_lock lock(mutex_);
  while (running_ > 0) {
    job_ended_.wait_for(lock, options_.progress_every, [&] { return running_ == 0; });
    if (running_ == 0 || options_.on_progress == nullptr) continue;
    lock.unlock();
    options_.on_progress(Progress());
    lock.lock();
  }
}

}  // namespace heddle::sim
