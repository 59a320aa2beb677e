#!/usr/bin/env bash
# Explores scenarios within a budget, as one job of several, and makes the reports that a CI system
# shows. It runs the same locally and in any CI: environment variables set what differs.
#
#   scripts/explore.sh [SCENARIO...]        one job; default: scenarios/explored-*.yaml
#                                           (then run it in the repository's folder)
#   scripts/explore.sh --merge FOLDER...    merges the jobs' folders and makes the reports of all
#
#   HEDDLE     the command line                         (default build/heddle)
#   FLAVOUR    det, tsan or asan: only this flavour      (default: the scenarios' own flavours)
#   SHARD      the number of this job, as 2/8           (default 1/1)
#   TIME       real time for each scenario              (default 60s)
#   SCHEDULES  limit for each dispatcher, over all jobs (default 1000000, so TIME is the limit)
#   OUT        folder for the findings                  (default heddle-findings)
#
# Writes to OUT: result.json and the schedule files (which --merge and heddle report read), the
# campaign store, report.html, heddle.sarif, junit.xml, summary.md. Exit codes are those of heddle:
# 0 as expected, 1 not as expected, 2 bad input, 3 the environment lacks something.
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
# With a status above 1 there are no results.
((status <= 1)) || exit "$status"
reports || exit $?
exit "$status"
