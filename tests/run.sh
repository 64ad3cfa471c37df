#!/usr/bin/env bash
# Installs what the tests need, builds, and runs every test through CTest. Arguments go to ctest:
#
#   tests/run.sh                 everything
#   tests/run.sh -R e2e          what matches
#
# Two trees: build/release has all programs and tests; build/asan has only what reads hostile input,
# with AddressSanitizer and UndefinedBehaviorSanitizer, for tests that the release tree runs.
set -euo pipefail
cd "$(dirname "$0")/.."

./deploy/install-packages.sh build test
export CCACHE_BASEDIR="$PWD" CCACHE_NOHASHDIR=1

# build PRESET TARGET OPTION...: quiet unless it fails; a line each tenth of the way.
build() {
  local preset=$1 target=$2 log=build/tests-$1.log tenths=0 line
  shift 2
  mkdir -p build
  echo "Building $preset (the output is in $log) ..."
  cmake --preset "$preset" "$@" >"$log" 2>&1 || { tail -n 30 "$log" >&2; exit 1; }
  cmake --build --preset "$preset" --target "$target" 2>&1 | tee -a "$log" |
    while IFS= read -r line; do
      [[ $line =~ ^\[([0-9]+)/([0-9]+)\] ]] || continue
      [ $((BASH_REMATCH[1] * 10 / BASH_REMATCH[2])) -gt $tenths ] || continue
      tenths=$((BASH_REMATCH[1] * 10 / BASH_REMATCH[2]))
      echo "  $((tenths * 10)) % (${BASH_REMATCH[1]} of ${BASH_REMATCH[2]})"
    done || { grep -A 15 -m 3 -E '^FAILED|error:' "$log" >&2; exit 1; }
}

build release all -DMERIDIAN_TESTS=ON -DMERIDIAN_ASAN_BIN="$PWD/build/asan/bin"
build asan hostile_input -DMERIDIAN_TESTS=ON
ctest --preset release -j "$(nproc)" "$@"
