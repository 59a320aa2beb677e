#!/usr/bin/env bash
# Records schedules and replays each of them in every flavour on machines that differ: another uptime,
# number of processors, user, home, time zone, locale, working or temporary folder or host name, a loaded
# machine, and machines that refuse ptrace or personality.
#
#   scripts/replay_matrix.sh [N]       N findings and N clean runs (100) of corpus programs and scenarios,
#                                      under every condition: some 20 minutes
#   scripts/replay_matrix.sh --quick   3 and 3, without the conditions that are slow: seconds
#
# HEDDLE_BUILD: the build's folder (build). JOBS: replays side by side (2). KEEP: a folder for the recorded
# schedules, which is used as it is when it holds some.
#
# Prints a line for each condition: `200 of 200` in each flavour. In the flavour of the recording a replay
# must do the same operations and end the same way; in another one it must do the same operations. Where
# a machine refuses what a replay requires, a message with the remedy counts. A condition that this
# machine cannot make is skipped, and says why. Exits with 1 when anything fails.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 3
root=$PWD

quick=
case ${1:-} in
  --quick) quick=yes ;;
  '' | [1-9]*) ;;
  *)
    sed -n '2,18s/^# \{0,1\}//p' "$0" >&2
    exit 2
    ;;
esac
wanted=${1:-100}
[[ $quick ]] && wanted=3
build=$(realpath "${HEDDLE_BUILD:-build}")
jobs=${JOBS:-2}
for program in heddle heddle-deny heddle-{corpus,host}-{det,tsan,asan}; do
  [[ -x $build/$program ]] || {
    echo "$build/$program: not built (ninja -C build $program)" >&2
    exit 3
  }
done
flavours=(det tsan asan)
work=$(mktemp -d)
loops=()
trap 'kill "${loops[@]}" 2>/dev/null; rm -rf "$work"' EXIT
chmod 755 "$work"
schedules=${KEEP:-$work/schedules}
mkdir -p "$schedules"
export build work HEDDLE_STORE= NO_COLOR=1

# --- Recording

# take FOLDER KIND: moves the schedules below the folder to the collection, up to the number that is wanted.
take() {
  local file count
  for file in "$1"/*.schedule.json; do
    [[ -e $file ]] || continue
    count=$(find "$schedules" -name "$2-*.schedule.json" | wc -l)
    ((count < wanted)) || return 0
    mv "$file" "$(printf '%s/%s-%03d.schedule.json' "$schedules" "$2" "$count")"
  done
}

has() { (($(find "$schedules" -name "$1-*.schedule.json" | wc -l) >= wanted)); }

# explore KIND ARGUMENTS...
explore() {
  local kind=$1
  shift
  timeout 60 "$build/heddle" explore --quiet --time 10s --out "$work/new" "$@" >/dev/null 2>&1
  take "$work/new" "$kind"
  rm -rf "$work/new"
}

record() {
  local names round=0 i name scenario bug strategies=(random pct:d=3 pos)
  mapfile -t names < <("$build/heddle-corpus-det" --list)
  if [[ ! $quick ]]; then
    i=0
    for scenario in "$root"/scenarios/bugs/*.yaml; do
      has finding && break
      bug=$(sed -nE 's/^dispatchers: \[([^]]*)\].*/\1/p' "$scenario")
      explore finding "$scenario" -d "$bug"
    done
    for scenario in "$root"/scenarios/explored-{short,healthy,late,forks,churn,stop}.yaml; do
      explore clean "$scenario" -d mutex -d async --flavour "${flavours[i++ % 3]}" --strategy pos -n 3 --keep-clean 3
    done
  fi
  # Every program once before any has another turn: in another flavour, by another strategy.
  while ((round < 9)) && ! { has finding && has clean; }; do
    i=$round
    for name in "${names[@]}"; do
      i=$((i + 1))
      has finding || explore finding --program "$build/heddle-corpus-${flavours[i % 3]}" -n 2000 \
        --strategy "${strategies[(i + round) / 3 % 3]}" --seed $((round + 1)) -- "$name" broken
      has clean || explore clean --program "$build/heddle-corpus-${flavours[(i + 1) % 3]}" -n 1 --keep-clean 1 \
        --strategy "${strategies[(i + round) / 3 % 3]}" --seed $((round + 1)) -- "$name" right
      has finding && has clean && break
    done
    round=$((round + 1))
  done
}

# --- Replaying

# replay SCHEDULE FLAVOUR: prints `good FLAVOUR`, or `bad FLAVOUR` and why. With REFUSED, the message that
# names this remedy is good too.
replay() {
  local schedule=$1 flavour=$2 code=0 arguments=() said
  if grep -q '"kind": *"program"' "$schedule"; then arguments=(--program "$build/heddle-corpus-$flavour"); fi
  said=$(timeout 120 "$build/heddle" replay "$schedule" --flavour "$flavour" --quiet "${arguments[@]}" 2>&1) || code=$?
  if ((code == 0)) || { ((code == 1)) && ! grep -q "\"flavour\": *\"$flavour\"" "$schedule"; } ||
    { ((code == 3)) && [[ ${REFUSED:-} && $said == *"${REFUSED:-}"* ]]; }; then
    echo "good $flavour"
  else
    echo "bad $flavour $(basename "$schedule"), exit $code: $(tail -n 3 <<<"$said" | tr '\n' ' ')"
  fi
}
export -f replay
export REFUSED=

failed=0
total=0
# under NAME COMMAND...: replays all, each flavour of each, as children of the command.
under() {
  local name=$1 flavour good line=
  shift
  for flavour in "${flavours[@]}"; do
    find "$schedules" -name '*.schedule.json' -printf "%p $flavour\n"
  done | sort >"$work/list"
  total=$(($(wc -l <"$work/list") / 3))
  "$@" xargs -a "$work/list" -P "$jobs" -n 2 bash -c 'replay "$@"' replay >"$work/results" 2>"$work/errors"
  for flavour in "${flavours[@]}"; do
    good=$(grep -c "^good $flavour" "$work/results")
    line+="  $flavour $good of $total"
    ((good == total)) || failed=1
  done
  printf '%-22s%s\n' "$name" "$line"
  grep '^bad' "$work/results" | head -n 5
  head -n 3 "$work/errors" >&2
}

# can COMMAND...: whether this machine does it.
can() { "$@" true >/dev/null 2>&1; }
skip() { printf '%-22s  skipped: %s\n' "$1" "$2"; }

# A folder that another user may read, too.
as_nobody() { setpriv --reuid 65534 --regid 65534 --clear-groups env TMPDIR="$work/nobody" "$@"; }
in_folder() {
  local folder=$1
  shift
  (cd "$folder" && "$@")
}
renamed() { unshare -u bash -c 'hostname elsewhere && "$@"' renamed "$@"; }

replay_all() {
  local up
  up=$(cut -d. -f1 /proc/uptime)
  under "as recorded" env
  if can unshare -T --fork --monotonic 1000000 --boottime 1000000; then
    under "longer uptime" unshare -T --fork --monotonic 10000000 --boottime 10000000
    under "shorter uptime" unshare -T --fork --monotonic $((5 - up)) --boottime $((5 - up))
  else
    skip "another uptime" "no time namespaces"
  fi
  under "one processor" taskset -c 0
  under "another home" env HOME=/nowhere USER=somebody LOGNAME=somebody
  under "another time zone" env TZ=Asia/Kolkata
  under "another locale" env LC_ALL=C.UTF-8 LANG=tr_TR.UTF-8
  under "another folder" in_folder /
  mkdir -p "$work/a/temporary/folder/of/its/own"
  under "another TMPDIR" env TMPDIR="$work/a/temporary/folder/of/its/own"
  if can unshare -u; then under "another host name" renamed; else skip "another host name" "no UTS namespaces"; fi
  [[ $quick ]] && return
  mkdir -p "$work/nobody" && chmod 777 "$work/nobody"
  if can as_nobody && as_nobody test -x "$build/heddle"; then
    under "another user" as_nobody
  else
    skip "another user" "requires root, and a build that others can read"
  fi
  local i
  for ((i = 0; i < 2 * $(nproc); ++i)); do
    while :; do :; done &
    loops+=($!)
  done
  under "loaded machine" env
  kill "${loops[@]}"
  wait "${loops[@]}" 2>/dev/null
  loops=()
  if can "$build/heddle-deny" ptrace /bin/true; then
    REFUSED=--cap-add=SYS_PTRACE under "no ptrace" "$build/heddle-deny" ptrace /usr/bin/env
    REFUSED=seccomp=unconfined under "no personality" "$build/heddle-deny" personality /usr/bin/env
  else
    skip "no ptrace, personality" "no seccomp filters"
  fi
}

if ! has finding || ! has clean; then record; fi
for kind in finding clean; do
  count=$(find "$schedules" -name "$kind-*.schedule.json" | wc -l)
  printf '%d schedules: %s\n' "$count" "$kind"
  ((count == wanted)) || failed=1
done
replay_all
exit "$failed"
