// System V message queues and semaphores, POSIX message queues.
#include <fcntl.h>
#include <mqueue.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <time.h>
#include <unistd.h>

#include <cstring>
#include <string>
#include <thread>

#include "sim/runtime/testing/conformance/conformance.h"

namespace {

using conformance::Printable;

// A queue of two messages of eight bytes that only this process can name.
mqd_t NewQueue(int flags) {
  const std::string name = "/heddle-conformance-" + std::to_string(getpid());
  mq_attr attributes = {};
  attributes.mq_maxmsg = 2;
  attributes.mq_msgsize = 8;
  const mqd_t queue = mq_open(name.c_str(), O_CREAT | O_EXCL | O_RDWR | flags, 0600, &attributes);
  mq_unlink(name.c_str());
  return queue;
}

timespec In(int milliseconds) {
  timespec time;
  clock_gettime(CLOCK_REALTIME, &time);
  time.tv_nsec += milliseconds * 1'000'000L;
  time.tv_sec += time.tv_nsec / 1'000'000'000;
  time.tv_nsec %= 1'000'000'000;
  return time;
}

struct Message {
  long type;
  char text[8];
};

union SemaphoreArgument {
  int value;
};

sembuf Operation(int value, int flags = 0) {
  return {0, static_cast<short>(value), static_cast<short>(flags)};
}

}  // namespace

SECTION(ipc, mq_errors) {
  const mqd_t queue = NewQueue(0);
  SHOW_IF(queue != -1);
  char buffer[8];
  SHOW(mq_send(-1, "a", 1, 0));
  SHOW(mq_send(queue, "123456789", 9, 0));
  SHOW(mq_send(queue, "a", 1, 1 << 20));
  SHOW(mq_receive(queue, buffer, 7, nullptr));
  timespec wrong = {0, -1};
  SHOW(mq_timedreceive(queue, buffer, 8, nullptr, &wrong));
  timespec soon = In(5);
  SHOW(mq_timedreceive(queue, buffer, 8, nullptr, &soon));
  SHOW(mq_close(queue));
  const mqd_t at_once = NewQueue(O_NONBLOCK);
  SHOW(mq_receive(at_once, buffer, 8, nullptr));
  SHOW(mq_close(at_once));
}

SECTION(ipc, mq_priorities) {
  const mqd_t queue = NewQueue(0);
  SHOW(mq_send(queue, "low", 3, 1));
  SHOW(mq_send(queue, "high", 4, 2));
  timespec soon = In(5);
  SHOW(mq_timedsend(queue, "full", 4, 3, &soon));
  char buffer[8];
  unsigned priority = 0;
  SHOW(mq_receive(queue, buffer, 8, &priority));
  SHOW(priority);
  SHOW(mq_receive(queue, buffer, 8, &priority));
  SHOW(priority);
  SHOW(mq_close(queue));
}

SECTION(ipc, mq_waits) {
  const mqd_t queue = NewQueue(0);
  int sent = 0;  // handed over by the messages
  std::thread sender([&] {
    for (int i = 0; i < 5; ++i) {
      sent = i;
      mq_send(queue, "word", 4, 0);
    }
  });
  char buffer[8];
  for (int i = 0; i < 5; ++i) SHOW(mq_receive(queue, buffer, 8, nullptr));
  sender.join();
  SHOW(sent);
  std::thread late([&] {
    usleep(2000);
    mq_send(queue, "late", 4, 0);
  });
  timespec soon = In(10'000);
  SHOW(mq_timedreceive(queue, buffer, 8, nullptr, &soon));
  late.join();
  SHOW(mq_close(queue));
}

SECTION(ipc, messages) {
  const int queue = msgget(IPC_PRIVATE, 0600);
  Message message = {};
  SHOW(msgrcv(queue, &message, 8, 0, IPC_NOWAIT));
  SHOW(msgsnd(queue, &message, 8, 0));  // no type
  std::thread sender([&] {
    Message word = {2, "second"};
    msgsnd(queue, &word, 8, 0);
    word = {1, "first"};
    msgsnd(queue, &word, 8, 0);
  });
  SHOW(msgrcv(queue, &message, 8, 1, 0));
  conformance::Print("%s", Printable(message.text, 5).c_str());
  sender.join();
  SHOW(msgrcv(queue, &message, 3, 0, 0));  // E2BIG
  SHOW(msgrcv(queue, &message, 3, 0, MSG_NOERROR));
  SHOW(msgctl(queue, IPC_RMID, nullptr));
  SHOW(msgrcv(queue, &message, 8, 0, 0));
}

SECTION(ipc, a_queue_that_goes) {
  const int queue = msgget(IPC_PRIVATE, 0600);
  std::thread remover([&] {
    usleep(1000);
    msgctl(queue, IPC_RMID, nullptr);
  });
  Message message = {};
  SHOW(msgrcv(queue, &message, 8, 0, 0));
  remover.join();
}

SECTION(ipc, semaphores) {
  const int set = semget(IPC_PRIVATE, 1, 0600);
  SemaphoreArgument one = {1};
  SHOW(semctl(set, 0, SETVAL, one));
  sembuf down = Operation(-1), up = Operation(1), down_at_once = Operation(-1, IPC_NOWAIT);
  SHOW(semop(set, &down, 1));
  SHOW(semop(set, &down_at_once, 1));
  timespec short_time = {0, 1'000'000}, wrong = {0, 1'000'000'000};
  SHOW(semtimedop(set, &down, 1, &short_time));
  SHOW(semtimedop(set, &down, 1, &wrong));
  SHOW(semop(set, &down, 0));
  int guarded = 0;
  std::thread other([&] {
    guarded = 1;
    semop(set, &up, 1);
  });
  SHOW(semop(set, &down, 1));
  SHOW(guarded);
  other.join();
  sembuf zero = Operation(0);
  SHOW(semop(set, &zero, 1));
  SHOW(semctl(set, 0, IPC_RMID, one));
  SHOW(semop(set, &down, 1));
}
