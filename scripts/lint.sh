#!/usr/bin/env bash
# Checks the format and runs static analysis on our own code. Needs a configured build/ (for its compile commands).
#   scripts/lint.sh [--format] [FILE...]     (default: every tracked source file)
# --format: checks the format only. clang-tidy on all files takes most of an hour on two cores.
set -euo pipefail
cd "$(dirname "$0")/.."

format_only=
if [[ ${1:-} == --format ]]; then
  format_only=1
  shift
fi
files=("$@")
((${#files[@]})) || mapfile -t files < <(git ls-files '*.cc' '*.h' '*.c')
clang-format-14 --dry-run -Werror "${files[@]}"
echo "clang-format: ${#files[@]} files"
[[ -z $format_only ]] || exit 0

# clang-tidy reads files one by one, which a unity build does not have.
cmake --preset default -B build-lint -DHEDDLE_UNITY=OFF >/dev/null

sources=()
for file in "${files[@]}"; do
  [[ $file == *.cc ]] && grep -q "\"file\": \"$PWD/$file\"" build-lint/compile_commands.json && sources+=("$file")
done
printf '%s\0' "${sources[@]}" | xargs -0 -n1 -P"$(nproc)" clang-tidy-14 -p build-lint --quiet 2>/dev/null
echo "clang-tidy: ${#sources[@]} files"
