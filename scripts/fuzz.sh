#!/usr/bin/env bash
# Fuzzes the readers of outside data with libFuzzer: scripts/fuzz.sh [--time T] [TARGET...]
#
# --time: real time for each target: 30s, 10min, 2h (default 30s). Without TARGET: every one.
# Builds build-fuzz (JOBS processes side by side: 2). What a target learns stays in
# build-fuzz/corpus/TARGET; what it finds, in build-fuzz/found/TARGET.
# Ends with `N passed, N failed`.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 3

usage() {
  sed -n '2,8s/^# \{0,1\}//p' "$0" >&2
  exit 2
}

time=30s
targets=()
while (($#)); do
  case $1 in
    --time) time=${2:-} && shift 2 ;;
    -*) usage ;;
    *) targets+=("$1") && shift ;;
  esac
done
[[ $time =~ ^([0-9]+)(s|min|h)$ ]] || usage
case ${BASH_REMATCH[2]} in s) unit=1 ;; min) unit=60 ;; h) unit=3600 ;; esac
seconds=$((BASH_REMATCH[1] * unit))

cmake --preset fuzz >/dev/null && cmake --build --preset fuzz --parallel "${JOBS:-2}" || exit 3
fuzz=build-fuzz/heddle-fuzz
mapfile -t known < <("$fuzz" 2>&1 >/dev/null | tail -n +2)
((${#targets[@]})) || targets=("${known[@]}")

passed=0
failed=0
for target in "${targets[@]}"; do
  if [[ " ${known[*]} " != *" $target "* ]]; then
    echo "there is no target '$target'; expected one of ${known[*]}" >&2
    exit 2
  fi
  export HEDDLE_FUZZ_TARGET=$target
  corpus=build-fuzz/corpus/$target seeds=build-fuzz/seeds/$target found=build-fuzz/found/$target
  mkdir -p "$corpus" "$seeds" "$found" "harness/fuzz/inputs/$target"
  HEDDLE_FUZZ_SEEDS=$seeds "$fuzz" || exit 3
  # 10 s for one input is a hang.
  if "$fuzz" -max_total_time="$seconds" -rss_limit_mb=512 -malloc_limit_mb=512 -timeout=10 -max_len=65536 \
    -print_final_stats=1 -verbosity=1 -artifact_prefix="$found/" "$corpus" "$seeds" "harness/fuzz/inputs/$target" \
    >"build-fuzz/$target.log" 2>&1; then
    passed=$((passed + 1))
    echo "ok    $target: $(sed -n 's/^stat::number_of_executed_units: *//p' "build-fuzz/$target.log") inputs"
  else
    failed=$((failed + 1))
    echo "FAIL  $target: see $found and build-fuzz/$target.log"
    tail -n 20 "build-fuzz/$target.log"
  fi
done
echo "$passed passed, $failed failed"
((failed == 0))
