#!/usr/bin/env bash
# Runs every command in the given pages: the blocks marked `sh`, and the last column of tables that are
# marked, one after the other, in a temporary folder that looks like the repository after a build.
#
#   scripts/docs.sh PAGE...
#
# An HTML comment before a block marks an exception and gives the reason:
#   <!-- not run: it installs packages -->       the block is skipped, and listed at the end
#   <!-- exits with 1: it finds something -->    a command of the block may also exit with this status
#   <!-- run: the commands of this table -->     before a table
set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
build=$(cd "${HEDDLE_BUILD:-$root/build}" && pwd)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
for name in CMakeLists.txt harness reports scenarios scripts sim src; do
  ln -s "$root/$name" "$folder/$name"
done
ln -s "$build" "$folder/build"
# No settings of the caller, and no command that waits for a terminal.
export HEDDLE_STORE='' NO_COLOR=1 PAGER=cat TIME=2s SCHEDULES=4

skipped=() run=0

# run_block PAGE LINE ALLOWED TEXT
run_block() {
  local status=0
  echo "== $1:$2"
  (
    cd "$folder"
    export allowed=$3
    # shellcheck disable=SC2016  # for the shell that runs it
    bash -c 'trap '\''status=$?; ((status == allowed)) || exit $status'\'' ERR; '"$4"$'\n:'
  ) </dev/null || status=$?
  if ((status != 0)); then
    echo "FAILED with $status: $1:$2" >&2
    return 1
  fi
  run=$((run + 1))
}

run_page() {
  local page=$1 number=0 line in=0 start=0 block='' reason='' allowed=0 indent='' table=0
  while IFS= read -r line || [[ -n $line ]]; do
    number=$((number + 1))
    if ((in)); then
      line=${line#"$indent"}
      if [[ $line == '```' ]]; then
        in=0
        if [[ -n $reason ]]; then
          skipped+=("$page:$start: $reason")
        else
          run_block "$page" "$start" "$allowed" "$block"
        fi
        block='' reason='' allowed=0
      else
        block+=$line$'\n'
      fi
    elif [[ $line == '<!-- run: the commands of this table -->' ]]; then
      table=1
    elif ((table)) && [[ $line != '|'* ]]; then
      table=0
    elif ((table)) && [[ $line =~ \`([^\`]*)\`\ \|$ ]]; then
      run_block "$page" "$number" 0 "${BASH_REMATCH[1]}"
    elif [[ $line =~ ^\ *\<!--\ not\ run:\ (.*)\ --\>$ ]]; then
      reason=${BASH_REMATCH[1]}
    elif [[ $line =~ ^\ *\<!--\ exits\ with\ ([0-9]+):\ .*\ --\>$ ]]; then
      allowed=${BASH_REMATCH[1]}
    elif [[ $line =~ ^(\ *)'```sh'$ ]]; then
      in=1 start=$number indent=${BASH_REMATCH[1]}
    fi
  done <"$root/$page"
}

for page in "$@"; do run_page "$page"; done
echo "$run blocks run"
for each in "${skipped[@]}"; do echo "not run: $each"; done
