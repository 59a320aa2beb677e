#include "src/dispatch/host.h"

#include <algorithm>
#include <cstring>
#include <ctime>
#include <new>
#include <vector>

#include "absl/strings/str_cat.h"
#include "src/node/check.h"

namespace heddle::dispatch {
namespace {

// The host inside whose observer this thread is.
thread_local const Host* observed_host = nullptr;

class InObserver {
 public:
  explicit InObserver(const Host* host) { observed_host = host; }
  ~InObserver() { observed_host = nullptr; }
  InObserver(const InObserver&) = delete;
  InObserver& operator=(const InObserver&) = delete;
};

int64_t RealTimeNs() {
  timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  return int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

heddle_outcome ToAbi(const node::Outcome& outcome) {
  heddle_outcome result{static_cast<uint32_t>(outcome.kind), outcome.rpc_code, nullptr};
  if (outcome.kind == node::Outcome::Kind::kRejected) {
    result.reason = chain::RejectionName(outcome.reason).data();  // a literal
  }
  return result;
}

// Moves `*value` up to at least `least`.
void RaiseTo(std::atomic<uint64_t>* value, uint64_t least) {
  uint64_t seen = value->load(std::memory_order_relaxed);
  while (seen < least && !value->compare_exchange_weak(seen, least, std::memory_order_release,
                                                       std::memory_order_relaxed)) {
  }
}

absl::StatusOr<std::unique_ptr<node::Node>> MakeNode(const heddle_config& config,
                                                     node::NodeObserver* observer) {
  node::Node::Options options;
  options.genesis_time = config.genesis_time;
  if (config.signature_check == HEDDLE_SIGNATURES_COST_MODEL) {
    options.signature_cost_ns = config.signature_cost_ns;
  }
  options.validators.resize(config.validator_count);
  for (size_t i = 0; i < config.validator_count; ++i) {
    const heddle_validator& validator = config.validators[i];
    std::memcpy(options.validators[i].first.data(), validator.attestation_public_key,
                HEDDLE_PUBLIC_KEY_BYTES);
    std::memcpy(options.validators[i].second.data(), validator.proposal_public_key,
                HEDDLE_PUBLIC_KEY_BYTES);
  }
  return node::Node::Create(options, observer);
}

}  // namespace

absl::StatusOr<std::shared_ptr<Host>> Host::Create(const heddle_config& config,
                                                   const DispatcherFactory& factory) {
  std::shared_ptr<Host> host(new Host(config));
  const absl::Status status = host->Init(factory);
  if (!status.ok()) return status;
  return host;
}

absl::Status Host::Init(const DispatcherFactory& factory) {
  absl::StatusOr<std::unique_ptr<node::Node>> node = MakeNode(config_, this);
  if (!node.ok()) return node.status();
  node_ = *std::move(node);
  absl::StatusOr<std::unique_ptr<EventLoop>> loop = EventLoop::Create(this);
  if (!loop.ok()) return loop.status();
  loop_ = *std::move(loop);
  DispatcherContext context;
  context.node = node_.get();
  context.channel.producers = config_.instances;
  context.channel.capacity = config_.channel_capacity;
  context.channel.max_event_bytes =
      config_.max_payload_bytes + HEDDLE_MAX_TOPIC_BYTES + HEDDLE_MAX_PEER_BYTES;
  context.channel.ring_bytes = config_.channel_bytes;
  context.wake = [this] { loop_->Wake(); };
  context.before_each = [this] { TickForTimer(); };
  context.fail = [this] { Fail(); };
  dispatcher_ = factory(std::move(context));
  if (dispatcher_ == nullptr) return absl::UnavailableError("cannot create the dispatcher");
  return absl::OkStatus();
}

Host::~Host() { HEDDLE_CHECK(!has_thread_ || joined_); }

heddle_status Host::Start() {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (has_thread_) return HEDDLE_INVALID;
  if (state_.load(std::memory_order_acquire) & kStopAsked) return HEDDLE_STOPPED;
  ticked_interval_ = node_->store().time();
  if (!dispatcher_->Start().ok() || !loop_->Start().ok()) return HEDDLE_SYSTEM;
  has_thread_ = true;
  // A stop that comes in between leaves its bit in the word, and the thread finds it there.
  state_.fetch_or(kStarted, std::memory_order_release);
  return HEDDLE_OK;
}

void Host::Stop() {
  state_.fetch_or(kStopAsked, std::memory_order_release);
  loop_->Wake();
}

heddle_status Host::Join() {
  if (!MayWait()) return HEDDLE_INVALID;
  std::unique_lock<std::mutex> lock(mutex_);
  if (has_thread_) {
    changed_.wait(lock, [this] { return ended_ && (!joining_ || joined_); });
    if (!joining_) {
      joining_ = true;
      lock.unlock();
      loop_->Join();
      lock.lock();
      joined_ = true;
      changed_.notify_all();
    }
  }
  return state_.load(std::memory_order_acquire) & kFailed ? HEDDLE_NO_MEMORY : HEDDLE_OK;
}

heddle_status Host::Tick(uint64_t interval) {
  if (state_.load(std::memory_order_acquire) != kStarted) return HEDDLE_STOPPED;
  RaiseTo(&asked_interval_, interval);
  loop_->Wake();
  return HEDDLE_OK;
}

heddle_status Host::UseTimer(int64_t origin_ns, uint64_t interval_ns) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (has_thread_) return HEDDLE_INVALID;
  config_.tick_source = HEDDLE_TICKS_TIMER;
  config_.tick_origin_ns = origin_ns;
  config_.tick_interval_ns = interval_ns;
  return HEDDLE_OK;
}

heddle_status Host::StopTimer() {
  if (!MayWait()) return HEDDLE_INVALID;
  timer_stopped_.store(true, std::memory_order_release);
  return Flush();
}

heddle_status Host::Flush() {
  if (!MayWait()) return HEDDLE_INVALID;
  if (state_.load(std::memory_order_acquire) != kStarted) return HEDDLE_STOPPED;
  const uint64_t number = asked_flushes_.fetch_add(1, std::memory_order_acq_rel) + 1;
  loop_->Wake();
  std::unique_lock<std::mutex> lock(mutex_);
  changed_.wait(lock, [&] { return answered_flushes_ >= number || ended_; });
  return answered_flushes_ >= number ? HEDDLE_OK : HEDDLE_STOPPED;
}

heddle_status Host::Deliver(uint32_t instance, uint64_t sequence, const node::Event& event) {
  if (state_.load(std::memory_order_acquire) != kStarted) return HEDDLE_STOPPED;
  try {
    return dispatcher_->Deliver(instance, sequence, event);
  } catch (const std::bad_alloc&) {
    Fail();
    return HEDDLE_NO_MEMORY;
  }
}

bool Host::MayWait() const { return !loop_->OnLoopThread() && observed_host != this; }

void Host::OnWake() {
  Guarded([this] { Work(); });
}

void Host::OnTimer() {
  Guarded([this] {
    TickForTimer();
    SetTimer();
  });
}

void Host::OnEnd() {
  const std::lock_guard<std::mutex> lock(mutex_);
  ended_ = true;
  changed_.notify_all();
}

void Host::Guarded(absl::FunctionRef<void()> work) {
  try {
    work();
  } catch (const std::bad_alloc&) {
    Fail();
  }
}

void Host::Fail() {
  state_.fetch_or(kStopAsked | kFailed, std::memory_order_release);
  loop_->Wake();
}

void Host::Work() {
  if (state_.load(std::memory_order_acquire) & kStopAsked) return Finish();
  // The flush first: what was delivered and asked for before it is then seen below.
  const uint64_t asked_flushes = asked_flushes_.load(std::memory_order_acquire);
  const uint64_t asked = asked_interval_.load(std::memory_order_acquire);
  const uint64_t due = DueInterval();
  if (flush_under_way_ == 0 && asked_flushes > answered_flushes_) {
    flush_under_way_ = asked_flushes;
    flush_interval_ = std::max(asked, due);
    dispatcher_->MarkDelivered();
  }
  const uint64_t interval =
      std::max({asked, timer_set_ ? 0 : due, flush_under_way_ == 0 ? 0 : flush_interval_});
  TickTo(interval);
  if (timer_set_ && !resting_) TickForTimer();
  if (!timer_set_) SetTimer();
  bool more = dispatcher_->Drain() || ticked_interval_ < interval;
  if (flush_under_way_ != 0) {
    AnswerFlush();
    more = more || (flush_under_way_ == 0 && asked_flushes_.load() > answered_flushes_);
  }
  if (more)
    loop_->Wake();  // a turn of the loop, in which the timer has its chance, then here again
}

void Host::Finish() {
  dispatcher_->Close();
  const bool failed = state_.load(std::memory_order_acquire) & kFailed;
  dispatcher_->Finish(/*drain=*/!failed);
  loop_->Break();
}

void Host::TickTo(uint64_t interval) {
  for (uint64_t ticks = 0; ticked_interval_ < interval && ticks < kMaxTicksInARow; ++ticks) {
    dispatcher_->Tick(++ticked_interval_);
  }
}

void Host::TickForTimer() {
  const uint64_t due = DueInterval();
  for (int64_t end_ns = 0; ticked_interval_ < due;) {
    dispatcher_->Tick(++ticked_interval_);
    if (ticked_interval_ == due) break;  // a tick on time needs no clock
    const int64_t now_ns = RealTimeNs();
    if (end_ns == 0) end_ns = now_ns + kLateTicksNs;
    if (now_ns >= end_ns) break;
  }
}

uint64_t Host::DueInterval() const {
  if (config_.tick_source != HEDDLE_TICKS_TIMER || timer_stopped_.load(std::memory_order_acquire)) {
    return 0;
  }
  const int64_t since_origin = RealTimeNs() - config_.tick_origin_ns;
  return since_origin < 0 ? 0 : static_cast<uint64_t>(since_origin) / config_.tick_interval_ns;
}

void Host::SetTimer() {
  if (config_.tick_source != HEDDLE_TICKS_TIMER) return;
  const int64_t interval = static_cast<int64_t>(config_.tick_interval_ns);
  const int64_t since_origin = RealTimeNs() - config_.tick_origin_ns;
  const bool late = ticked_interval_ < DueInterval();
  resting_ = late && dispatcher_->CallbacksWaitForTicks();
  loop_->SetTimer(resting_ ? kLateTicksNs
                  : late   ? 0
                         : interval - (since_origin < 0 ? since_origin : since_origin % interval));
  timer_set_ = true;
}

void Host::AnswerFlush() {
  if (ticked_interval_ < flush_interval_ || !dispatcher_->AppliedToMark()) return;
  const std::lock_guard<std::mutex> lock(mutex_);
  answered_flushes_ = flush_under_way_;
  flush_under_way_ = 0;
  changed_.notify_all();
}

void Host::OnApplied(const node::Application& application) {
  if (config_.observer.applied == nullptr) return;
  std::vector<heddle_release> released;
  released.reserve(application.released.size());
  for (const node::Release& release : application.released) {
    heddle_release& copy = released.emplace_back();
    std::memcpy(copy.block, release.block.data(), sizeof(copy.block));
    copy.outcome = ToAbi(release.outcome);
  }
  const chain::Store& store = node_->store();
  heddle_application told{};
  told.instance = application.instance;
  told.event = static_cast<uint32_t>(application.kind);
  told.sequence = application.sequence;
  told.outcome = ToAbi(application.outcome);
  std::memcpy(told.head, store.head().data(), sizeof(told.head));
  told.justified_slot = store.latest_justified().slot;
  told.finalized_slot = store.latest_finalized().slot;
  told.released = released.data();
  told.released_count = released.size();
  const InObserver in_observer(this);
  config_.observer.applied(config_.observer.context, &told);
}

void Host::OnTicked(chain::Interval interval) {
  if (config_.observer.ticked == nullptr) return;
  const InObserver in_observer(this);
  config_.observer.ticked(config_.observer.context, interval);
}

}  // namespace heddle::dispatch
