//! A client's callbacks, recorded, as ../example.c does it: a peer comes, sends a vote twice (another
//! peer forwarded it too), answers a request, and goes. `example OUT.jsonl` writes the trace.
//!
//! In a real client the payload, the topic and the message id come from gossipsub.
const std = @import("std");
const recording = @import("heddle_trace_recorder.zig");

const topic = "/leanconsensus/12345678/attestation_0/ssz_snappy";
const protocol = "/leanconsensus/req/blocks_by_root/1/ssz_snappy";

pub fn main() !void {
    if (std.os.argv.len != 2) {
        std.debug.print("usage: {s} OUT.jsonl\n", .{std.os.argv[0]});
        std.os.exit(2);
    }
    // Raw snappy: the length, then one literal of as many bytes.
    const vote = [_]u8{ 5, 4 << 2 } ++ "vote!";
    const error_chunk = [_]u8{2}; // code 2: server error, no message
    // In a real client: the registry's keys.
    const validators = [_]recording.Validator{std.mem.zeroes(recording.Validator)} ** 2;
    const path = std.mem.span(std.os.argv[1]);
    var r = try recording.Recorder.create(path, "12345678", 1_700_000_000, &validators);
    // Times are given here so that every run writes the same; yours are recorder.now().
    try r.peerConnected(-2_000_000_000, "16Uiu2HAmFirst");
    try r.peerConnected(-1_000_000_000, "16Uiu2HAmSecond");
    try r.gossip(850_000_000, "16Uiu2HAmFirst", topic, vote, null);
    try r.gossip(860_000_000, "16Uiu2HAmSecond", topic, vote, null);
    try r.rpcResponse(900_000_000, "16Uiu2HAmFirst", 1, protocol, &error_chunk);
    try r.rpcEnd(900_000_001, "16Uiu2HAmFirst", 1);
    try r.peerDisconnected(1_000_000_000, "16Uiu2HAmFirst");
    try r.close();
}
