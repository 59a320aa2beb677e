#include "sim/runtime/interpose/net_pair.h"

#include <poll.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>

#include "sim/runtime/interpose/net_table.h"

namespace heddle::sim::runtime {
constinit char net_chunk[kNetChunk];

namespace {

void SetSendBuffer(int descriptor, int bytes) {
  RawSyscall(SYS_setsockopt, descriptor, SOL_SOCKET, SO_SNDBUF, reinterpret_cast<long>(&bytes),
             sizeof bytes);
}

int SendBuffer(int descriptor) {
  int bytes = 0;
  socklen_t length = sizeof bytes;
  RawSyscall(SYS_getsockopt, descriptor, SOL_SOCKET, SO_SNDBUF, reinterpret_cast<long>(&bytes),
             reinterpret_cast<long>(&length));
  return bytes / 2;  // the system has doubled it
}

}  // namespace

long ReadEnd(int descriptor, size_t size, int flags) {
  return RawSyscall(SYS_recvfrom, descriptor, reinterpret_cast<long>(net_chunk),
                    static_cast<long>(size), flags | MSG_DONTWAIT, 0, 0);
}

long WriteEnd(int descriptor, const void* bytes, size_t size) {
  return RawSyscall(SYS_sendto, descriptor, reinterpret_cast<long>(bytes), static_cast<long>(size),
                    MSG_DONTWAIT | MSG_NOSIGNAL, 0, 0);
}

bool HasUnread(int descriptor) {
  int bytes = 0;
  RawSyscall(SYS_ioctl, descriptor, FIONREAD, reinterpret_cast<long>(&bytes));
  return bytes > 0;
}

// The system wakes who waits for room when the size of the buffer is set, whatever it was.
void ShowEdge(int descriptor) { SetSendBuffer(descriptor, SendBuffer(descriptor)); }

// The least buffer, and that is full.
void BlockWrites(NetSocket* socket, int descriptor) {
  constexpr int kMostBytes = 64;  // each takes some hundred bytes of a buffer of some thousand
  socket->send_buffer = SendBuffer(descriptor);
  SetSendBuffer(descriptor, 1);
  for (int i = 0; i < kMostBytes && (EventsOf(descriptor, POLLOUT) & POLLOUT) != 0; ++i) {
    WriteByte(descriptor);
  }
}

void UnblockWrites(NetSocket* socket) {
  while (ReadEnd(socket->network, kNetChunk, 0) > 0) {
  }
  const int descriptor = DescriptorOf(socket);
  if (descriptor >= 0) SetSendBuffer(descriptor, socket->send_buffer);
}

}  // namespace heddle::sim::runtime
