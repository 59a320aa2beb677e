#include "sim/corpus/program.h"

namespace heddle::corpus {

extern const Program kAba, kAsyncClosedWhileSent, kBarrierReuse, kBoundedBuffer, kBrokenPromise,
    kCacheFilledTwice, kCallOnceCycle, kCoalescedWakeup, kCondvarDestroyed,
    kCondvarWithoutPredicate, kDiningPhilosophers, kDoubleCheckedLocking, kDoubleClose,
    kEdgeTriggeredPartialRead, kHazardNotValidated, kIfInsteadOfWhile, kIgnoredTrylock, kLazyInit,
    kListenerRemoved, kLockOrderInversion, kLostUpdate, kNestedMonitor, kNotifyBeforeStore,
    kPeterson, kPoolStarvation, kPromiseSetTwice, kReaderUpgrade, kRefcountDoubleRelease,
    kRelaxedPublication, kRingPublishedEarly, kSemaphoreOverrelease, kSeqlockTornRead,
    kSharedPtrRace, kShutdownLostWakeup, kStackEscape, kStaleCheck, kTicketLock,
    kTimeoutDiscardsItem, kUnguardedMap, kWorkStealingDeque;

std::span<const Program* const> Programs() {
  static constexpr const Program* kPrograms[] = {&kAba,
                                                 &kAsyncClosedWhileSent,
                                                 &kBarrierReuse,
                                                 &kBoundedBuffer,
                                                 &kBrokenPromise,
                                                 &kCacheFilledTwice,
                                                 &kCallOnceCycle,
                                                 &kCoalescedWakeup,
                                                 &kCondvarDestroyed,
                                                 &kCondvarWithoutPredicate,
                                                 &kDiningPhilosophers,
                                                 &kDoubleCheckedLocking,
                                                 &kDoubleClose,
                                                 &kEdgeTriggeredPartialRead,
                                                 &kHazardNotValidated,
                                                 &kIfInsteadOfWhile,
                                                 &kIgnoredTrylock,
                                                 &kLazyInit,
                                                 &kListenerRemoved,
                                                 &kLockOrderInversion,
                                                 &kLostUpdate,
                                                 &kNestedMonitor,
                                                 &kNotifyBeforeStore,
                                                 &kPeterson,
                                                 &kPoolStarvation,
                                                 &kPromiseSetTwice,
                                                 &kReaderUpgrade,
                                                 &kRefcountDoubleRelease,
                                                 &kRelaxedPublication,
                                                 &kRingPublishedEarly,
                                                 &kSemaphoreOverrelease,
                                                 &kSeqlockTornRead,
                                                 &kSharedPtrRace,
                                                 &kShutdownLostWakeup,
                                                 &kStackEscape,
                                                 &kStaleCheck,
                                                 &kTicketLock,
                                                 &kTimeoutDiscardsItem,
                                                 &kUnguardedMap,
                                                 &kWorkStealingDeque};
  return kPrograms;
}

}  // namespace heddle::corpus
