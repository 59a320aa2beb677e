#!/usr/bin/env bash
# Shrinks a finding of each host with a seeded bug (scenarios/bugs) and replays the result. Prints a
# line for each, and the median of the forced preemptions. Exits with 1 when a bug is not found, when the
# shrunk schedule does not replay, or when more than a tenth of the events are left.
#
#   scripts/shrink.sh [SCENARIO.yaml...]
#   REPLAYS=1000 HEDDLE=build/heddle   (the defaults)
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
heddle=${HEDDLE:-$root/build/heddle}
replays=${REPLAYS:-1000}
(($# > 0)) || set -- "$root"/scenarios/bugs/*.yaml
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

# size WHAT: "BEFORE AFTER" of a line that `heddle shrink` printed.
size() { sed -nE "s/^ *$1 +([0-9]+) -> ([0-9]+).*/\1 \2/p" "$folder/shrunk.txt"; }

status=0
forced_by_all=()
printf '%-18s %-14s %-16s %-8s %-16s %s\n' scenario events switches forced seconds replays
for scenario in "$@"; do
  name=$(basename "$scenario" .yaml)
  bug=$(sed -nE 's/^dispatchers: \[([^]]*)\].*/\1/p' "$scenario")
  "$heddle" explore "$scenario" -d "$bug" --quiet --out "$folder/$name" >/dev/null || true
  schedule=$(find "$folder/$name" -name '*.schedule.json' 2>/dev/null | sort | head -n1)
  if [[ -z $schedule ]] ||
    ! "$heddle" shrink "$schedule" --quiet -o "$folder/$name/small" >"$folder/shrunk.txt" 2>&1; then
    printf '%-18s NOT SHRUNK\n' "$name"
    [[ -z $schedule ]] || cat "$folder/shrunk.txt"
    status=1
    continue
  fi
  read -r events_before events_after <<<"$(size events)"
  read -r switches_before switches_after <<<"$(size 'context switches')"
  forced=$(sed -nE 's/^ *forced preemptions +([0-9]+).*/\1/p' "$folder/shrunk.txt")
  seconds=$(sed -nE 's/.* executions, ([0-9.]+) s$/\1/p' "$folder/shrunk.txt")
  exact=$("$heddle" replay "$folder/$name/small/finding.schedule.json" --times "$replays" --quiet 2>&1 |
    sed -nE 's/^([0-9]+) of .* exact.*/\1/p' || true)
  printf '%-18s %-14s %-16s %-8s %-16s %s\n' "$name" "$events_before -> $events_after" \
    "$switches_before -> $switches_after" "$forced" "$seconds" "${exact:-0}/$replays"
  forced_by_all+=("$forced")
  if ((events_after * 10 > events_before)) || [[ ${exact:-0} != "$replays" ]]; then status=1; fi
done
if ((${#forced_by_all[@]} > 0)); then
  printf '%s\n' "${forced_by_all[@]}" | sort -n |
    awk '{ all[NR] = $1 } END { print "median of the forced preemptions: " (all[int((NR + 1) / 2)] + all[int(NR / 2) + 1]) / 2 }'
fi
exit "$status"
