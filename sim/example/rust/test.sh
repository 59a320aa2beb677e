#!/usr/bin/env bash
# test.sh SOURCES BUILD FOLDER: builds the Rust examples of SOURCES below FOLDER by cargo, explores
# them with BUILD/heddle, replays what is found. Exit status 77: something is missing, named.
set -euo pipefail
# shellcheck source=scripts/test_words.sh
source "$(dirname "$0")/../../../scripts/test_words.sh"

sources=$1
build=$2
folder=$3

# Debian's, whatever else is first on the PATH.
export RUSTC=${RUSTC:-/usr/bin/rustc} CARGO=${CARGO:-/usr/bin/cargo}
for package in rustc cargo; do
  [[ -x /usr/bin/$package ]] || skip "there is no /usr/bin/$package: apt-get install rustc cargo rust-src"
done
[[ -d $("$RUSTC" --print sysroot)/lib/rustlib/src/rust/library/std ]] ||
  skip "there is no source of std: apt-get install rust-src"

export XDG_CACHE_HOME=$folder/cache
heddle=$build/heddle

# build PROJECT FLAVOUR
build() {
  mkdir -p "$folder/$1"
  cp -r "$sources/$1/." "$folder/$1/"
  (cd "$folder/$1" && HEDDLE_FLAVOUR=$2 "$build/heddle-cargo" build --release --offline --quiet)
}
# program PROJECT FLAVOUR NAME
program() { echo "$folder/$1/target/heddle-$2/x86_64-unknown-linux-gnu/release/$3"; }

# finds PROGRAM FLAVOUR TEXT EXPLORE-OPTIONS...: the finding says TEXT, and replays in each flavour.
finds() {
  local name=$1 flavour=$2 text=$3 out=$folder/found-$1-$2
  shift 3
  rm -rf "$out"
  "$heddle" explore --program "$(program bugs "$flavour" "$name")" --out "$out" --schedules 5000 "$@" \
    >"$out.txt" && fail "$name, $flavour: nothing was found"
  grep -qF -- "$text" "$out.txt" || fail "$name, $flavour: '$text' is not in $out.txt"
  "$heddle" replay "$out"/*.schedule.json --program "$(program bugs "$flavour" "$name")" \
    --times 20 --quiet >"$out.replay.txt" || fail "$name, $flavour: see $out.replay.txt"
}
# clean PROJECT FLAVOUR NAME EXPLORE-OPTIONS... -- ARGUMENT
clean() {
  local out=$folder/clean-$3-$2
  rm -rf "$out"
  local program
  program=$(program "$1" "$2" "$3")
  shift 3
  "$heddle" explore --program "$program" --out "$out" --schedules "${HEDDLE_SCHEDULES:-100}" "$@" \
    >"$out.txt" || fail "$program $*: see $out.txt"
}

for flavour in det tsan; do
  build bugs "$flavour"
  finds lost_wakeup "$flavour" "event_loop.cc:23"
  clean bugs "$flavour" lost_wakeup -- fixed
  clean bugs "$flavour" lost_update --preempt memory -- fixed
done
finds lost_update det "panicked at 'assertion failed" --preempt memory
finds lost_update tsan "data race in lost_update::Counter::add"

registry=/usr/share/cargo/registry
if ! compgen -G "$registry/crossbeam-0.8*" >/dev/null || ! compgen -G "$registry/parking_lot-0*" >/dev/null; then
  skip "the rest: apt-get install librust-crossbeam-dev librust-parking-lot-dev"
fi
mkdir -p "$folder/synchronised/.cargo"
cat >"$folder/synchronised/.cargo/config.toml" <<CONFIG
[source.crates-io]
replace-with = "debian"
[source.debian]
directory = "$registry"
CONFIG
for flavour in det tsan; do
  build synchronised "$flavour"
  for kind in arc mutex rwlock condvar channel once thread-local park timeouts barrier fences scope \
              crossbeam-channel crossbeam-collections crossbeam-sync parking-lot parking-lot-more; do
    clean synchronised "$flavour" synchronised -- "$kind"
  done
done
