// For programs that are built with the host: a look past the C ABI.
#ifndef HEDDLE_SRC_DISPATCH_HOST_NODE_H_
#define HEDDLE_SRC_DISPATCH_HOST_NODE_H_

#include "src/dispatch/dispatcher.h"
#include "src/dispatch/include/heddle/host.h"
#include "src/node/node.h"

namespace heddle::dispatch {

// The host's node; valid as long as `host`. To be looked at only inside the observer's calls, on
// the thread that makes them, or when nobody applies: before the start, right after a flush with no
// timer and no network at work, or after heddle_host_join and the end of the networks' threads. To
// be changed only before the start.
node::Node& NodeOf(heddle_host* host);

// heddle_host_create with a dispatcher of the embedder's own in place of config.dispatcher.
heddle_status CreateHost(const heddle_config& config, const DispatcherFactory& factory,
                         heddle_host** host, heddle_error* error);

}  // namespace heddle::dispatch

#endif  // HEDDLE_SRC_DISPATCH_HOST_NODE_H_
