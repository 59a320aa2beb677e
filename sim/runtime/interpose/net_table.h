// The table of the simulated network's sockets (net.h), for the files of the model: their files and
// their ports.
#ifndef HEDDLE_SIM_RUNTIME_INTERPOSE_NET_TABLE_H_
#define HEDDLE_SIM_RUNTIME_INTERPOSE_NET_TABLE_H_

#include <span>

#include "sim/runtime/core/kernel.h"
#include "sim/runtime/interpose/net.h"

namespace heddle::sim::runtime {

// Sockets at a time, those in listeners' queues included: the limit of open files on many machines.
inline constexpr uint32_t kMaxNetSockets = 4096;
extern constinit NetSocket net_table[kMaxNetSockets];
extern constinit uint32_t net_table_end;  // those behind were never used
inline std::span<NetSocket> NetTable() { return {net_table, net_table_end}; }

NetSocket* NewNetSocket(int family, bool stream);
// Closes the network's end.
void FreeNetSocket(NetSocket* socket);

// Makes the pair of files, and `socket` known by it: its `network`, and as the result the program's
// end, at a descriptor that the program does not see. -1 with errno.
int MakePair(NetSocket* socket);
// The same without the network's end: poll() says POLLOUT | POLLHUP, as of a TCP socket that is not
// connected. ConnectToNetwork() gives it one when it is needed.
int MakeUnconnected(NetSocket* socket);
void ConnectToNetwork(NetSocket* socket, int descriptor);
// Moves the program's end from `hidden` to the lowest free descriptor, with the flags of socket(2).
// -1 with errno.
int HandOut(NetSocket* socket, int hidden, int flags);
// A descriptor of the program's end; -1 when it has none any more.
int DescriptorOf(NetSocket* socket);
void CloseNetworkEnd(NetSocket* socket);

// What of its listener's options a connection begins with.
void InheritOptions(int listener, int connection);

// By the rules of older schedules a TCP socket that is not connected is only writable, and an error
// of a UDP socket is a datagram.
inline bool PollsAsLinux() { return kernel.request.rules >= 9; }

// poll() of one descriptor, at once: the events that are.
short EventsOf(int descriptor, short events);

// Gives it a port of those that the system hands out, if it has none.
int BindAnyPort(NetSocket* socket);
// Whether `socket` may not have `address`.
bool AddressInUse(const NetSocket* socket, const NetAddress& address);
// Who listens at `address`; who receives what `from` sends to it. Null: nobody.
NetSocket* FindListener(const NetAddress& address, const NetAddress& from);
NetSocket* FindReceiver(const NetAddress& address, const NetAddress& from);

// Ends the execution: the address would leave the machine.
[[noreturn]] void RefuseAddress(const char* operation, const NetAddress& address);

}  // namespace heddle::sim::runtime

#endif  // HEDDLE_SIM_RUNTIME_INTERPOSE_NET_TABLE_H_
