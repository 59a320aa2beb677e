// Leaves things behind, and fails when it finds what an earlier execution left. leftovers
// file|process|outside
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>

#include "sim/runtime/testing/check.h"

namespace {

// A page that all executions share.
int* const last_process = static_cast<int*>(
    mmap(nullptr, sizeof(int), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));

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
  const std::string last = "/proc/" + std::to_string(*last_process);
  CHECK(*last_process == 0 || access(last.c_str(), F_OK) != 0);
  FILE* stream = popen("echo $$; exec sleep 1000", "r");
  CHECK(stream != nullptr);
  CHECK(fscanf(stream, "%d", last_process) == 1);
  CHECK(*last_process > 0);
}

}  // namespace

int main(int argc, char** argv) {
  CHECK(argc >= 2);
  const std::string mode = argv[1];
  if (mode == "file") LeaveFiles();
  if (mode == "process") LeaveProcess();
  if (mode == "outside") LeaveFile(argv[2]);
}
