#!/usr/bin/env bash
# Builds this folder in one way with an installed Heddle, explores it and replays what is
# found: test.sh PREFIX cmake|pkg-config|gtest. Exits with 77 when the build system
# is not installed.
set -euo pipefail
# shellcheck source=scripts/test_words.sh
source "$(dirname "$0")/../../../scripts/test_words.sh"

prefix=$1 system=$2
here=$(cd "$(dirname "$0")" && pwd)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cp "$here"/* "$folder"
cd "$folder"
export PATH=$prefix/bin:$PATH HEDDLE_STORE='' NO_COLOR=1
unset HEDDLE_SCENARIOS HEDDLE_FLAVOUR

# finds PROGRAM [ARGUMENT]...: the lost wake-up is found, and replays; without it, all is well.
finds() {
  local status=0
  heddle explore --program "$1" --schedules 200 --out found -- broken || status=$?
  ((status == 1)) || fail "explore ended with $status, expected 1"
  grep -q '"kind": "lost-wakeup"' found/*.schedule.json
  heddle replay found/*.schedule.json --program "$1" --times 5 --quiet
  heddle explore --program "$1" --schedules 20 --out clean
}

case $system in
  pkg-config)
    needs pkg-config clang-14
    export PKG_CONFIG_PATH=$prefix/share/pkgconfig
    # shellcheck disable=SC2046  # words
    clang-14 $(pkg-config --cflags heddle-tsan) handover.c -o handover $(pkg-config --libs heddle-tsan)
    finds ./handover
    # The same by the settings that the command prints.
    (
      eval "$(heddle env --flavour det)"
      # shellcheck disable=SC2086
      $CC $CFLAGS handover.c -o by-env $LDFLAGS
    )
    heddle replay found/*.schedule.json --program ./by-env --quiet
    # A test in a plain function, without the command.
    heddle-c++ -std=c++17 -I"$prefix/include" plain.cc -o plain -pthread
    status=0
    PATH=/usr/bin:/bin HEDDLE='' ./plain >said || status=$?
    cat said
    ((status == 1))
    grep -q 'exit: ended with status 1' said
    again=$(sed -n 's/^replay in this test: //p' said)
    ! eval "$again" >said
    grep -q '1 of 1 replays in det exact' said
    ;;
  cmake)
    needs cmake clang-14
    CC=clang-14 CXX=clang++-14 cmake -S . -B build -DCMAKE_PREFIX_PATH="$prefix" >/dev/null
    cmake --build build --target handover-det handover-tsan
    finds build/handover-det
    heddle replay found/*.schedule.json --flavour tsan --program build/handover-det --quiet
    # A project of one language alone.
    mkdir alone
    echo 'int main() {}' >alone/main.cc
    printf '%s\n' 'cmake_minimum_required(VERSION 3.20)' 'project(alone CXX)' 'find_package(Heddle REQUIRED)' \
      'add_executable(alone main.cc)' 'heddle_instrument(alone)' >alone/CMakeLists.txt
    CXX=clang++-14 cmake -S alone -B alone/build -DCMAKE_PREFIX_PATH="$prefix" >/dev/null
    cmake --build alone/build --target alone-det
    # g++ is told what to do.
    ! CC=gcc CXX=g++ cmake -S . -B build-gcc -DCMAKE_PREFIX_PATH="$prefix" 2>said
    tr '\n' ' ' <said | tr -s ' ' | grep -q 'DCMAKE_CXX_COMPILER=clang++'
    ;;
  gtest)
    needs cmake clang-14
    CC=clang-14 CXX=clang++-14 cmake -S . -B build -DCMAKE_PREFIX_PATH="$prefix" >/dev/null
    cmake --build build --target handover_test-det handover_test-tsan handover_test-asan
    # Without the command: the test explores by itself, in each flavour.
    for flavour in tsan asan det; do
      status=0
      PATH=/usr/bin:/bin HEDDLE='' "build/handover_test-$flavour" >said || status=$?
      ((status == 1))
      grep -q 'OK \] Handover.KeepsTheValue' said
      grep -q 'lost wake-up' said
    done
    # With the command that $HEDDLE names.
    status=0
    HEDDLE=$prefix/bin/heddle build/handover_test-det >said || status=$?
    ((status == 1))
    ! HEDDLE=/nowhere/heddle build/handover_test-det --gtest_filter='*KeepsTheValue' >said
    grep -q '/nowhere/heddle: cannot be run' said
    status=0
    PATH=/usr/bin:/bin build/handover_test-det >said || status=$?
    cat said
    ((status == 1))
    grep -q 'OK \] Handover.KeepsTheValue' said
    grep -q 'lost wake-up' said
    grep -q 'Expected equality of these values' said
    grep -q 'FAILED TEST' said
    # As the output says.
    again=$(sed -n 's/^replay in this test: //p' said | head -n1)
    schedule=$(sed -n 's/.*replay: heddle replay //p' said | head -n1)
    ! eval "$again" >said
    cat said
    grep -q '1 of 1 replays in det exact' said
    heddle replay "$schedule" --program build/handover_test-det --quiet
    ;;
esac
