// What is called of libc while somebody looks at a stack: ThreadSanitizer itself, for the report of
// a fatal signal, or the runtime, perhaps in the middle of a call that ThreadSanitizer is at work
// on.
//
// A thread that reports a race holds the lock of the other thread's history and waits for its turn
// to print. If that other thread prints meanwhile, since it died of a signal, and ThreadSanitizer
// takes note of what its own report calls (pthread_getattr_np() frees, _Unwind_Backtrace() calls
// pthread_once()), it waits for the lock of its history: neither goes on. So the blocks of a report
// are libc's own, and what it calls synchronises nothing.
#ifndef HEDDLE_SIM_RUNTIME_CORE_TSAN_REPORTS_H_
#define HEDDLE_SIM_RUNTIME_CORE_TSAN_REPORTS_H_

namespace heddle::sim::runtime {

#if defined(HEDDLE_FLAVOUR_TSAN)
// The running thread looks for its stack on behalf of a report. All that is allocated meanwhile is
// freed before the end.
extern thread_local constinit bool tls_reports_stack;
inline bool ReportsStack() { return __builtin_expect(tls_reports_stack, 0); }
class WhileReportingStack {
 public:
  WhileReportingStack() : outer_(tls_reports_stack) { tls_reports_stack = true; }
  ~WhileReportingStack() { tls_reports_stack = outer_; }
  WhileReportingStack(const WhileReportingStack&) = delete;
  WhileReportingStack& operator=(const WhileReportingStack&) = delete;

 private:
  bool outer_;
};
#else
constexpr bool ReportsStack() { return false; }
class WhileReportingStack {
 public:
  WhileReportingStack() {}  // not trivial: a variable that is not used is none to warn of
};
#endif

}  // namespace heddle::sim::runtime

#endif  // HEDDLE_SIM_RUNTIME_CORE_TSAN_REPORTS_H_
