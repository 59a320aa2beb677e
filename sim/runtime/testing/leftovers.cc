// Leaves things behind, and fails when it finds what an earlier execution left:
// leftovers file|process|shared-memory|ipc, leftovers outside|remove FILE...
#include <fcntl.h>
#include <mqueue.h>
#include <semaphore.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>

#include "sim/runtime/testing/check.h"

namespace {

// A page that all executions share.
struct Shared {
  int last_process;
  int first_segment;
};
Shared* const shared = static_cast<Shared*>(
    mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));

void LeaveFile(const std::string& path) {
  const int file = open(path.c_str(), O_CREAT | O_EXCL | O_WRONLY, 0600);
  CHECK(file >= 0);
  close(file);
}

void LeaveFiles() {
  const char* folder = getenv("TMPDIR");
  CHECK(folder != nullptr);
  const std::string inner = std::string(folder) + "/inner";
  CHECK(mkdir(inner.c_str(), 0700) == 0);
  LeaveFile(inner + "/deep");
  for (int i = 0; i < 100; ++i) LeaveFile(std::string(folder) + "/file-" + std::to_string(i));
}

// Another program, which runs free and outlives this one. It tells its number of the system's.
void LeaveProcess() {
  const std::string last = "/proc/" + std::to_string(shared->last_process);
  CHECK(shared->last_process == 0 || access(last.c_str(), F_OK) != 0);
  FILE* stream = popen("echo $$; exec sleep 1000", "r");
  CHECK(stream != nullptr);
  CHECK(fscanf(stream, "%d", &shared->last_process) == 1);
  CHECK(shared->last_process > 0);
}

void LeaveSharedMemory() {
  CHECK(shm_open("/heddle-leftovers", O_CREAT | O_EXCL | O_RDWR, 0600) >= 0);
  CHECK(sem_open("/heddle-leftovers", O_CREAT | O_EXCL, 0600, 1) != SEM_FAILED);
}

// Their numbers are the same each time, too.
void LeaveIpc() {
  constexpr int kMade = IPC_CREAT | IPC_EXCL | 0600;
  constexpr key_t kKey = 0x68656464;
  const int segment = shmget(kKey, 4096, kMade);
  CHECK(segment >= 0);
  if (shared->first_segment == 0) shared->first_segment = segment + 1;
  CHECK(segment + 1 == shared->first_segment);
  CHECK(semget(kKey, 1, kMade) >= 0);
  CHECK(msgget(kKey, kMade) >= 0);
  CHECK(mq_open("/heddle-leftovers", O_CREAT | O_EXCL | O_RDWR, 0600, nullptr) >= 0);
}

void Remove(const std::string& path) {
  CHECK(access(path.c_str(), R_OK) == 0);
  CHECK(unlink(path.c_str()) == 0);
  LeaveFile(path);
  CHECK(chmod(path.c_str(), 0) == 0);
}

}  // namespace

int main(int argc, char** argv) {
  CHECK(argc >= 2);
  const std::string mode = argv[1];
  if (mode == "file") LeaveFiles();
  if (mode == "process") LeaveProcess();
  if (mode == "shared-memory") LeaveSharedMemory();
  if (mode == "ipc") LeaveIpc();
  for (int i = 2; i < argc; ++i) mode == "remove" ? Remove(argv[i]) : LeaveFile(argv[i]);
}
