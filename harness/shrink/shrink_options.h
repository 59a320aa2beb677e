// What a shrink is asked to do, and what it reports.
#ifndef HEDDLE_HARNESS_SHRINK_SHRINK_OPTIONS_H_
#define HEDDLE_HARNESS_SHRINK_SHRINK_OPTIONS_H_

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>

#include "harness/shrink/explain.h"

namespace heddle::harness {

struct ShrinkOptions {
  std::string schedule;     // file
  std::string host_folder;  // with the hosts
  ProgramOfSchedule program;
  std::string out;  // folder, made when missing: scenario.yaml, trace.jsonl,
                    // finding.schedule.json, narrative.md
  // Real time that reducing may take; what is found by then is written. The narrative takes
  // some seconds more.
  std::chrono::nanoseconds time_limit = std::chrono::seconds(100);
  std::function<void(const std::string&)> progress;  // may be empty
  std::function<bool()> interrupted;                 // may be empty; ends the reducing early
};

// What there was, and what is left.
struct ShrinkSize {
  uint64_t events = 0;            // that the scenario delivers; 0 for a program
  uint64_t context_switches = 0;  // from one thread to another, forced ones included
  uint64_t points = 0;            // steps of all threads
  uint64_t faults = 0;            // of the environment that come
};

struct ShrinkReport {
  ShrinkSize before, after;
  // In the result, departures from the default schedule: to another thread, and time jumps.
  uint64_t switches = 0, time_jumps = 0;
  bool minimal = false;  // none of them, and no event, can be left out; false when time ran out
  uint64_t executions = 0;
  std::chrono::nanoseconds duration{};
  std::string schedule;  // the file that was written
  std::string narrative;
};

}  // namespace heddle::harness

#endif  // HEDDLE_HARNESS_SHRINK_SHRINK_OPTIONS_H_
