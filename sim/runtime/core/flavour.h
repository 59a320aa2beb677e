// Which flavour this copy of the runtime is compiled for. The build defines one of
// HEDDLE_FLAVOUR_DET, HEDDLE_FLAVOUR_TSAN and HEDDLE_FLAVOUR_ASAN
// (sim/cmake/HeddleInstrument.cmake).
#ifndef HEDDLE_SIM_RUNTIME_CORE_FLAVOUR_H_
#define HEDDLE_SIM_RUNTIME_CORE_FLAVOUR_H_

namespace heddle::sim::runtime {

#if defined(HEDDLE_FLAVOUR_TSAN)
inline constexpr char kFlavour[] = "tsan";
#elif defined(HEDDLE_FLAVOUR_ASAN)
inline constexpr char kFlavour[] = "asan";
#else
inline constexpr char kFlavour[] = "det";
#endif
inline constexpr bool kIsDet = kFlavour[0] == 'd';
inline constexpr bool kIsTsan = kFlavour[0] == 't';
inline constexpr bool kIsAsan = kFlavour[0] == 'a';

// Whether the kernel thread of a finished thread serves the next one. Not under the sanitizers,
// which keep a state of their own for each kernel thread.
inline constexpr bool kRecycleThreads = kIsDet;

}  // namespace heddle::sim::runtime

#endif  // HEDDLE_SIM_RUNTIME_CORE_FLAVOUR_H_
