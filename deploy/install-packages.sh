#!/usr/bin/env bash
# Installs the Debian packages of the groups named on the command line: those of
# deploy/packages.txt. Does nothing for what is installed already. Needs root or sudo for the rest.
#
#   deploy/install-packages.sh build test
#   deploy/install-packages.sh --list build     print the names, install nothing
set -euo pipefail
list="$(dirname "$0")/packages.txt"

packages_of() {
  awk -v group="[$1]" '
    /^#/ || NF == 0 { next }
    /^\[/ { inside = ($1 == group); seen = seen || inside; next }
    inside { print $1 }
    END { if (!seen) exit 3 }' "$list" || {
    echo "install-packages.sh: packages.txt has no group [$1]" >&2
    exit 2
  }
}

is_installed() {
  [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

only_list=no
if [ "${1:-}" = --list ]; then only_list=yes; shift; fi
[ $# -gt 0 ] || { echo "usage: install-packages.sh [--list] GROUP..." >&2; exit 2; }
wanted=$(for group in "$@"; do packages_of "$group"; done | sort -u)
if [ $only_list = yes ]; then echo "$wanted"; exit 0; fi

missing=()
for package in $wanted; do
  is_installed "$package" || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0

as_root=()
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null || {
    echo "install-packages.sh: you are neither root nor have sudo. These packages are missing:" >&2
    echo "  ${missing[*]}" >&2
    exit 1
  }
  as_root=(sudo)
fi

log=$(mktemp)
trap 'rm -f "$log"' EXIT
failed() {
  echo "install-packages.sh: $1. The end of apt's output:" >&2
  tail -n 15 "$log" >&2
  exit 1
}

# apt reports `dlstatus:N:PERCENT:...` while it fetches and `pmstatus:PACKAGE:PERCENT:...` while it
# unpacks. On a terminal both become one bar; elsewhere a line for each quarter.
show_progress() {
  local kind percent=0 quarters=0 filled
  while IFS=: read -r kind _ percent _; do
    percent=${percent%%.*}
    case $kind in
      dlstatus) percent=$((percent / 2)) ;;
      pmstatus) percent=$((50 + percent / 2)) ;;
      *) continue ;;
    esac
    if [ -t 1 ]; then
      filled=$(printf "%$((percent * 2 / 5))s" '')
      printf '\r  [%-40s] %3d %%' "${filled// /#}" $percent
    elif [ $((percent / 25)) -gt $quarters ]; then
      quarters=$((percent / 25))
      echo "  $((quarters * 25)) %"
    fi
  done
  [ ! -t 1 ] || echo
}

echo "Installing ${#missing[@]} Debian packages and what they need ..."
"${as_root[@]}" apt-get update -qq >"$log" 2>&1 || failed "apt-get update failed"
# Tests and benchmarks bring name servers, which Debian would start on port 53: while they are
# installed, a policy says no, unless the machine has one of its own.
daemons=start
case " $* " in *" test "* | *" bench "*) daemons=leave ;; esac
# sudo closes what is above stderr, so the status channel opens behind it.
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive bash -c '
  log=$1 daemons=$2; shift 2
  policy=/usr/sbin/policy-rc.d
  if [ $daemons = leave ] && [ ! -e $policy ]; then
    trap "rm -f $policy" EXIT
    printf "#!/bin/sh\nexit 101\n" >$policy
    chmod 755 $policy
  fi
  apt-get install -y -q --no-install-recommends -o Dpkg::Progress-Fancy=0 \
    -o APT::Status-Fd=3 "$@" 3>&1 >>"$log" 2>&1 </dev/null' - "$log" $daemons "${missing[@]}" |
  show_progress ||
  failed "apt-get install failed"
