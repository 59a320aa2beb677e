// Streams of <stdio.h> (POSIX.1-2017): their locks, and their reads and writes that block.
//
// libc's functions do their work inside libc: no lock of theirs and no system call passes through a
// symbol that could be taken over. Two things are done about that.
//
// - What a stream reads and writes goes through a table of functions (glibc's _IO_file_jumps). Its
//   entries for read, write and close are replaced by functions that do the calls of read_write.cc
//   when the descriptor is modelled. So a stream on a pipe or a socket waits as the descriptor
//   does, with other threads running meanwhile, and the stream's lock is held by a thread that
//   sleeps.
// - A call on a stream whose lock another thread holds (by flockfile(), in such a wait, or in a
//   callback of fopencookie()) waits at a point until it is free. Otherwise it is no point: output
//   is not what orders threads.
//
// glibc's layout is checked before the table is touched; where it is another, streams on pipes and
// sockets are as they were. Not modelled: a lock that is taken for another stream on the way
// (standard output is flushed by a read of an unbuffered stream; fflush(NULL) takes all).
#include "sim/runtime/interpose/stdio.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstdarg>
#include <cstdint>

#include "sim/runtime/interpose/descriptors.h"
#include "sim/runtime/interpose/interpose.h"
#include "sim/runtime/interpose/locks.h"

HEDDLE_REAL(flockfile, void, FILE*)
HEDDLE_REAL(ftrylockfile, int, FILE*)
HEDDLE_REAL(funlockfile, void, FILE*)
HEDDLE_REAL(fflush, int, FILE*)
HEDDLE_REAL(fclose, int, FILE*)

namespace heddle::sim::runtime {
namespace {

// glibc's _IO_lock_t.
struct StreamLock {
  int word;
  int count;
  void* owner;  // pthread_self()
};
StreamLock* LockOf(FILE* stream) { return static_cast<StreamLock*>(stream->_lock); }

// wait_address: the lock; wait_data: pthread_self() of who waits.
bool StreamIsFree(Thread* self) {
  const auto* lock = static_cast<const StreamLock*>(self->wait_address);
  return lock->owner == nullptr || lock->owner == self->wait_data;
}

bool IsRuled() { return kernel.request.rules >= 3; }

// Waits until no other thread holds the stream's lock.
void WaitForStream(Thread* self, FILE* stream, OpKind kind) {
  self->wait_data = reinterpret_cast<void*>(pthread_self());
  WaitPoint(self, kind, Access::kWrite, LockOf(stream), StreamIsFree);
}

// In front of a call on `stream`. What to tell Changed() behind it; null: nothing.
const void* EnterStream(Thread* self, FILE* stream) {
  if (self == nullptr || stream == nullptr || !IsRuled()) return nullptr;
  const StreamLock* lock = LockOf(stream);
  if (lock == nullptr) return nullptr;
  if (lock->owner != nullptr && lock->owner != reinterpret_cast<void*>(pthread_self())) {
    WaitForStream(self, stream, OpKind::kMutexLock);
  }
  return lock;
}

void LeaveStream(const void* lock) {
  if (lock != nullptr && tls_self != nullptr) Changed(lock);
}

// --- What streams do with their descriptors

constexpr int kErrorSeen = 0x20;  // glibc's _IO_ERR_SEEN

using ReadCall = ssize_t(FILE*, void*, ssize_t);
using WriteCall = ssize_t(FILE*, const void*, ssize_t);
using CloseCall = int(FILE*);
constinit ReadCall* real_read = nullptr;
constinit WriteCall* real_write = nullptr;
constinit CloseCall* real_close = nullptr;

bool StreamIsModelled(const FILE* stream) {
  return tls_self != nullptr && IsRuled() && Modelled(stream->_fileno);
}

ssize_t StreamRead(FILE* stream, void* buffer, ssize_t size) {
  if (tls_self != nullptr && !Modelled(stream->_fileno)) CheckOutside(stream->_fileno);
  if (!StreamIsModelled(stream)) return real_read(stream, buffer, size);
  return read(stream->_fileno, buffer, static_cast<size_t>(size));
}

// As libc's: all of it, or up to an error.
ssize_t StreamWrite(FILE* stream, const void* data, ssize_t size) {
  if (!StreamIsModelled(stream)) return real_write(stream, data, size);
  ssize_t done = 0;
  while (done < size) {
    const ssize_t written = write(stream->_fileno, static_cast<const char*>(data) + done,
                                  static_cast<size_t>(size - done));
    if (written < 0) {
      stream->_flags |= kErrorSeen;
      break;
    }
    done += written;
  }
  if (stream->_offset >= 0) stream->_offset += done;
  return done;
}

int StreamClose(FILE* stream) {
  if (tls_self == nullptr) return real_close(stream);
  return close(stream->_fileno);
}

// Where the functions are in glibc's table.
constexpr int kReadEntry = 14, kWriteEntry = 15, kCloseEntry = 17;
constexpr int kEntries = 21;

void Replace(void** table) {
  constexpr uintptr_t kPage = 4096;
  const uintptr_t first = reinterpret_cast<uintptr_t>(table) & ~(kPage - 1);
  const uintptr_t end = reinterpret_cast<uintptr_t>(table + kEntries);
  auto* start = reinterpret_cast<void*>(first);
  if (mprotect(start, end - first, PROT_READ | PROT_WRITE) != 0) return;
  table[kReadEntry] = reinterpret_cast<void*>(StreamRead);
  table[kWriteEntry] = reinterpret_cast<void*>(StreamWrite);
  table[kCloseEntry] = reinterpret_cast<void*>(StreamClose);
  mprotect(start, end - first, PROT_READ);
}

bool IsAsExpected(void** table) {
  return table != nullptr && table[kReadEntry] == reinterpret_cast<void*>(real_read) &&
         table[kWriteEntry] == reinterpret_cast<void*>(real_write) &&
         table[kCloseEntry] == reinterpret_cast<void*>(real_close);
}

}  // namespace

void TakeOverStreams() {
  real_read = reinterpret_cast<ReadCall*>(dlsym(RTLD_NEXT, "_IO_file_read"));
  real_write = reinterpret_cast<WriteCall*>(dlsym(RTLD_NEXT, "_IO_file_write"));
  real_close = reinterpret_cast<CloseCall*>(dlsym(RTLD_NEXT, "_IO_file_close"));
  for (const char* name : {"_IO_file_jumps", "_IO_wfile_jumps"}) {
    auto** table = static_cast<void**>(dlsym(RTLD_NEXT, name));
    if (IsAsExpected(table)) Replace(table);
  }
}

}  // namespace heddle::sim::runtime

using namespace heddle::sim;           // NOLINT: the functions below are libc's names
using namespace heddle::sim::runtime;  // NOLINT

INTERPOSE(void, flockfile, FILE* stream) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr || !IsRuled()) return REAL(flockfile)(stream);
  WaitForStream(self, stream, OpKind::kMutexLock);
  CallReal([&] { REAL(flockfile)(stream); });
  if (LockOf(stream)->count == 1) Took(self, LockOf(stream), HeldKind::kMutex);
}

INTERPOSE(int, ftrylockfile, FILE* stream) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr || !IsRuled()) return REAL(ftrylockfile)(stream);
  AtPoint(self, OpKind::kMutexTryLock, Access::kWrite, LockOf(stream));
  const int error = CallReal([&] { return REAL(ftrylockfile)(stream); });
  if (error == 0 && LockOf(stream)->count == 1) Took(self, LockOf(stream), HeldKind::kMutex);
  if (error != 0) OnlyRead(self);
  return error;
}

INTERPOSE(void, funlockfile, FILE* stream) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr || !IsRuled()) return REAL(funlockfile)(stream);
  AtPoint(self, OpKind::kMutexUnlock, Access::kWrite, LockOf(stream));
  CallReal([&] { REAL(funlockfile)(stream); });
  if (LockOf(stream)->owner == nullptr) Released(self, LockOf(stream));
}

// Null: all streams.
INTERPOSE(int, fflush, FILE* stream) {
  const void* lock = EnterStream(HEDDLE_SELF, stream);
  const int result = REAL(fflush)(stream);
  LeaveStream(lock);
  return result;
}

INTERPOSE(int, fclose, FILE* stream) {
  EnterStream(HEDDLE_SELF, stream);
  return REAL(fclose)(stream);
}

// Calls on a stream; `stream` is one of the six words of arguments, which are enough for all.
#define HEDDLE_STREAM(name, stream)                                               \
  HEDDLE_REAL(name, long, long, long, long, long, long, long)                     \
  INTERPOSE(long, name, long a, long b, long c, long d, long e, long f) {         \
    const void* lock = EnterStream(HEDDLE_SELF, reinterpret_cast<FILE*>(stream)); \
    const long result = REAL(name)(a, b, c, d, e, f);                             \
    LeaveStream(lock);                                                            \
    return result;                                                                \
  }
// clang-format off: one a line; the build reads them
HEDDLE_STREAM(fputs, b)
HEDDLE_STREAM(fputs_unlocked, b)
HEDDLE_STREAM(fputc, b)
HEDDLE_STREAM(fputc_unlocked, b)
HEDDLE_STREAM(putc, b)
HEDDLE_STREAM(putc_unlocked, b)
HEDDLE_STREAM(_IO_putc, b)
HEDDLE_STREAM(putw, b)
HEDDLE_STREAM(fwrite, d)
HEDDLE_STREAM(fwrite_unlocked, d)
HEDDLE_STREAM(fgets, c)
HEDDLE_STREAM(fgets_unlocked, c)
HEDDLE_STREAM(__fgets_chk, d)
HEDDLE_STREAM(fgetc, a)
HEDDLE_STREAM(fgetc_unlocked, a)
HEDDLE_STREAM(getc, a)
HEDDLE_STREAM(getc_unlocked, a)
HEDDLE_STREAM(_IO_getc, a)
HEDDLE_STREAM(getw, a)
HEDDLE_STREAM(fread, d)
HEDDLE_STREAM(fread_unlocked, d)
HEDDLE_STREAM(__fread_chk, e)
HEDDLE_STREAM(getline, c)
HEDDLE_STREAM(getdelim, d)
HEDDLE_STREAM(__getdelim, d)
HEDDLE_STREAM(ungetc, b)
HEDDLE_STREAM(fseek, a)
HEDDLE_STREAM(fseeko, a)
HEDDLE_STREAM(fseeko64, a)
HEDDLE_STREAM(ftell, a)
HEDDLE_STREAM(ftello, a)
HEDDLE_STREAM(ftello64, a)
HEDDLE_STREAM(rewind, a)
HEDDLE_STREAM(fgetpos, a)
HEDDLE_STREAM(fgetpos64, a)
HEDDLE_STREAM(fsetpos, a)
HEDDLE_STREAM(fsetpos64, a)
HEDDLE_STREAM(setvbuf, a)
HEDDLE_STREAM(setbuf, a)
HEDDLE_STREAM(feof, a)
HEDDLE_STREAM(ferror, a)
HEDDLE_STREAM(clearerr, a)
HEDDLE_STREAM(fputws, b)
HEDDLE_STREAM(fputwc, b)
HEDDLE_STREAM(putwc, b)
HEDDLE_STREAM(fgetws, c)
HEDDLE_STREAM(fgetwc, a)
HEDDLE_STREAM(getwc, a)
HEDDLE_STREAM(ungetwc, b)
HEDDLE_STREAM(vfscanf, a)
HEDDLE_STREAM(__isoc99_vfscanf, a)
HEDDLE_STREAM(vfprintf, a)
HEDDLE_STREAM(__vfprintf_chk, a)
HEDDLE_STREAM(puts, reinterpret_cast<long>(stdout))
HEDDLE_STREAM(putchar, reinterpret_cast<long>(stdout))
HEDDLE_STREAM(putchar_unlocked, reinterpret_cast<long>(stdout))
HEDDLE_STREAM(vprintf, reinterpret_cast<long>(stdout))
HEDDLE_STREAM(__vprintf_chk, reinterpret_cast<long>(stdout))
HEDDLE_STREAM(getchar, reinterpret_cast<long>(stdin))
HEDDLE_STREAM(getchar_unlocked, reinterpret_cast<long>(stdin))
HEDDLE_STREAM(vscanf, reinterpret_cast<long>(stdin))
HEDDLE_STREAM(__isoc99_vscanf, reinterpret_cast<long>(stdin))
HEDDLE_STREAM(perror, reinterpret_cast<long>(stderr))
// clang-format on

// Those with a list of arguments are led to those without. `last` is the last one in front of it.
#define HEDDLE_FORMATTED(target, stream, last, ...)                \
  va_list rest;                                                    \
  va_start(rest, last);                                            \
  const void* lock = EnterStream(HEDDLE_SELF, stream);             \
  const auto result = static_cast<int>(REAL(target)(__VA_ARGS__)); \
  LeaveStream(lock);                                               \
  va_end(rest);                                                    \
  return result
#define HEDDLE_WORD(value) reinterpret_cast<long>(value)

INTERPOSE(int, fprintf, FILE* stream, const char* format, ...) {
  HEDDLE_FORMATTED(vfprintf, stream, format, HEDDLE_WORD(stream), HEDDLE_WORD(format),
                   HEDDLE_WORD(rest), 0, 0, 0);
}

INTERPOSE(int, printf, const char* format, ...) {
  HEDDLE_FORMATTED(vfprintf, stdout, format, HEDDLE_WORD(stdout), HEDDLE_WORD(format),
                   HEDDLE_WORD(rest), 0, 0, 0);
}

INTERPOSE(int, __fprintf_chk, FILE* stream, int flag, const char* format, ...) {
  HEDDLE_FORMATTED(__vfprintf_chk, stream, format, HEDDLE_WORD(stream), flag, HEDDLE_WORD(format),
                   HEDDLE_WORD(rest), 0, 0);
}

INTERPOSE(int, __printf_chk, int flag, const char* format, ...) {
  HEDDLE_FORMATTED(__vfprintf_chk, stdout, format, HEDDLE_WORD(stdout), flag, HEDDLE_WORD(format),
                   HEDDLE_WORD(rest), 0, 0);
}

INTERPOSE(int, fscanf, FILE* stream, const char* format, ...) {
  HEDDLE_FORMATTED(vfscanf, stream, format, HEDDLE_WORD(stream), HEDDLE_WORD(format),
                   HEDDLE_WORD(rest), 0, 0, 0);
}

INTERPOSE(int, scanf, const char* format, ...) {
  HEDDLE_FORMATTED(vfscanf, stdin, format, HEDDLE_WORD(stdin), HEDDLE_WORD(format),
                   HEDDLE_WORD(rest), 0, 0, 0);
}

INTERPOSE(int, __isoc99_fscanf, FILE* stream, const char* format, ...) {
  HEDDLE_FORMATTED(__isoc99_vfscanf, stream, format, HEDDLE_WORD(stream), HEDDLE_WORD(format),
                   HEDDLE_WORD(rest), 0, 0, 0);
}

INTERPOSE(int, __isoc99_scanf, const char* format, ...) {
  HEDDLE_FORMATTED(__isoc99_vfscanf, stdin, format, HEDDLE_WORD(stdin), HEDDLE_WORD(format),
                   HEDDLE_WORD(rest), 0, 0, 0);
}
