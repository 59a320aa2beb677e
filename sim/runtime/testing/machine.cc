// What the machine is does not reach the program: processors by every route, used time, the time
// stamp counter, the bytes that the system draws, the host's name, clocks that are read before
// main(), and what the first reference count does before there is a second thread.
#include <ifaddrs.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <sys/auxv.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/sysinfo.h>
#include <sys/times.h>
#include <sys/utsname.h>
#include <unistd.h>
#include <x86intrin.h>

#include <chrono>
#include <cstdio>
#include <cstring>
#include <memory>
#include <mutex>
#include <thread>

#include "sim/runtime/testing/check.h"

namespace {

const auto start = std::chrono::steady_clock::now();

std::mutex mutex;
int work = 0;

void Step() {
  const std::lock_guard<std::mutex> lock(mutex);
  ++work;
}

void CheckProcessors() {
  const long processors = sysconf(_SC_NPROCESSORS_ONLN);
  CHECK(get_nprocs() == processors);
  CHECK(get_nprocs_conf() == processors);
  CHECK(std::thread::hardware_concurrency() == static_cast<unsigned>(processors));
  cpu_set_t set;
  CHECK(sched_getaffinity(0, sizeof set, &set) == 0);
  CHECK(CPU_COUNT(&set) == processors);
  FILE* file = fopen("/sys/devices/system/cpu/online", "r");
  CHECK(file != nullptr);
  int first = -1, last = -1;
  CHECK(fscanf(file, "%d-%d", &first, &last) == 2);
  CHECK(first == 0 && last == processors - 1);
  fclose(file);
}

// Values that differ from one machine or moment to the next decide how much is done.
void DoMoreOrLess() {
  rusage usage;
  CHECK(getrusage(RUSAGE_SELF, &usage) == 0);
  for (long i = usage.ru_utime.tv_usec % 5 + usage.ru_maxrss % 7; i >= 0; --i) Step();
  for (long i = times(nullptr) % 5; i >= 0; --i) Step();
  const uint64_t ticks = __rdtsc();
  for (uint64_t i = ticks % 5; i > 0; --i) Step();
  unsigned processor;
  CHECK(__rdtscp(&processor) > ticks);
  CHECK(processor == 0);
}

// Threads of libraries block all signals. The counter is read all the same, also in a handler.
void ReadCounterBlocked() {
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  const uint64_t ticks = __rdtsc();
  Step();  // others run, with other masks
  CHECK(__rdtsc() > ticks);
  sigset_t now;
  pthread_sigmask(SIG_SETMASK, &before, &now);
  CHECK(sigismember(&now, SIGSEGV) == 1);
  struct sigaction action = {};
  action.sa_mask = all;
  action.sa_handler = [](int) { CHECK(__rdtsc() > 0); };
  sigaction(SIGUSR1, &action, nullptr);
  raise(SIGUSR1);
}

// Names of services, the one interface, and the ports that the system hands out.
void CheckNetwork() {
  const servent* http = getservbyname("http", "tcp");
  CHECK(http != nullptr && ntohs(static_cast<uint16_t>(http->s_port)) == 80);
  CHECK(strcmp(getservbyport(htons(53), "udp")->s_name, "domain") == 0);
  addrinfo* found = nullptr;
  CHECK(getaddrinfo("heddle", "https", nullptr, &found) == 0);
  CHECK(found->ai_family == AF_INET);
  freeaddrinfo(found);
  CHECK(getaddrinfo("no-such-host.invalid", nullptr, nullptr, &found) == EAI_NONAME);
  int interfaces = 0;
  ifaddrs* list = nullptr;
  CHECK(getifaddrs(&list) == 0);
  for (const ifaddrs* each = list; each != nullptr; each = each->ifa_next) {
    CHECK(strcmp(each->ifa_name, "lo") == 0);
    ++interfaces;
  }
  freeifaddrs(list);
  CHECK(interfaces == 2);
  for (const uint16_t port : {32768, 32769}) {
    const int listener = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in name = {};
    socklen_t length = sizeof name;
    CHECK(listen(listener, 1) == 0);
    CHECK(getsockname(listener, reinterpret_cast<sockaddr*>(&name), &length) == 0);
    CHECK(ntohs(name.sin_port) == port);
    close(listener);
  }
}

}  // namespace

int main() {
  CheckProcessors();
  CheckNetwork();
  const auto* random = reinterpret_cast<const unsigned char*>(getauxval(AT_RANDOM));
  for (int i = 0; i < 16; ++i) std::printf("%02x", random[i]);
  for (int i = random[0] % 4; i > 0; --i) Step();
  utsname name;
  CHECK(uname(&name) == 0);
  char host[64];
  CHECK(gethostname(host, sizeof host) == 0);
  CHECK(strcmp(name.nodename, host) == 0);
  for (size_t i = strlen(host) % 3; i > 0; --i) Step();

  const auto shared = std::make_shared<int>(1);
  const auto copy = shared;
  std::thread other([&copy] {
    const auto another = copy;
    DoMoreOrLess();
    ReadCounterBlocked();
  });
  DoMoreOrLess();
  other.join();
  const auto passed = std::chrono::steady_clock::now() - start;
  for (long i = passed.count() / 1000 % 5; i > 0; --i) Step();
  CHECK(work > 0);
}
