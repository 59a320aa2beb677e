// The simulated network: internet sockets (TCP, UDP; IPv4, IPv6) between the threads of one
// process.
//
// The real system's network does not take part: its loopback device delivers when it pleases, its
// ports are the machine's, its buffers depend on time. Each internet socket is one end of a pair of
// UNIX-domain sockets instead; the other end, the network's, belongs to the model, which moves what
// is sent from there to the network's end of the receiver. So reads, polls, epoll, O_NONBLOCK and
// duplicates of descriptors work on real files, deliveries happen within the call that sends, and
// ports are numbers in a table of this process.
//
// A socket is known by the number of its file (st_ino): every duplicate of its descriptor has it,
// wherever it went. That the last of them is closed is seen at the network's end (POLLHUP).
//
//   TCP  connections come to be in connect(), within the backlog; the other end waits in the
//        listener's queue. FIN, RST and broken pipes are what tcp(7) says; segments, windows, Nagle
//        and TIME_WAIT are not modelled, nor is urgent data. What poll() says comes from the files:
//        a socket that has neither connected nor listened has no other end yet. (A listener that
//        was shut down is readable as well, and an epoll that watched it forgets it when it
//        listens or connects again.)
//   UDP  a datagram comes with its sender's address in front of it (NetReceive takes it off). It is
//        lost when the receiver's buffer is full, as on a real machine. That nobody receives it is
//        net_errors.h's.
//
// Addresses that are not the loopback's would leave the machine: to use one is a finding.
//
// Thread rule: the thread that has control, behind its point. Functions return 0 or an errno value
// where they say "error".
#ifndef HEDDLE_SIM_RUNTIME_INTERPOSE_NET_H_
#define HEDDLE_SIM_RUNTIME_INTERPOSE_NET_H_

#include <sys/socket.h>
#include <sys/types.h>

#include <cstdint>

#include "sim/runtime/core/thread.h"
#include "sim/runtime/interpose/net_address.h"

namespace heddle::sim::runtime {

enum class NetState : uint8_t {
  kFree,
  kOpen,  // neither connected nor listening; datagram sockets stay so
  kListening,
  kConnecting,  // waits for room in a listener's backlog
  kConnected,
  kReset,  // the connection, or the attempt, ended with an error
};

// A socket option of TCP, IP or IPv6 that was set.
struct NetOption {
  int level;
  int name;
  int value;
};
constexpr int kMaxNetOptions = 8;

struct NetSocket {
  NetState state = NetState::kFree;
  bool stream = false;
  int family = 0;
  bool bound = false;
  bool reuse = false;       // SO_REUSEADDR or SO_REUSEPORT
  bool reuse_port = false;  // SO_REUSEPORT
  bool ipv6_only = false;   // IPV6_V6ONLY
  uint64_t file = 0;        // st_ino of the program's end
  int descriptor = -1;      // of the program's end; a hint (DescriptorOf)
  int network = -1;         // the network's end; -1: closed
  NetAddress local, peer;
  NetSocket* other = nullptr;  // of a connection
  bool reported = true;        // connect() has told how the attempt ended; false after EINPROGRESS
  bool closed = false;         // by the program, with data under way
  bool write_shut = false;     // the program sends no more
  bool read_shut = false;
  bool finished = false;  // the other end has been told so
  bool stalled = false;   // data waits at the network's end for room at the other
  bool has_peer = false;  // a datagram socket that is connected
  bool refused = false;   // kReset: there never was a connection
  bool aborts = false;    // to close it is to reset the connection (SO_LINGER of no time)
  int error = 0;          // SO_ERROR
  int send_buffer = 0;    // SO_SNDBUF, while it is blocked (net_stream.cc)
  // A listener: connections to accept, attempts that wait for room; both in order of connect().
  int backlog = 0;
  uint32_t pending = 0;
  uint32_t tokens = 0;  // bytes that make its descriptor readable
  NetSocket* queue = nullptr;
  NetSocket* waiting = nullptr;
  // In one of the two.
  NetSocket* listener = nullptr;
  NetSocket* next = nullptr;
  NetOption options[kMaxNetOptions] = {};
  int option_count = 0;
};

extern constinit uint32_t net_sockets;  // not free

// The socket behind a descriptor; null for anything else.
NetSocket* FindNetSocket(int descriptor);
inline NetSocket* NetOf(int descriptor) {
  return __builtin_expect(net_sockets == 0, 1) ? nullptr : FindNetSocket(descriptor);
}
inline NetSocket* NetDatagram(int descriptor) {
  NetSocket* socket = NetOf(descriptor);
  return socket != nullptr && !socket->stream ? socket : nullptr;
}

// At the start of an execution.
void ResetNetwork();
// Whether `descriptor` is one of the model's own: the program cannot know it.
bool IsNetworkEnd(int descriptor);

// --- Life. All return a descriptor or -1 with errno.

// Whether the model has such sockets. Others of AF_INET and AF_INET6 fail as for a user without
// privileges.
bool IsInternet(int family);
int NetCreate(int family, int type, int protocol);
// The descriptor is about to be closed, or to stand for something else. Linger is looked at.
void NetClosing(NetSocket* socket, int descriptor);
// It was closed: perhaps it was the last one.
void NetClosed(NetSocket* socket);

// --- Naming and connecting: errors.

int NetBind(NetSocket* socket, const NetAddress& address);
int NetListen(NetSocket* socket, int descriptor, int backlog);
// Begins to connect. 0: the state is kConnected or kConnecting.
int NetConnect(NetSocket* socket, int descriptor, const NetAddress& address);
// What a connect() says that comes after a non-blocking one has begun.
int NetConnectAgain(NetSocket* socket);
// A connection attempt that is over, as a non-blocking connect() leaves it.
void NetFailAttempt(NetSocket* socket, int error);
// Nobody waits for the attempt any more: the socket is as before it.
void NetCancelAttempt(NetSocket* socket);
// Takes the first connection off the queue of a listener that is readable. A descriptor; -1 with
// errno.
int NetAccept(NetSocket* listener, int descriptor, int flags, NetSocket** accepted);
// Of a datagram socket: whom it hears and sends to.
int NetConnectDatagram(NetSocket* socket, const NetAddress& address);
int NetShutdown(NetSocket* socket, int descriptor, int how);
// connect() to AF_UNSPEC.
int NetDisconnect(NetSocket* socket);

// An option that the pair of files has as any socket has it.
inline constexpr int kNetRealOption = -1;
// getsockopt() and setsockopt(): an error, or kNetRealOption.
int NetGetOption(NetSocket* socket, int level, int name, void* value, socklen_t* length);
int NetSetOption(NetSocket* socket, int level, int name, const void* value, socklen_t length);
// SO_ERROR, which is 0 afterwards.
int NetTakeError(NetSocket* socket);

// --- Moving data.

// Whether it waits for nothing, as a read or write of it fails.
inline bool NetFailsAtOnce(const NetSocket* socket) {
  return socket->stream &&
         (socket->state == NetState::kOpen || socket->state == NetState::kListening);
}
// Why an operation (POLLIN or POLLOUT) on it fails before it has begun; 0: it does not.
// (For EPIPE the caller raises SIGPIPE.)
int NetRefuses(NetSocket* socket, short events);
// After an operation on a stream: delivers what was sent, makes room for what waits, and returns
// the result as TCP has it (errno set).
ssize_t NetAfter(NetSocket* socket, short events, ssize_t result);
// Moves what a stream socket has sent to the other end, as far as there is room.
void NetDeliver(NetSocket* from);

// Datagrams. A whole operation each, but for its point; errno is set.
ssize_t NetSend(NetSocket* socket, const msghdr* message, int flags);
// The descriptor is readable, or `flags` has MSG_DONTWAIT. False: nothing for the program was
// there, wait again.
bool NetReceive(NetSocket* socket, int descriptor, msghdr* message, int flags, ssize_t* result);
// Bytes of the first datagram that waits (FIONREAD).
int NetWaitingBytes(NetSocket* socket, int descriptor);

}  // namespace heddle::sim::runtime

#endif  // HEDDLE_SIM_RUNTIME_INTERPOSE_NET_H_
