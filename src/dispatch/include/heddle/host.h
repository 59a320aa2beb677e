/* The C ABI between a network and its host.
 *
 * The network is a thread of another runtime (Rust: libp2p on a current-thread Tokio) that calls
 * the host when something happened: a peer came, a gossip message arrived, a response chunk was
 * read. The host owns the chain and an event loop. This header is all that the two share; it is
 * plain C11 and is used as it stands from C, C++, Rust (bindgen) and Zig (@cImport).
 *
 * Who calls what, from which thread
 *   heddle_host_*       the owner of the host: any thread, one at a time unless said otherwise.
 *   callbacks           (heddle_gossip, heddle_peer_connected, ...) the network. Calls for one
 *                       instance must not overlap: an instance stands for one network runtime,
 *                       which is one thread. It may move between threads if the caller orders its
 *                       calls. Calls for different instances are independent of each other.
 *   observer            called by the host on the thread that applies (see heddle_observer).
 *
 * Lifetime
 *   heddle_host_create -> heddle_instance_open (once an instance) -> heddle_host_start -> callbacks
 *   -> heddle_host_stop (any thread, any moment) -> heddle_host_destroy, heddle_instance_close.
 *   The host and every open instance are references to the same memory, which is freed when the
 *   last one of them is given back. So the owner may stop and destroy the host whatever the
 *   networks are doing: their calls answer HEDDLE_STOPPED, and each closes its instance in its own
 *   time.
 *
 * Arguments are borrowed for the duration of the call. Strings are NUL-terminated UTF-8. A pointer
 * with a size may be NULL only if the size is 0.
 *
 * Broken contracts that no caller can act on (a NULL handle, two overlapping calls for one
 * instance, a host destroyed inside one of its own callbacks) abort with a message. No exception
 * ever leaves these functions: running out of memory is HEDDLE_NO_MEMORY.
 */
#ifndef HEDDLE_HOST_H_
#define HEDDLE_HOST_H_

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
#define HEDDLE_NOEXCEPT noexcept
extern "C" {
#else
#define HEDDLE_NOEXCEPT
#endif

/* Goes up with every incompatible change. */
#define HEDDLE_ABI_VERSION 1u

/* Longest strings, in bytes without the NUL. libp2p peer ids have at most 64 characters or so,
 * lean topics and protocol ids less than 80. */
#define HEDDLE_MAX_PEER_BYTES 128u
#define HEDDLE_MAX_TOPIC_BYTES 256u
#define HEDDLE_MAX_PROTOCOL_BYTES 256u
#define HEDDLE_MAX_MESSAGE_BYTES 1024u

/* Default of heddle_config.max_payload_bytes: the protocol's MAX_PAYLOAD_SIZE (10 MiB) and what
 * snappy may add to bytes that do not compress (32 + n + n/6). */
#define HEDDLE_DEFAULT_MAX_PAYLOAD_BYTES (10485760u + 32u + 1747626u)

#define HEDDLE_PUBLIC_KEY_BYTES 52u
#define HEDDLE_ROOT_BYTES 32u

/* Most instances a host can have: each has its own channel. */
#define HEDDLE_MAX_INSTANCES 64u

/* --- Status ----------------------------------------------------------------------------------- */

typedef int32_t heddle_status;

enum {
  HEDDLE_OK = 0,
  /* Back-pressure: the channel of this instance is full. Nothing was taken; keep the message and
   * call again later. Counted. Never answered by a dispatcher that applies on the caller's thread.
   */
  HEDDLE_FULL = 1,
  /* The host was stopped (or not started yet): nothing was taken, and nothing will be. */
  HEDDLE_STOPPED = 2,
  /* An argument breaks this header's rules. Nothing was done. */
  HEDDLE_INVALID = 3,
  /* The payload is larger than heddle_config.max_payload_bytes. Nothing was taken. Counted. */
  HEDDLE_TOO_LARGE = 4,
  /* Memory ran out. From a callback: the event was not taken, and a host that was applying it
   * stops: what it had taken before is not drained. heddle_host_join then says so. */
  HEDDLE_NO_MEMORY = 5,
  /* A thread or an event loop could not be created. */
  HEDDLE_SYSTEM = 6
};

/* "full", "stopped", ... A static string; "unknown status" for any other number. */
const char* heddle_status_name(heddle_status status) HEDDLE_NOEXCEPT;

/* --- Observer --------------------------------------------------------------------------------- */

enum {
  HEDDLE_EVENT_PEER_CONNECTED = 0,
  HEDDLE_EVENT_PEER_DISCONNECTED = 1,
  HEDDLE_EVENT_GOSSIP = 2,
  HEDDLE_EVENT_RPC_REQUEST = 3,
  HEDDLE_EVENT_RPC_RESPONSE = 4,
  HEDDLE_EVENT_RPC_END = 5,
  HEDDLE_EVENT_RPC_ERROR = 6
};

enum {
  HEDDLE_OUTCOME_NONE = 0,        /* an event that carries nothing for the chain */
  HEDDLE_OUTCOME_ACCEPTED = 1,    /* the store took it */
  HEDDLE_OUTCOME_DUPLICATE = 2,   /* a block that is known */
  HEDDLE_OUTCOME_PENDING = 3,     /* waits for a block that is not known yet */
  HEDDLE_OUTCOME_UNDECODABLE = 4, /* bad topic, compression, framing or SSZ */
  HEDDLE_OUTCOME_REJECTED = 5,    /* by the store; see reason */
  HEDDLE_OUTCOME_RPC_ERROR = 6    /* a response chunk with an error code; see rpc_code */
};

typedef struct heddle_outcome {
  uint32_t kind;      /* HEDDLE_OUTCOME_* */
  uint32_t rpc_code;  /* HEDDLE_OUTCOME_RPC_ERROR: the chunk's code byte, 1..255; otherwise 0 */
  const char* reason; /* HEDDLE_OUTCOME_REJECTED: the specification's name, for example
                         "WRONG_PROPOSER" (static storage); otherwise NULL */
} heddle_outcome;

/* A waiting block that an event let in, or that fell when its turn came. */
typedef struct heddle_release {
  uint8_t block[HEDDLE_ROOT_BYTES];
  heddle_outcome outcome;
} heddle_release;

/* One event was applied. Valid during the call. */
typedef struct heddle_application {
  uint32_t instance; /* index given to heddle_instance_open */
  uint32_t event;    /* HEDDLE_EVENT_* */
  uint64_t sequence; /* which of the instance's taken (HEDDLE_OK) callbacks: 0, 1, 2, ... */
  heddle_outcome outcome;
  uint8_t head[HEDDLE_ROOT_BYTES]; /* of the store, after the event; so are the next two */
  uint64_t justified_slot;
  uint64_t finalized_slot;
  const heddle_release* released; /* in the order of import */
  size_t released_count;
} heddle_application;

/* What the host tells about its work: for metrics and logs. Every function may be NULL.
 *
 * Called on the thread that applies, right after the application and before anything else is
 * applied there: `async`: the loop thread. `worker`: the worker thread. `mutex` and `locks`: the
 * caller's or the loop's thread, with the mutex of the chain held. `unsync`: the caller's or the
 * loop's thread, possibly both at once. The host adds no synchronisation of its own around these
 * calls. An observer may call heddle_host_stop; it must not call any other function of this header
 * on the same host, and must not throw. */
typedef struct heddle_observer {
  void* context; /* given to every call */
  void (*applied)(void* context, const heddle_application* application);
  /* The store advanced to `interval` (one call for each, in order). */
  void (*ticked)(void* context, uint64_t interval);
} heddle_observer;

/* --- Configuration ---------------------------------------------------------------------------- */

/* How a callback reaches the chain. */
enum {
  /* Decodes and applies on the caller's thread, with no lock, while the loop thread ticks the same
   * state. This is wrong, and here to be reproduced: two threads in it are a data race. */
  HEDDLE_DISPATCH_UNSYNC = 0,
  /* The same under one state mutex, which the loop's tick takes too. */
  HEDDLE_DISPATCH_MUTEX = 1,
  /* Copies into the instance's bounded lock-free channel and wakes the loop with ev_async_send; the
   * loop thread drains and applies. A callback never blocks, takes no lock, allocates nothing. */
  HEDDLE_DISPATCH_ASYNC = 2,
  /* Decodes on the caller's thread with no lock, then takes one lock for the network's bookkeeping
   * and one for the chain, never both at once. A callback waits for the chain, but only while
   * another applies or ticks. */
  HEDDLE_DISPATCH_LOCKS = 3,
  /* The callback's side is that of async. The loop thread only routes, into a bounded queue; one
   * worker thread owns the chain, applies and ticks. */
  HEDDLE_DISPATCH_WORKER = 4
};

enum {
  /* An event-loop timer on the loop thread: at tick_origin_ns + k x tick_interval_ns on
   * CLOCK_REALTIME the store advances to interval k (k >= 1). Ticks that are late are caught up,
   * one by one; callbacks get their turn in between, however late the ticks are. */
  HEDDLE_TICKS_TIMER = 0,
  /* Only heddle_host_tick. */
  HEDDLE_TICKS_EXTERNAL = 1
};

enum {
  HEDDLE_SIGNATURES_STRUCTURAL = 0, /* registry bounds, non-empty, decodable */
  HEDDLE_SIGNATURES_COST_MODEL = 1  /* structural, and sleeps signature_cost_ns a signature */
};

/* A validator of the genesis registry. */
typedef struct heddle_validator {
  uint8_t attestation_public_key[HEDDLE_PUBLIC_KEY_BYTES];
  uint8_t proposal_public_key[HEDDLE_PUBLIC_KEY_BYTES];
} heddle_validator;

/* Fill with heddle_config_init, then set what differs. Copied by heddle_host_create. */
typedef struct heddle_config {
  uint32_t abi_version; /* HEDDLE_ABI_VERSION; anything else is HEDDLE_INVALID */
  uint32_t dispatcher;  /* HEDDLE_DISPATCH_*; default async */

  uint64_t genesis_time;              /* Unix seconds, in the genesis state */
  const heddle_validator* validators; /* the registry in index order; at least one */
  size_t validator_count;

  uint32_t tick_source;      /* HEDDLE_TICKS_*; default timer */
  uint32_t instances;        /* 1..HEDDLE_MAX_INSTANCES; default 1 */
  int64_t tick_origin_ns;    /* timer: CLOCK_REALTIME of interval 0, in ns; default: genesis_time.
                                May lie in the past: the ticks since then are caught up first */
  uint64_t tick_interval_ns; /* timer: > 0; default 800 ms */

  /* async, worker: the bounds of each instance's channel. One that is reached answers HEDDLE_FULL.
   */
  uint32_t channel_capacity;  /* events, 1..2^20; default 1024 */
  uint32_t signature_check;   /* HEDDLE_SIGNATURES_*; default structural */
  uint64_t channel_bytes;     /* bytes of all events together; 0 (default): twice the largest event,
                                 the least that is allowed. Reserved at creation, used lazily */
  uint64_t max_payload_bytes; /* default HEDDLE_DEFAULT_MAX_PAYLOAD_BYTES; at most 2^30 */
  uint64_t signature_cost_ns; /* cost model: time a signature takes; default 0 */

  heddle_observer observer; /* default: none */
} heddle_config;

/* Sets every field to its default. */
void heddle_config_init(heddle_config* config) HEDDLE_NOEXCEPT;

/* --- The host, for its owner ------------------------------------------------------------------ */

typedef struct heddle_host heddle_host;

/* A sentence for a person about what was wrong: NUL-terminated, cut to fit. */
typedef struct heddle_error {
  char message[256];
} heddle_error;

/* Creates a host at rest, with the genesis state of the configuration, and stores it in `*host`.
 * On failure `*host` is NULL, everything is freed again, and `error` (may be NULL) says why.
 * HEDDLE_INVALID, HEDDLE_NO_MEMORY, HEDDLE_SYSTEM. */
heddle_status heddle_host_create(const heddle_config* config, heddle_host** host,
                                 heddle_error* error) HEDDLE_NOEXCEPT;

/* Starts the loop thread. Until then callbacks answer HEDDLE_STOPPED.
 * HEDDLE_SYSTEM if the thread cannot be created (the host is as before: start may be tried again);
 * HEDDLE_INVALID if it was started before; HEDDLE_STOPPED if it was stopped before. */
heddle_status heddle_host_start(heddle_host* host) HEDDLE_NOEXCEPT;

/* Asks the host to stop, and does not wait. From any thread at any moment, inside an observer's
 * call too, any number of times. What was answered HEDDLE_OK is still applied; from some moment on,
 * soon, callbacks answer HEDDLE_STOPPED, and that is final. */
void heddle_host_stop(heddle_host* host) HEDDLE_NOEXCEPT;

/* Waits until a stop is complete: all that was taken is applied, and the loop thread is gone.
 * (A call that is applying on its caller's own thread in `mutex`, `locks` or `unsync` may still be
 * on its way out.) Returns at once if the host never started. Any number of threads may wait.
 * HEDDLE_INVALID on the loop thread itself, which cannot wait for its own end. */
heddle_status heddle_host_join(heddle_host* host) HEDDLE_NOEXCEPT;

/* Stops, joins and gives the host back; `host` must not be used afterwards. NULL is ignored.
 * Instances stay valid until they are closed. Aborts on the loop thread. */
void heddle_host_destroy(heddle_host* host) HEDDLE_NOEXCEPT;

/* Asks the loop thread to advance the store to `interval`, one interval at a time; one that has
 * passed is ignored. Works with both tick sources. Does not wait: see heddle_host_flush.
 * HEDDLE_STOPPED when the host is stopped or was not started. Any thread. */
heddle_status heddle_host_tick(heddle_host* host, uint64_t interval) HEDDLE_NOEXCEPT;

/* Before heddle_host_start: the timer will tick, from `tick_origin_ns` on and every
 * `tick_interval_ns`, whatever the configuration said. For a host that has state to catch up with
 * before its clock begins. HEDDLE_INVALID after the start, or for values that heddle_config does
 * not allow. */
heddle_status heddle_host_use_timer(heddle_host* host, int64_t tick_origin_ns,
                                    uint64_t tick_interval_ns) HEDDLE_NOEXCEPT;

/* Turns the timer off: from the return of this call only heddle_host_tick advances the store.
 * Waits for the loop thread; HEDDLE_INVALID there. HEDDLE_STOPPED as above. Any thread. */
heddle_status heddle_host_stop_timer(heddle_host* host) HEDDLE_NOEXCEPT;

/* Waits until the loop thread has applied everything that was delivered, and has run every tick
 * that was asked for or due, before this call. HEDDLE_STOPPED when the host is stopped or was not
 * started (after heddle_host_join all that was taken is applied). HEDDLE_INVALID on the loop
 * thread. Not for callbacks or observers: it blocks. Any thread, any number of them. */
heddle_status heddle_host_flush(heddle_host* host) HEDDLE_NOEXCEPT;

/* --- Instances: the network's side ------------------------------------------------------------ */

typedef struct heddle_instance heddle_instance;

/* Opens instance `index` (0 .. instances - 1) for one network and stores it in `*instance`.
 * HEDDLE_INVALID if there is no such index or it is open already. Any thread. */
heddle_status heddle_instance_open(heddle_host* host, uint32_t index,
                                   heddle_instance** instance) HEDDLE_NOEXCEPT;

/* Gives the instance back, after the last callback for it has returned; it must not be used
 * afterwards. Events that were taken are still applied. NULL is ignored. */
void heddle_instance_close(heddle_instance* instance) HEDDLE_NOEXCEPT;

/* What became of the instance's callbacks so far. Any thread, while calls go on too. */
typedef struct heddle_instance_counters {
  uint64_t taken;     /* answered HEDDLE_OK */
  uint64_t full;      /* HEDDLE_FULL */
  uint64_t stopped;   /* HEDDLE_STOPPED */
  uint64_t invalid;   /* HEDDLE_INVALID */
  uint64_t too_large; /* HEDDLE_TOO_LARGE */
  uint64_t no_memory; /* HEDDLE_NO_MEMORY */
  uint64_t wakeups;   /* async, worker: callbacks that had to wake the loop */
} heddle_instance_counters;

void heddle_instance_read_counters(const heddle_instance* instance,
                                   heddle_instance_counters* counters) HEDDLE_NOEXCEPT;

/* --- Callbacks -------------------------------------------------------------------------------- */
/* All answer HEDDLE_OK, HEDDLE_FULL, HEDDLE_STOPPED, HEDDLE_INVALID (a NULL or overlong string, a
 * NULL payload with a size), HEDDLE_TOO_LARGE or HEDDLE_NO_MEMORY. HEDDLE_OK means: taken, will be
 * applied exactly once, after everything taken from this instance before it. What the message is
 * worth (undecodable, rejected, ...) is not the network's business: see heddle_observer. */

enum { HEDDLE_INBOUND = 0, HEDDLE_OUTBOUND = 1, HEDDLE_UNKNOWN_DIRECTION = 2 };
enum {
  HEDDLE_DISCONNECT_TIMEOUT = 0,
  HEDDLE_DISCONNECT_REMOTE_CLOSE = 1,
  HEDDLE_DISCONNECT_LOCAL_CLOSE = 2,
  HEDDLE_DISCONNECT_ERROR = 3
};

heddle_status heddle_peer_connected(heddle_instance* instance, const char* peer,
                                    uint32_t direction) HEDDLE_NOEXCEPT;

heddle_status heddle_peer_disconnected(heddle_instance* instance, const char* peer,
                                       uint32_t direction, uint32_t reason) HEDDLE_NOEXCEPT;

/* A gossip message, as it came off the wire: raw snappy over SSZ. */
heddle_status heddle_gossip(heddle_instance* instance, const char* topic, const uint8_t* payload,
                            size_t payload_size, const char* peer) HEDDLE_NOEXCEPT;

/* A peer asks us. `channel` names the stream on which the answer goes. */
heddle_status heddle_rpc_request(heddle_instance* instance, uint64_t channel, const char* peer,
                                 const char* protocol, const uint8_t* request,
                                 size_t request_size) HEDDLE_NOEXCEPT;

/* One chunk of the answer to our request number `request`: code byte, varint length, snappy
 * frames. */
heddle_status heddle_rpc_response(heddle_instance* instance, uint64_t request, const char* peer,
                                  const char* protocol, const uint8_t* chunk,
                                  size_t chunk_size) HEDDLE_NOEXCEPT;

/* The answer to `request` is complete: the stream closed. */
heddle_status heddle_rpc_end(heddle_instance* instance, uint64_t request, const char* peer,
                             const char* protocol) HEDDLE_NOEXCEPT;

/* `request` failed (timeout, refused protocol, connection lost): nothing more comes for it. */
heddle_status heddle_rpc_error(heddle_instance* instance, uint64_t request, const char* protocol,
                               uint32_t code, const char* message) HEDDLE_NOEXCEPT;

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* HEDDLE_HOST_H_ */
