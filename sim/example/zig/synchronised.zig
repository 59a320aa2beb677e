//! Correct programs, one for each kind of synchronisation: `synchronised KIND`.
const std = @import("std");
const Thread = std.Thread;

const count = 3;
// Data that only the synchronisation under test protects.
var plain: u64 = 0;

fn inThreads(comptime work: fn (u64) void) !void {
    var threads: [count]Thread = undefined;
    for (&threads, 0..) |*thread, i| thread.* = try Thread.spawn(.{}, work, .{@as(u64, i)});
    for (threads) |thread| thread.join();
}

var mutex = Thread.Mutex{};
var condition = Thread.Condition{};
var event = Thread.ResetEvent{};
var semaphore = Thread.Semaphore{};
var rwlock = Thread.RwLock{};
var group = Thread.WaitGroup{};
var word = std.atomic.Atomic(u32).init(0);
var arrived: u32 = 0; // under the mutex

fn addLocked(_: u64) void {
    var i: u32 = 0;
    while (i < 2) : (i += 1) {
        mutex.lock();
        defer mutex.unlock();
        plain += 1;
    }
}

fn meet(i: u64) void {
    mutex.lock();
    defer mutex.unlock();
    plain += 1;
    if (i == 0) {
        while (plain < count) condition.wait(&mutex);
    } else {
        condition.broadcast();
    }
}

fn afterEvent(i: u64) void {
    if (i == 0) {
        plain = 1;
        event.set();
    } else {
        event.wait();
        std.debug.assert(plain == 1);
    }
}

// Waits that may also end by their deadline.
fn timed(i: u64) void {
    if (i == 0) {
        plain = 1;
        event.set();
        mutex.lock();
        defer mutex.unlock();
        arrived += 1;
        condition.broadcast();
    } else {
        while (true) {
            event.timedWait(std.time.ns_per_ms) catch continue;
            break;
        }
        std.debug.assert(plain == 1);
        mutex.lock();
        defer mutex.unlock();
        while (arrived == 0) condition.timedWait(&mutex, std.time.ns_per_ms) catch {};
    }
}

fn byFutex(i: u64) void {
    if (i == 0) {
        plain = 1;
        word.store(1, .Release);
        Thread.Futex.wake(&word, count);
    } else {
        while (word.load(.Acquire) == 0) Thread.Futex.wait(&word, 0);
        std.debug.assert(plain == 1);
    }
}

var initialise = std.once(addOne);
fn addOne() void {
    plain += 1;
}
fn once(_: u64) void {
    initialise.call();
    std.debug.assert(plain == 1);
}

fn bySemaphore(i: u64) void {
    if (i == 0) {
        plain = 1;
        semaphore.post();
    } else if (i == 1) {
        semaphore.wait();
        std.debug.assert(plain == 1);
    }
}

fn byRwLock(i: u64) void {
    if (i == 0) {
        rwlock.lock();
        defer rwlock.unlock();
        plain += 1;
    } else {
        rwlock.lockShared();
        defer rwlock.unlockShared();
        std.debug.assert(plain <= 1);
    }
}

fn job() void {
    defer group.finish();
    mutex.lock();
    defer mutex.unlock();
    plain += 1;
}

fn pool() !void {
    var threads: Thread.Pool = undefined;
    try threads.init(.{ .allocator = std.heap.c_allocator, .n_jobs = 2 });
    defer threads.deinit();
    var i: u32 = 0;
    while (i < count) : (i += 1) {
        group.start();
        try threads.spawn(job, .{});
    }
    group.wait();
    std.debug.assert(plain == count);
}

pub fn main() !void {
    if (std.os.argv.len != 2) return error.ExpectedAKind;
    const kind = std.mem.span(std.os.argv[1]);
    const is = std.mem.eql;
    if (is(u8, kind, "mutex")) {
        try inThreads(addLocked);
        std.debug.assert(plain == 2 * count);
    } else if (is(u8, kind, "condition")) {
        try inThreads(meet);
    } else if (is(u8, kind, "reset-event")) {
        try inThreads(afterEvent);
    } else if (is(u8, kind, "timed")) {
        try inThreads(timed);
    } else if (is(u8, kind, "futex")) {
        try inThreads(byFutex);
    } else if (is(u8, kind, "once")) {
        try inThreads(once);
    } else if (is(u8, kind, "semaphore")) {
        try inThreads(bySemaphore);
    } else if (is(u8, kind, "rwlock")) {
        try inThreads(byRwLock);
    } else if (is(u8, kind, "pool")) {
        try pool();
    } else return error.UnknownKind;
}
