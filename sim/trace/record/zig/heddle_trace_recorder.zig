//! Records a gossip trace from your own client: what its network thread hands to the host, with
//! times. What it writes is what ../heddle_trace_recorder.h writes, byte for byte. For Zig 0.11;
//! nothing but std, no allocation.
//!
//!     var recorder = try Recorder.create("out.jsonl", "12345678", genesis_time, &keys);
//!     try recorder.gossip(recorder.now(), peer, topic, payload, null);
//!     ...
//!     try recorder.close();
//!
//! The file is JSON Lines (sim/trace/trace.h has the format), one line an event, so that what is
//! recorded when the process dies can be read up to the last whole line.
//!
//! Threads: calls on one recorder must not overlap; give it a lock, or record on one thread. Slices
//! are borrowed for the call. After an error (a full disk) nothing more is written, and each call,
//! close() too, returns that error.
const std = @import("std");

pub const public_key_size = 52;
pub const message_id_size = 20;
pub const Error = std.fs.File.WriteError;

/// gossipsub's id of a message.
pub const MessageId = [message_id_size]u8;

/// One entry of the validator registry.
pub const Validator = struct {
    attestation_public_key: [public_key_size]u8,
    proposal_public_key: [public_key_size]u8,
};

pub const Recorder = struct {
    writer: std.io.BufferedWriter(4096, std.fs.File.Writer),
    failed: ?Error = null, // the first call that failed
    genesis_ns: i64,
    last_ns: i64 = std.math.minInt(i64),

    /// Creates the file and writes its header. `network` is the fork digest in the topic names;
    /// `genesis_time` is in Unix seconds; `validators` is the registry, in index order.
    pub fn create(
        path: []const u8,
        network: []const u8,
        genesis_time: u64,
        validators: []const Validator,
    ) (std.fs.File.OpenError || Error)!Recorder {
        const file = try std.fs.cwd().createFile(path, .{});
        errdefer file.close();
        var self = Recorder{
            .writer = .{ .unbuffered_writer = file.writer() },
            .genesis_ns = @as(i64, @bitCast(genesis_time)) *% std.time.ns_per_s,
        };
        try self.header(network, genesis_time, validators);
        return self;
    }

    /// The time of an event that happens now: nanoseconds since genesis, negative before it.
    pub fn now(self: *const Recorder) i64 {
        return @as(i64, @truncate(std.time.nanoTimestamp())) -% self.genesis_ns;
    }

    pub fn peerConnected(self: *Recorder, t: i64, peer: []const u8) Error!void {
        return self.note(self.event(t, "peer_connected", peer, .{}));
    }

    pub fn peerDisconnected(self: *Recorder, t: i64, peer: []const u8) Error!void {
        return self.note(self.event(t, "peer_disconnected", peer, .{}));
    }

    /// `data` is the payload as it came off the wire (raw snappy over SSZ). `id` is gossipsub's
    /// message id; null when your callback does not get it: `heddle trace complete` then computes
    /// the ids and marks what came before.
    pub fn gossip(
        self: *Recorder,
        t: i64,
        peer: []const u8,
        topic: []const u8,
        data: []const u8,
        id: ?*const MessageId,
    ) Error!void {
        return self.note(self.event(t, "gossip", peer, .{ .topic = topic, .id = id, .data = data }));
    }

    /// One chunk of a response: code byte, varint length, snappy frames. `request` is a number of
    /// your choice, one for each request.
    pub fn rpcResponse(
        self: *Recorder,
        t: i64,
        peer: []const u8,
        request: u64,
        protocol: []const u8,
        data: []const u8,
    ) Error!void {
        return self.note(self.event(t, "rpc_response", peer, .{
            .request = request,
            .protocol = protocol,
            .data = data,
        }));
    }

    /// The response's stream was closed.
    pub fn rpcEnd(self: *Recorder, t: i64, peer: []const u8, request: u64) Error!void {
        return self.note(self.event(t, "rpc_end", peer, .{ .request = request }));
    }

    /// Finishes the file. The error, if anything was not written.
    pub fn close(self: *Recorder) Error!void {
        self.writer.unbuffered_writer.context.close();
        if (self.failed) |failed| return failed;
    }

    // What an event has behind its peer, in the order of the format.
    const Fields = struct {
        request: ?u64 = null,
        protocol: ?[]const u8 = null,
        topic: ?[]const u8 = null,
        id: ?*const MessageId = null,
        data: ?[]const u8 = null,
    };

    fn note(self: *Recorder, result: Error!void) Error!void {
        result catch |failed| {
            if (self.failed == null) self.failed = failed;
            return failed;
        };
    }

    fn header(
        self: *Recorder,
        network: []const u8,
        genesis_time: u64,
        validators: []const Validator,
    ) Error!void {
        const out = self.writer.writer();
        try out.writeAll("{\"format\":\"gossip-trace\",\"version\":1,\"network\":");
        try writeText(out, network);
        try out.print(",\"genesis_time\":{},\"validators\":[", .{genesis_time});
        for (validators, 0..) |validator, i| {
            try out.print("{s}{{\"attestation_public_key\":\"{}\",\"proposal_public_key\":\"{}\"}}", .{
                if (i == 0) "" else ",",
                std.fmt.fmtSliceHexLower(&validator.attestation_public_key),
                std.fmt.fmtSliceHexLower(&validator.proposal_public_key),
            });
        }
        try out.writeAll("]}\n");
        try self.writer.flush();
    }

    // Events are written in the order of their times: one that is a little late (another thread was
    // quicker) gets the time of the one before it.
    fn event(self: *Recorder, t: i64, kind: []const u8, peer: []const u8, fields: Fields) Error!void {
        if (self.failed) |failed| return failed;
        self.last_ns = @max(t, self.last_ns);
        const out = self.writer.writer();
        try out.print("{{\"t\":{},\"kind\":\"{s}\",\"peer\":", .{ self.last_ns, kind });
        try writeText(out, peer);
        if (fields.request) |request| try out.print(",\"request\":{}", .{request});
        if (fields.protocol) |protocol| {
            try out.writeAll(",\"protocol\":");
            try writeText(out, protocol);
        }
        if (fields.topic) |topic| {
            try out.writeAll(",\"topic\":");
            try writeText(out, topic);
        }
        if (fields.id) |id| try out.print(",\"id\":\"{}\"", .{std.fmt.fmtSliceHexLower(id)});
        if (fields.data) |data| {
            try out.writeAll(",\"data\":\"");
            try writeBase64(out, data);
            try out.writeByte('"');
        }
        try out.writeAll("}\n");
        try self.writer.flush();
    }
};

// A JSON string.
fn writeText(out: anytype, text: []const u8) !void {
    try out.writeByte('"');
    for (text) |c| {
        if (c == '"' or c == '\\') try out.writeByte('\\');
        if (c < 0x20) {
            try out.print("\\u{x:0>4}", .{c});
        } else {
            try out.writeByte(c);
        }
    }
    try out.writeByte('"');
}

fn writeBase64(out: anytype, bytes: []const u8) !void {
    const encoder = std.base64.standard.Encoder;
    var rest = bytes;
    while (rest.len > 0) {
        const chunk = rest[0..@min(3, rest.len)];
        var digits: [4]u8 = undefined;
        try out.writeAll(encoder.encode(&digits, chunk));
        rest = rest[chunk.len..];
    }
}

test "a full disk is remembered" {
    try std.testing.expectError(error.NoSpaceLeft, Recorder.create("/dev/full", "12345678", 0, &.{}));

    const full = try std.fs.cwd().createFile("/dev/full", .{});
    var recorder = try Recorder.create("/dev/null", "12345678", 0, &.{});
    const room = recorder.writer.unbuffered_writer;
    recorder.writer.unbuffered_writer = full.writer();
    try std.testing.expectError(error.NoSpaceLeft, recorder.peerConnected(1, "peer"));
    recorder.writer.unbuffered_writer = room; // there is room again
    try std.testing.expectError(error.NoSpaceLeft, recorder.peerConnected(2, "peer"));
    try std.testing.expectError(error.NoSpaceLeft, recorder.close());
    full.close();
}

test "now counts from genesis" {
    var past = try Recorder.create("/dev/null", "12345678", 1, &.{});
    var future = try Recorder.create("/dev/null", "12345678", 9_000_000_000, &.{});
    try std.testing.expect(past.now() > 0);
    try std.testing.expect(future.now() < 0);
    try past.close();
    try future.close();
}
