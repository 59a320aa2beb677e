#!/usr/bin/env bash
# One campaign on many machines: each of N shards runs anywhere, once or more often, and all of them are
# put together.
#
#   campaign.sh run FOLDER I N OPTION...   runs shard I of N (from 1), as `heddle explore OPTION...`
#   campaign.sh merge FOLDER N             puts all shards together: FOLDER/merged
#
# FOLDER is shared by the machines. A shard that has been killed is run again from its beginning, and one
# that is complete is not run again: nothing is lost or counted twice. `run` exits with 0 when the shard is
# complete, whatever it found; `merge` exits as heddle merge does, with 3 when a shard is missing.
set -euo pipefail

heddle=${HEDDLE:-heddle}

case ${1:-} in
  run)
    folder=$2 shard=$3 shards=$4
    shift 4
    own=$folder/shard-$shard
    [[ -e $own/complete ]] && exit 0
    rm -rf "$own"
    mkdir -p "$folder"
    status=0
    "$heddle" explore "$@" --shard "$shard/$shards" --out "$own" || status=$?
    # Found nothing, something, or could not judge all: the shard has run. All else is run again.
    ((status == 0 || status == 1 || status == 4)) || exit "$status"
    mkdir -p "$own"
    echo "$shard/$shards" >"$own/complete"
    ;;
  merge)
    folder=$2 shards=$3
    own=()
    for ((i = 1; i <= shards; ++i)); do
      if [[ $(cat "$folder/shard-$i/complete" 2>/dev/null) != "$i/$shards" ]]; then
        echo "campaign.sh: shard $i/$shards of $folder is not complete: run it again" >&2
        exit 3
      fi
      own+=("$folder/shard-$i")
    done
    rm -rf "$folder/merged"
    exec "$heddle" merge "${own[@]}" --out "$folder/merged"
    ;;
  *)
    sed -n '2,/^set/s/^# \{0,1\}//p' "$0" >&2
    exit 2
    ;;
esac
