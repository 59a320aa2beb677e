#!/usr/bin/env bash
# Runs the checks that take hours, on an existing build (scripts/test.sh makes one).
#
#   scripts/long.sh replays [TIMES]        20 findings and 20 clean runs, each replayed TIMES times (1000)
#   scripts/long.sh campaigns [SCHEDULES]  mutex and async: SCHEDULES (10000) schedules of each of
#                                          random, pct and pos in tsan and asan, distributed over
#                                          windows of every trace, with and without a stop in the
#                                          middle, without and with faults of network and system
#   scripts/long.sh traffic [SEEDS]        synthetic traffic of SEEDS (1000) seeds gives the same chain
#                                          in the reference, mutex, async, locks and worker
#   scripts/long.sh soak [EVENTS]          EVENTS (1000000) events, one in ten damaged, by 4 producers
#                                          through the C ABI: each dispatcher, native and tsan
#   scripts/long.sh scribbles [TIMES]      a program writes over the memory that it shares with its
#                                          supervisor, TIMES (100000) times
#   scripts/long.sh kills [TIMES]          kills commands at TIMES (500) random moments: what they had found is
#                                          kept and can be read, the next command leaves no process, no file
#   scripts/long.sh memory [PROGRAMS]     PROGRAMS (50000) random programs under c11 and tso against the
#                                          models; every dispatcher under c11, 500 schedules of each trace
#   scripts/long.sh burst [RUNS]           RUNS (200) free runs of every trace in mode burst, every flavour
#
# HEDDLE_BUILD: the build's folder (build). JOBS: processes side by side (2).
# Ends with `N passed, N failed`.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 3

build=${HEDDLE_BUILD:-build}
jobs=${JOBS:-2}
heddle=$build/heddle
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0
failed=0

# check NAME COMMAND...: runs one check; prints its time and, when it fails, the end of its output.
check() {
  local name=$1 start=$SECONDS status=0
  shift
  "$@" >"$work/log" 2>&1 || status=$?
  if ((status == 0)); then
    passed=$((passed + 1))
    echo "ok    $name ($((SECONDS - start)) s)"
  else
    failed=$((failed + 1))
    echo "FAIL  $name ($((SECONDS - start)) s), exit $status"
    tail -n 20 "$work/log"
  fi
}

# Replays the findings of 20 corpus programs, each in the first flavour that shows it, and 20 clean
# runs of scenarios, each in every flavour.
replays() {
  local times=${1:-1000} found=0 name flavour schedule flavours=(det tsan asan)
  for name in $("$build/heddle-corpus" --list); do
    flavours=("${flavours[@]:1}" "${flavours[0]}")
    for flavour in "${flavours[@]}"; do
      ((found < 20)) || break 2
      "$heddle" explore --quiet --program "$build/heddle-corpus-$flavour" --schedules 2000 --jobs "$jobs" \
        --out "$work/$name" -- "$name" broken >/dev/null 2>&1
      schedule=$(find "$work/$name" -name '*.schedule.json' 2>/dev/null | head -n1)
      [[ $schedule ]] || continue
      found=$((found + 1))
      check "$name ($flavour): $times replays" "$heddle" replay "$schedule" --times "$times" --quiet
      break
    done
  done
  "$heddle" explore --quiet explored-short explored-forks --dispatcher mutex --dispatcher async --strategy pos \
    --schedules 5 --keep-clean 5 --out "$work/clean" >/dev/null
  for schedule in "$work"/clean/clean-*.schedule.json; do
    for flavour in det tsan asan; do
      check "$(basename "$schedule" .schedule.json) ($flavour): $times replays" \
        "$heddle" replay "$schedule" --flavour "$flavour" --times "$times" --quiet
    done
  done
}

campaigns() {
  local schedules=${1:-10000} scenarios=(scenarios/explored-{short,healthy,late,forks,partition,churn,stop}.yaml)
  local each=$(((schedules + ${#scenarios[@]} - 1) / ${#scenarios[@]})) strategy flavour scenario faults fault
  local bad_world=(drop=2% reorder=10% delay=2% corrupt=2% disconnect=0.5% interrupt=10% again=20%)
  for faults in off on; do
    local arguments=()
    if [[ $faults == on ]]; then
      for fault in "${bad_world[@]}"; do arguments+=(--fault "$fault"); done
    fi
    for flavour in tsan asan; do
      for strategy in random pct:d=3 pos; do
        for scenario in "${scenarios[@]}"; do
          check "$(basename "$scenario" .yaml), $strategy, $flavour, faults $faults: $each schedules of mutex and async" \
            "$heddle" explore --quiet "$scenario" --dispatcher mutex --dispatcher async --flavour "$flavour" \
            --strategy "$strategy" --schedules "$each" --jobs "$jobs" --out "$work/findings" "${arguments[@]}"
        done
      done
    done
  done
}

traffic() {
  check "synthetic traffic: ${1:-1000} seeds" \
    env HEDDLE_TRAFFIC_SEEDS="${1:-1000}" "$build/traffic_replay_test" --gtest_brief=1
}

burst() {
  local runs=${1:-200} scenario
  for scenario in scenarios/burst-*.yaml; do
    check "$(basename "$scenario" .yaml): $runs runs" "$heddle" run --quiet "$scenario" --runs "$runs"
  done
}

# Prints the times of calls too.
soak() {
  local events=${1:-1000000} dispatcher flavour
  cmake --build "$build" --target heddle-soak heddle-soak-tsan >/dev/null || exit 3
  for flavour in "" -tsan; do
    for dispatcher in mutex async locks worker; do
      check "soak $dispatcher${flavour:- native}: $events events" "$build/heddle-soak$flavour" "$dispatcher" "$events"
      cat "$work/log"
    done
  done
}

scribbles() {
  check "writes over shared memory: ${1:-100000} batches" \
    env HEDDLE_SCRIBBLES="${1:-100000}" "$build/control_fuzz_test" --gtest_brief=1
}

# killed N COMMAND...: kills the command after a random part of the time that it takes, and runs it again.
killed() {
  local number=$1 status=0 pid file
  shift
  setsid "$@" >/dev/null 2>&1 &
  pid=$!
  sleep "$(printf '0.%03d' $((RANDOM % 1000)))"
  kill -KILL "$pid" 2>/dev/null
  wait "$pid" 2>/dev/null
  for file in "$work"/kills/*/*.json; do
    [[ -e $file ]] || continue
    python3 -c 'import json, sys; json.load(open(sys.argv[1]))' "$file" || return 1
  done
  ((number % 10 == 0)) || return 0
  timeout 60 "$@" || status=$?
  # 4: nothing was found. Others than these have not run.
  ((status == 0 || status == 1 || status == 4)) || return 1
  if pgrep -f "$work/kills" >&2; then
    echo "processes are left"
    return 1
  fi
  file=$(find "$TMPDIR" -mindepth 1 -maxdepth 1 -print -quit)
  [[ -z $file ]] || { echo "$file is left" && return 1; }
}

kills() {
  local times=${1:-500} out=$work/kills i=0 bad=0 before
  local recorded=$out/recorded
  export TMPDIR=$work/tmp
  mkdir -p "$TMPDIR" "$out"
  cp "$build/heddle-corpus-det" "$out/corpus-det"
  "$heddle" explore --quiet --program "$out/corpus-det" --out "$recorded" -- shutdown-lost-wakeup broken >/dev/null 2>&1
  before=("$recorded"/*.schedule.json)
  [[ -e ${before[0]} ]] || { echo "found nothing to replay" >&2 && exit 3; }
  "$heddle" shrink --quiet "${before[0]}" --program "$out/corpus-det" --out "$out/small" >/dev/null || exit 3
  while ((i < times)); do
    i=$((i + 1))
    case $((i % 7)) in
      0) set -- "$heddle" explore --program "$out/corpus-det" --out "$out/found" --keep-clean 5 -- shutdown-lost-wakeup right ;;
      1) set -- "$heddle" explore borrowed-payload explored-short --schedules 50 --keep-clean 5 --out "$out/scenario" ;;
      2) set -- "$heddle" run lockstep-late burst-late --keep "$out/kept" ;;
      3) set -- "$heddle" replay "${before[0]}" --program "$out/corpus-det" --times 500 ;;
      4) set -- "$heddle" shrink "${before[0]}" --program "$out/corpus-det" --out "$out/shrunk" ;;
      5) set -- "$heddle" report "$recorded" --program "$out/corpus-det" ;;
      6) set -- "$heddle" explain "$out/small/finding.schedule.json" --program "$out/corpus-det" ;;
    esac
    killed "$i" "$@" >"$work/log" 2>&1 && continue
    echo "kill $i: $*"
    tail -n 20 "$work/log"
    bad=$((bad + 1))
  done
  check "$times kills: $bad with a loss or something left" test "$bad" = 0
}

memory() {
  local programs=${1:-50000} model scenario name flavour
  for model in c11 tso; do
    check "$programs random programs under $model" "$build/litmus-det" random "$model" "$programs"
    tail -n1 "$work/log"
  done
  for scenario in scenarios/explored-{short,healthy,late,forks,partition,churn,stop}.yaml; do
    # The scenarios name two dispatchers, and -d adds none.
    name=$(basename "$scenario")
    sed -e 's/^dispatchers: .*/dispatchers: [mutex, async, locks, worker]/' \
      -e "s#^trace: #trace: $PWD/scenarios/#" "$scenario" >"$work/$name"
    for flavour in det tsan; do
      check "${name%.yaml} under c11, $flavour: 500 schedules of each dispatcher" \
        "$heddle" explore --quiet "$work/$name" -d mutex -d async -d locks -d worker --flavour "$flavour" \
        --memory c11 --schedules 500 --jobs "$jobs" --out "$work/findings"
    done
  done
}

case ${1:-} in
  replays | campaigns | traffic | soak | scribbles | kills | memory | burst) "$@" ;;
  *)
    sed -n '2,22s/^# \{0,1\}//p' "$0" >&2
    exit 2
    ;;
esac
echo "$passed passed, $failed failed"
((failed == 0))
