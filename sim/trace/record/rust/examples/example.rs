//! A client's callbacks, recorded, as ../../example.c does it: a peer comes, sends a vote twice
//! (another peer forwarded it too), answers a request, and goes. `example OUT.jsonl` writes the
//! trace.
//!
//! In a real client the payload, the topic and the message id come from gossipsub.
use heddle_trace_recorder::{Recorder, Validator, PUBLIC_KEY_SIZE};

const TOPIC: &str = "/leanconsensus/12345678/attestation_0/ssz_snappy";
const PROTOCOL: &str = "/leanconsensus/req/blocks_by_root/1/ssz_snappy";

fn record(path: &str) -> std::io::Result<()> {
    // Raw snappy: the length, then one literal of as many bytes.
    let vote = [5, 4 << 2, b'v', b'o', b't', b'e', b'!'];
    let error_chunk = [2]; // code 2: server error, no message
    let nobody = Validator {
        // In a real client: the registry's keys.
        attestation_public_key: [0; PUBLIC_KEY_SIZE],
        proposal_public_key: [0; PUBLIC_KEY_SIZE],
    };
    let mut r = Recorder::create(path, "12345678", 1_700_000_000, &[nobody.clone(), nobody])?;
    // Times are given here so that every run writes the same; yours are recorder.now().
    r.peer_connected(-2_000_000_000, "16Uiu2HAmFirst")?;
    r.peer_connected(-1_000_000_000, "16Uiu2HAmSecond")?;
    r.gossip(850_000_000, "16Uiu2HAmFirst", TOPIC, &vote, None)?;
    r.gossip(860_000_000, "16Uiu2HAmSecond", TOPIC, &vote, None)?;
    r.rpc_response(900_000_000, "16Uiu2HAmFirst", 1, PROTOCOL, &error_chunk)?;
    r.rpc_end(900_000_001, "16Uiu2HAmFirst", 1)?;
    r.peer_disconnected(1_000_000_000, "16Uiu2HAmFirst")?;
    r.close()
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if arguments.len() != 2 {
        eprintln!("usage: {} OUT.jsonl", arguments[0]);
        std::process::exit(2);
    }
    if let Err(error) = record(&arguments[1]) {
        eprintln!("{}: {error}", arguments[1]);
        std::process::exit(1);
    }
}
