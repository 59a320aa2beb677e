#!/usr/bin/env bash
# The main job on a real trace: a recorded network is replayed into the client as it was (unsync), as
# it was patched (mutex) and as it is redesigned (async), with and without sanitizers, and compared.
# Installs what is missing and builds first. Leaves the CLI at build/heddle.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/packages.sh
cmake --preset default
cmake --build --preset default --target heddle heddle-host heddle-host-tsan heddle-host-asan

trace=scenarios/traces/devnet-4v-late
say() { printf '\n%s\n' "$*"; }

say "1. The recording: a devnet of the lean specification's own nodes; late blocks, damaged payloads."
build/heddle trace info "$trace.jsonl.zst"

say "2. Every outcome and every snapshot of the chain, against the specification's own code:"
build/heddle check "$trace.jsonl.zst" --expect "$trace.expected.jsonl.zst"

say "3. Flat out with the clock running: the mutex build and the redesign, plain and under sanitizers;"
say "   then the client as it was, which must be caught."
build/heddle run burst-late unsync-tsan unsync-asan
