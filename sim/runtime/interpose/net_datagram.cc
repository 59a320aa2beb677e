// UDP (udp(7), RFC 768) on pairs of files: net.h.
//
// What a socket receives is sent into the network's end of its pair, with the sender's address in
// front. So its buffer is that end's: what does not fit is lost.
//
// An error that comes from the other side (nobody receives at the port) is net_errors.h's. By the
// rules of older schedules it is a datagram, which makes the descriptor readable; its header says
// so.
#include <fcntl.h>
#include <poll.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#include <cerrno>
#include <cstring>

#include "sim/runtime/interpose/interpose.h"
#include "sim/runtime/interpose/net.h"
#include "sim/runtime/interpose/net_errors.h"
#include "sim/runtime/interpose/net_table.h"
#include "sim/runtime/interpose/tsan.h"

HEDDLE_REAL(recvmsg, ssize_t, int, msghdr*, int)
HEDDLE_REAL(sendmsg, ssize_t, int, const msghdr*, int)

namespace heddle::sim::runtime {
namespace {

struct Header {
  NetAddress from;
  uint16_t error = 0;  // not 0: no datagram, but this error
};
constexpr size_t kMostBytes = 65507;  // of an IPv4 datagram
constexpr size_t kMostVectors = 64;

size_t BytesOf(const msghdr& message) {
  size_t bytes = 0;
  for (size_t i = 0; i < message.msg_iovlen; ++i) bytes += message.msg_iov[i].iov_len;
  return bytes;
}

// The vectors of `message` behind one for the header. Programs have a few.
int WithHeader(Header* header, const msghdr& message, iovec (&vectors)[kMostVectors + 1]) {
  if (message.msg_iovlen > kMostVectors) Unmodelled("a datagram of more than 64 pieces");
  vectors[0] = {header, sizeof *header};
  for (size_t i = 0; i < message.msg_iovlen; ++i) vectors[i + 1] = message.msg_iov[i];
  return static_cast<int>(message.msg_iovlen) + 1;
}

// (The sanitizers see what is read and written.)
void SendVectors(int descriptor, iovec* vectors, int count) {
  msghdr message = {};
  message.msg_iov = vectors;
  message.msg_iovlen = static_cast<size_t>(count);
  const int error = errno;
  CallReal([&] { return REAL(sendmsg)(descriptor, &message, MSG_DONTWAIT | MSG_NOSIGNAL); });
  errno = error;
}

// To whom `message` goes. 0 or an error.
int DestinationOf(NetSocket* socket, const msghdr& message, NetAddress* to) {
  if (message.msg_name == nullptr || message.msg_namelen == 0) {
    if (!socket->has_peer) return EDESTADDRREQ;
    *to = socket->peer;
    return 0;
  }
  const auto* name = static_cast<const sockaddr*>(message.msg_name);
  if (const int error = ReadAddress(socket->family, name, message.msg_namelen, to); error != 0) {
    return error;
  }
  if (to->port == 0) return EINVAL;
  if (!IsLocal(*to)) RefuseAddress("a datagram to", *to);
  if (socket->family == AF_INET6 && IsIpv4(*to) && socket->ipv6_only) return ENETUNREACH;
  if (IsAny(*to)) *to = LoopbackAddress(IsIpv4(*to) ? AF_INET : AF_INET6, to->port);
  return 0;
}

int CheckSend(NetSocket* socket, const msghdr& message, NetAddress* to) {
  if (socket->error != 0) return NetTakeError(socket);
  if (socket->write_shut) return EPIPE;
  if (const int error = DestinationOf(socket, message, to); error != 0) return error;
  if (BytesOf(message) > kMostBytes) return EMSGSIZE;
  return BindAnyPort(socket);
}

// The address that the receiver sees.
NetAddress SourceOf(const NetSocket* socket, const NetAddress& to) {
  if (!IsAny(socket->local)) return socket->local;
  return LoopbackAddress(IsIpv4(to) ? AF_INET : AF_INET6, socket->local.port);
}

// By the rules of older schedules only a connected socket hears of it, by a datagram that says so.
void TellByDatagram(NetSocket* socket) {
  if (!socket->has_peer) return;
  socket->error = ECONNREFUSED;
  Header header;
  header.error = ECONNREFUSED;
  iovec vector = {&header, sizeof header};
  SendVectors(socket->network, &vector, 1);
}

long ReadHeader(int descriptor, Header* header, int flags) {
  iovec vector = {header, sizeof *header};
  msghdr message = {};
  message.msg_iov = &vector;
  message.msg_iovlen = 1;
  return RawSyscall(SYS_recvmsg, descriptor, reinterpret_cast<long>(&message),
                    flags | MSG_DONTWAIT);
}

}  // namespace

ssize_t NetSend(NetSocket* socket, const msghdr* message, int flags) {
  if ((flags & MSG_OOB) != 0) {
    errno = EOPNOTSUPP;
    return -1;
  }
  NetAddress to;
  if (const int error = CheckSend(socket, *message, &to); error != 0) {
    errno = error;
    return -1;
  }
  TsanRelease(net_table);
  Header header;
  header.from = SourceOf(socket, to);
  const auto bytes = static_cast<ssize_t>(BytesOf(*message));
  NetSocket* receiver = FindReceiver(to, header.from);
  if (receiver == nullptr) {
    PollsAsLinux() ? TellUnreachable(socket, to, *message) : TellByDatagram(socket);
    return bytes;
  }
  iovec vectors[kMostVectors + 1];
  const int count = WithHeader(&header, *message, vectors);
  if (!receiver->read_shut) SendVectors(receiver->network, vectors, count);  // or it is lost
  return bytes;
}

bool NetReceive(NetSocket* socket, int descriptor, msghdr* message, int flags, ssize_t* result) {
  if (PollsAsLinux() && (flags & MSG_ERRQUEUE) != 0) {
    *result = ReceiveError(socket, message);
    return true;
  }
  if (PollsAsLinux() && socket->error != 0) {
    errno = NetTakeError(socket);
    *result = -1;
    return true;
  }
  const ErrorsHidden scope(socket);
  Header header;
  long got = ReadHeader(descriptor, &header, MSG_PEEK);
  while (got > 0 && header.error != 0) {
    const bool news = socket->error != 0;
    if (!news || (flags & MSG_PEEK) == 0) ReadHeader(descriptor, &header, 0);
    if (news) {
      errno = (flags & MSG_PEEK) == 0 ? NetTakeError(socket) : socket->error;
      *result = -1;
      return true;
    }
    got = ReadHeader(descriptor, &header, MSG_PEEK);  // send() has told of that error
  }
  if (got == -EAGAIN && (flags & MSG_DONTWAIT) == 0) {
    *result = 0;
    return socket->read_shut;
  }
  if (got <= 0) {  // the end, after shutdown()
    if (got < 0) errno = static_cast<int>(-got);
    *result = got < 0 ? -1 : 0;
    return true;
  }
  iovec vectors[kMostVectors + 1];
  msghdr whole = {};
  whole.msg_iov = vectors;
  whole.msg_iovlen = static_cast<size_t>(WithHeader(&header, *message, vectors));
  got = CallReal([&] { return REAL(recvmsg)(descriptor, &whole, flags | MSG_DONTWAIT); });
  if (got < 0) {
    *result = -1;
    return true;
  }
  TsanAcquire(net_table);
  WriteAddress(socket->family, header.from, static_cast<sockaddr*>(message->msg_name),
               &message->msg_namelen);
  message->msg_controllen = 0;
  message->msg_flags = whole.msg_flags;
  *result = got - static_cast<long>(sizeof header);
  return true;
}

int NetWaitingBytes(NetSocket* socket, int descriptor) {
  const ErrorsHidden scope(socket);
  Header header;
  const long bytes = ReadHeader(descriptor, &header, MSG_PEEK | MSG_TRUNC);
  return bytes > static_cast<long>(sizeof header) ? static_cast<int>(bytes - sizeof header) : 0;
}

}  // namespace heddle::sim::runtime
