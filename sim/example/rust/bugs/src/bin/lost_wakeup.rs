//! Two Rust threads push into a queue that a C++ event loop drains (event_loop.cc). The push skips
//! the system call when the loop is awake already. `lost_wakeup`: the loop says too late that it
//! will sleep. `lost_wakeup fixed`: in time.
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::Mutex;
use std::thread;

extern "C" {
    fn loop_wake();
    fn loop_run(rearm_first: bool);
}

const THREADS: u32 = 2;
const ITEMS: u32 = 1;

static QUEUE: Mutex<Vec<u32>> = Mutex::new(Vec::new());
static TAKEN: Mutex<u32> = Mutex::new(0);
static WOKEN: AtomicBool = AtomicBool::new(false);

fn push(item: u32) {
    QUEUE.lock().unwrap().push(item);
    if !WOKEN.swap(true, Ordering::SeqCst) {
        unsafe { loop_wake() }
    }
}

#[no_mangle]
pub extern "C" fn queue_rearm() {
    WOKEN.store(false, Ordering::SeqCst);
}

#[no_mangle]
pub extern "C" fn queue_drain() -> bool {
    let mut taken = TAKEN.lock().unwrap();
    *taken += QUEUE.lock().unwrap().drain(..).count() as u32;
    *taken < THREADS * ITEMS
}

fn main() {
    let fixed = std::env::args().nth(1).as_deref() == Some("fixed");
    let threads: Vec<_> = (0..THREADS)
        .map(|_| thread::spawn(|| (0..ITEMS).for_each(push)))
        .collect();
    unsafe { loop_run(fixed) }
    for thread in threads {
        thread.join().unwrap();
    }
}
