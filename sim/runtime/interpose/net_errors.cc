// See net_errors.h.
#include "sim/runtime/interpose/net_errors.h"

#include <netinet/in.h>
#include <sys/syscall.h>
#include <sys/un.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ctime>
// After <ctime>, whose types it uses.
#include <linux/errqueue.h>

#include "sim/runtime/interpose/net_pair.h"
#include "sim/runtime/interpose/net_table.h"

namespace heddle::sim::runtime {
constinit uint32_t net_queued_errors = 0;

namespace {

// The part of a datagram that comes back with the error, as in ICMP (RFC 1812, 4.3.2.3: 576 bytes
// with all headers).
constexpr size_t kMostQuoted = 520;
// Further ones are lost, as where the receiver's buffer is full.
constexpr uint32_t kMostErrors = 64;

struct QueuedError {
  const NetSocket* socket;
  NetAddress to;
  uint32_t size;
  char bytes[kMostQuoted];
};
constinit QueuedError queued[kMostErrors] = {};  // in the order in which they came

// Null: there is none.
QueuedError* FirstError(const NetSocket* socket) {
  for (uint32_t i = 0; i < net_queued_errors; ++i) {
    if (queued[i].socket == socket) return &queued[i];
  }
  return nullptr;
}

void Drop(QueuedError* error) {
  QueuedError* const end = queued + net_queued_errors--;
  std::copy(error + 1, end, error);
}

// By NetSetOption().
bool AsksForErrors(const NetSocket* socket, bool ipv4) {
  const int level = ipv4 ? IPPROTO_IP : IPPROTO_IPV6, name = ipv4 ? IP_RECVERR : IPV6_RECVERR;
  for (int i = 0; i < socket->option_count; ++i) {
    const NetOption& option = socket->options[i];
    if (option.level == level && option.name == name) return option.value != 0;
  }
  return false;
}

void Queue(const NetSocket* socket, const NetAddress& to, const msghdr& message) {
  if (net_queued_errors == kMostErrors) return;
  QueuedError& error = queued[net_queued_errors++];
  error = {socket, to, 0, {}};
  for (size_t i = 0; i < message.msg_iovlen; ++i) {
    const iovec& piece = message.msg_iov[i];
    const size_t size = std::min(piece.iov_len, kMostQuoted - error.size);
    memcpy(error.bytes + error.size, piece.iov_base, size);
    error.size += static_cast<uint32_t>(size);
  }
}

struct UnixName {
  sockaddr_un name = {};
  socklen_t length = sizeof name;
};

UnixName NameOfProgramEnd(const NetSocket* socket) {
  UnixName end;
  RawSyscall(SYS_getpeername, socket->network, reinterpret_cast<long>(&end.name),
             reinterpret_cast<long>(&end.length));
  return end;
}

long ConnectNetworkEnd(const NetSocket* socket, const UnixName& to) {
  return RawSyscall(SYS_connect, socket->network, reinterpret_cast<long>(&to.name), to.length);
}

void ClearError(NetSocket* socket) {
  const int descriptor = DescriptorOf(socket);
  int unused = 0;
  socklen_t length = sizeof unused;
  RawSyscall(SYS_getsockopt, descriptor, SOL_SOCKET, SO_ERROR, reinterpret_cast<long>(&unused),
             reinterpret_cast<long>(&length));
}

void RaiseError(NetSocket* socket) {
  ClearError(socket);  // which a send would fail with
  WriteByte(DescriptorOf(socket));
  const UnixName end = NameOfProgramEnd(socket);
  UnixName nobody;
  nobody.name.sun_family = AF_UNSPEC;
  nobody.length = sizeof nobody.name.sun_family;
  ConnectNetworkEnd(socket, nobody);
  ConnectNetworkEnd(socket, end);
}

// What the program is told, behind the header.
struct Details {
  sock_extended_err error;
  union {
    sockaddr_in ipv4;
    sockaddr_in6 ipv6;
  } offender;
};

Details DetailsOf(const QueuedError& error) {
  const bool ipv4 = IsIpv4(error.to);
  constexpr uint8_t kUnreachable = 3, kPort = 3, kUnreachable6 = 1, kPort6 = 4;  // RFC 792, 4443
  Details details = {};
  details.error.ee_errno = ECONNREFUSED;
  details.error.ee_origin = ipv4 ? SO_EE_ORIGIN_ICMP : SO_EE_ORIGIN_ICMP6;
  details.error.ee_type = ipv4 ? kUnreachable : kUnreachable6;
  details.error.ee_code = ipv4 ? kPort : kPort6;
  NetAddress offender = error.to;
  offender.port = 0;
  socklen_t length = sizeof details.offender;
  WriteAddress(ipv4 ? AF_INET : AF_INET6, offender, reinterpret_cast<sockaddr*>(&details.offender),
               &length);
  return details;
}

// What of it does not fit is cut off, as cmsg(3) says.
void GiveControl(const QueuedError& error, msghdr* message) {
  const bool ipv4 = IsIpv4(error.to);
  const size_t size =
      CMSG_LEN(sizeof(sock_extended_err) + (ipv4 ? sizeof(sockaddr_in) : sizeof(sockaddr_in6)));
  const size_t room = message->msg_control != nullptr ? message->msg_controllen : 0;
  if (room < size) message->msg_flags |= MSG_CTRUNC;
  message->msg_controllen = 0;
  if (room < sizeof(cmsghdr)) return;
  auto* header = static_cast<cmsghdr*>(message->msg_control);
  header->cmsg_level = ipv4 ? IPPROTO_IP : IPPROTO_IPV6;
  header->cmsg_type = ipv4 ? IP_RECVERR : IPV6_RECVERR;
  header->cmsg_len = std::min(size, room);
  const Details details = DetailsOf(error);
  memcpy(CMSG_DATA(header), &details, header->cmsg_len - sizeof(cmsghdr));
  message->msg_controllen = std::min(CMSG_ALIGN(size), room);
}

size_t GiveQuoted(const QueuedError& error, msghdr* message) {
  size_t done = 0;
  for (size_t i = 0; i < message->msg_iovlen && done < error.size; ++i) {
    const iovec& piece = message->msg_iov[i];
    const size_t size = std::min(piece.iov_len, error.size - done);
    memcpy(piece.iov_base, error.bytes + done, size);
    done += size;
  }
  if (done < error.size) message->msg_flags |= MSG_TRUNC;
  return done;
}

}  // namespace

void NameProgramEnd(int descriptor) {
  sockaddr_un name = {};
  name.sun_family = AF_UNIX;
  RawSyscall(SYS_bind, descriptor, reinterpret_cast<long>(&name), sizeof name.sun_family);
}

bool ProgramEndIsClosed(const NetSocket* socket) {
  return ConnectNetworkEnd(socket, NameOfProgramEnd(socket)) != 0;
}

void TellUnreachable(NetSocket* socket, const NetAddress& to, const msghdr& message) {
  const bool asks = AsksForErrors(socket, IsIpv4(to));
  if (!asks && !socket->has_peer) return;
  if (asks) Queue(socket, to, message);
  socket->error = ECONNREFUSED;
  ShowErrors(socket);
}

ssize_t ReceiveError(NetSocket* socket, msghdr* message) {
  QueuedError* error = FirstError(socket);
  if (error == nullptr) {
    errno = EAGAIN;
    return -1;
  }
  message->msg_flags = MSG_ERRQUEUE;
  WriteAddress(socket->family, error->to, static_cast<sockaddr*>(message->msg_name),
               &message->msg_namelen);
  const size_t size = GiveQuoted(*error, message);
  GiveControl(*error, message);
  Drop(error);
  socket->error = FirstError(socket) != nullptr ? ECONNREFUSED : 0;
  ShowErrors(socket);
  return static_cast<ssize_t>(size);
}

void ForgetErrors(NetSocket* socket) {
  if (FirstError(socket) == nullptr) return;
  while (QueuedError* error = FirstError(socket)) Drop(error);
  ShowErrors(socket);
}

bool OnlyErrorsWait(int descriptor, short events) {
  const NetSocket* socket = NetDatagram(descriptor);
  return socket != nullptr && socket->error == 0 && (EventsOf(descriptor, events) & events) == 0;
}

ErrorsHidden::ErrorsHidden(NetSocket* socket)
    : socket_(net_queued_errors != 0 && FirstError(socket) != nullptr ? socket : nullptr) {
  if (socket_ != nullptr) ClearError(socket_);
}

ErrorsHidden::~ErrorsHidden() {
  if (socket_ != nullptr) ShowErrors(socket_);
}

void ShowErrors(NetSocket* socket) {
  if (socket->error != 0 || FirstError(socket) != nullptr) {
    RaiseError(socket);
  } else {
    ClearError(socket);
  }
}

}  // namespace heddle::sim::runtime
