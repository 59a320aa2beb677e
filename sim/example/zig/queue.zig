//! Two producers push into a ring that the main thread reads. `queue`: a producer publishes the
//! count of items before it has written its item, outside the lock. `queue fixed`: inside it.
const std = @import("std");

// Zig's own panic reads the whole debug information: millions of schedule points.
pub fn panic(message: []const u8, _: ?*std.builtin.StackTrace, _: ?usize) noreturn {
    std.debug.print("panic: {s}\n", .{message});
    std.os.abort();
}

const producers = 2;
const items = 2;
const none = 0;

const Queue = struct {
    mutex: std.Thread.Mutex = .{},
    ring: [producers * items]u32 = .{none} ** (producers * items),
    count: std.atomic.Atomic(u32) = std.atomic.Atomic(u32).init(0),

    fn push(self: *Queue, item: u32) void {
        const place = self.count.fetchAdd(1, .AcqRel);
        self.ring[place] = item;
    }

    fn pushLocked(self: *Queue, item: u32) void {
        self.mutex.lock();
        defer self.mutex.unlock();
        const place = self.count.load(.Monotonic);
        self.ring[place] = item;
        self.count.store(place + 1, .Release);
    }

    fn get(self: *Queue, place: u32) u32 {
        while (self.count.load(.Acquire) <= place) std.Thread.yield() catch {};
        return self.ring[place];
    }
};

var queue = Queue{};
var fixed = false;

fn produce() void {
    var i: u32 = 0;
    while (i < items) : (i += 1) {
        if (fixed) queue.pushLocked(i + 1) else queue.push(i + 1);
    }
}

pub fn main() !void {
    fixed = std.os.argv.len > 1 and
        std.mem.eql(u8, std.mem.span(std.os.argv[1]), "fixed");
    var threads: [producers]std.Thread = undefined;
    for (&threads) |*thread| thread.* = try std.Thread.spawn(.{}, produce, .{});
    var place: u32 = 0;
    while (place < producers * items) : (place += 1) {
        if (queue.get(place) == none) @panic("an item that was not written yet");
    }
    for (threads) |thread| thread.join();
}
