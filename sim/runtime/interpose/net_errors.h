// Errors that a datagram socket hears of: nobody receives what it has sent (ICMP; ip(7) and
// ipv6(7), IP_RECVERR and MSG_ERRQUEUE).
//
// poll() says POLLERR while SO_ERROR is set or an error is queued. The system says it of the
// program's end of the pair: an end of a pair of datagram sockets has an error when its other end
// connects elsewhere and has left something unread.
#ifndef HEDDLE_SIM_RUNTIME_INTERPOSE_NET_ERRORS_H_
#define HEDDLE_SIM_RUNTIME_INTERPOSE_NET_ERRORS_H_

#include "sim/runtime/interpose/net.h"

namespace heddle::sim::runtime {

// The program's end of a datagram socket gets a name, which ProgramEndIsClosed() and the errors
// need.
void NameProgramEnd(int descriptor);
// Whether the program has closed the datagram socket.
bool ProgramEndIsClosed(const NetSocket* socket);

// Errors that are queued, of all sockets.
extern constinit uint32_t net_queued_errors;
// Whether nothing but queued errors makes a datagram socket ready for `events`.
bool OnlyErrorsWait(int descriptor, short events);
// Nobody receives `message` at `to`.
void TellUnreachable(NetSocket* socket, const NetAddress& to, const msghdr& message);
// recvmsg() with MSG_ERRQUEUE. -1 with errno.
ssize_t ReceiveError(NetSocket* socket, msghdr* message);
// IP_RECVERR or IPV6_RECVERR is off, or the socket is gone.
void ForgetErrors(NetSocket* socket);
// After a change of NetSocket::error: poll() says what there is.
void ShowErrors(NetSocket* socket);

// A scope in which the program's end can be read, whatever errors are queued.
class ErrorsHidden {
 public:
  explicit ErrorsHidden(NetSocket* socket);
  ~ErrorsHidden();
  ErrorsHidden(const ErrorsHidden&) = delete;
  ErrorsHidden& operator=(const ErrorsHidden&) = delete;

 private:
  NetSocket* socket_;  // null: none was shown
};

}  // namespace heddle::sim::runtime

#endif  // HEDDLE_SIM_RUNTIME_INTERPOSE_NET_ERRORS_H_
