//! Records a gossip trace from your own client: what its network thread hands to the host, with
//! times. What it writes is what ../heddle_trace_recorder.h writes, byte for byte. No dependency
//! but std.
//!
//! ```no_run
//! use heddle_trace_recorder::{Recorder, Validator};
//!
//! fn record(keys: &[Validator], peer: &str, topic: &str, payload: &[u8]) -> std::io::Result<()> {
//!     let mut recorder = Recorder::create("out.jsonl", "12345678", 1_700_000_000, keys)?;
//!     let now = recorder.now();
//!     recorder.gossip(now, peer, topic, payload, None)?;
//!     recorder.close()
//! }
//! ```
//!
//! The file is JSON Lines (sim/trace/trace.h has the format), one line an event, each written at
//! once: what is recorded when the process dies can be read up to the last whole line.
//!
//! Times are nanoseconds since genesis. Callbacks on several threads share a `Mutex<Recorder>`.
//! After an error (a full disk) nothing more is written, and each call, `close()` too, returns that
//! error.
use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, Write};
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

pub const PUBLIC_KEY_SIZE: usize = 52;
pub const MESSAGE_ID_SIZE: usize = 20;

/// gossipsub's id of a message.
pub type MessageId = [u8; MESSAGE_ID_SIZE];

/// One entry of the validator registry.
#[derive(Clone, Debug)]
pub struct Validator {
    pub attestation_public_key: [u8; PUBLIC_KEY_SIZE],
    pub proposal_public_key: [u8; PUBLIC_KEY_SIZE],
}

/// A trace that is being written.
#[derive(Debug)]
pub struct Recorder {
    file: File,
    /// The first write that failed; io::Error itself cannot be copied.
    error: Option<(io::ErrorKind, Option<i32>)>,
    genesis_ns: i64,
    last_ns: i64,
    line: String,
}

impl Recorder {
    /// Creates the file and writes its header. `network` is the fork digest in the topic names;
    /// `genesis_time` is in Unix seconds; `validators` is the registry, in index order.
    pub fn create(
        path: impl AsRef<Path>,
        network: &str,
        genesis_time: u64,
        validators: &[Validator],
    ) -> io::Result<Recorder> {
        let mut recorder = Recorder {
            file: File::create(path)?,
            error: None,
            genesis_ns: (genesis_time as i64).wrapping_mul(1_000_000_000),
            last_ns: i64::MIN,
            line: String::new(),
        };
        let line = &mut recorder.line;
        line.push_str("{\"format\":\"gossip-trace\",\"version\":1,\"network\":");
        push_text(line, network);
        push_number(line, ",\"genesis_time\":", genesis_time);
        line.push_str(",\"validators\":[");
        for (i, validator) in validators.iter().enumerate() {
            line.push_str(if i == 0 { "{" } else { ",{" });
            line.push_str("\"attestation_public_key\":\"");
            push_hex(line, &validator.attestation_public_key);
            line.push_str("\",\"proposal_public_key\":\"");
            push_hex(line, &validator.proposal_public_key);
            line.push_str("\"}");
        }
        line.push(']');
        recorder.end()?;
        Ok(recorder)
    }

    /// The time of an event that happens now: nanoseconds since genesis, negative before it.
    pub fn now(&self) -> i64 {
        let unix_ns = match SystemTime::now().duration_since(UNIX_EPOCH) {
            Ok(since) => since.as_nanos() as i64,
            Err(before) => -(before.duration().as_nanos() as i64),
        };
        unix_ns.wrapping_sub(self.genesis_ns)
    }

    pub fn peer_connected(&mut self, t: i64, peer: &str) -> io::Result<()> {
        self.begin(t, "peer_connected", peer);
        self.end()
    }

    pub fn peer_disconnected(&mut self, t: i64, peer: &str) -> io::Result<()> {
        self.begin(t, "peer_disconnected", peer);
        self.end()
    }

    /// `data` is the payload as it came off the wire (raw snappy over SSZ). `id` is gossipsub's
    /// message id; `None` when your callback does not get it: `heddle trace complete` then computes
    /// the ids and marks what came before.
    pub fn gossip(
        &mut self,
        t: i64,
        peer: &str,
        topic: &str,
        data: &[u8],
        id: Option<&MessageId>,
    ) -> io::Result<()> {
        self.begin(t, "gossip", peer);
        let line = &mut self.line;
        line.push_str(",\"topic\":");
        push_text(line, topic);
        if let Some(id) = id {
            line.push_str(",\"id\":\"");
            push_hex(line, id);
            line.push('"');
        }
        push_data(line, data);
        self.end()
    }

    /// One chunk of a response: code byte, varint length, snappy frames. `request` is a number of
    /// your choice, one for each request.
    pub fn rpc_response(
        &mut self,
        t: i64,
        peer: &str,
        request: u64,
        protocol: &str,
        data: &[u8],
    ) -> io::Result<()> {
        self.begin(t, "rpc_response", peer);
        let line = &mut self.line;
        push_number(line, ",\"request\":", request);
        line.push_str(",\"protocol\":");
        push_text(line, protocol);
        push_data(line, data);
        self.end()
    }

    /// The response's stream was closed.
    pub fn rpc_end(&mut self, t: i64, peer: &str, request: u64) -> io::Result<()> {
        self.begin(t, "rpc_end", peer);
        push_number(&mut self.line, ",\"request\":", request);
        self.end()
    }

    /// Finishes the file. The error, if anything was not written.
    pub fn close(self) -> io::Result<()> {
        match self.error {
            None => Ok(()),
            Some(error) => Err(error_of(error)),
        }
    }

    /// Begins a line. Events are written in the order of their times: one that is a little late
    /// (another thread was quicker) gets the time of the one before it.
    fn begin(&mut self, t: i64, kind: &str, peer: &str) {
        self.last_ns = t.max(self.last_ns);
        self.line.clear();
        let _ = write!(
            self.line,
            "{{\"t\":{},\"kind\":\"{}\",\"peer\":",
            self.last_ns, kind
        );
        push_text(&mut self.line, peer);
    }

    fn end(&mut self) -> io::Result<()> {
        if let Some(error) = self.error {
            return Err(error_of(error));
        }
        self.line.push_str("}\n");
        let written = self.file.write_all(self.line.as_bytes());
        if let Err(error) = &written {
            self.error = Some((error.kind(), error.raw_os_error()));
        }
        written
    }
}

fn error_of((kind, number): (io::ErrorKind, Option<i32>)) -> io::Error {
    number.map_or_else(|| io::Error::from(kind), io::Error::from_raw_os_error)
}

fn push_number(line: &mut String, name: &str, number: u64) {
    let _ = write!(line, "{name}{number}");
}

fn push_hex(line: &mut String, bytes: &[u8]) {
    for byte in bytes {
        let _ = write!(line, "{byte:02x}");
    }
}

/// A JSON string.
fn push_text(line: &mut String, text: &str) {
    line.push('"');
    for c in text.chars() {
        if c == '"' || c == '\\' {
            line.push('\\');
        }
        if c < ' ' {
            let _ = write!(line, "\\u{:04x}", c as u32);
        } else {
            line.push(c);
        }
    }
    line.push('"');
}

/// Base64 with padding.
fn push_data(line: &mut String, bytes: &[u8]) {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    line.push_str(",\"data\":\"");
    for chunk in bytes.chunks(3) {
        let at = |i: usize| u32::from(chunk.get(i).copied().unwrap_or(0));
        let word = at(0) << 16 | at(1) << 8 | at(2);
        for i in 0..4 {
            let digit = DIGITS[(word >> (18 - 6 * i) & 63) as usize];
            line.push(if i <= chunk.len() {
                char::from(digit)
            } else {
                '='
            });
        }
    }
    line.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_is_remembered() {
        let error = Recorder::create("/dev/full", "12345678", 0, &[]).unwrap_err();
        assert_eq!(error.raw_os_error(), Some(28)); // ENOSPC

        let mut recorder = Recorder {
            file: File::create("/dev/full").unwrap(),
            error: None,
            genesis_ns: 0,
            last_ns: i64::MIN,
            line: String::new(),
        };
        let error = recorder.peer_connected(1, "peer").unwrap_err();
        assert_eq!(error.raw_os_error(), Some(28));
        recorder.file = File::create("/dev/null").unwrap(); // there is room again
        let error = recorder.peer_connected(2, "peer").unwrap_err();
        assert_eq!(error.raw_os_error(), Some(28));
        assert_eq!(recorder.close().unwrap_err().raw_os_error(), Some(28));
    }

    #[test]
    fn now_counts_from_genesis() {
        let past = Recorder::create("/dev/null", "12345678", 1, &[]).unwrap();
        let future = Recorder::create("/dev/null", "12345678", 9_000_000_000, &[]).unwrap();
        assert!(past.now() > 0);
        assert!(future.now() < 0);
        past.close().unwrap();
    }
}
