// Hosts with seeded bugs: the crashes of real clients and event loops, to be reproduced at will,
// and the measure of strategies and oracles.
//
// Each is a correct dispatcher with one named mistake, in a file of its own that says which report
// it is modelled on; `the bug` marks the mistake. The correct dispatchers know nothing of them:
// they come in where any embedder's own dispatcher does (dispatch::CreateHost), and only host
// programs of the harness link them. (The client before its first repair is not here: `unsync` is
// an ordinary dispatcher.) scenarios/bugs/ has a scenario for each, which finds it within a budget.
#ifndef HEDDLE_SIM_SEEDED_BUGS_SEEDED_BUGS_H_
#define HEDDLE_SIM_SEEDED_BUGS_SEEDED_BUGS_H_

#include <cstddef>

#include "sim/seeded_bugs/names.h"
#include "src/dispatch/dispatcher.h"

namespace heddle::seeded_bugs {

// `bug` is a position in kBugNames.
dispatch::DispatcherFactory FactoryOf(size_t bug);

std::unique_ptr<dispatch::Dispatcher> MakeSharedLock(dispatch::DispatcherContext context);
std::unique_ptr<dispatch::Dispatcher> MakeStaleView(dispatch::DispatcherContext context);
std::unique_ptr<dispatch::Dispatcher> MakeBorrowedPayload(dispatch::DispatcherContext context);
std::unique_ptr<dispatch::Dispatcher> MakeLostWakeup(dispatch::DispatcherContext context);
std::unique_ptr<dispatch::Dispatcher> MakeSilentDrop(dispatch::DispatcherContext context);
std::unique_ptr<dispatch::Dispatcher> MakeDroppedBlock(dispatch::DispatcherContext context);
std::unique_ptr<dispatch::Dispatcher> MakeEarlyPublish(dispatch::DispatcherContext context);
std::unique_ptr<dispatch::Dispatcher> MakeClosedHandle(dispatch::DispatcherContext context);
std::unique_ptr<dispatch::Dispatcher> MakeFreedRequest(dispatch::DispatcherContext context);
std::unique_ptr<dispatch::Dispatcher> MakeLockOrder(dispatch::DispatcherContext context);
std::unique_ptr<dispatch::Dispatcher> MakeLifoVotes(dispatch::DispatcherContext context);
std::unique_ptr<dispatch::Dispatcher> MakeReverseCall(dispatch::DispatcherContext context);
std::unique_ptr<dispatch::Dispatcher> MakeStaleSnapshot(dispatch::DispatcherContext context);
std::unique_ptr<dispatch::Dispatcher> MakeDoubleFree(dispatch::DispatcherContext context);
std::unique_ptr<dispatch::Dispatcher> MakeRelaxedIndex(dispatch::DispatcherContext context);
std::unique_ptr<dispatch::Dispatcher> MakeSleepFlag(dispatch::DispatcherContext context);

}  // namespace heddle::seeded_bugs

#endif  // HEDDLE_SIM_SEEDED_BUGS_SEEDED_BUGS_H_
