#!/usr/bin/env bash
# package_test.sh BUILD FOLDER: makes the Debian package of BUILD, has lintian look at it, unpacks it below FOLDER
# and explores an example with what is in it. Exits with 77 when a tool is missing.
set -euo pipefail
# shellcheck source=scripts/test_words.sh
source "$(dirname "$0")/test_words.sh"

build=$1 folder=$2
root=$(cd "$(dirname "$0")/.." && pwd)
needs cpack dpkg-deb dpkg-shlibdeps lintian make

rm -rf "$folder"
mkdir -p "$folder"
# Compressed quickly: what is looked at is the same.
(cd "$build" && cpack -B "$folder" -D CPACK_DEBIAN_COMPRESSION_TYPE=gzip >"$folder/cpack.txt") ||
  { tail "$folder/cpack.txt" >&2; exit 1; }
lintian --allow-root --fail-on error,warning "$folder"/heddle_*.deb
dpkg-deb -x "$folder"/heddle_*.deb "$folder/unpacked"
"$root/sim/example/build_systems.sh" "$root/sim/example/make" "$folder/unpacked/usr/bin" "$folder/make"
