// Randomness: getrandom, getentropy, arc4random*, std::random_device, /dev/random and /dev/urandom.
// All draw from one stream that is seeded from (campaign seed, number of the execution) and apart
// from the strategy's. Each draw is an operation on one object, since its order matters.
//
// Not modelled: the processor's instructions (rdrand) where the program uses them itself; the
// devices opened by a relative path or by freopen. Files that tell of the machine: machine.h. Other
// paths are opened as they are.
#include "sim/runtime/interpose/randomness.h"

#include <fcntl.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>

#include "sim/runtime/interpose/fifo.h"
#include "sim/runtime/interpose/interpose.h"
#include "sim/runtime/interpose/machine.h"

HEDDLE_REAL(getrandom, ssize_t, void*, size_t, unsigned)
HEDDLE_REAL(getentropy, int, void*, size_t)
HEDDLE_REAL(arc4random, uint32_t)
HEDDLE_REAL(arc4random_buf, void, void*, size_t)
HEDDLE_REAL(arc4random_uniform, uint32_t, uint32_t)
HEDDLE_REAL(open, int, const char*, int, mode_t)
HEDDLE_REAL(open64, int, const char*, int, mode_t)
HEDDLE_REAL(openat, int, int, const char*, int, mode_t)
HEDDLE_REAL(fopen, void*, const char*, const char*)
HEDDLE_REAL(fopen64, void*, const char*, const char*)
HEDDLE_REAL(_ZNSt13random_device9_M_getvalEv, unsigned, void*)

namespace heddle::sim::runtime {

void FillRandom(Thread* self, void* buffer, size_t size) {
  PointOn(self, OpKind::kRandom, Access::kWrite, kRandomObject);
  auto* bytes = static_cast<unsigned char*>(buffer);
  for (size_t i = 0; i < size; i += 8) {
    const uint64_t word = kernel.program_random.Next();
    memcpy(bytes + i, &word, size - i < 8 ? size - i : 8);
  }
}

namespace {

uint32_t RandomWord(Thread* self) {
  uint32_t value;
  FillRandom(self, &value, sizeof value);
  return value;
}

bool IsRandomDevice(const char* path) {
  return strcmp(path, "/dev/urandom") == 0 || strcmp(path, "/dev/random") == 0;
}

// A file of bytes from the stream stands in for the device. Whoever needs more than this in one
// execution reads an end of file, not other numbers.
int OpenRandom(Thread* self) {
  unsigned char bytes[16384];
  FillRandom(self, bytes, sizeof bytes);
  const long descriptor = RawSyscall(SYS_memfd_create, reinterpret_cast<long>("heddle-random"), 0);
  if (descriptor < 0) Unmodelled("opening the random device without memfd");
  for (int i = 0; i < 16; ++i) {
    RawSyscall(SYS_write, descriptor, reinterpret_cast<long>(bytes), sizeof bytes);
  }
  RawSyscall(SYS_lseek, descriptor, 0, SEEK_SET);
  return static_cast<int>(descriptor);
}

// What the system says of itself and of this process; relative to no directory.
bool OfRealMachine(const char* path) {
  return strncmp(path, "/proc/", 6) == 0 || strncmp(path, "/sys/", 5) == 0;
}

// What fopen() opens a FIFO with; O_RDWR where it would not wait.
int FlagsOf(const char* mode) {
  if (strchr(mode, '+') != nullptr) return O_RDWR;
  const int close_on_exec = strchr(mode, 'e') != nullptr ? O_CLOEXEC : 0;
  return (mode[0] == 'r' ? O_RDONLY : O_WRONLY) | close_on_exec;
}

// A descriptor for a file whose contents are the machine's; -1 for all others.
int OpenSpecial(Thread* self, const char* path) {
  if (self == nullptr) return -1;
  if (IsRandomDevice(path)) return OpenRandom(self);
  const int machine = OpenMachineFile(path);
  if (machine < 0 && OfRealMachine(path)) NoteRealValue(self, path);
  return machine;
}

}  // namespace
}  // namespace heddle::sim::runtime

using namespace heddle::sim;           // NOLINT: the functions below are libc's names
using namespace heddle::sim::runtime;  // NOLINT

INTERPOSE(ssize_t, getrandom, void* buffer, size_t size, unsigned flags) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(getrandom)(buffer, size, flags);
  FillRandom(self, buffer, size);
  return static_cast<ssize_t>(size);
}

INTERPOSE(int, getentropy, void* buffer, size_t size) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(getentropy)(buffer, size);
  FillRandom(self, buffer, size);
  return 0;
}

INTERPOSE(uint32_t, arc4random, ) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(arc4random)();
  return RandomWord(self);
}

INTERPOSE(void, arc4random_buf, void* buffer, size_t size) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(arc4random_buf)(buffer, size);
  FillRandom(self, buffer, size);
}

INTERPOSE(uint32_t, arc4random_uniform, uint32_t bound) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(arc4random_uniform)(bound);
  return static_cast<uint32_t>((uint64_t{RandomWord(self)} * bound) >> 32);
}

// libstdc++ asks the processor (rdrand, rdseed): its own entry point is taken over instead.
INTERPOSE(unsigned, _ZNSt13random_device9_M_getvalEv, void* device) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(_ZNSt13random_device9_M_getvalEv)(device);
  return RandomWord(self);
}

INTERPOSE(int, open, const char* path, int flags, mode_t mode) {
  Thread* self = HEDDLE_SELF;
  if (const int special = OpenSpecial(self, path); special >= 0) return special;
  int fifo;
  if (self != nullptr && OpenFifo(self, AT_FDCWD, path, flags, &fifo)) return fifo;
  return REAL(open)(path, flags, mode);
}

INTERPOSE(int, open64, const char* path, int flags, mode_t mode) {
  Thread* self = HEDDLE_SELF;
  if (const int special = OpenSpecial(self, path); special >= 0) return special;
  int fifo;
  if (self != nullptr && OpenFifo(self, AT_FDCWD, path, flags, &fifo)) return fifo;
  return REAL(open64)(path, flags, mode);
}

INTERPOSE(int, openat, int directory, const char* path, int flags, mode_t mode) {
  Thread* self = HEDDLE_SELF;
  if (const int special = OpenSpecial(self, path); special >= 0) return special;
  int fifo;
  if (self != nullptr && OpenFifo(self, directory, path, flags, &fifo)) return fifo;
  return REAL(openat)(directory, path, flags, mode);
}

INTERPOSE(void*, fopen, const char* path, const char* mode) {
  Thread* self = HEDDLE_SELF;
  if (const int special = OpenSpecial(self, path); special >= 0) return fdopen(special, mode);
  int fifo;
  if (self != nullptr && OpenFifo(self, AT_FDCWD, path, FlagsOf(mode), &fifo)) {
    return fifo >= 0 ? fdopen(fifo, mode) : nullptr;
  }
  return REAL(fopen)(path, mode);
}

INTERPOSE(void*, fopen64, const char* path, const char* mode) {
  Thread* self = HEDDLE_SELF;
  if (const int special = OpenSpecial(self, path); special >= 0) return fdopen(special, mode);
  int fifo;
  if (self != nullptr && OpenFifo(self, AT_FDCWD, path, FlagsOf(mode), &fifo)) {
    return fifo >= 0 ? fdopen(fifo, mode) : nullptr;
  }
  return REAL(fopen64)(path, mode);
}
