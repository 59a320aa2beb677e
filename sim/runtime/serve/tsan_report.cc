// ThreadSanitizer asks before it prints a report (OnReport() of its runtime). Its text is long, and
// hundreds of system calls; what the campaign needs of a report that it knows is which one it is.
#include "sim/runtime/serve/tsan_report.h"

#include <cstddef>
#include <cstdint>

#include "sim/protocol/hash.h"
#include "sim/runtime/core/report.h"

#if defined(HEDDLE_FLAVOUR_TSAN)

// Of ThreadSanitizer's interface for debuggers (tsan_debugging.cpp). Weak: not all versions have
// it. A trace is filled from its beginning, and not ended.
extern "C" {
__attribute__((weak)) void* __tsan_get_current_report();
__attribute__((weak)) int __tsan_get_report_data(void* report, const char** description, int* count,
                                                 int* stacks, int* accesses, int* locations,
                                                 int* mutexes, int* threads, int* unique_threads,
                                                 void** sleep_trace, uintptr_t size);
__attribute__((weak)) int __tsan_get_report_stack(void* report, uintptr_t index, void** trace,
                                                  uintptr_t size);
__attribute__((weak)) int __tsan_get_report_mop(void* report, uintptr_t index, int* thread,
                                                void** address, int* bytes, int* write, int* atomic,
                                                void** trace, uintptr_t size);
__attribute__((weak)) int __tsan_get_report_loc(void* report, uintptr_t index, const char** type,
                                                void** address, uintptr_t* start, uintptr_t* bytes,
                                                int* thread, int* descriptor, int* suppressable,
                                                void** trace, uintptr_t size);
__attribute__((weak)) int __tsan_get_report_mutex(void* report, uintptr_t index, uintptr_t* id,
                                                  void** address, int* destroyed, void** trace,
                                                  uintptr_t size);
__attribute__((weak)) int __tsan_get_report_thread(void* report, uintptr_t index, int* thread,
                                                   uint64_t* kernel_id, int* running,
                                                   const char** name, int* parent, void** trace,
                                                   uintptr_t size);
__attribute__((weak)) void __sanitizer_symbolize_pc(void* address, const char* format, char* text,
                                                    size_t size);
}

namespace heddle::sim::runtime {
namespace {

// ThreadSanitizer keeps no longer stacks.
constexpr uintptr_t kMaxFrames = 256;

// All that a dedup key is made of: the kind, and the stacks in the order in which they are printed.
// No thread, no address of an object.
class TsanReportHash {
 public:
  explicit TsanReportHash(void* report) : report_(report) { AddData(); }
  // Not 0.
  uint64_t value() const { return value_ != 0 ? value_ : 1; }

 private:
  void Add(uint64_t word) { value_ = Mix(value_, word); }
  void AddText(const char* text) {
    for (; text != nullptr && *text != 0; ++text) Add(static_cast<unsigned char>(*text));
    Add(0);
  }
  // What `trace_` holds, which is empty again.
  void AddTrace() {
    for (void*& frame : trace_) {
      if (frame == nullptr) break;
      Add(reinterpret_cast<uint64_t>(frame));
      frame = nullptr;
    }
    Add(0);
  }

  void AddData() {
    const char* kind = nullptr;
    int count = 0, stacks = 0, accesses = 0, locations = 0, mutexes = 0, threads = 0, unique = 0;
    __tsan_get_report_data(report_, &kind, &count, &stacks, &accesses, &locations, &mutexes,
                           &threads, &unique, trace_, kMaxFrames);
    AddText(kind);
    AddTrace();  // of a sleep
    for (int i = 0; i < stacks; ++i) AddStack(i);
    for (int i = 0; i < accesses; ++i) AddAccess(i);
    for (int i = 0; i < locations; ++i) AddLocation(i);
    for (int i = 0; i < mutexes; ++i) AddMutex(i);
    for (int i = 0; i < threads; ++i) AddThread(i);
  }

  void AddStack(uintptr_t i) {
    __tsan_get_report_stack(report_, i, trace_, kMaxFrames);
    AddTrace();
  }
  void AddAccess(uintptr_t i) {
    void* address = nullptr;
    int thread = 0, bytes = 0, write = 0, atomic = 0;
    __tsan_get_report_mop(report_, i, &thread, &address, &bytes, &write, &atomic, trace_,
                          kMaxFrames);
    Add(static_cast<uint64_t>(bytes) << 2 | (write != 0 ? 2 : 0) | (atomic != 0 ? 1 : 0));
    AddTrace();
  }
  void AddLocation(uintptr_t i) {
    const char* type = nullptr;
    void* address = nullptr;
    uintptr_t start = 0, bytes = 0;
    int thread = 0, descriptor = 0, suppressable = 0;
    __tsan_get_report_loc(report_, i, &type, &address, &start, &bytes, &thread, &descriptor,
                          &suppressable, trace_, kMaxFrames);
    AddText(type);
    AddTrace();
  }
  void AddMutex(uintptr_t i) {
    uintptr_t id = 0;
    void* address = nullptr;
    int destroyed = 0;
    __tsan_get_report_mutex(report_, i, &id, &address, &destroyed, trace_, kMaxFrames);
    AddTrace();
  }
  void AddThread(uintptr_t i) {
    const char* name = nullptr;
    int thread = 0, running = 0, parent = 0;
    uint64_t kernel_id = 0;
    __tsan_get_report_thread(report_, i, &thread, &kernel_id, &running, &name, &parent, trace_,
                             kMaxFrames);
    AddTrace();
  }

  void* const report_;
  uint64_t value_ = 0;
  void* trace_[kMaxFrames] = {};
};

bool KeepsToItself() {
  if (__tsan_get_current_report == nullptr) return false;
  void* report = __tsan_get_current_report();
  return report != nullptr && CountKnownReport(TsanReportHash(report).value());
}

}  // namespace

void PrepareTsanReports() {
  if (__sanitizer_symbolize_pc == nullptr) return;
  char text[256];
  __sanitizer_symbolize_pc(reinterpret_cast<void*>(&PrepareTsanReports), "%m", text, sizeof text);
}

}  // namespace heddle::sim::runtime

namespace __tsan {

// Of ThreadSanitizer's own (tsan_rtl_report.cpp), which has a weak one in its archive. As a shared
// library it calls that, and each report is printed.
class ReportDesc;
__attribute__((visibility("default"), used)) bool OnReport(const ReportDesc*, bool suppressed) {
  return suppressed || heddle::sim::runtime::KeepsToItself();
}

}  // namespace __tsan

#else

namespace heddle::sim::runtime {
void PrepareTsanReports() {}
}  // namespace heddle::sim::runtime

#endif
