// What is named in the kernel and outlives its process: System V message queues and semaphores
// (svipc(7)), POSIX message queues (mq_overview(7)). The system keeps what is in them. An operation
// is done without waiting; when that is not possible, the thread waits until any thread has done
// something, and tries again. What an execution makes is gone for the next one: the fork server
// wants to know that there is something (serve/private_state.h).
//
// Not modelled: mq_notify (refused). semop() with IPC_NOWAIT on some operations only waits as if
// none had it.
#include <fcntl.h>
#include <mqueue.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <cerrno>

#include "sim/runtime/core/kernel.h"
#include "sim/runtime/core/weak_memory.h"
#include "sim/runtime/interpose/cancel.h"
#include "sim/runtime/interpose/deadlines.h"
#include "sim/runtime/interpose/descriptors.h"
#include "sim/runtime/interpose/interpose.h"
#include "sim/runtime/interpose/tsan.h"

// Its mode and attributes are there only when it creates: both are passed on as they are.
HEDDLE_REAL(mq_open, int, const char*, int, long, void*)
HEDDLE_REAL(mq_send, int, mqd_t, const char*, size_t, unsigned)
HEDDLE_REAL(mq_timedsend, int, mqd_t, const char*, size_t, unsigned, const timespec*)
HEDDLE_REAL(mq_receive, ssize_t, mqd_t, char*, size_t, unsigned*)
HEDDLE_REAL(mq_timedreceive, ssize_t, mqd_t, char*, size_t, unsigned*, const timespec*)
HEDDLE_REAL(msgget, int, key_t, int)
HEDDLE_REAL(msgctl, int, int, int, msqid_ds*)
HEDDLE_REAL(msgsnd, int, int, const void*, size_t, int)
HEDDLE_REAL(msgrcv, ssize_t, int, void*, size_t, long, int)
HEDDLE_REAL(semget, int, key_t, int, int)
HEDDLE_REAL(semctl, int, int, int, int, long)  // the last is there with some commands
HEDDLE_REAL(semop, int, int, sembuf*, size_t)
HEDDLE_REAL(semtimedop, int, int, sembuf*, size_t, const timespec*)
HEDDLE_REAL(shmget, int, key_t, size_t, int)

namespace heddle::sim::runtime {
namespace {

void NoteUse() {
  if (tls_self != nullptr) kernel.control->used_ipc = 1;
}

// What is done before a message is sent, or a semaphore raised, comes before what is done by whom
// it lets go on. Two queues may share a byte: then a race between them is hidden.
char order[256];
void* OrderOf(uint64_t id) { return &order[id % sizeof order]; }
void Gives(Thread* self, uint64_t id) {
  Uncontrolled scope;
  TsanRelease(OrderOf(id));
  if (kernel.request.weak) WeakGive(self, OrderOf(id));
}
void Takes(Thread* self, uint64_t id) {
  Uncontrolled scope;
  TsanAcquire(OrderOf(id));
  if (kernel.request.weak) WeakTake(self, OrderOf(id));
}
uint64_t IdOf(mqd_t queue) {
  struct stat status = {};
  RawSyscall(SYS_fstat, queue, reinterpret_cast<long>(&status));
  return status.st_ino;
}

struct Waiting {
  int would_block;  // what errno is when the attempt would have to wait; 0: it never does
  OnSignal on_signal;
  int64_t deadline = kNever;
  int timeout_error = ETIMEDOUT;
};

// attempt() does not wait.
template <typename Attempt>
auto UntilDone(Thread* self, const Waiting& waiting, Attempt attempt) {
  using Result = decltype(attempt());
  IoPoint(self);
  CancellationPoint(self);
  for (bool waited = false;; waited = true) {
    const Result result = CallReal(attempt);
    if (result != -1 || errno != waiting.would_block) {
      // What was removed meanwhile is not there any more (System V's only).
      if (result == -1 && errno == EINVAL && waited) errno = EIDRM;
      IoChanged();
      return result;
    }
    self->on_signal = waiting.on_signal;
    if (!WaitForIoChange(self, waiting.deadline)) {
      errno = self->interrupted ? EINTR : waiting.timeout_error;
      return Result{-1};
    }
  }
}

// Changes a queue or a set, or removes it.
template <typename Call>
int Change(Thread* self, Call call) {
  IoPoint(self);
  const int result = CallReal(call);
  IoChanged();
  return result;
}

// A deadline that has passed: mq_timed... do not wait, and say ETIMEDOUT where they would. On a
// queue with O_NONBLOCK they say EAGAIN.
constexpr timespec kPast = {};

// False: `time` is not one. Null: no deadline.
bool MqDeadline(const timespec* time, int64_t* deadline) {
  if (time != nullptr && !ValidTime(time)) {
    errno = EINVAL;
    return false;
  }
  *deadline = DeadlineOfOptional(CLOCK_REALTIME, time);
  return true;
}

int MqSend(Thread* self, mqd_t queue, const char* data, size_t size, unsigned priority,
           const timespec* time) {
  int64_t deadline;
  if (!MqDeadline(time, &deadline)) return -1;
  Gives(self, IdOf(queue));
  return UntilDone(self, {ETIMEDOUT, OnSignal::kRestarts, deadline},
                   [&] { return REAL(mq_timedsend)(queue, data, size, priority, &kPast); });
}

ssize_t MqReceive(Thread* self, mqd_t queue, char* data, size_t size, unsigned* priority,
                  const timespec* time) {
  int64_t deadline;
  if (!MqDeadline(time, &deadline)) return -1;
  const ssize_t result = UntilDone(self, {ETIMEDOUT, OnSignal::kRestarts, deadline}, [&] {
    return REAL(mq_timedreceive)(queue, data, size, priority, &kPast);
  });
  if (result >= 0) Takes(self, IdOf(queue));
  return result;
}

constexpr size_t kMostSemaphoreOperations = 500;  // SEMOPM, semop(2)

int SemOp(Thread* self, int set, sembuf* operations, size_t count, int64_t deadline) {
  // The system says what is wrong with these.
  if (operations == nullptr || count == 0 || count > kMostSemaphoreOperations) {
    return CallReal([&] { return REAL(semop)(set, operations, count); });
  }
  sembuf attempt[kMostSemaphoreOperations];
  bool at_once = true;
  for (size_t i = 0; i < count; ++i) {
    attempt[i] = operations[i];
    at_once = at_once && (operations[i].sem_flg & IPC_NOWAIT) != 0;
    attempt[i].sem_flg = static_cast<short>(operations[i].sem_flg | IPC_NOWAIT);
  }
  Gives(self, static_cast<uint64_t>(set));
  const int result = UntilDone(self, {at_once ? 0 : EAGAIN, OnSignal::kReturns, deadline, EAGAIN},
                               [&] { return REAL(semop)(set, attempt, count); });
  if (result == 0) Takes(self, static_cast<uint64_t>(set));
  return result;
}

}  // namespace
}  // namespace heddle::sim::runtime

using namespace heddle::sim;           // NOLINT: the functions below are libc's names
using namespace heddle::sim::runtime;  // NOLINT

INTERPOSE(int, mq_open, const char* name, int flags, long mode, void* attributes) {
  NoteUse();
  return REAL(mq_open)(name, flags, mode, attributes);
}

INTERPOSE(int, mq_send, mqd_t queue, const char* data, size_t size, unsigned priority) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(mq_send)(queue, data, size, priority);
  return MqSend(self, queue, data, size, priority, nullptr);
}

INTERPOSE(int, mq_timedsend, mqd_t queue, const char* data, size_t size, unsigned priority,
          const timespec* time) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(mq_timedsend)(queue, data, size, priority, time);
  return MqSend(self, queue, data, size, priority, time);
}

INTERPOSE(ssize_t, mq_receive, mqd_t queue, char* data, size_t size, unsigned* priority) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(mq_receive)(queue, data, size, priority);
  return MqReceive(self, queue, data, size, priority, nullptr);
}

INTERPOSE(ssize_t, mq_timedreceive, mqd_t queue, char* data, size_t size, unsigned* priority,
          const timespec* time) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(mq_timedreceive)(queue, data, size, priority, time);
  return MqReceive(self, queue, data, size, priority, time);
}

INTERPOSE(int, msgget, key_t key, int flags) {
  NoteUse();
  return REAL(msgget)(key, flags);
}

INTERPOSE(int, msgctl, int queue, int command, msqid_ds* data) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(msgctl)(queue, command, data);
  return Change(self, [&] { return REAL(msgctl)(queue, command, data); });
}

INTERPOSE(int, msgsnd, int queue, const void* message, size_t size, int flags) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(msgsnd)(queue, message, size, flags);
  Gives(self, static_cast<uint64_t>(queue));
  const int would_block = (flags & IPC_NOWAIT) != 0 ? 0 : EAGAIN;
  return UntilDone(self, {would_block, OnSignal::kReturns},
                   [&] { return REAL(msgsnd)(queue, message, size, flags | IPC_NOWAIT); });
}

INTERPOSE(ssize_t, msgrcv, int queue, void* message, size_t size, long type, int flags) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(msgrcv)(queue, message, size, type, flags);
  const int would_block = (flags & IPC_NOWAIT) != 0 ? 0 : ENOMSG;
  const ssize_t result = UntilDone(self, {would_block, OnSignal::kReturns}, [&] {
    return REAL(msgrcv)(queue, message, size, type, flags | IPC_NOWAIT);
  });
  if (result >= 0) Takes(self, static_cast<uint64_t>(queue));
  return result;
}

INTERPOSE(int, semget, key_t key, int count, int flags) {
  NoteUse();
  return REAL(semget)(key, count, flags);
}

INTERPOSE(int, semctl, int set, int number, int command, long argument) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(semctl)(set, number, command, argument);
  return Change(self, [&] { return REAL(semctl)(set, number, command, argument); });
}

INTERPOSE(int, semop, int set, sembuf* operations, size_t count) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(semop)(set, operations, count);
  return SemOp(self, set, operations, count, kNever);
}

INTERPOSE(int, semtimedop, int set, sembuf* operations, size_t count, const timespec* time) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(semtimedop)(set, operations, count, time);
  if (time != nullptr && !ValidTime(time)) {
    errno = EINVAL;
    return -1;
  }
  return SemOp(self, set, operations, count, DeadlineAfterOptional(time));
}

INTERPOSE(int, shmget, key_t key, size_t size, int flags) {
  NoteUse();
  return REAL(shmget)(key, size, flags);
}
