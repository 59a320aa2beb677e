// What the system calls of an execution in a worker change, and how that is undone.
//
// A call that changes nothing passes. One whose effect ends with the execution passes and is
// remembered: descriptors of its own, memory that it maps, signal actions and masks, output that is
// captured. Any other is not made at all: kernel.execution.leave_to_fork(), and a fork, which can
// make it, runs the execution again. Unknown calls are of these.
//
// The carrier makes all calls: those of libc and of the program arrive by Syscall User Dispatch
// (interpose/system_call_trap.h), the runtime's own by RawSyscall().
#ifndef HEDDLE_SIM_RUNTIME_SERVE_SYSTEM_CALL_GUARD_H_
#define HEDDLE_SIM_RUNTIME_SERVE_SYSTEM_CALL_GUARD_H_

#include <sys/socket.h>
#include <sys/un.h>

#include <cstddef>
#include <cstdint>

namespace heddle::sim::runtime {

class Snapshot;

// Parts of reservations (of the sanitizers' heaps) that executions map to use them.
struct UsedReservations {
  static constexpr uint32_t kMost = 64;
  struct Part {
    uintptr_t begin, end;
    uintptr_t used_end;  // by the execution that runs: so far
  };
  uint32_t count;
  Part parts[kMost];

  void Add(uintptr_t begin, uintptr_t end);
  // Maps them. In a worker, before its snapshot.
  void MapAll();
  // Whether it is mapped already, and the execution has not used it yet.
  bool Use(uintptr_t begin, uintptr_t end);
};

// All of it in memory that a restore leaves alone; zero: nothing to undo.
class SystemCallGuard {
 public:
  // `captures`: standard output and error go to files that are emptied before each execution.
  // `snapshot`: what puts memory back. `ready`: what MapAll() has mapped.
  void Begin(bool captures, Snapshot* snapshot, UsedReservations* ready);
  // What executions have mapped beyond that. For the next worker.
  const UsedReservations& used() const { return used_; }
  // The call, or no return.
  long Call(long number, const long* a);
  // Everything as it was at Begin(). `interrupted`: perhaps from within a signal handler.
  void Undo(bool interrupted);
  // Standard output and error are empty.
  void EmptyOutput();

 private:
  // Those of the network model begin at 16,384.
  static constexpr uint32_t kMaxDescriptors = 32'768, kMaxMappings = 256, kMaxText = 160;
  static constexpr uint32_t kMaxKept = 64;
  static constexpr int kSignals = 65;
  // What an execution did to a range of addresses.
  enum class Change : uint8_t {
    kMapped,    // nothing was there
    kUsed,      // it was a reservation (PROT_NONE), and is to be one again
    kUnmapped,  // memory of the snapshot's, which is still there, without access
  };
  struct Changed {
    uintptr_t begin, end;
    Change change;
  };
  // A descriptor from before that the execution has closed or put another file behind.
  struct KeptDescriptor {
    int number, copy;
    int flags;  // of dup3()
  };
  // struct sigaction of the system.
  struct SignalAction {
    uint64_t words[4];
  };

  [[noreturn]] void CannotUndo(long number, const char* what);
  long Pass(long number, const long* a);
  long Asks(long number, const long* a, bool asks);
  long Descriptor(long result);  // a new one
  bool Own(long descriptor) const {
    return descriptor >= 0 && descriptor < kMaxDescriptors &&
           (own_[descriptor / 64] >> descriptor % 64 & 1) != 0;
  }
  bool Mapped(long address, long size) const;
  void Remember(uintptr_t begin, uintptr_t end, Change change);
  bool Clear(uintptr_t begin, uintptr_t end);
  bool Close(uintptr_t begin, uintptr_t end);
  bool Reserved(uintptr_t begin, uintptr_t end) const;
  void ReadReservations();
  void UndoMappings();

  long OnOpen(long number, const long* a);
  void Keep(long number, long descriptor);
  long OnClose(long number, const long* a);
  long OnDuplicate(long number, const long* a);
  long OnFcntl(long number, const long* a);
  long OnIoctl(long number, const long* a);
  long OnRead(long number, const long* a);
  long OnWrite(long number, const long* a);
  long OnSeek(long number, const long* a);
  long OnTruncate(long number, const long* a);
  long OnPipe(long number, const long* a);
  long OnSocket(long number, const long* a);
  bool HasAbstractName(uint32_t descriptor, sockaddr_un* name, socklen_t* length);
  long OnListen(long number, const long* a);
  long OnConnect(long number, const long* a);
  long OnOwnDescriptor(long number, const long* a);
  long OnMap(long number, const long* a);
  long OnRemap(long number, const long* a);
  long OnBreak(long number, const long* a);
  long OnSignalAction(long number, const long* a);
  long OnFileMask(long number, const long* a);
  long OnControl(long number, const long* a);
  long OnKill(long number, const long* a, long signal);
  long OnFutex(long number, const long* a);
  long OnExit(long number, const long* a);

  Snapshot* snapshot_;
  UsedReservations* ready_;
  UsedReservations used_;
  bool captures_, wrote_, set_mask_, set_stack_, set_name_, set_break_, set_action_, set_file_mask_;
  uint64_t mask_;
  uint64_t stack_[3];
  char name_[16];
  long file_mask_;
  uintptr_t break_;
  uint32_t descriptor_end_;  // one after the highest own
  uint32_t mapping_count_, reservation_count_;
  uint64_t own_[kMaxDescriptors / 64];  // by a bit each
  uint32_t kept_count_;
  KeptDescriptor kept_[kMaxKept];
  bool action_set_[kSignals];
  SignalAction actions_[kSignals];
  Changed mappings_[kMaxMappings];
  Changed reservations_[kMaxMappings];
  char text_[kMaxText];
};

}  // namespace heddle::sim::runtime

#endif  // HEDDLE_SIM_RUNTIME_SERVE_SYSTEM_CALL_GUARD_H_
