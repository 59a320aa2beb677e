// Files: their locks, FIFOs, inotify.
#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <string>
#include <thread>

#include "sim/runtime/testing/conformance/conformance.h"

using conformance::Print;
using conformance::Printable;

namespace {

std::string Folder() {
  const char* folder = getenv("TMPDIR");
  return folder != nullptr ? folder : "/tmp";
}

struct File {
  std::string path;
  int first = -1, second = -1;  // opened each by itself

  explicit File(const char* name) : path(Folder() + "/" + name) {
    first = open(path.c_str(), O_RDWR | O_CREAT, 0600);
    second = open(path.c_str(), O_RDWR);
  }
  ~File() {
    close(first), close(second);
    unlink(path.c_str());
  }
};

struct flock Range(short type, off_t start, off_t length) {
  struct flock range = {};
  range.l_type = type;
  range.l_whence = SEEK_SET;
  range.l_start = start;
  range.l_len = length;
  return range;
}

}  // namespace

SECTION(files, flock) {
  const File file("flock");
  SHOW(flock(file.first, LOCK_EX));
  SHOW(flock(file.second, LOCK_EX | LOCK_NB));
  SHOW(flock(file.second, LOCK_SH | LOCK_NB));
  SHOW(flock(file.first, LOCK_SH));
  SHOW(flock(file.second, LOCK_SH | LOCK_NB));
  SHOW(flock(file.first, LOCK_EX | LOCK_NB));
  SHOW(flock(file.first, LOCK_UN));
  SHOW(flock(file.second, LOCK_EX));
  SHOW(flock(-1, LOCK_EX));
  SHOW(flock(file.first, 77));
  std::atomic<int> order = 0;  // a file lock orders nothing for ThreadSanitizer
  int seen = -1;
  std::thread waits([&] {
    flock(file.first, LOCK_EX);
    seen = order;
    flock(file.first, LOCK_UN);
  });
  order = 1;
  SHOW(flock(file.second, LOCK_UN));
  waits.join();
  Print("order %d", seen);
  SHOW(flock(file.second, LOCK_EX));
  std::thread waits_for_close([&] { SHOW(flock(file.first, LOCK_EX)); });
  SHOW(close(file.second));
  waits_for_close.join();
}

SECTION(files, record_locks) {
  const File file("records");
  struct flock range = Range(F_WRLCK, 0, 10);
  SHOW(fcntl(file.first, F_OFD_SETLK, &range));
  range = Range(F_WRLCK, 5, 10);
  SHOW(fcntl(file.second, F_OFD_SETLK, &range));
  range = Range(F_WRLCK, 10, 10);
  SHOW(fcntl(file.second, F_OFD_SETLKW, &range));
  range = Range(F_RDLCK, 0, 1);
  SHOW(fcntl(file.second, F_OFD_GETLK, &range));
  Print("type %d, %ld to %ld", range.l_type, static_cast<long>(range.l_start),
        static_cast<long>(range.l_len));
  std::thread waits([&] {
    struct flock wanted = Range(F_WRLCK, 0, 1);
    SHOW(fcntl(file.second, F_OFD_SETLKW, &wanted));
  });
  range = Range(F_UNLCK, 0, 0);
  const int unlocked = fcntl(file.first, F_OFD_SETLK, &range);
  waits.join();
  Print("unlocked %d", unlocked);
  range = Range(F_WRLCK, 100, 10);
  SHOW(fcntl(file.first, F_SETLKW, &range));
  SHOW(fcntl(file.second, F_SETLK, &range));
  SHOW(lseek(file.first, 200, SEEK_SET));
  SHOW(lockf(file.first, F_LOCK, 10));
  SHOW(lockf(file.second, F_TEST, 10));
  SHOW(lockf(file.first, F_ULOCK, 10));
  SHOW(fcntl(-1, F_SETLKW, &range));
  range = Range(77, 0, 0);
  SHOW(fcntl(file.first, F_SETLKW, &range));
}

SECTION(files, fifo) {
  const std::string path = Folder() + "/fifo";
  unlink(path.c_str());
  SHOW(mkfifo(path.c_str(), 0600));
  SHOW(open(path.c_str(), O_WRONLY | O_NONBLOCK));
  for (const bool writer_first : {false, true}) {
    int result = -1;
    std::thread other([&] {
      const int mine = open(path.c_str(), writer_first ? O_RDONLY : O_WRONLY);
      char byte = 'x';
      result = static_cast<int>(writer_first ? read(mine, &byte, 1) : write(mine, &byte, 1));
      close(mine);
    });
    const int mine = open(path.c_str(), writer_first ? O_WRONLY : O_RDONLY);
    SHOW_IF(mine >= 0);
    SHOW_IF((fcntl(mine, F_GETFL) & O_NONBLOCK) == 0);
    char byte = 'y';
    SHOW(writer_first ? write(mine, &byte, 1) : read(mine, &byte, 1));
    other.join();
    Print("other %d", result);
    SHOW(close(mine));
  }
  std::thread writer([&] {
    FILE* out = std::fopen(path.c_str(), "w");
    std::fputs("by stdio\n", out);
    std::fclose(out);
  });
  FILE* in = std::fopen(path.c_str(), "r");
  char line[32];
  SHOW_IF(std::fgets(line, sizeof line, in) == line);
  SHOW_IF(std::fgets(line, sizeof line, in) == nullptr);
  Print("%s", Printable(line, std::strlen(line)).c_str());
  writer.join();
  SHOW(std::fclose(in));
  const int reader = open(path.c_str(), O_RDONLY | O_NONBLOCK);
  SHOW_IF(reader >= 0);
  char byte;
  SHOW(read(reader, &byte, 1));
  const int now = open(path.c_str(), O_WRONLY | O_NONBLOCK);
  SHOW_IF(now >= 0);
  SHOW(read(reader, &byte, 1));
  const int both = open(path.c_str(), O_RDWR);
  SHOW_IF(both >= 0);
  for (const int each : {reader, now, both}) close(each);
  SHOW(unlink(path.c_str()));
}

SECTION(files, inotify) {
  const std::string folder = Folder();
  const std::string path = folder + "/watched";
  const int watcher = inotify_init1(IN_NONBLOCK);
  SHOW_IF(watcher >= 0);
  SHOW(inotify_add_watch(watcher, folder.c_str(), IN_CREATE | IN_DELETE | IN_CLOSE_WRITE));
  SHOW(inotify_add_watch(watcher, "/no/such/folder", IN_CREATE));
  char events[1024];
  SHOW(read(watcher, events, sizeof events));
  const auto show = [&] {
    const ssize_t size = read(watcher, events, sizeof events);
    for (ssize_t at = 0; at < size;) {
      const auto* event = reinterpret_cast<const inotify_event*>(events + at);
      Print("%#x %s", event->mask, event->len > 0 ? event->name : "");
      at += static_cast<ssize_t>(sizeof *event + event->len);
    }
  };
  close(open(path.c_str(), O_WRONLY | O_CREAT, 0600));
  show();
  fcntl(watcher, F_SETFL, 0);
  std::thread other([&] { unlink(path.c_str()); });
  pollfd entry = {watcher, POLLIN, 0};
  SHOW(poll(&entry, 1, -1));
  other.join();
  show();
  SHOW(close(watcher));
}
