//! The network as a client has it: a thread with a current-thread Tokio runtime that calls the
//! host through its C ABI. What it delivers, and when, comes from ../rust_network.cc; the types
//! here are those of ../rust_network.h.
//!
//! A source task hands each event to the swarm task and waits until it is through with it. The
//! swarm delivers gossip itself and gives each request's chunks to a task of the request. Each
//! message lives in buffers of Rust's heap, which are poisoned and freed when the host's callback
//! returns.
use std::collections::BTreeMap;
use std::ffi::{c_void, CStr};
use std::os::raw::c_char;
use std::rc::Rc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::sync::{mpsc, oneshot};
use tokio::task::LocalSet;
use tokio::time::sleep;

const PEER_CONNECTED: u32 = 0;
const PEER_DISCONNECTED: u32 = 1;
const GOSSIP: u32 = 2;
const RPC_RESPONSE: u32 = 3;
const RPC_END: u32 = 4;

type Status = i32;
const HEDDLE_FULL: Status = 1;
const HEDDLE_STOPPED: Status = 2;
const HEDDLE_INVALID: Status = 3;
const HEDDLE_UNKNOWN_DIRECTION: u32 = 2;
const HEDDLE_DISCONNECT_REMOTE_CLOSE: u32 = 1;

const POISON: u8 = 0xDB;
const FIRST_BACKOFF: Duration = Duration::from_micros(20);
const LONGEST_BACKOFF: Duration = Duration::from_millis(2);

#[repr(C)]
pub struct Instance {
    _private: [u8; 0],
}

#[repr(C)]
pub struct Event {
    kind: u32,
    request: u64,
    peer: *const c_char,
    topic: *const c_char,
    protocol: *const c_char,
    data: *const u8,
    size: usize,
}

#[repr(C)]
pub struct Hooks {
    context: *mut c_void,
    due_ns: extern "C" fn(*mut c_void, usize) -> i64,
    before: extern "C" fn(*mut c_void, usize),
    admit: extern "C" fn(*mut c_void, usize) -> bool,
    offering: extern "C" fn(*mut c_void, usize),
    enter: extern "C" fn(*mut c_void),
    leave: extern "C" fn(*mut c_void),
    answered: extern "C" fn(*mut c_void, usize, Status),
    after: extern "C" fn(*mut c_void, usize),
}

extern "C" {
    fn heddle_peer_connected(i: *mut Instance, peer: *const c_char, direction: u32) -> Status;
    fn heddle_peer_disconnected(
        i: *mut Instance,
        peer: *const c_char,
        direction: u32,
        reason: u32,
    ) -> Status;
    fn heddle_gossip(
        i: *mut Instance,
        topic: *const c_char,
        payload: *const u8,
        size: usize,
        peer: *const c_char,
    ) -> Status;
    fn heddle_rpc_response(
        i: *mut Instance,
        request: u64,
        peer: *const c_char,
        protocol: *const c_char,
        chunk: *const u8,
        size: usize,
    ) -> Status;
    fn heddle_rpc_end(
        i: *mut Instance,
        request: u64,
        peer: *const c_char,
        protocol: *const c_char,
    ) -> Status;
}

/// Bytes on Rust's heap, which turn to poison and are freed at the end of the scope.
struct Owned(Vec<u8>);

impl Owned {
    fn text(text: *const c_char) -> Owned {
        Owned(unsafe { CStr::from_ptr(text) }.to_bytes_with_nul().to_vec())
    }

    fn bytes(data: *const u8, size: usize) -> Owned {
        let mut bytes = Vec::with_capacity(size.max(1));
        if size > 0 {
            bytes.extend_from_slice(unsafe { std::slice::from_raw_parts(data, size) });
        }
        Owned(bytes)
    }

    fn as_text(&self) -> *const c_char {
        self.0.as_ptr().cast()
    }
}

impl Drop for Owned {
    fn drop(&mut self) {
        for byte in self.0.iter_mut() {
            // Volatile: the stores are not dropped as dead.
            unsafe { std::ptr::write_volatile(byte, POISON) }
        }
    }
}

/// What the tasks share; all of them run on the network's thread.
struct Network {
    instance: *mut Instance,
    events: *const Event,
    count: usize,
    hooks: Hooks,
    stopped: std::cell::Cell<bool>,
}

// It moves to the network's thread once, and what it points to outlives the thread.
unsafe impl Send for Network {}

impl Network {
    fn event(&self, index: usize) -> &Event {
        assert!(index < self.count);
        unsafe { &*self.events.add(index) }
    }

    /// What the host does in `call` is its own, not the network's.
    fn in_host(&self, call: impl FnOnce() -> Status) -> Status {
        (self.hooks.enter)(self.hooks.context);
        let status = call();
        (self.hooks.leave)(self.hooks.context);
        status
    }

    /// One callback.
    fn offer(&self, event: &Event) -> Status {
        let instance = self.instance;
        let request = event.request;
        let peer = Owned::text(event.peer);
        match event.kind {
            PEER_CONNECTED => self.in_host(|| unsafe {
                heddle_peer_connected(instance, peer.as_text(), HEDDLE_UNKNOWN_DIRECTION)
            }),
            PEER_DISCONNECTED => self.in_host(|| unsafe {
                heddle_peer_disconnected(
                    instance,
                    peer.as_text(),
                    HEDDLE_UNKNOWN_DIRECTION,
                    HEDDLE_DISCONNECT_REMOTE_CLOSE,
                )
            }),
            GOSSIP => {
                let topic = Owned::text(event.topic);
                let data = Owned::bytes(event.data, event.size);
                self.in_host(|| unsafe {
                    let (payload, size) = (data.0.as_ptr(), data.0.len());
                    heddle_gossip(instance, topic.as_text(), payload, size, peer.as_text())
                })
            }
            RPC_RESPONSE => {
                let protocol = Owned::text(event.protocol);
                let data = Owned::bytes(event.data, event.size);
                self.in_host(|| unsafe {
                    let (chunk, size) = (data.0.as_ptr(), data.0.len());
                    let (peer, protocol) = (peer.as_text(), protocol.as_text());
                    heddle_rpc_response(instance, request, peer, protocol, chunk, size)
                })
            }
            RPC_END => {
                let protocol = Owned::text(event.protocol);
                self.in_host(|| unsafe {
                    heddle_rpc_end(instance, request, peer.as_text(), protocol.as_text())
                })
            }
            _ => HEDDLE_INVALID,
        }
    }

    /// Offers the event until the host takes or finally refuses it.
    async fn deliver(&self, index: usize) {
        let hooks = &self.hooks;
        if !(hooks.admit)(hooks.context, index) {
            return;
        }
        if self.stopped.get() {
            return (hooks.answered)(hooks.context, index, HEDDLE_STOPPED);
        }
        (hooks.offering)(hooks.context, index);
        let mut backoff = FIRST_BACKOFF;
        loop {
            let status = self.offer(self.event(index));
            (hooks.answered)(hooks.context, index, status);
            if status != HEDDLE_FULL {
                return self.stopped.set(status == HEDDLE_STOPPED);
            }
            sleep(backoff).await;
            backoff = (2 * backoff).min(LONGEST_BACKOFF);
        }
    }
}

/// An event, and whom to tell when it is through.
type Message = (usize, oneshot::Sender<()>);

/// One request: its chunks, until its end.
async fn request(network: Rc<Network>, mut chunks: mpsc::UnboundedReceiver<Message>) {
    while let Some((index, done)) = chunks.recv().await {
        network.deliver(index).await;
        let _ = done.send(());
    }
}

async fn swarm(network: Rc<Network>, mut messages: mpsc::Receiver<Message>) {
    let mut requests: BTreeMap<u64, mpsc::UnboundedSender<Message>> = BTreeMap::new();
    while let Some((index, done)) = messages.recv().await {
        let event = network.event(index);
        match event.kind {
            RPC_RESPONSE | RPC_END => {
                let chunks = requests.entry(event.request).or_insert_with(|| {
                    let (sender, receiver) = mpsc::unbounded_channel();
                    tokio::task::spawn_local(request(Rc::clone(&network), receiver));
                    sender
                });
                let _ = chunks.send((index, done));
                if event.kind == RPC_END {
                    requests.remove(&event.request);
                }
            }
            _ => {
                network.deliver(index).await;
                let _ = done.send(());
            }
        }
    }
}

async fn source(network: Rc<Network>, swarm: mpsc::Sender<Message>) {
    let hooks = &network.hooks;
    for index in 0..network.count {
        let due = (hooks.due_ns)(hooks.context, index);
        if due > 0 {
            let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
            let due = Duration::from_nanos(due as u64);
            if due > now {
                sleep(due - now).await;
            }
        } else {
            (hooks.before)(hooks.context, index);
        }
        let (done, through) = oneshot::channel();
        if swarm.send((index, done)).await.is_err() {
            return;
        }
        let _ = through.await;
        (hooks.after)(hooks.context, index);
    }
}

fn run(network: Network) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a Tokio runtime");
    let network = Rc::new(network);
    let tasks = LocalSet::new();
    let (sender, receiver) = mpsc::channel(16);
    let swarm = tasks.spawn_local(swarm(Rc::clone(&network), receiver));
    tasks.block_on(&runtime, async {
        source(network, sender).await;
        let _ = swarm.await;
    });
}

/// Starts the network's thread. All that is pointed to stays valid until the join.
///
/// # Safety
/// `events` has `count` events, whose texts end with NUL.
#[no_mangle]
pub unsafe extern "C" fn heddle_rust_network_start(
    instance: *mut Instance,
    events: *const Event,
    count: usize,
    hooks: Hooks,
) -> *mut c_void {
    let network = Network {
        instance,
        events,
        count,
        hooks,
        stopped: std::cell::Cell::new(false),
    };
    let thread = thread::Builder::new()
        .name("network".into())
        .spawn(move || run(network))
        .expect("a thread");
    Box::into_raw(Box::new(thread)).cast()
}

/// Waits for the end of a network's thread, once.
///
/// # Safety
/// `thread` comes from heddle_rust_network_start().
#[no_mangle]
pub unsafe extern "C" fn heddle_rust_network_join(thread: *mut c_void) {
    let thread: Box<JoinHandle<()>> = Box::from_raw(thread.cast());
    thread.join().expect("the network's thread panicked");
}
