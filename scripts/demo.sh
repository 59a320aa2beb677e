#!/usr/bin/env bash
# Replays a recorded network into the client as it was (unsync), as it was first fixed (mutex) and as it
# is redesigned (async), with and without sanitizers, and compares the results. First installs the
# missing packages and builds. Leaves the command line at build/heddle.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/packages.sh
cmake --preset default
cmake --build --preset default --target heddle heddle-host heddle-host-tsan heddle-host-asan

trace=scenarios/traces/devnet-4v-late
say() { printf '\n%s\n' "$*"; }

say "1. The recording: a devnet of the lean specification's own nodes, with late blocks and damaged payloads."
build/heddle trace info "$trace.jsonl.zst"

say "2. Compares every outcome and every snapshot of the chain with the specification's own code:"
build/heddle check "$trace.jsonl.zst" --expect "$trace.expected.jsonl.zst"

say "3. Replays at full speed while the clock ticks: the mutex build and the redesign, plain and under"
say "   sanitizers. Then the client as it was: its bugs must be found."
build/heddle run burst-late unsync-tsan unsync-asan
