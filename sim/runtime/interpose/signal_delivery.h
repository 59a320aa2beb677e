// Signals that the program sends to itself: by raise() and its like, and by timers (signal(7),
// POSIX.1-2017, 2.4). They never reach the system: the kernel keeps what is pending, decides who
// takes it, and calls the handler on that thread's stack.
//
//  - A signal that only its sender can take is handled before the call that sent it returns.
//  - Any other one is on its way. What brings it is a thread of its own, a courier: it has a number
//    and one pending operation (signal-arrive), and the strategy decides when that happens. A
//    signal to the process has a courier for each thread that does not block it: the first one
//    chosen decides who takes it, the others are gone then.
//  - What brings a timer's signal, or the end of a child, is there already. When such a signal to
//    the process arrives, it is offered to each thread that does not block it: the first one chosen
//    takes it.
//  - A thread that a signal arrives at calls the handler instead of its pending operation
//    (signal-handler), and stops at that operation's point again afterwards. What it waited for may
//    end with EINTR (Thread::on_signal).
//
//  - The handlers of several signals that a thread can take together all begin before one of them
//    runs, each on top of the one before: the last one to begin runs first, as on Linux.
//
// What handlers there are is the system's knowledge: sigaction() goes through. Faults, SIGABRT,
// SIGKILL and SIGSTOP are the system's as well. But a fault's signal that is sent while it is
// blocked is pending here, until somebody waits for it or unblocks it.
//
// Called with control. `self` is the running thread.
#ifndef HEDDLE_SIM_RUNTIME_INTERPOSE_SIGNAL_DELIVERY_H_
#define HEDDLE_SIM_RUNTIME_INTERPOSE_SIGNAL_DELIVERY_H_

#include <signal.h>

#include <cstdint>

#include "sim/runtime/core/child_processes.h"
#include "sim/runtime/core/thread.h"

namespace heddle::sim::runtime {

struct SignalTimer;

// Bit n-1 is signal n, as in the system's own masks.
using SignalSet = uint64_t;
constexpr SignalSet SignalBit(int signal) { return SignalSet{1} << (signal - 1); }
SignalSet SetOf(const sigset_t* set);

// By the rules of older schedules the first thread that does not block it takes what a timer or a
// child's end sends to the process.
inline constexpr uint32_t kFirstWithOffers = 7;

// By the rules of older schedules the handlers of several pending signals run one behind the other.
inline constexpr uint32_t kFirstWithNesting = 9;

// Whether the execution's rules have signals, and this one is not the system's.
bool SignalsAreModelled();
bool IsModelled(int signal);
// SIGSEGV and its like, SIGABRT.
inline constexpr SignalSet kFaultSignals =
    SignalBit(SIGSEGV) | SignalBit(SIGBUS) | SignalBit(SIGFPE) | SignalBit(SIGILL) |
    SignalBit(SIGTRAP) | SignalBit(SIGABRT) | SignalBit(SIGSYS);
inline bool IsFault(int signal) {
  return signal >= 1 && signal <= 64 && (kFaultSignals & SignalBit(signal)) != 0;
}
// Whether sending it is the model's: to `target`, or to the process when that is null.
bool SendingIsModelled(const Thread* target, int signal);

// Sends `info.si_signo` to `target`, or to the process when that is null. Its points; then handles
// it if nobody but `self` can take it. 0 or an errno value.
int SendSignal(Thread* self, Thread* target, const siginfo_t& info);
// What the calls that send say of their sender.
siginfo_t SignalInfo(int signal, int code);

// Whether its handler may run on `thread` now.
bool CanTake(const Thread* thread, int signal);
// Takes and handles all that is pending for `self` and not blocked. Whether a handler ran.
bool HandlePending(Thread* self);
// Pending for `thread`: sent to it or to the process.
SignalSet PendingFor(const Thread* thread);
SignalSet PendingForAny();
// Takes the lowest pending signal of `set`; false when there is none.
bool TakePending(Thread* thread, SignalSet set, siginfo_t* info);
// `self` has another mask from here on; what it does not block any more is handled.
void ChangeMask(Thread* self, SignalSet mask);

// --- For Schedule() ---

// The courier was chosen. It may be gone afterwards.
void Arrive(Thread* courier);
// `self` was chosen, and a signal has arrived at it: calls the handler. True: `self` stops at its
// point again. False: what it waited for has ended (Thread::interrupted).
bool HandleArrived(Thread* self);

// --- Timers that send signals (signal_timers.cc) ---

// A courier that sleeps until `deadline`; its number counts as created by the pending operation.
Thread* StartTimerCourier(SignalTimer* timer, int64_t deadline);
void StopTimerCourier(Thread* courier);
// The timer's deadline has come. Sends its signal; the next deadline, kNever for none.
int64_t TimerExpires(SignalTimer* timer);
// The pending signal of one was taken: its overrun is known.
void TimerSignalTaken(siginfo_t* info);
// Sends it from there, between two decisions: to `target`, or to the process. False when it is
// pending already.
bool SendFromTimer(Thread* target, const siginfo_t& info);
void ResetSignalTimers();

// --- Child processes (child_signals.cc) ---

// By the rules of older schedules SIGCHLD is not sent.
inline constexpr uint32_t kFirstWithChildSignals = 4;
// Before a decision: a child of the calling process, the root, has ended. `position` is its own in
// the table, from 1. SIGCHLD is on its way, if anybody wants it.
void ChildEnded(ChildProcess* child, uint32_t position);
// The same for one that has stopped or goes on (ChildProcess::news).
void ChildHasNews(ChildProcess* child);
// What is told of that: `signal` has stopped it, or is SIGCONT.
siginfo_t JobInfo(const ChildProcess* child, int code, int signal);
// `self` has waited for the child: its SIGCHLD is there.
void ChildWaitedFor(Thread* self, ChildProcess* child);
// Takes what was posted to the calling process.
void TakePostedSignals(PostedSignals* posted);
// The courier of a child's end was chosen: sends SIGCHLD.
void ChildEndArrives(Thread* courier);
// Nobody blocks it and nobody waits for it: it would be dropped where it is sent.
bool IsDropped(const Thread* target, int signal);
// A courier that tells of the end of the child at `position`, whose number it has.
void AddChildCourier(const ChildProcess* child, uint32_t position);
// The courier goes. Nothing arrives.
void RemoveCourier(Thread* courier);
Thread* FindChildCourier(uint32_t position);
// Sends it to the process; `self` runs, and handles it at once if it is the first that can take it.
void SendAtOnce(Thread* self, const siginfo_t& info);

// At the start of an execution: nothing is pending.
void ResetSignals();
// In a child process: it begins with nothing pending, and without timers. Its only thread is there.
void ForgetSignals();

// --- Descriptors (signalfd.cc) ---

// What is pending has changed; `sent` signals are new.
void UpdateSignalDescriptors(SignalSet sent);
bool IsSignalDescriptor(int descriptor);
ssize_t ReadSignalDescriptor(Thread* self, int descriptor, void* buffer, size_t size);
void SignalDescriptorClosed(int descriptor);
void SignalDescriptorDuplicated(int from, int to);
void ResetSignalDescriptors();

}  // namespace heddle::sim::runtime

#endif  // HEDDLE_SIM_RUNTIME_INTERPOSE_SIGNAL_DELIVERY_H_
