/* What recorders in other languages could do differently: every byte in texts and data, late and
 * extreme times, extreme numbers. `record-edges OUT.jsonl`; the recorders in Rust and Zig write the
 * same (rust/examples/edges.rs, zig/edges.zig). */
#include <stdio.h>
#include <string.h>

#include "sim/trace/record/heddle_trace_recorder.h"

int main(int argc, char** argv) {
  static const size_t sizes[] = {0, 1, 2, 3, 4, 5, 6, 7, 256};
  static const char after_ascii[] = "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80";
  uint8_t bytes[256];
  char odd[127 + sizeof after_ascii];
  heddle_validator validators[2];
  heddle_recorder* r;
  size_t i;

  if (argc != 2) return 2;
  for (i = 0; i < 256; ++i) bytes[i] = (uint8_t)(255 - i);
  for (i = 0; i < 127; ++i) odd[i] = (char)(i + 1);
  memcpy(odd + 127, after_ascii, sizeof after_ascii);
  for (i = 0; i < 2; ++i) {
    memcpy(validators[i].attestation_public_key, bytes + 7 * i, HEDDLE_PUBLIC_KEY_SIZE);
    memcpy(validators[i].proposal_public_key, bytes + 7 * i + 100, HEDDLE_PUBLIC_KEY_SIZE);
  }
  r = heddle_recorder_open(argv[1], "ab\"c\\d", UINT64_MAX, validators, 2);
  if (r == NULL) return 1;
  heddle_record_peer_connected(r, INT64_MIN, odd);
  heddle_record_peer_connected(r, -5, "");
  for (i = 0; i < sizeof sizes / sizeof sizes[0]; ++i) {
    heddle_record_gossip(r, 10 - (int64_t)sizes[i], "late", odd, bytes, sizes[i], bytes + 30);
  }
  heddle_record_rpc_response(r, INT64_MAX, "last", UINT64_MAX, odd, bytes, 4);
  heddle_record_rpc_end(r, 0, "last", UINT64_MAX);
  heddle_record_peer_disconnected(r, 0, "last");
  return heddle_recorder_close(r) == 0 ? 0 : 1;
}
