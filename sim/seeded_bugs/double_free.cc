// Seeded bug: a double free on the error path of an initialisation, after zeam #877. Two functions
// each free the object that the inner one receives, when the next step fails. The step fails only
// on a machine that cannot create a thread, so the bug stays unseen.
//
// Here the dispatcher starts its own thread for metrics. It applies events like the old mutex
// build, which is correct.
#include <condition_variable>
#include <mutex>
#include <system_error>
#include <thread>

#include "sim/seeded_bugs/seeded_bugs.h"
#include "src/dispatch/mutex_dispatcher.h"

namespace heddle::seeded_bugs {
namespace {

// A thread that sleeps until it is told to end.
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
