#include "sim/seeded_bugs/seeded_bugs.h"

#include "src/node/check.h"

namespace heddle::seeded_bugs {

dispatch::DispatcherFactory FactoryOf(size_t bug) {
  using Make = std::unique_ptr<dispatch::Dispatcher> (*)(dispatch::DispatcherContext);
  constexpr std::array<Make, kBugNames.size()> kMake = {
      MakeSharedLock,    MakeStaleView,    MakeBorrowedPayload, MakeLostWakeup,
      MakeSilentDrop,    MakeDroppedBlock, MakeEarlyPublish,    MakeClosedHandle,
      MakeFreedRequest,  MakeLockOrder,    MakeLifoVotes,       MakeReverseCall,
      MakeStaleSnapshot, MakeDoubleFree,   MakeRelaxedIndex,    MakeSleepFlag};
  HEDDLE_CHECK(bug < kMake.size());
  return kMake[bug];
}

}  // namespace heddle::seeded_bugs
