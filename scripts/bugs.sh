#!/usr/bin/env bash
# Checks the scenarios of the hosts with seeded bugs (scenarios/bugs): each bug is found within the
# scenario's budget with every seed, its schedule replays exactly, and the correct dispatchers are clean
# in the same scenario. Prints a line for each scenario. Exits with 1 when a check fails.
#
#   scripts/bugs.sh [SCENARIO.yaml...]
#   SEEDS=20 REPLAYS=1000 SCHEDULES=5000 JOBS=1 HEDDLE=build/heddle   (the defaults)
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
heddle=${HEDDLE:-$root/build/heddle}
seeds=${SEEDS:-20} replays=${REPLAYS:-1000} schedules=${SCHEDULES:-5000} jobs=${JOBS:-1}
(($# > 0)) || set -- "$root"/scenarios/bugs/*.yaml
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

# words FILE KEY: the names in `dispatchers: [...]` of the scenario, or of its controls.
words() { sed -nE "s/^$2\[([^]]*)\].*/\1/p" "$1" | tr -d ' ' | tr ',' ' '; }
options() { for name in $1; do printf -- '-d %s ' "$name"; done; }

status=0
for scenario in "$@"; do
  name=$(basename "$scenario" .yaml)
  bug=$(words "$scenario" 'dispatchers: ')
  correct=$(words "$scenario" 'controls: \{dispatchers: ')
  found=0 most=0 start=$SECONDS
  for ((seed = 1; seed <= seeds; ++seed)); do
    # shellcheck disable=SC2046
    if "$heddle" explore "$scenario" $(options "$bug") --seed "$seed" --jobs "$jobs" --json \
      --out "$folder/$name" >"$folder/result.json" 2>"$folder/errors"; then
      found=$((found + 1))
      attempts=$(sed -nE 's/^ *"runs": ([0-9]+).*/\1/p' "$folder/result.json" | head -n1)
      ((attempts > most)) && most=$attempts
    fi
  done
  seconds=$((SECONDS - start))
  exact=none
  schedule=$(find "$folder/$name" -name '*.schedule.json' 2>/dev/null | sort | head -n1)
  if [[ -n $schedule ]]; then
    exact=$("$heddle" replay "$schedule" --times "$replays" --quiet 2>&1 |
      sed -nE 's/^([0-9]+) of .* exact.*/\1/p' || true)
  fi
  clean=clean
  # shellcheck disable=SC2046
  "$heddle" explore "$scenario" $(options "$correct") --schedules "$schedules" --jobs "$jobs" \
    --out "$folder/correct" >"$folder/correct.txt" 2>&1 || clean=NOT-CLEAN
  printf '%-18s found %s/%s in at most %s schedules, %s s; %s/%s replays exact; %s: %s over %s\n' \
    "$name" "$found" "$seeds" "$most" "$seconds" "${exact:-0}" "$replays" "$correct" "$clean" \
    "$schedules"
  if ((found < seeds)) || [[ ${exact:-0} != "$replays" || $clean != clean ]]; then
    status=1
    [[ $clean == clean ]] || cat "$folder/correct.txt"
  fi
done
exit "$status"
