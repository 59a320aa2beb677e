#!/usr/bin/env bash
# kinds_test.sh PREFIX: instruments the project `kinds` from outside with the Heddle installed in PREFIX, and asks
# each of its libraries. Exits with 77 when the compiler is missing.
set -euo pipefail
# shellcheck source=scripts/test_words.sh
source "$(dirname "$0")/../../../scripts/test_words.sh"

prefix=$1
here=$(cd "$(dirname "$0")" && pwd)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export PATH=$prefix/bin:$PATH HEDDLE_STORE='' NO_COLOR=1
unset HEDDLE_SCENARIOS HEDDLE_FLAVOUR
needs cmake ninja clang-14

# built GENERATOR BUILD_TYPE: in $folder/build.
built() {
  rm -rf "$folder/build"
  CC=clang-14 cmake -G "$1" -S "$here/kinds" -B "$folder/build" -DCMAKE_BUILD_TYPE="$2" \
    -DCMAKE_PREFIX_PATH="$prefix" -DCMAKE_PROJECT_kinds_INCLUDE="$here/kinds/outside.cmake" >"$folder/configured"
  cmake --build "$folder/build" --target kinds kinds-det kinds-tsan kinds-asan plugin plugin-det plugin-tsan plugin-asan >"$folder/log" ||
    { cat "$folder/log"; return 1; }
}

# says FLAVOUR: exactly `plain` has no schedule points.
says() {
  local status=0
  "$folder/build/kinds-$1" "$folder/build/libplugin-$1.so" >"$folder/said" || status=$?
  ((status < 2)) || { echo "$1: exit status $status" >&2; return 1; }
  [[ $(wc -l <"$folder/said") == 12 && $(grep ' 0$' "$folder/said") == 'plain 0' ]] ||
    { echo "$1:" >&2; cat "$folder/said" >&2; return 1; }
}

built 'Unix Makefiles' ''
says det
built Ninja RelWithDebInfo
for flavour in det tsan asan; do says "$flavour"; done
# The build that nobody instrumented stays so.
"$folder/build/kinds" "$folder/build/libplugin.so" >"$folder/said" || true
! grep -q ' 1$' "$folder/said"

cd "$folder"
status=0
heddle explore --program build/kinds-det --out found -- "$folder/build/libplugin-det.so" || status=$?
((status == 1)) || fail "explore ended with $status, expected 1"
grep -q counter.c <(heddle replay found/*.schedule.json --program build/kinds-det --print)
