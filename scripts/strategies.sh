#!/usr/bin/env bash
# Measures how soon each strategy finds the bugs of scenarios/bugs, and compares with free runs of the
# same host under ThreadSanitizer and AddressSanitizer alone. Prints a Markdown table.
#
#   scripts/strategies.sh [SCENARIO.yaml...]
#   scripts/strategies.sh --programs [PROGRAM...]   the same for programs of the corpus (all), without
#                                                   free runs, in det
#   SEEDS=5 SECONDS_EACH=20 HEDDLE=build/heddle   (the defaults; seconds: for each campaign)
#   STRATEGIES='random pct pos race'              (the default for programs has more)
#
# A cell is the median number of schedules (or free runs) until the finding that the scenario expects,
# and the median of the seconds; in brackets the campaigns that found it, when not all did.
# A free run under ThreadSanitizer counts when it reports any data race.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
heddle=${HEDDLE:-$root/build/heddle}
seeds=${SEEDS:-5} limit=${SECONDS_EACH:-20}
of_programs=0
[[ ${1:-} != --programs ]] || { of_programs=1; shift; }
if ((of_programs)); then
  read -ra strategies <<<"${STRATEGIES:-auto random pct pos surw rff delay}"
  (($# > 0)) || mapfile -t programs < <("$root"/build/heddle-corpus --list)
  (($# == 0)) || programs=("$@")
else
  read -ra strategies <<<"${STRATEGIES:-random pct pos race}"
fi
((of_programs || $# > 0)) || set -- "$root"/scenarios/bugs/*.yaml
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

words() { sed -nE "s/^$2\[([^]]*)\].*/\1/p" "$1" | tr -d ' ' | tr ',' ' '; }
median() { sort -n | awk '{v[NR] = $1} END {print v[int((NR + 1) / 2)]}'; }

# campaigns COMMAND...: runs COMMAND SEED, which prints the result, for each seed; prints a cell.
campaigns() {
  local seed start found=0
  : >"$folder/runs"
  : >"$folder/times"
  for ((seed = 1; seed <= seeds; ++seed)); do
    rm -rf "$folder/findings"  # to add to the results of earlier campaigns takes time
    start=$EPOCHREALTIME
    "$@" "$seed" >"$folder/result.json" 2>/dev/null || continue
    found=$((found + 1))
    sed -nE 's/^ *"runs": ([0-9]+).*/\1/p' "$folder/result.json" | head -n1 >>"$folder/runs"
    awk -v a="$start" -v b="$EPOCHREALTIME" 'BEGIN {printf "%.1f\n", b - a}' >>"$folder/times"
  done
  if ((found == 0)); then
    printf 'not found in %s s' "$limit"
  else
    printf '%s, %s s' "$(median <"$folder/runs")" "$(median <"$folder/times")"
    ((found == seeds)) || printf ' (%s of %s)' "$found" "$seeds"
  fi
}

explore() {  # STRATEGY SEED
  "$heddle" explore "$scenario" -d "$bug" --strategy "$1" --seed "$2" --schedules 1000000 \
    --time "${limit}s" --json --out "$folder/findings"
}

explore_program() {  # STRATEGY SEED
  local status=0
  "$heddle" explore --program "$root/build/heddle-corpus-det" --strategy "$1" --seed "$2" --schedules 1000000 \
    --time "${limit}s" --json --out "$folder/findings" -- "$program" broken || status=$?
  ((status == 1))
}

table_of_programs() {
  local program strategy
  printf '| program |'
  printf ' %s |' "${strategies[@]}"
  printf '\n| --- |'
  printf ' --- |%.0s' "${strategies[@]}"
  echo
  for program in "${programs[@]}"; do
    printf '| %s |' "$program"
    for strategy in "${strategies[@]}"; do printf ' %s |' "$(campaigns explore_program "$strategy")"; done
    echo
  done
}

# Runs the scenario without `explore`, in one flavour. It expects its finding, or any data race.
free() {  # FLAVOUR SEED
  local finding=$expected
  [[ $1 == tsan ]] && finding="{finding: data-race, within: 100000}"
  sed -E -e '/^(explore|controls|flavours|expect):|^  - \{finding/d' \
    -e "s|^trace: (.*)|trace: $(dirname "$scenario")/\1|" "$scenario" >"$folder/free.yaml"
  printf 'flavours: [%s]\nexpect:\n  - %s\n' "$1" "$finding" >>"$folder/free.yaml"
  timeout "$limit" "$heddle" run "$folder/free.yaml" -d "$bug" --json
}

if ((of_programs)); then
  table_of_programs
  exit
fi
printf '| bug | flavour |'
printf ' %s |' "${strategies[@]}"
printf ' tsan alone | asan alone |\n| --- | --- |'
printf ' --- |%.0s' "${strategies[@]}"
echo ' --- | --- |'
for scenario in $(realpath "$@"); do
  bug=$(words "$scenario" 'dispatchers: ')
  flavour=$(words "$scenario" 'flavours: ')
  expected=$(sed -nE 's/^  - \{(finding: [^},]*).*/{\1, within: 100000}/p' "$scenario" | head -n1)
  printf '| %s | %s |' "$(basename "$scenario" .yaml)" "$flavour"
  for strategy in "${strategies[@]}"; do printf ' %s |' "$(campaigns explore "$strategy")"; done
  for sanitizer in tsan asan; do printf ' %s |' "$(campaigns free "$sanitizer")"; done
  echo
done
