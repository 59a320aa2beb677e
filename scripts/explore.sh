#!/usr/bin/env bash
# Explores scenarios within a budget, as one job of several, and makes the reports that a CI system
# shows. The same here and in any CI: what differs is told by the environment.
#
#   scripts/explore.sh [SCENARIO...]        one job; default: scenarios/explored-*.yaml
#                                           (so run it in the repository's folder)
#   scripts/explore.sh --merge FOLDER...    puts the jobs' folders together and reports on the whole
#
#   HEDDLE     the command line                         (default build/heddle)
#   FLAVOUR    det, tsan or asan: the scenarios that have it, in it (default: as each scenario says)
#   SHARD      which job this is: 2/8                   (default 1/1)
#   TIME       real time for each scenario              (default 60s)
#   SCHEDULES  for each dispatcher at most, over all jobs (default 1000000: the time decides)
#   OUT        folder for what is found                 (default heddle-findings)
#
# Leaves in OUT: result.json and the schedule files (what --merge and heddle report read), the
# campaign store, report.html, heddle.sarif, junit.xml, summary.md. Exits as heddle does: 0 as
# expected, 1 not as expected, 2 bad input, 3 the environment cannot do it.
set -euo pipefail

heddle=${HEDDLE:-build/heddle}
out=${OUT:-heddle-findings}

reports() {
  "$heddle" report --quiet "$out" --html "$out/report.html" --sarif "$out/heddle.sarif" \
    --junit "$out/junit.xml" --markdown "$out/summary.md"
  if [[ -n ${GITHUB_STEP_SUMMARY:-} ]]; then cat "$out/summary.md" >>"$GITHUB_STEP_SUMMARY"; fi
}

status=0
if [[ ${1:-} == --merge ]]; then
  shift
  "$heddle" merge "$@" --out "$out" || status=$?
else
  options=(--out "$out" --time "${TIME:-60s}" --schedules "${SCHEDULES:-1000000}"
    --shard "${SHARD:-1/1}" --go-on)
  scenarios=("$@")
  ((${#scenarios[@]})) || scenarios=(scenarios/explored-*.yaml)
  if [[ -n ${FLAVOUR:-} ]]; then
    options+=(--flavour "$FLAVOUR")
    (($#)) || mapfile -t scenarios < <(grep -lE "^flavours:.*\b$FLAVOUR\b" "${scenarios[@]}")
  fi
  "$heddle" explore "${scenarios[@]}" "${options[@]}" || status=$?
fi
# Beyond 1 there is nothing to report on.
((status <= 1)) || exit "$status"
reports || exit $?
exit "$status"
