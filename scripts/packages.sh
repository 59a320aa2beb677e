#!/usr/bin/env bash
# Installs the packages that build Heddle on Debian 12. Does nothing when all are installed.
set -euo pipefail

packages=(
  build-essential cmake ninja-build ccache pkg-config git ca-certificates
  clang-14 libclang-rt-14-dev llvm-14            # the compiler of the default build and its symbolizer
  libev-dev libabsl-dev libsnappy-dev libyaml-cpp-dev nlohmann-json3-dev libsimdjson-dev
  libzstd-dev libssl-dev libcli11-dev libsqlite3-dev
  libgtest-dev libgmock-dev libbenchmark-dev libconcurrentqueue-dev libboost-dev
)
# Only CI needs these.
if [[ ${1:-} == --ci ]]; then
  packages+=(clang-format-14 clang-tidy-14 clang-19 libclang-rt-19-dev llvm-19 gdb
    meson automake libtool lintian)
fi

missing=()
for package in "${packages[@]}"; do
  dpkg-query -W -f '${db:Status-Abbrev}' "$package" 2>/dev/null | grep -q '^ii' || missing+=("$package")
done
((${#missing[@]})) || exit 0

as_root=()
if ((EUID != 0)); then
  command -v sudo >/dev/null || { echo "installing requires root or sudo: ${missing[*]}" >&2; exit 3; }
  as_root=(sudo)
fi
echo "Installing: ${missing[*]}"
export DEBIAN_FRONTEND=noninteractive
"${as_root[@]}" apt-get update -qq
"${as_root[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
