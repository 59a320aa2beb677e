//! What recorders could do differently, as ../testing/edges.c writes it: `edges OUT.jsonl`.
const std = @import("std");
const recording = @import("heddle_trace_recorder.zig");

pub fn main() !void {
    const path = std.mem.span(std.os.argv[1]);
    var bytes: [256]u8 = undefined;
    for (&bytes, 0..) |*byte, i| byte.* = @intCast(255 - i);
    var validators: [2]recording.Validator = undefined;
    for (&validators, 0..) |*validator, i| {
        @memcpy(&validator.attestation_public_key, bytes[7 * i ..][0..52]);
        @memcpy(&validator.proposal_public_key, bytes[7 * i + 100 ..][0..52]);
    }
    const after_ascii = "ä€😀";
    var odd: [127 + after_ascii.len]u8 = undefined;
    for (odd[0..127], 0..) |*c, i| c.* = @intCast(i + 1);
    @memcpy(odd[127..], after_ascii);
    var r = try recording.Recorder.create(path, "ab\"c\\d", std.math.maxInt(u64), &validators);
    try r.peerConnected(std.math.minInt(i64), &odd);
    try r.peerConnected(-5, "");
    for ([_]u16{ 0, 1, 2, 3, 4, 5, 6, 7, 256 }) |size| {
        try r.gossip(10 - @as(i64, size), "late", &odd, bytes[0..size], bytes[30..50]);
    }
    const most = std.math.maxInt(u64);
    try r.rpcResponse(std.math.maxInt(i64), "last", most, &odd, bytes[0..4]);
    try r.rpcEnd(0, "last", most);
    try r.peerDisconnected(0, "last");
    try r.close();
}
