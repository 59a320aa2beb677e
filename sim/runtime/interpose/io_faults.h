// Faults of operations on descriptors (sim/protocol/faults.h says what each kind means): whether
// one comes to an operation, and how short it cuts it.
//
// A fault comes only where the real system could have done the same: EAGAIN on a read of a socket,
// which may be reported as readable though it is not (select(2)), but never on one of a pipe,
// eventfd or timer that holds something; never EAGAIN on a write to an empty pipe, never a short
// read for who watches a descriptor for edges (EPOLLET). That one is told
// once, reads until EAGAIN or until a read comes short, and would wait for ever after one that is
// made up.
//
// Each question counts as an occasion; so it is asked once for an operation, by the running thread.
// All answer "no" at the cost of a flag when the execution has no faults.
#ifndef HEDDLE_SIM_RUNTIME_INTERPOSE_IO_FAULTS_H_
#define HEDDLE_SIM_RUNTIME_INTERPOSE_IO_FAULTS_H_

#include <sys/epoll.h>
#include <sys/uio.h>

#include <cstddef>

#include "sim/runtime/core/thread.h"

namespace heddle::sim::runtime {

// A read (POLLIN) or write (POLLOUT) that ends before it has done anything: errno says why. It had
// its point then.
bool Denies(Thread* self, int descriptor, short events, bool never_blocks);
// The same for one that waits on many descriptors: EINTR.
bool Interrupts(Thread* self);

// How much of `size` bytes a read moves at most; asked when it will not block.
size_t ReadSize(Thread* self, int descriptor, size_t size);
// The same for a write, asked before its point.
size_t WriteSize(Thread* self, int descriptor, size_t size);
// The first of `vectors` that holds anything, cut to what a shortened operation moves. False: the
// operation is not to be shortened.
bool Shorten(Thread* self, int descriptor, const iovec* vectors, int count, bool writes,
             iovec* part);

// The arguments of an epoll_ctl(), under control or not: who is watched for edges.
void NoteWatch(int operation, int descriptor, const epoll_event* event);

}  // namespace heddle::sim::runtime

#endif  // HEDDLE_SIM_RUNTIME_INTERPOSE_IO_FAULTS_H_
