#!/usr/bin/env bash
# test.sh SOURCES BUILD FOLDER: builds the Zig examples of SOURCES below FOLDER, explores them with
# BUILD/heddle, replays what is found. Exit status 77: Zig 0.11 is missing (ZIG, or on the PATH).
set -euo pipefail
# shellcheck source=scripts/test_words.sh
source "$(dirname "$0")/../../../scripts/test_words.sh"

sources=$1
build=$2
folder=$3

needs_zig
mkdir -p "$folder"
cd "$folder"
for name in queue synchronised; do
  "$zig" build-obj "$sources/$name.zig" -fsanitize-thread -lc -O ReleaseSafe -fno-strip -fPIE \
    -fno-stack-check -fno-omit-frame-pointer -fno-emit-bin "-femit-asm=$name.s" \
    --cache-dir "$folder/cache"
  for flavour in det tsan; do
    "$build/heddle-cc" "--heddle-flavour=$flavour" "$name.s" -o "$name-$flavour"
  done
done
for flavour in det tsan; do
  rm -rf "found-$flavour"
  "$build/heddle" explore --program "$folder/queue-$flavour" --preempt memory --schedules 5000 \
    --out "found-$flavour" >"found-$flavour.txt" && fail "$flavour: nothing was found"
  grep -q 'queue.zig:' "found-$flavour.txt" || fail "$flavour: no line in found-$flavour.txt"
  "$build/heddle" replay "found-$flavour"/*.schedule.json --program "$folder/queue-$flavour" \
    --times 20 --quiet >"replay-$flavour.txt" || fail "see replay-$flavour.txt"
  "$build/heddle" explore --program "$folder/queue-$flavour" --preempt memory \
    --schedules "${HEDDLE_SCHEDULES:-100}" --out "fixed-$flavour" -- fixed >"fixed-$flavour.txt" ||
    fail "see fixed-$flavour.txt"
  for kind in mutex condition reset-event timed futex once semaphore rwlock pool; do
    "$build/heddle" explore --program "$folder/synchronised-$flavour" --out "clean-$flavour-$kind" \
      --schedules "${HEDDLE_SCHEDULES:-100}" -- "$kind" >"clean-$flavour-$kind.txt" ||
      fail "see clean-$flavour-$kind.txt"
  done
done
