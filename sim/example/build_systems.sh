#!/usr/bin/env bash
# build_systems.sh SOURCES BIN FOLDER: builds the project SOURCES (make, meson or autotools) with the
# heddle-cc of BIN below FOLDER, in det, tsan and asan, explores it, replays what is found in each, and
# explores the version without the bug. Exit status 77: the build system is missing, and named.
set -euo pipefail
# shellcheck source=scripts/test_words.sh
source "$(dirname "$0")/../../scripts/test_words.sh"

sources=$1 bin=$(cd "$2" && pwd) folder=$3
system=$(basename "$sources")
export PATH=$bin:$PATH HEDDLE_STORE='' NO_COLOR=1
unset HEDDLE_SCENARIOS HEDDLE_FLAVOUR

case $system in
  make) needs make; program=halves kind=exit ;;
  meson) needs meson ninja; program=build/jobs kind=lost-wakeup ;;
  autotools) needs autoreconf automake libtoolize make; program=transfer kind=deadlock ;;
  *) fail "$sources: expected the folder make, meson or autotools" ;;
esac

# In a folder of its own for each flavour, as the build system's users do.
builds() {
  case $system in
    make) make --quiet CC=heddle-cc ;;
    meson)
      CC=heddle-cc CXX=heddle-c++ meson setup build >/dev/null
      ninja --quiet -C build
      ;;
    autotools)
      autoreconf -i >autoreconf.txt 2>&1 || fail "see autoreconf.txt"
      ./configure CC=heddle-cc --quiet
      make --quiet
      ;;
  esac
}

rm -rf "$folder"
mkdir -p "$folder"
cd "$folder"
for flavour in det tsan asan; do
  cp -r "$sources" "$flavour"
  (cd "$flavour" && HEDDLE_FLAVOUR=$flavour builds)
done
status=0
# Preempted at synchronisation only: what was found at accesses of det, asan cannot replay.
heddle explore --program "det/$program" --preempt sync --schedules 1000 --out found >found.txt || status=$?
((status == 1)) || fail "explore ended with $status, expected 1: found.txt"
grep -q "\"kind\": \"$kind\"" found/*.schedule.json || fail "expected $kind: found.txt"
for flavour in det tsan asan; do
  heddle replay found/*.schedule.json --program "$flavour/$program" --times 20 --quiet \
    >"replay-$flavour.txt" || fail "see replay-$flavour.txt"
  heddle explore --program "$flavour/$program" --schedules "${HEDDLE_SCHEDULES:-100}" \
    --out "clean-$flavour" -- fixed >"fixed-$flavour.txt" || fail "see fixed-$flavour.txt"
done
