#!/usr/bin/env bash
# test.sh rust|zig SOURCES BUILD FOLDER: the recorder in that language (SOURCES/rust, SOURCES/zig)
# passes its own tests and writes what the one in C writes. Exit status 77: a compiler is missing,
# named.
set -euo pipefail
# shellcheck source=scripts/test_words.sh
source "$(dirname "$0")/../../../../scripts/test_words.sh"

language=$1
sources=$2
build=$3
folder=$4

rm -rf "$folder"
mkdir -p "$folder"
case $language in
  rust)
    # Debian's, whatever else is first on the PATH.
    export RUSTC=${RUSTC:-/usr/bin/rustc} RUSTDOC=${RUSTDOC:-/usr/bin/rustdoc}
    cargo=${CARGO:-/usr/bin/cargo}
    for tool in "$RUSTC" "$cargo"; do
      [[ -x $tool ]] || skip "there is no $tool: apt-get install rustc cargo"
    done
    cp -r "$sources/rust/." "$folder/"
    cd "$folder"
    export CARGO_TARGET_DIR=$folder/target
    "$cargo" test --offline --quiet --lib >test.txt 2>&1 || fail "see $folder/test.txt"
    "$cargo" build --offline --quiet --examples
    programs=target/debug/examples
    ;;
  zig)
    needs_zig
    cd "$folder"
    "$zig" test "$sources/zig/heddle_trace_recorder.zig" --cache-dir cache >test.txt 2>&1 ||
      fail "see $folder/test.txt"
    programs=.
    for name in example edges; do
      "$zig" build-exe "$sources/zig/$name.zig" --cache-dir cache
    done
    ;;
  *) fail "unknown language '$language'; expected rust or zig" ;;
esac

for name in example edges; do
  "$build/record-$name" "$name-c.jsonl"
  "$programs/$name" "$name.jsonl"
  cmp "$name-c.jsonl" "$name.jsonl" || fail "the recorder in C writes otherwise: $folder/$name.jsonl"
done
"$build/heddle" trace complete example.jsonl example.jsonl.zst
"$build/heddle" trace verify example.jsonl.zst
