// Writes results as hosts do, for tests: to make right ones, and then wrong ones.
#ifndef HEDDLE_HARNESS_TESTING_RESULT_WRITER_H_
#define HEDDLE_HARNESS_TESTING_RESULT_WRITER_H_

#include <string>
#include <vector>

#include "harness/host/request.h"
#include "harness/host/result_reader.h"
#include "sim/trace/trace.h"

namespace heddle::harness {

// One line of a result, without its newline.
std::string FormatHostLine(const HostLine& line);

// A whole result file: the "begin" line and `lines`.
void WriteResult(const std::string& path, const host::Request& request,
                 const std::vector<HostLine>& lines);

// What a correct host reports for `request` in lockstep, with the counters of one instance.
std::vector<HostLine> RightLines(const trace::Trace& trace, const host::Request& request);

}  // namespace heddle::harness

#endif  // HEDDLE_HARNESS_TESTING_RESULT_WRITER_H_
