#!/usr/bin/env bash
# test.sh REPOSITORY BUILD FOLDER: builds the hosts with the producer in Rust and runs scenarios with
# it, whose expectations are the same as the simulated producer's. Exit status 77: something is
# missing, named.
set -euo pipefail
# shellcheck source=scripts/test_words.sh
source "$(dirname "$0")/../../../scripts/test_words.sh"

repository=$1
build=$2
folder=$3
heddle=$build/heddle
schedules=${HEDDLE_SCHEDULES:-20}

for package in rustc cargo; do
  [[ -x /usr/bin/$package ]] || skip "there is no /usr/bin/$package: apt-get install rustc cargo rust-src"
done
[[ -d /usr/lib/rustlib/src/rust/library/std ]] || skip "there is no source of std: apt-get install rust-src"
compgen -G '/usr/share/cargo/registry/tokio-1.*' >/dev/null ||
  skip "there is no Tokio: apt-get install librust-tokio-dev"

targets=(heddle-host-rust heddle-host-rust-det heddle-host-rust-tsan heddle-host-rust-asan)
mkdir -p "$folder"
cmake --build "$build" --target "${targets[@]}" >"$folder/build.txt" ||
  fail "see $folder/build.txt (packages that came after the build was configured: run cmake again)"

cd "$repository"
expected() {
  local log=$folder/$1.txt
  shift
  "$heddle" "$@" --producer rust >"$log" 2>&1 || fail "heddle $* --producer rust: see $log"
}

# The chain of each trace is the expected one.
lockstep=(scenarios/lockstep-*.yaml)
((${#lockstep[@]} > 1)) || fail "there are no lockstep scenarios"
expected lockstep run "${lockstep[@]}"
# Nothing is lost and the reference agrees, in every schedule.
expected explored explore explored-short explored-late --flavour det tsan \
  --schedules "$schedules" --out "$folder/explored"
# The client as it crashed, under control and free.
expected unsync-explored explore explored-unsync-tsan --out "$folder/unsync"
expected unsync run unsync-tsan unsync-asan
grep -q hang "$folder/unsync.txt" && fail "a host hung: see $folder/unsync.txt"
# A host that keeps a pointer into a buffer of Rust's.
rm -rf "$folder/borrowed"
expected borrowed explore borrowed-payload --out "$folder/borrowed"
"$heddle" replay "$folder"/borrowed/*.schedule.json --times "$schedules" --quiet \
  >"$folder/replay.txt" || fail "see $folder/replay.txt"
"$heddle" replay "$folder"/borrowed/*.schedule.json >"$folder/replayed.txt" 2>&1 || true
grep -q 'heap-use-after-free' "$folder/replayed.txt" || fail "no use after free in $folder/replayed.txt"
grep -q 'drop_in_place<heddle_rust_producer::Owned>' "$folder/replayed.txt" ||
  fail "Rust's names are not in $folder/replayed.txt"
