//! Correct programs, one for each kind of synchronisation: `synchronised KIND`. Plain data that no
//! atomic guards is handed over by each, so an order that is not seen is a race to
//! ThreadSanitizer.
use std::cell::{Cell, UnsafeCell};
use std::collections::VecDeque;
use std::sync::atomic::{fence, AtomicBool, AtomicUsize, Ordering};
use std::sync::{mpsc, Arc, Barrier, Condvar, Mutex, Once, RwLock};
use std::thread;
use std::time::Duration;

/// Data that only the synchronisation under test protects.
struct Plain(UnsafeCell<u64>);
unsafe impl Sync for Plain {}
unsafe impl Send for Plain {}

impl Plain {
    const fn new() -> Plain {
        Plain(UnsafeCell::new(0))
    }
    fn add(&self) {
        unsafe { *self.0.get() += 1 }
    }
    fn get(&self) -> u64 {
        unsafe { *self.0.get() }
    }
}

const THREADS: u64 = 3;

fn in_threads(work: impl Fn(u64) + Send + Sync + 'static) {
    let work = Arc::new(work);
    let threads: Vec<_> = (0..THREADS)
        .map(|i| {
            let work = Arc::clone(&work);
            thread::spawn(move || work(i))
        })
        .collect();
    for thread in threads {
        thread.join().unwrap();
    }
}

/// The last owner frees what the others wrote.
fn arc() {
    struct Freed(Plain);
    impl Drop for Freed {
        fn drop(&mut self) {
            assert!(self.0.get() <= 1);
        }
    }
    let shared = Arc::new(Freed(Plain::new()));
    let written = Arc::clone(&shared);
    let writer = thread::spawn(move || written.0.add());
    let weak = Arc::downgrade(&shared);
    drop(shared);
    drop(weak.upgrade());
    writer.join().unwrap();
}

fn mutex() {
    let guarded = Arc::new((Mutex::new(()), Plain::new()));
    let shared = Arc::clone(&guarded);
    in_threads(move |_| {
        for _ in 0..2 {
            let _guard = shared.0.lock().unwrap();
            shared.1.add();
        }
    });
    let _guard = guarded.0.lock().unwrap();
    assert_eq!(guarded.1.get(), 2 * THREADS);
}

fn rwlock() {
    let guarded = Arc::new((RwLock::new(()), Plain::new()));
    let shared = Arc::clone(&guarded);
    in_threads(move |i| {
        for _ in 0..2 {
            if i == 0 {
                let _guard = shared.0.write().unwrap();
                shared.1.add();
            } else {
                let _guard = shared.0.read().unwrap();
                assert!(shared.1.get() <= 2 + THREADS);
            }
        }
        let _guard = shared.0.write().unwrap();
        shared.1.add();
    });
    assert_eq!(guarded.1.get(), 2 + THREADS);
}

fn condvar() {
    let queue = Arc::new((Mutex::new(VecDeque::new()), Condvar::new()));
    let shared = Arc::clone(&queue);
    let consumer = thread::spawn(move || {
        let mut sum = 0;
        for _ in 0..2 * THREADS {
            let mut items = shared.0.lock().unwrap();
            while items.is_empty() {
                items = shared.1.wait(items).unwrap();
            }
            let item: Box<u64> = items.pop_front().unwrap();
            sum += *item;
        }
        sum
    });
    in_threads(move |i| {
        for _ in 0..2 {
            queue.0.lock().unwrap().push_back(Box::new(i));
            queue.1.notify_one();
        }
    });
    assert_eq!(consumer.join().unwrap(), THREADS * (THREADS - 1));
}

fn channel() {
    let (sender, receiver) = mpsc::channel::<Box<u64>>();
    let (bounded, from_bounded) = mpsc::sync_channel::<Box<u64>>(1);
    let forwarder = thread::spawn(move || {
        for item in receiver {
            bounded.send(item).unwrap();
        }
    });
    let senders: Vec<_> = (0..2u64)
        .map(|i| {
            let sender = sender.clone();
            thread::spawn(move || {
                for _ in 0..2 {
                    sender.send(Box::new(i)).unwrap();
                }
            })
        })
        .collect();
    drop(sender);
    assert_eq!(from_bounded.iter().map(|item| *item).sum::<u64>(), 2);
    forwarder.join().unwrap();
    for sender in senders {
        sender.join().unwrap();
    }
}

fn once() {
    static ONCE: Once = Once::new();
    static DATA: Plain = Plain::new();
    in_threads(|_| {
        ONCE.call_once(|| DATA.add());
        assert_eq!(DATA.get(), 1);
    });
}

fn thread_local() {
    thread_local!(static COUNT: Cell<u64> = Cell::new(0));
    static SUM: Mutex<u64> = Mutex::new(0);
    struct AtEnd(u64);
    impl Drop for AtEnd {
        fn drop(&mut self) {
            *SUM.lock().unwrap() += self.0;
        }
    }
    thread_local!(static AT_END: AtEnd = AtEnd(COUNT.with(|c| c.get())));
    in_threads(|_| {
        for _ in 0..3 {
            COUNT.with(|c| c.set(c.get() + 1));
        }
        AT_END.with(|a| assert_eq!(a.0, 3));
    });
    assert_eq!(*SUM.lock().unwrap(), 3 * THREADS);
}

fn park() {
    static READY: AtomicBool = AtomicBool::new(false);
    static DATA: Plain = Plain::new();
    let sleeper = thread::spawn(|| {
        while !READY.load(Ordering::Acquire) {
            thread::park();
        }
        DATA.get()
    });
    DATA.add();
    READY.store(true, Ordering::Release);
    sleeper.thread().unpark();
    assert_eq!(sleeper.join().unwrap(), 1);
}

/// A wait that may also end by its deadline.
fn timeouts() {
    const WAIT: Duration = Duration::from_millis(1);
    static READY: AtomicBool = AtomicBool::new(false);
    let state = Arc::new((Mutex::new(false), Condvar::new(), Plain::new(), Plain::new()));
    let shared = Arc::clone(&state);
    let (sender, receiver) = mpsc::channel::<Box<u64>>();
    let waiter = thread::spawn(move || {
        let mut ready = shared.0.lock().unwrap();
        while !*ready {
            ready = shared.1.wait_timeout(ready, WAIT).unwrap().0;
        }
        drop(ready);
        let mut sum = shared.2.get();
        loop {
            match receiver.recv_timeout(WAIT) {
                Ok(item) => sum += *item,
                Err(mpsc::RecvTimeoutError::Timeout) => {}
                Err(mpsc::RecvTimeoutError::Disconnected) => break,
            }
        }
        while !READY.load(Ordering::Acquire) {
            thread::park_timeout(WAIT);
        }
        sum + shared.3.get()
    });
    state.2.add();
    *state.0.lock().unwrap() = true;
    state.1.notify_one();
    sender.send(Box::new(1)).unwrap();
    drop(sender);
    state.3.add();
    READY.store(true, Ordering::Release);
    waiter.thread().unpark();
    assert_eq!(waiter.join().unwrap(), 3);
}

fn barrier() {
    let meeting = Arc::new((Barrier::new(THREADS as usize), Plain::new()));
    in_threads(move |i| {
        if i == 0 {
            meeting.1.add();
        }
        meeting.0.wait();
        assert_eq!(meeting.1.get(), 1);
    });
}

fn fences() {
    static FLAG: AtomicUsize = AtomicUsize::new(0);
    static DATA: Plain = Plain::new();
    let writer = thread::spawn(|| {
        DATA.add();
        fence(Ordering::Release);
        FLAG.store(1, Ordering::Relaxed);
    });
    while FLAG.load(Ordering::Relaxed) == 0 {
        thread::yield_now();
    }
    fence(Ordering::Acquire);
    assert_eq!(DATA.get(), 1);
    writer.join().unwrap();
}

fn scope() {
    let data = Plain::new();
    thread::scope(|s| {
        s.spawn(|| data.add());
    });
    assert_eq!(data.get(), 1);
}

fn crossbeam_channel() {
    let (sender, receiver) = crossbeam::channel::bounded::<Box<u64>>(1);
    let (unbounded, rest) = crossbeam::channel::unbounded::<Box<u64>>();
    in_threads(move |i| match i {
        0 => {
            sender.send(Box::new(1)).unwrap();
            sender.send(Box::new(2)).unwrap();
        }
        1 => {
            for _ in 0..2 {
                crossbeam::select! {
                    recv(receiver) -> item => unbounded.send(item.unwrap()).unwrap(),
                }
            }
        }
        _ => {
            let sum: u64 = (0..2).map(|_| *rest.recv().unwrap()).sum();
            assert_eq!(sum, 3);
        }
    });
}

/// Epochs, a work-stealing deque, queues.
fn crossbeam_collections() {
    use crossbeam::deque::{Steal, Worker};
    use crossbeam::epoch::{self, Atomic, Owned};
    let worker = Worker::new_fifo();
    let stealer = worker.stealer();
    let queue = Arc::new(crossbeam::queue::SegQueue::new());
    let shared = Arc::new(Atomic::new(Box::new(1u64)));
    for i in 0..4u64 {
        worker.push(Box::new(i));
    }
    let taken = Arc::clone(&queue);
    let read = Arc::clone(&shared);
    let thief = thread::spawn(move || {
        for _ in 0..2 {
            if let Steal::Success(item) = stealer.steal() {
                taken.push(item);
            }
            let pinned = epoch::pin();
            let value = read.load(Ordering::Acquire, &pinned);
            assert!(**unsafe { value.as_ref() }.unwrap() <= 2);
        }
    });
    while let Some(item) = worker.pop() {
        queue.push(item);
    }
    {
        let pinned = epoch::pin();
        let old = shared.swap(Owned::new(Box::new(2)), Ordering::AcqRel, &pinned);
        unsafe { pinned.defer_destroy(old) };
        pinned.flush();
    }
    thief.join().unwrap();
    let mut sum = 0;
    while let Some(item) = queue.pop() {
        sum += *item;
    }
    assert_eq!(sum, 6);
}

fn crossbeam_sync() {
    use crossbeam::sync::{Parker, ShardedLock, WaitGroup};
    let state = Arc::new((ShardedLock::new(()), Plain::new()));
    let group = WaitGroup::new();
    let parker = Parker::new();
    let unparker = parker.unparker().clone();
    for i in 0..2 {
        let (state, group, unparker) = (Arc::clone(&state), group.clone(), unparker.clone());
        thread::spawn(move || {
            {
                let _guard = state.0.write().unwrap();
                state.1.add();
            }
            if i == 0 {
                unparker.unpark();
            }
            drop(group);
        });
    }
    parker.park();
    {
        let _guard = state.0.read().unwrap();
        assert!(state.1.get() >= 1);
    }
    group.wait();
    assert_eq!(state.1.get(), 2);
    let data = Plain::new();
    crossbeam::thread::scope(|s| {
        s.spawn(|_| data.add());
    })
    .unwrap();
    assert_eq!(data.get(), 1);
}

fn parking_lot_locks() {
    let state = Arc::new((
        parking_lot::Mutex::new(0u64),
        parking_lot::Condvar::new(),
        parking_lot::RwLock::new(()),
        Plain::new(),
    ));
    let shared = Arc::clone(&state);
    in_threads(move |i| {
        {
            let _guard = shared.2.write();
            shared.3.add();
        }
        {
            let _guard = shared.2.read();
            assert!(shared.3.get() >= 1);
        }
        let mut arrived = shared.0.lock();
        *arrived += 1;
        if i == 0 {
            while *arrived < THREADS {
                shared.1.wait(&mut arrived);
            }
        } else {
            shared.1.notify_all();
        }
    });
    assert_eq!(*state.0.lock(), THREADS);
    static ONCE: parking_lot::Once = parking_lot::Once::new();
    static DATA: Plain = Plain::new();
    in_threads(|_| {
        ONCE.call_once(|| DATA.add());
        assert_eq!(DATA.get(), 1);
    });
}

fn parking_lot_more() {
    use parking_lot::{Condvar, FairMutex, Mutex, ReentrantMutex, RwLock, RwLockWriteGuard};
    const WAIT: Duration = Duration::from_millis(1);
    let state = Arc::new((
        FairMutex::new(()),
        ReentrantMutex::new(()),
        RwLock::new(()),
        [Plain::new(), Plain::new(), Plain::new()],
        Mutex::new(0u64),
        Condvar::new(),
    ));
    let shared = Arc::clone(&state);
    in_threads(move |_| {
        {
            let _guard = shared.0.lock();
            shared.3[0].add();
        }
        {
            let _outer = shared.1.lock();
            let _inner = shared.1.lock();
            shared.3[1].add();
        }
        {
            let upgradable = shared.2.upgradable_read();
            let before = shared.3[2].get();
            let guard = parking_lot::RwLockUpgradableReadGuard::upgrade(upgradable);
            shared.3[2].add();
            let _guard = RwLockWriteGuard::downgrade(guard);
            assert_eq!(shared.3[2].get(), before + 1);
        }
        let mut arrived = loop {
            if let Some(guard) = shared.4.try_lock_for(WAIT) {
                break guard;
            }
        };
        *arrived += 1;
        shared.5.notify_all();
        while *arrived < THREADS {
            shared.5.wait_for(&mut arrived, WAIT);
        }
    });
    assert_eq!(state.3[0].get() + state.3[1].get() + state.3[2].get(), 3 * THREADS);
}

const KINDS: &[(&str, fn())] = &[
    ("arc", arc),
    ("mutex", mutex),
    ("rwlock", rwlock),
    ("condvar", condvar),
    ("channel", channel),
    ("once", once),
    ("thread-local", thread_local),
    ("park", park),
    ("timeouts", timeouts),
    ("barrier", barrier),
    ("fences", fences),
    ("scope", scope),
    ("crossbeam-channel", crossbeam_channel),
    ("crossbeam-collections", crossbeam_collections),
    ("crossbeam-sync", crossbeam_sync),
    ("parking-lot", parking_lot_locks),
    ("parking-lot-more", parking_lot_more),
];

fn main() {
    let kind = std::env::args().nth(1).unwrap_or_default();
    match KINDS.iter().find(|(name, _)| *name == kind) {
        Some((_, run)) => run(),
        None => {
            let names: Vec<_> = KINDS.iter().map(|(name, _)| *name).collect();
            eprintln!("usage: synchronised KIND, one of {}", names.join(", "));
            std::process::exit(2);
        }
    }
}
