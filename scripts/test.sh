#!/usr/bin/env bash
# Installs what is missing, builds every flavour and runs all tests. Leaves the CLI at build/heddle.
# Extra arguments go to ctest: scripts/test.sh -L conformance
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/packages.sh
cmake --preset default
cmake --build --preset default
status=0
ctest --preset default --output-junit "$PWD/build/tests.xml" "$@" || status=$?

summary=$(grep -m1 -A8 '<testsuite' build/tests.xml | tr '\n' ' ')
count() { sed -E "s/.*[[:space:]]$1=\"([0-9]+)\".*/\1/" <<<"$summary"; }
failed=$(count failures)
skipped=$(($(count skipped) + $(count disabled)))
echo "$(($(count tests) - failed - skipped)) passed, $failed failed, $skipped skipped"
exit "$status"
