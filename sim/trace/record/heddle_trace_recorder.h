/* Records a gossip trace from your own client: what its network thread hands to the host, with
 * times.
 *
 * One header, C99 (with POSIX clocks: -std=gnu99) and C++, nothing but libc. Include it where your
 * callbacks are:
 *
 *   heddle_recorder* r = heddle_recorder_open("out.jsonl", "12345678", genesis_time, keys, count);
 *   heddle_record_gossip(r, heddle_record_now(r), peer, topic, payload, size, message_id);
 *   ...
 *   if (heddle_recorder_close(r) != 0) perror("out.jsonl");
 *
 * The file is JSON Lines (sim/trace/trace.h has the format), one line an event, so that what is
 * recorded when the process dies can be read up to the last whole line. Check it with
 * `heddle trace verify`, and compress it with zstd if you like (out.jsonl.zst).
 *
 * Threads: calls on one recorder must not overlap; give it a lock, or record on one thread.
 * Arguments are borrowed for the call. Errors (a full disk) are remembered: the calls return -1
 * with errno from then on, and heddle_recorder_close() too.
 */
#ifndef HEDDLE_TRACE_RECORDER_H_
#define HEDDLE_TRACE_RECORDER_H_

#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#ifdef __cplusplus
extern "C" {
#endif

#define HEDDLE_PUBLIC_KEY_SIZE 52
#define HEDDLE_MESSAGE_ID_SIZE 20

/* One entry of the validator registry. */
typedef struct heddle_validator {
  uint8_t attestation_public_key[HEDDLE_PUBLIC_KEY_SIZE];
  uint8_t proposal_public_key[HEDDLE_PUBLIC_KEY_SIZE];
} heddle_validator;

typedef struct heddle_recorder {
  FILE* file;
  int error; /* errno of the first call that failed; 0 */
  int64_t genesis_ns;
  int64_t last_ns; /* of the last event */
} heddle_recorder;

static inline void heddle_recorder_note_(heddle_recorder* r) {
  if (r->error == 0 && ferror(r->file)) r->error = errno != 0 ? errno : EIO;
}

static inline void heddle_recorder_hex_(heddle_recorder* r, const uint8_t* bytes, size_t size) {
  size_t i;
  for (i = 0; i < size; ++i) fprintf(r->file, "%02x", bytes[i]);
}

static inline void heddle_recorder_base64_(heddle_recorder* r, const uint8_t* bytes, size_t size) {
  static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  size_t i;
  for (i = 0; i < size; i += 3) {
    const uint32_t second = i + 1 < size ? bytes[i + 1] : 0,
                   third = i + 2 < size ? bytes[i + 2] : 0;
    const uint32_t word = (uint32_t)bytes[i] << 16 | second << 8 | third;
    putc(digits[word >> 18], r->file);
    putc(digits[word >> 12 & 63], r->file);
    putc(i + 1 < size ? digits[word >> 6 & 63] : '=', r->file);
    putc(i + 2 < size ? digits[word & 63] : '=', r->file);
  }
}

/* A JSON string. */
static inline void heddle_recorder_text_(heddle_recorder* r, const char* text) {
  putc('"', r->file);
  for (; *text != 0; ++text) {
    const unsigned char c = (unsigned char)*text;
    if (c == '"' || c == '\\') putc('\\', r->file);
    if (c < 0x20) {
      fprintf(r->file, "\\u%04x", c);
    } else {
      putc(c, r->file);
    }
  }
  putc('"', r->file);
}

static inline int heddle_recorder_end_(heddle_recorder* r) {
  fputs("}\n", r->file);
  fflush(r->file);
  heddle_recorder_note_(r);
  if (r->error == 0) return 0;
  errno = r->error;
  return -1;
}

/* Begins a line. Events are written in the order of their times: one that is a little late (another
 * thread was quicker) gets the time of the one before it. */
static inline void heddle_recorder_begin_(heddle_recorder* r, int64_t t, const char* kind,
                                          const char* peer) {
  if (t < r->last_ns) t = r->last_ns;
  r->last_ns = t;
  fprintf(r->file, "{\"t\":%" PRId64 ",\"kind\":\"%s\",\"peer\":", t, kind);
  heddle_recorder_text_(r, peer);
}

/* Creates the file and writes its header. `network` is the fork digest in the topic names;
 * `genesis_time` is in Unix seconds; `validators` is the registry, in index order. NULL with errno
 * when it cannot be done. */
static inline heddle_recorder* heddle_recorder_open(const char* path, const char* network,
                                                    uint64_t genesis_time,
                                                    const heddle_validator* validators,
                                                    size_t count) {
  size_t i;
  heddle_recorder* r = (heddle_recorder*)calloc(1, sizeof *r);
  if (r == NULL) return NULL;
  r->file = fopen(path, "wb");
  if (r->file == NULL) {
    free(r);
    return NULL;
  }
  r->genesis_ns = (int64_t)genesis_time * 1000000000;
  r->last_ns = INT64_MIN;
  fputs("{\"format\":\"gossip-trace\",\"version\":1,\"network\":", r->file);
  heddle_recorder_text_(r, network);
  fprintf(r->file, ",\"genesis_time\":%" PRIu64 ",\"validators\":[", genesis_time);
  for (i = 0; i < count; ++i) {
    fputs(i == 0 ? "{\"attestation_public_key\":\"" : ",{\"attestation_public_key\":\"", r->file);
    heddle_recorder_hex_(r, validators[i].attestation_public_key, HEDDLE_PUBLIC_KEY_SIZE);
    fputs("\",\"proposal_public_key\":\"", r->file);
    heddle_recorder_hex_(r, validators[i].proposal_public_key, HEDDLE_PUBLIC_KEY_SIZE);
    fputs("\"}", r->file);
  }
  fputs("]", r->file);
  heddle_recorder_end_(r);
  return r;
}

/* The time of an event that happens now: nanoseconds since genesis, negative before it. */
static inline int64_t heddle_record_now(const heddle_recorder* r) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec - r->genesis_ns;
}

static inline int heddle_record_peer_connected(heddle_recorder* r, int64_t t, const char* peer) {
  heddle_recorder_begin_(r, t, "peer_connected", peer);
  return heddle_recorder_end_(r);
}

static inline int heddle_record_peer_disconnected(heddle_recorder* r, int64_t t, const char* peer) {
  heddle_recorder_begin_(r, t, "peer_disconnected", peer);
  return heddle_recorder_end_(r);
}

/* `data` is the payload as it came off the wire (raw snappy over SSZ). `id` is gossipsub's message
 * id, HEDDLE_MESSAGE_ID_SIZE bytes; NULL when your callback does not get it: `heddle trace
 * complete` then computes the ids and marks what came before. */
static inline int heddle_record_gossip(heddle_recorder* r, int64_t t, const char* peer,
                                       const char* topic, const uint8_t* data, size_t size,
                                       const uint8_t* id) {
  heddle_recorder_begin_(r, t, "gossip", peer);
  fputs(",\"topic\":", r->file);
  heddle_recorder_text_(r, topic);
  if (id != NULL) {
    fputs(",\"id\":\"", r->file);
    heddle_recorder_hex_(r, id, HEDDLE_MESSAGE_ID_SIZE);
    fputs("\"", r->file);
  }
  fputs(",\"data\":\"", r->file);
  heddle_recorder_base64_(r, data, size);
  fputs("\"", r->file);
  return heddle_recorder_end_(r);
}

/* One chunk of a response: code byte, varint length, snappy frames. `request` is a number of your
 * choice, one for each request. */
static inline int heddle_record_rpc_response(heddle_recorder* r, int64_t t, const char* peer,
                                             uint64_t request, const char* protocol,
                                             const uint8_t* data, size_t size) {
  heddle_recorder_begin_(r, t, "rpc_response", peer);
  fprintf(r->file, ",\"request\":%" PRIu64 ",\"protocol\":", request);
  heddle_recorder_text_(r, protocol);
  fputs(",\"data\":\"", r->file);
  heddle_recorder_base64_(r, data, size);
  fputs("\"", r->file);
  return heddle_recorder_end_(r);
}

/* The response's stream was closed. */
static inline int heddle_record_rpc_end(heddle_recorder* r, int64_t t, const char* peer,
                                        uint64_t request) {
  heddle_recorder_begin_(r, t, "rpc_end", peer);
  fprintf(r->file, ",\"request\":%" PRIu64, request);
  return heddle_recorder_end_(r);
}

/* Finishes the file and frees the recorder. 0, or -1 with errno when anything was not written. */
static inline int heddle_recorder_close(heddle_recorder* r) {
  int error = r->error;
  if (fclose(r->file) != 0 && error == 0) error = errno;
  free(r);
  if (error == 0) return 0;
  errno = error;
  return -1;
}

#ifdef __cplusplus
}
#endif

#endif /* HEDDLE_TRACE_RECORDER_H_ */
