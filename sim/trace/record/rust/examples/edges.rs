//! What recorders could do differently, as ../../testing/edges.c writes it: `edges OUT.jsonl`.
use heddle_trace_recorder::{Recorder, Validator};

fn record(path: &str) -> std::io::Result<()> {
    let mut bytes = [0u8; 256];
    for (i, byte) in bytes.iter_mut().enumerate() {
        *byte = 255 - i as u8;
    }
    let key = |from: usize| bytes[from..from + 52].try_into().unwrap();
    let validators = [0, 7].map(|from| Validator {
        attestation_public_key: key(from),
        proposal_public_key: key(from + 100),
    });
    let id = bytes[30..50].try_into().unwrap();
    let mut odd: String = (1u8..0x80).map(char::from).collect();
    odd.push_str("ä€😀");
    let mut r = Recorder::create(path, "ab\"c\\d", u64::MAX, &validators)?;
    r.peer_connected(i64::MIN, &odd)?;
    r.peer_connected(-5, "")?;
    for size in (0..8).chain([256]) {
        r.gossip(10 - size as i64, "late", &odd, &bytes[..size], Some(&id))?;
    }
    r.rpc_response(i64::MAX, "last", u64::MAX, &odd, &bytes[..4])?;
    r.rpc_end(0, "last", u64::MAX)?;
    r.peer_disconnected(0, "last")?;
    r.close()
}

fn main() {
    let path = std::env::args().nth(1).expect("usage: edges OUT.jsonl");
    record(&path).unwrap();
}
