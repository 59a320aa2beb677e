#include "harness/host/run.h"

#include <time.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "harness/host/dealer.h"
#include "harness/host/node_event.h"
#include "sim/runtime/runtime.h"
#include "sim/seeded_bugs/seeded_bugs.h"
#include "src/dispatch/host_node.h"
#include "src/node/check.h"

namespace heddle::host {
namespace {

using producer::IntervalAt;
using producer::Producer;

constexpr uint64_t kIntervalsPerSlot = trace::kIntervalsPerSlot;
// A recorded run's first event comes this long after its start.
constexpr int64_t kLeadNs = 1'000'000;
// The shortest that a host accepts: a recording that is sped up further loses ticks' exactness
// only.
constexpr int64_t kShortestTickNs = 1'000;
// How often a start that meets faults is tried.
constexpr int kMostStarts = 16;

int64_t NowNs() {
  timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  return int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

uint32_t AbiDispatcher(Dispatcher dispatcher) {
  switch (dispatcher) {
    case Dispatcher::kUnsync:
      return HEDDLE_DISPATCH_UNSYNC;
    case Dispatcher::kMutex:
      return HEDDLE_DISPATCH_MUTEX;
    case Dispatcher::kLocks:
      return HEDDLE_DISPATCH_LOCKS;
    case Dispatcher::kWorker:
      return HEDDLE_DISPATCH_WORKER;
    default:
      return HEDDLE_DISPATCH_ASYNC;
  }
}

heddle_status CreateHost(heddle_config* config, Dispatcher dispatcher, heddle_host** host,
                         heddle_error* error) {
  if (dispatcher >= Dispatcher::kFirstBug) {
    const int bug = static_cast<int>(dispatcher) - static_cast<int>(Dispatcher::kFirstBug);
    return dispatch::CreateHost(*config, seeded_bugs::FactoryOf(bug), host, error);
  }
  config->dispatcher = AbiDispatcher(dispatcher);
  return heddle_host_create(config, host, error);
}

std::vector<heddle_validator> AbiValidators(const trace::Header& header) {
  std::vector<heddle_validator> validators(header.validators.size());
  for (size_t i = 0; i < validators.size(); ++i) {
    std::memcpy(validators[i].attestation_public_key,
                header.validators[i].attestation_public_key.data(), HEDDLE_PUBLIC_KEY_BYTES);
    std::memcpy(validators[i].proposal_public_key, header.validators[i].proposal_public_key.data(),
                HEDDLE_PUBLIC_KEY_BYTES);
  }
  return validators;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Run>> Run::Create(const Request& request, const trace::Trace& trace,
                                                 std::string result_path,
                                                 producer::StartNetwork network) {
  std::unique_ptr<Run> run(new Run(request, trace, std::move(result_path), network));
  const absl::Status status = run->Initialize();
  if (!status.ok()) return status;
  return run;
}

Run::Run(const Request& request, const trace::Trace& trace, std::string result_path,
         producer::StartNetwork network)
    : request_(request),
      trace_(trace),
      network_(network),
      recorder_(std::move(result_path), request.snapshots) {}

Run::~Run() {
  producers_.clear();
  for (heddle_instance* instance : instances_) heddle_instance_close(instance);
  heddle_host_destroy(host_);
}

absl::Status Run::Initialize() {
  const std::vector<heddle_validator> validators = AbiValidators(trace_.header);
  heddle_config config;
  heddle_config_init(&config);
  config.genesis_time = trace_.header.genesis_time;
  config.validators = validators.data();
  config.validator_count = validators.size();
  config.instances = request_.instances;
  config.channel_capacity = request_.channel_capacity;
  config.channel_bytes = request_.channel_bytes;
  // The timer is set in StartClock, when the run knows when it begins.
  config.tick_source = HEDDLE_TICKS_EXTERNAL;
  if (request_.signature.kind == Signature::Kind::kCostModel) {
    config.signature_check = HEDDLE_SIGNATURES_COST_MODEL;
    config.signature_cost_ns = request_.signature.ns;
  }
  config.observer = recorder_.Observer();
  heddle_error error;
  const heddle_status status = CreateHost(&config, request_.dispatcher, &host_, &error);
  if (status != HEDDLE_OK) {
    const std::string message = absl::StrCat("cannot create the host: ", error.message);
    return status == HEDDLE_INVALID ? absl::InvalidArgumentError(message)
                                    : absl::UnavailableError(message);
  }
  instances_.resize(request_.instances);
  for (uint32_t i = 0; i < request_.instances; ++i) {
    HEDDLE_CHECK(heddle_instance_open(host_, i, &instances_[i]) == HEDDLE_OK);
  }
  recorder_.SetNode(&dispatch::NodeOf(host_));
  recorder_.Begin(request_);
  DealEvents();
  recorder_.Mark();
  return recorder_.status();
}

void Run::DealEvents() {
  std::vector<std::vector<const trace::Event*>> window(request_.instances);
  std::vector<Warm> warm_up;
  Dealer dealer(request_.split, request_.instances);
  bool any = false;
  for (const trace::Event& event : trace_.events) {
    if (request_.window.IsPast(event)) break;
    const bool inside = request_.window.Contains(event);
    if (!inside && !request_.warm_up) continue;
    for (const uint32_t instance : dealer.Receivers(event)) {
      if (inside) {
        window[instance].push_back(&event);
      } else {
        warm_up.push_back({instance, &event});
      }
    }
    if (inside && !std::exchange(any, true)) {
      first_index_ = event.index;
      first_time_ns_ = event.time_ns;
    }
    last_time_ns_ = event.time_ns;
  }
  if (!any) first_time_ns_ = last_time_ns_;
  for (uint32_t i = 0; i < request_.instances; ++i) {
    producers_.push_back(MakeProducer(i, std::move(window[i])));
  }
  WarmUp(warm_up);
}

void Run::WarmUp(const std::vector<Warm>& events) {
  std::vector<std::vector<const trace::Event*>> history(request_.instances);
  recorder_.SetEvents([&history](uint32_t instance, uint64_t sequence) -> const trace::Event& {
    return *history[instance][sequence];
  });
  node::Node& node = dispatch::NodeOf(host_);
  for (const auto& [instance, event] : events) {
    node.Tick(IntervalAt(event->time_ns));
    if (!producers_[instance]->Admit(*event)) continue;
    history[instance].push_back(event);
    node.Apply(instance, history[instance].size() - 1, ToNodeEvent(*event));
  }
  if (request_.mode == Mode::kBurst) node.Tick(IntervalAt(last_time_ns_));
  for (const auto& taken : history) warmed_up_.push_back(taken.size());
  recorder_.SetEvents(
      [this](uint32_t instance, uint64_t sequence) -> const trace::Event& {
        return producers_[instance]->EventOf(sequence);
      },
      warmed_up_);
}

std::unique_ptr<Producer> Run::MakeProducer(uint32_t instance,
                                            std::vector<const trace::Event*> events) {
  producer::Options options;
  options.start = network_;
  options.deliver_duplicates = request_.duplicates;
  options.taken = [this] {
    const uint64_t taken = taken_.fetch_add(1, std::memory_order_relaxed) + 1;
    if (taken == request_.stop_after) heddle_host_stop(host_);
  };
  options.refused = [this, instance](const trace::Event& event, heddle_status status) {
    recorder_.Refused(instance, event.index, status);
  };
  return std::make_unique<Producer>(instances_[instance], std::move(events), std::move(options));
}

absl::Status Run::Execute() {
  recorder_.Rewind();
  const std::unique_ptr<producer::Pace> pace = StartClock();
  const heddle_status started = StartHost();
  if (started != HEDDLE_OK && !request_.system_faults) {
    return absl::UnavailableError(
        absl::StrCat("cannot start the host: ", heddle_status_name(started)));
  }
  for (const auto& producer : producers_) producer->Start(pace.get());
  for (const auto& producer : producers_) producer->Join();
  const heddle_status status = started == HEDDLE_OK ? ComeToRest() : started;
  if (status != HEDDLE_OK && request_.system_faults) {
    recorder_.Failed(status, InstanceCounters());
    return recorder_.status();
  }
  if (status != HEDDLE_OK) {
    return absl::ResourceExhaustedError(
        absl::StrCat("the host failed: ", heddle_status_name(status)));
  }
  recorder_.End(dispatch::NodeOf(host_), InstanceCounters());
  return recorder_.status();
}

heddle_status Run::StartHost() {
  const sim::FaultScope faults(true);
  heddle_status status = heddle_host_start(host_);
  for (int tries = 1; status != HEDDLE_OK && request_.system_faults && tries < kMostStarts;
       ++tries) {
    status = heddle_host_start(host_);
  }
  return status;
}

std::unique_ptr<producer::Pace> Run::StartClock() {
  const uint64_t interval = dispatch::NodeOf(host_).store().time();
  switch (request_.mode) {
    case Mode::kLockstep:
      return std::make_unique<producer::Lockstep>(
          host_, interval, first_index_, request_.split == Split::kCopy ? request_.instances : 1);
    case Mode::kBurst: {
      const uint64_t tick_ns = request_.tick_interval_ns.value_or(Request::kDefaultBurstTickNs);
      const int64_t origin_ns = NowNs() - static_cast<int64_t>(interval * tick_ns);
      HEDDLE_CHECK(heddle_host_use_timer(host_, origin_ns, tick_ns) == HEDDLE_OK);
      return std::make_unique<producer::FlatOut>();
    }
    case Mode::kRecorded: {
      const auto scaled = [&](int64_t ns) {
        return static_cast<int64_t>(static_cast<double>(ns) / request_.speed);
      };
      const uint64_t tick_ns = request_.tick_interval_ns.value_or(
          static_cast<uint64_t>(std::max(scaled(trace::kIntervalNs), kShortestTickNs)));
      const int64_t origin_ns = NowNs() + kLeadNs - scaled(first_time_ns_);
      HEDDLE_CHECK(heddle_host_use_timer(host_, origin_ns, tick_ns) == HEDDLE_OK);
      return std::make_unique<producer::Recorded>(origin_ns, request_.speed);
    }
  }
  HEDDLE_CHECK(false);
}

heddle_status Run::ComeToRest() {
  heddle_host_stop_timer(host_);
  // Not OK: `stop_after` stopped the host, and the clock with it.
  if (heddle_host_flush(host_) == HEDDLE_OK) {
    uint64_t interval = IntervalAt(last_time_ns_);
    if (request_.mode != Mode::kLockstep) {
      interval = std::max(interval, dispatch::NodeOf(host_).store().time());
    }
    heddle_host_tick(host_, (interval / kIntervalsPerSlot + 1) * kIntervalsPerSlot + 4);
    heddle_host_flush(host_);
  }
  heddle_host_stop(host_);
  return heddle_host_join(host_);
}

std::vector<Counters> Run::InstanceCounters() const {
  std::vector<Counters> all;
  for (uint32_t i = 0; i < request_.instances; ++i) {
    heddle_instance_counters host;
    heddle_instance_read_counters(instances_[i], &host);
    const producer::Counters& network = producers_[i]->counters();
    all.push_back({{"taken", host.taken + warmed_up_[i]},
                   {"warmed_up", warmed_up_[i]},
                   {"full", host.full},
                   {"stopped", host.stopped},
                   {"invalid", host.invalid},
                   {"too_large", host.too_large},
                   {"no_memory", host.no_memory},
                   {"wakeups", host.wakeups},
                   {"duplicates_dropped", network.duplicates_dropped},
                   {"late_chunks_dropped", network.late_chunks_dropped},
                   {"refused", network.refused},
                   {"open_requests", network.open_requests}});
  }
  return all;
}

}  // namespace heddle::host
