// A double free on an initialisation error path, after zeam #877: two functions each thought that
// it was theirs to free what the inner one was handed, when the step after it failed. Nobody saw
// it, because that step does not fail: it takes a machine that has no thread to give.
//
// Here the dispatcher starts a thread of its own for metrics. Applying is that of the old mutex
// build, and correct.
#include <condition_variable>
#include <mutex>
#include <system_error>
#include <thread>

#include "sim/seeded_bugs/seeded_bugs.h"
#include "src/dispatch/mutex_dispatcher.h"

namespace heddle::seeded_bugs {
namespace {

// A thread that sleeps until it is to end.
class Metrics {
 public:
  void Launch() {
    thread_ = std::thread([this] {
      std::unique_lock<std::mutex> lock(mutex_);
      changed_.wait(lock, [this] { return ending_; });
    });
  }
  ~Metrics() {
    if (!thread_.joinable()) return;
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      ending_ = true;
      changed_.notify_one();
    }
    thread_.join();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool ending_ = false;
  std::thread thread_;
};

absl::Status Launch(Metrics* metrics) {
  try {
    metrics->Launch();
    return absl::OkStatus();
  } catch (const std::system_error&) {
    delete metrics;  // the bug: the caller does, too
    return absl::UnavailableError("cannot create the metrics thread");
  }
}

class DoubleFree : public dispatch::MutexDispatcher {
 public:
  using MutexDispatcher::MutexDispatcher;
  ~DoubleFree() override { Finish(/*drain=*/false); }

  absl::Status Start() override {
    if (metrics_ != nullptr) return absl::OkStatus();
    auto* const metrics = new Metrics;
    absl::Status status = Launch(metrics);
    if (status.ok()) {
      metrics_ = metrics;
    } else {
      delete metrics;
    }
    return status;
  }
  void Finish(bool) override {
    delete metrics_;
    metrics_ = nullptr;
  }

 private:
  Metrics* metrics_ = nullptr;
};

}  // namespace

std::unique_ptr<dispatch::Dispatcher> MakeDoubleFree(dispatch::DispatcherContext context) {
  return std::make_unique<DoubleFree>(context.node);
}

}  // namespace heddle::seeded_bugs
