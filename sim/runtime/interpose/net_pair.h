// What the model of TCP does with the two ends of a socket's pair of files (net.h).
#ifndef HEDDLE_SIM_RUNTIME_INTERPOSE_NET_PAIR_H_
#define HEDDLE_SIM_RUNTIME_INTERPOSE_NET_PAIR_H_

#include <cstddef>

#include "sim/runtime/interpose/net.h"

namespace heddle::sim::runtime {

// As much as is moved at a time, and where it is meanwhile.
inline constexpr size_t kNetChunk = 65536;
extern constinit char net_chunk[kNetChunk];

// Into `net_chunk`, without waiting. Bytes, or a negative errno value.
long ReadEnd(int descriptor, size_t size, int flags);
long WriteEnd(int descriptor, const void* bytes, size_t size);
inline void WriteByte(int descriptor) { WriteEnd(descriptor, "", 1); }
bool HasUnread(int descriptor);

// Who waits for an edge at the program's end hears of one (epoll(7), EPOLLET).
void ShowEdge(int descriptor);
// The program's end may not be written to until UnblockWrites().
void BlockWrites(NetSocket* socket, int descriptor);
void UnblockWrites(NetSocket* socket);

}  // namespace heddle::sim::runtime

#endif  // HEDDLE_SIM_RUNTIME_INTERPOSE_NET_PAIR_H_
