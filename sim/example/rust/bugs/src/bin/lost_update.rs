//! `unsafe impl Sync` promises what nobody keeps: two threads update a counter. `lost_update
//! fixed`: under a lock.
use std::cell::UnsafeCell;
use std::sync::{Arc, Mutex};
use std::thread;

struct Counter {
    value: UnsafeCell<u64>,
    lock: Mutex<()>,
}

unsafe impl Sync for Counter {}

impl Counter {
    fn add(&self) {
        unsafe { *self.value.get() += 1 }
    }

    fn add_locked(&self) {
        let _guard = self.lock.lock().unwrap();
        self.add();
    }
}

const THREADS: u64 = 2;
const UPDATES: u64 = 5;

fn main() {
    let fixed = std::env::args().nth(1).as_deref() == Some("fixed");
    let counter = Arc::new(Counter {
        value: UnsafeCell::new(0),
        lock: Mutex::new(()),
    });
    let threads: Vec<_> = (0..THREADS)
        .map(|_| {
            let counter = Arc::clone(&counter);
            thread::spawn(move || {
                for _ in 0..UPDATES {
                    if fixed {
                        counter.add_locked();
                    } else {
                        counter.add();
                    }
                }
            })
        })
        .collect();
    for thread in threads {
        thread.join().unwrap();
    }
    assert_eq!(unsafe { *counter.value.get() }, THREADS * UPDATES);
}
