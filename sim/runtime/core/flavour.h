// Which flavour this copy of the runtime is compiled for. The build defines one of
// HEDDLE_FLAVOUR_DET, HEDDLE_FLAVOUR_TSAN and HEDDLE_FLAVOUR_ASAN
// (sim/cmake/HeddleInstrument.cmake).
#ifndef HEDDLE_SIM_RUNTIME_CORE_FLAVOUR_H_
#define HEDDLE_SIM_RUNTIME_CORE_FLAVOUR_H_

namespace heddle::sim::runtime {

// kRecycleThreads: whether the kernel thread of a finished thread serves the next one. Not under
// the sanitizers, which keep a state of their own for each kernel thread.
#if defined(HEDDLE_FLAVOUR_TSAN)
inline constexpr char kFlavour[] = "tsan";
inline constexpr bool kRecycleThreads = false;
#elif defined(HEDDLE_FLAVOUR_ASAN)
inline constexpr char kFlavour[] = "asan";
inline constexpr bool kRecycleThreads = false;
#else
inline constexpr char kFlavour[] = "det";
inline constexpr bool kRecycleThreads = true;
#endif

}  // namespace heddle::sim::runtime

#endif  // HEDDLE_SIM_RUNTIME_CORE_FLAVOUR_H_
