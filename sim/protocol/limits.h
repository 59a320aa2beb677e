// Bounds that both processes rely on: the sizes of what they share. Each says why it has its value.
// Bounds of the runtime alone are in sim/runtime/bounds.h.
#ifndef HEDDLE_SIM_PROTOCOL_LIMITS_H_
#define HEDDLE_SIM_PROTOCOL_LIMITS_H_

#include <cstddef>
#include <cstdint>

namespace heddle::sim {

// Points of one execution, unless a campaign says otherwise. Executions that are worth exploring
// have thousands; this many take a second in det and 80 MB of log.
inline constexpr uint64_t kDefaultStepBudget = 20'000'000;

// Room in the log behind the step budget, so that a livelock meets the budget and not the log's
// end.
inline constexpr uint64_t kMaxStepsBeyondBudget = 1024;

// Name and parameters of a strategy, with the final 0: far more than any strategy has (random;
// preemptions=2,advances=0).
inline constexpr size_t kMaxStrategyName = 64;
inline constexpr size_t kMaxStrategyParameters = 256;

// Accesses to memory that Preempt::kSites makes points. A source line is a handful of accesses, or
// many where it is inlined in many places. 32 KB of the control block.
inline constexpr uint32_t kMaxSites = 4096;

// Faults of the environment in one execution; once that many have come, no more do. A plan of 10%
// gets there after some 10'000 occasions, more than executions that are worth exploring have.
inline constexpr uint32_t kMaxFaults = 1024;

// Frames of a stack. Deeper ones lose their outermost frames, which say the least.
inline constexpr int kMaxStackFrames = 48;
// Threads whose stacks are kept. A deadlock of more threads than this is told by those of the
// first.
inline constexpr int kMaxReportedThreads = 32;
inline constexpr size_t kMaxFailureMessage = 4096;  // a line each for kMaxReportedThreads threads
inline constexpr size_t kMaxThreadName = 16;        // TASK_COMM_LEN, with the final 0
inline constexpr size_t kMaxThreadState = 160;      // "waits for ... held by ...; holds ..."
// Places that a finding tells besides the stacks: where each lock was taken that somebody holds,
// and signals that reached nobody. More than people read.
inline constexpr uint32_t kMaxPlaces = 32;
// Of each: enough to come from a free() within containers out to the program's own code.
inline constexpr uint32_t kMaxPlaceFrames = 10;
inline constexpr size_t kMaxPlaceText = 120;  // "thread 2 took the mutex 0x..."
// Values of the real machine that an execution has read, each told once: kinds of them are few.
inline constexpr uint32_t kMaxRealValues = 16;

// Loaded files: the program and its libraries. More of them stay without names in stacks.
inline constexpr int kMaxModules = 48;
inline constexpr size_t kMaxModulePath = 232;  // makes a Module 256 bytes

// Frames kept of each step, when details are: enough to leave the runtime's and a library's own
// frames behind. 128 bytes a step.
inline constexpr int kMaxDetailFrames = 16;

// Sanitizer reports of an execution whose place is kept; later ones have none. One data race is
// often reported several times, and reading the first few is what people do.
inline constexpr uint32_t kMaxReportPoints = 16;

// Folders that executions have for themselves, and those in them that they share: a handful, and
// the file systems that are mounted below them. The path is shorter than most systems allow, longer
// than people's are.
inline constexpr uint32_t kMaxPrivateFolders = 32;
inline constexpr size_t kMaxFolderPath = 504;

// Of 64 bits, that say what a strategy has learnt (Strategy::Keep()): 2 MiB. What rff keeps is
// bounded by itself; programs with hundreds of threads that touch hundreds of objects each have
// more names than that, and keep nothing.
inline constexpr uint64_t kMaxLearntWords = uint64_t{1} << 18;

// Executions that are asked for at once, each with a summary of 48 bytes. Campaigns ask for as many
// as fit into a tenth of a second (sim/explore/explore.cc): a thousand are enough at 10'000 a
// second.
inline constexpr uint32_t kMaxBatch = 1024;

}  // namespace heddle::sim

#endif  // HEDDLE_SIM_PROTOCOL_LIMITS_H_
