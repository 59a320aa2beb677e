// Which report ThreadSanitizer has, before it prints it.
#ifndef HEDDLE_SIM_RUNTIME_SERVE_TSAN_REPORT_H_
#define HEDDLE_SIM_RUNTIME_SERVE_TSAN_REPORT_H_

namespace heddle::sim::runtime {

// In tsan, in the server before the first execution: what ThreadSanitizer reads for its first
// report (which modules there are) it need not read again in each execution. Elsewhere nothing.
void PrepareTsanReports();

}  // namespace heddle::sim::runtime

#endif  // HEDDLE_SIM_RUNTIME_SERVE_TSAN_REPORT_H_
