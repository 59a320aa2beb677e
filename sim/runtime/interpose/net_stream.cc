// TCP (tcp(7), RFC 9293 as far as programs see it) on pairs of files: net.h.
#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>

#include <cerrno>

#include "sim/runtime/core/check.h"
#include "sim/runtime/core/report.h"
#include "sim/runtime/interpose/net.h"
#include "sim/runtime/interpose/net_errors.h"
#include "sim/runtime/interpose/net_pair.h"
#include "sim/runtime/interpose/net_table.h"
#include "sim/runtime/interpose/tsan.h"

namespace heddle::sim::runtime {
namespace {

constexpr int kMostBacklog = 4096;  // net.core.somaxconn

void Append(NetSocket** list, NetSocket* socket) {
  while (*list != nullptr) list = &(*list)->next;
  *list = socket;
  socket->next = nullptr;
}

void Remove(NetSocket** list, NetSocket* socket) {
  while (*list != nullptr && *list != socket) list = &(*list)->next;
  if (*list == nullptr) return;
  *list = socket->next;
  socket->next = nullptr;
}

// The connection ends: `socket`, which the program has still, reads what has come and then `error`.
// The system itself says so at an end whose other end is closed with something unread.
void Reset(NetSocket* socket, int error) {
  if (socket->network >= 0) {
    if (!HasUnread(socket->network)) {
      const int descriptor = DescriptorOf(socket);
      if (descriptor >= 0) WriteByte(descriptor);
    }
    CloseNetworkEnd(socket);
  }
  if (socket->other != nullptr) socket->other->other = nullptr;
  socket->other = nullptr;
  socket->state = NetState::kReset;
  socket->error = error;
  socket->bound = false;
}

// `client` is connected to `listener`; its other end waits to be accepted.
void Establish(NetSocket* client, NetSocket* listener) {
  NetSocket* server = NewNetSocket(listener->family, true);
  server->descriptor = MakePair(server);
  if (server->descriptor < 0) Fail(FailureKind::kLimit, "no descriptors left for a connection");
  server->local = client->peer;
  server->peer = client->local;
  server->bound = true;
  server->reuse = listener->reuse;
  server->ipv6_only = listener->ipv6_only;
  server->option_count = listener->option_count;
  for (int i = 0; i < listener->option_count; ++i) server->options[i] = listener->options[i];
  server->other = client;
  client->other = server;
  server->state = client->state = NetState::kConnected;
  server->listener = listener;
  Append(&listener->queue, server);
  ++listener->pending;
  WriteByte(listener->network);
  ++listener->tokens;
}

bool HasRoom(const NetSocket* listener) {
  return listener->pending <= static_cast<uint32_t>(listener->backlog);
}

void Promote(NetSocket* listener) {
  while (listener->waiting != nullptr && HasRoom(listener)) {
    NetSocket* client = listener->waiting;
    Remove(&listener->waiting, client);
    client->listener = nullptr;
    UnblockWrites(client);
    Establish(client, listener);
  }
}

// Small pieces fill a buffer with little in them; TCP holds a stream. What `to` has not read yet is
// taken back and sent as one piece. True: that was done.
bool MergePieces(NetSocket* to) {
  static constinit char pieces[kNetChunk];
  const int descriptor = DescriptorOf(to);
  int bytes = 0;
  RawSyscall(SYS_ioctl, descriptor, FIONREAD, reinterpret_cast<long>(&bytes));
  if (descriptor < 0 || bytes <= 0 || bytes > static_cast<int>(kNetChunk)) return false;
  const long got = RawSyscall(SYS_recvfrom, descriptor, reinterpret_cast<long>(pieces), kNetChunk,
                              MSG_DONTWAIT, 0, 0);
  if (got <= 0) return false;
  const long sent = WriteEnd(to->network, pieces, static_cast<size_t>(got));
  KERNEL_CHECK(sent == got, "what was taken out of a buffer fits into it again");
  return true;
}

// Nobody accepts any more.
void StopListening(NetSocket* listener) {
  while (NetSocket* server = listener->queue) {
    Remove(&listener->queue, server);
    NetSocket* client = server->other;
    const int hidden = server->descriptor;
    FreeNetSocket(server);
    RawSyscall(SYS_close, hidden);
    if (client != nullptr && client->closed) FreeNetSocket(client);
    if (client != nullptr && client->state == NetState::kConnected) Reset(client, ECONNRESET);
  }
  while (NetSocket* client = listener->waiting) {
    Remove(&listener->waiting, client);
    client->listener = nullptr;
    UnblockWrites(client);
    NetFailAttempt(client, ECONNREFUSED);
  }
  listener->pending = listener->tokens = 0;
}

// A socket whose attempt failed has lost its pair; a new one takes its place.
void Renew(NetSocket* socket, int descriptor) {
  const long mode = RawSyscall(SYS_fcntl, descriptor, F_GETFL);
  const long flags = RawSyscall(SYS_fcntl, descriptor, F_GETFD);
  const int hidden = PollsAsLinux() ? MakeUnconnected(socket) : MakePair(socket);
  if (hidden < 0) Fail(FailureKind::kLimit, "no descriptors left for a socket");
  RawSyscall(SYS_dup3, hidden, descriptor, (flags & FD_CLOEXEC) != 0 ? O_CLOEXEC : 0);
  RawSyscall(SYS_fcntl, descriptor, F_SETFL, mode);
  RawSyscall(SYS_close, hidden);
  socket->state = NetState::kOpen;
  socket->refused = false;
  socket->reported = true;
  socket->descriptor = descriptor;
}

// Both directions are through: what the two ends show stays as it is.
void Retire(NetSocket* a, NetSocket* b) {
  CloseNetworkEnd(a);
  CloseNetworkEnd(b);
  a->bound = b->bound = false;
}

}  // namespace

int NetListen(NetSocket* socket, int descriptor, int backlog) {
  if (!socket->stream) return EOPNOTSUPP;
  if (PollsAsLinux() && socket->state == NetState::kReset && socket->refused) {
    Renew(socket, descriptor);
  }
  if (socket->state != NetState::kOpen && socket->state != NetState::kListening) return EINVAL;
  // (As in the system: a negative one is a very large one.)
  socket->backlog = backlog < 0 || backlog > kMostBacklog ? kMostBacklog : backlog;
  if (socket->state == NetState::kListening) {
    Promote(socket);
    return 0;
  }
  if (const int error = BindAnyPort(socket); error != 0) return error;
  for (const NetSocket& other : NetTable()) {
    if (other.state == NetState::kListening && SameAddress(other.local, socket->local) &&
        !(other.reuse_port && socket->reuse_port)) {
      return EADDRINUSE;
    }
  }
  socket->state = NetState::kListening;
  if (PollsAsLinux()) ConnectToNetwork(socket, descriptor);
  BlockWrites(socket, descriptor);
  return 0;
}

int NetConnect(NetSocket* socket, int descriptor, const NetAddress& address) {
  if (socket->state == NetState::kReset && socket->refused) Renew(socket, descriptor);
  if (socket->state != NetState::kOpen) return EISCONN;
  if (!IsLocal(address)) RefuseAddress("connect to", address);
  const int family = IsIpv4(address) ? AF_INET : AF_INET6;
  if (socket->family == AF_INET6 && family == AF_INET && socket->ipv6_only) return ENETUNREACH;
  socket->peer = IsAny(address) ? LoopbackAddress(family, address.port) : address;
  if (IsAny(socket->local)) {
    const uint16_t port = socket->local.port;
    socket->local = LoopbackAddress(family, port);
  }
  if (const int error = BindAnyPort(socket); error != 0) return EADDRNOTAVAIL;
  NetSocket* listener = FindListener(socket->peer, socket->local);
  if (listener == nullptr) {
    if (PollsAsLinux()) ShowEdge(descriptor);
    return ECONNREFUSED;
  }
  TsanRelease(net_table);
  if (PollsAsLinux()) ConnectToNetwork(socket, descriptor);
  if (HasRoom(listener) && listener->waiting == nullptr) {
    Establish(socket, listener);
    if (PollsAsLinux()) ShowEdge(descriptor);
    return 0;
  }
  socket->state = NetState::kConnecting;
  socket->listener = listener;
  BlockWrites(socket, descriptor);
  Append(&listener->waiting, socket);
  return 0;
}

int NetConnectAgain(NetSocket* socket) {
  switch (socket->state) {
    case NetState::kConnecting:
      return EALREADY;
    case NetState::kReset: {
      socket->reported = true;
      const int error = NetTakeError(socket);
      return error != 0 ? error : ECONNABORTED;
    }
    default: {
      const bool reported = socket->reported;
      socket->reported = true;
      return reported ? EISCONN : 0;
    }
  }
}

int NetTakeError(NetSocket* socket) {
  const int error = socket->error;
  socket->error = 0;
  if (error != 0 && !socket->stream && PollsAsLinux()) ShowErrors(socket);
  const int descriptor = error != 0 && socket->stream ? DescriptorOf(socket) : -1;
  if (descriptor >= 0) {
    int unused = 0;
    socklen_t length = sizeof unused;
    RawSyscall(SYS_getsockopt, descriptor, SOL_SOCKET, SO_ERROR, reinterpret_cast<long>(&unused),
               reinterpret_cast<long>(&length));
  }
  return error;
}

void NetFailAttempt(NetSocket* socket, int error) {
  if (PollsAsLinux()) ConnectToNetwork(socket, DescriptorOf(socket));
  Reset(socket, error);
  socket->refused = true;
}

void NetCancelAttempt(NetSocket* socket) {
  if (socket->state != NetState::kConnecting) return;
  Remove(&socket->listener->waiting, socket);
  socket->listener = nullptr;
  UnblockWrites(socket);
  socket->state = NetState::kOpen;
}

int NetAccept(NetSocket* listener, int descriptor, int flags, NetSocket** accepted) {
  NetSocket* server = listener->queue;
  if (server == nullptr) {
    errno = EAGAIN;
    return -1;
  }
  const int result = HandOut(server, server->descriptor, flags);
  if (result < 0) return result;
  Remove(&listener->queue, server);
  server->listener = nullptr;
  --listener->pending;
  InheritOptions(descriptor, result);
  if (listener->tokens > listener->pending) {
    listener->tokens = listener->pending;
    ReadEnd(descriptor, listener->pending == 0 ? kNetChunk : 1, 0);
  }
  Promote(listener);
  TsanAcquire(net_table);
  *accepted = server;
  return result;
}

int NetShutdown(NetSocket* socket, int descriptor, int how) {
  if (how != SHUT_RD && how != SHUT_WR && how != SHUT_RDWR) return EINVAL;
  const bool reads = how != SHUT_WR, writes = how != SHUT_RD;
  if (socket->state == NetState::kListening && reads) {
    StopListening(socket);
    UnblockWrites(socket);
    socket->state = NetState::kOpen;
    if (PollsAsLinux()) {  // who polls it is told
      const bool was_bound = socket->bound;
      NetFailAttempt(socket, 0);
      socket->bound = was_bound;
    }
    return 0;
  }
  if (socket->stream ? socket->state != NetState::kConnected : !socket->has_peer) return ENOTCONN;
  if (socket->stream && writes && !socket->write_shut) {
    NetDeliver(socket);
    RawSyscall(SYS_shutdown, descriptor, SHUT_WR);
  }
  if (reads && !socket->read_shut && !socket->stream && PollsAsLinux()) {
    RawSyscall(SYS_shutdown, descriptor, SHUT_RD);
  } else if (reads && !socket->read_shut && socket->network >= 0) {
    RawSyscall(SYS_shutdown, socket->network, SHUT_WR);
  }
  socket->write_shut |= writes;
  socket->read_shut |= reads;
  if (socket->stream) NetDeliver(socket);
  return 0;
}

int NetDisconnect(NetSocket* socket) {
  if (!socket->stream) {
    socket->has_peer = false;
    socket->peer = NetAddress{};
    return 0;
  }
  if (socket->state == NetState::kConnecting) NetCancelAttempt(socket);
  if (socket->state == NetState::kOpen) return 0;
  Unmodelled("connect to AF_UNSPEC on a connected socket");
}

int NetRefuses(NetSocket* socket, short events) {
  const bool writes = events == POLLOUT;
  switch (socket->state) {
    case NetState::kOpen:
    case NetState::kListening:
      if (!socket->stream) return 0;
      return writes ? EPIPE : ENOTCONN;
    case NetState::kReset:
      return writes ? NetTakeError(socket) : 0;
    default:
      return 0;
  }
}

ssize_t NetAfter(NetSocket* socket, short events, ssize_t result) {
  if (!socket->stream) return result;
  if (events == POLLOUT) NetDeliver(socket);
  if (events != POLLIN) return result;
  if (socket->other != nullptr && socket->other->stalled) NetDeliver(socket->other);
  if (result < 0 && errno == ECONNRESET && socket->state == NetState::kReset) {
    // Who has read the end of the stream goes on reading that.
    if (socket->error == EPIPE) return 0;
    if (socket->error != 0) errno = socket->error;
    socket->error = 0;
  }
  return result;
}

void NetDeliver(NetSocket* from) {
  if (from->network < 0 || from->state != NetState::kConnected) return;
  NetSocket* to = from->other;
  from->stalled = false;
  for (;;) {
    const long there = ReadEnd(from->network, kNetChunk, MSG_PEEK);
    if (there <= 0) break;
    if (to == nullptr || to->closed || (to->read_shut && to->write_shut)) {
      Reset(from, EPIPE);
      if (to != nullptr && to->closed) FreeNetSocket(to);
      return;
    }
    long moved =
        to->read_shut ? there : WriteEnd(to->network, net_chunk, static_cast<size_t>(there));
    if (moved == -EAGAIN && MergePieces(to)) {
      moved = WriteEnd(to->network, net_chunk, static_cast<size_t>(there));
    }
    if (moved <= 0) {
      from->stalled = true;
      return;
    }
    ReadEnd(from->network, static_cast<size_t>(moved), 0);
  }
  if (!from->write_shut || to == nullptr) return;
  if (!from->finished && to->network >= 0) RawSyscall(SYS_shutdown, to->network, SHUT_WR);
  from->finished = true;
  if (!to->finished || to->closed) return;
  if (from->closed) {
    FreeNetSocket(from);
  } else {
    Retire(from, to);
  }
}

void NetClosing(NetSocket* socket, int descriptor) {
  linger setting = {};
  socklen_t length = sizeof setting;
  RawSyscall(SYS_getsockopt, descriptor, SOL_SOCKET, SO_LINGER, reinterpret_cast<long>(&setting),
             reinterpret_cast<long>(&length));
  socket->aborts = setting.l_onoff != 0 && setting.l_linger == 0;
}

void NetClosed(NetSocket* socket) {
  if (!socket->stream && PollsAsLinux()) {
    if (ProgramEndIsClosed(socket)) FreeNetSocket(socket);
    return;
  }
  if (socket->network < 0) {
    if (socket->state == NetState::kOpen && DescriptorOf(socket) < 0) FreeNetSocket(socket);
    return;
  }
  const short events = EventsOf(socket->network, 0);
  if ((events & POLLHUP) == 0) return;  // another descriptor is left
  NetSocket* other = socket->other;
  switch (socket->state) {
    case NetState::kListening:
      StopListening(socket);
      break;
    case NetState::kConnecting:
      Remove(&socket->listener->waiting, socket);
      break;
    case NetState::kConnected:
      if (other == nullptr || other->closed) {
        if (other != nullptr) FreeNetSocket(other);
        break;
      }
      if ((events & POLLERR) != 0 || socket->aborts) {
        FreeNetSocket(socket);
        Reset(other, ECONNRESET);
        return;
      }
      // Shut in both directions the network's end looks the same while a descriptor is left.
      if (socket->write_shut && (socket->read_shut || other->finished)) return;
      socket->closed = socket->write_shut = true;
      socket->bound = false;
      NetDeliver(socket);
      return;
    default:
      break;
  }
  FreeNetSocket(socket);
}

}  // namespace heddle::sim::runtime
