/* A client's callbacks, recorded: a peer comes, sends a vote twice (another peer forwarded it too),
 * answers a request, and goes. `record-example OUT.jsonl` writes the trace.
 *
 * In a real client the payload, the topic and the message id come from gossipsub. */
#include <stdio.h>
#include <string.h>

#include "sim/trace/record/heddle_trace_recorder.h"

static const char kTopic[] = "/leanconsensus/12345678/attestation_0/ssz_snappy";
static const char kProtocol[] = "/leanconsensus/req/blocks_by_root/1/ssz_snappy";

int main(int argc, char** argv) {
  /* Raw snappy: the length, then one literal of as many bytes. */
  static const uint8_t vote[] = {5, 4 << 2, 'v', 'o', 't', 'e', '!'};
  static const uint8_t error_chunk[] = {2}; /* code 2: server error, no message */
  heddle_validator validators[2];
  heddle_recorder* recorder;
  int status;

  if (argc != 2) {
    fprintf(stderr, "usage: %s OUT.jsonl\n", argv[0]);
    return 2;
  }
  memset(validators, 0, sizeof validators); /* in a real client: the registry's keys */
  recorder = heddle_recorder_open(argv[1], "12345678", 1700000000, validators, 2);
  if (recorder == NULL) {
    perror(argv[1]);
    return 1;
  }
  /* Times are given here so that every run writes the same; yours are heddle_record_now(recorder).
   */
  heddle_record_peer_connected(recorder, -2000000000, "16Uiu2HAmFirst");
  heddle_record_peer_connected(recorder, -1000000000, "16Uiu2HAmSecond");
  heddle_record_gossip(recorder, 850000000, "16Uiu2HAmFirst", kTopic, vote, sizeof vote, NULL);
  heddle_record_gossip(recorder, 860000000, "16Uiu2HAmSecond", kTopic, vote, sizeof vote, NULL);
  heddle_record_rpc_response(recorder, 900000000, "16Uiu2HAmFirst", 1, kProtocol, error_chunk,
                             sizeof error_chunk);
  heddle_record_rpc_end(recorder, 900000001, "16Uiu2HAmFirst", 1);
  heddle_record_peer_disconnected(recorder, 1000000000, "16Uiu2HAmFirst");
  status = heddle_recorder_close(recorder);
  if (status != 0) perror(argv[1]);
  return status == 0 ? 0 : 1;
}
