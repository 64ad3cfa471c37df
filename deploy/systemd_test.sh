#!/usr/bin/env bash
# The systemd units are well-formed, and leave the services little of the machine, as systemd itself
# judges. Argument: where the programs are.
set -euo pipefail
cd "$(dirname "$0")"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for unit in systemd/*.service; do
  sed -e "s|/usr/local/bin/|$1/|; s|^EnvironmentFile=/|EnvironmentFile=-/|" \
    -e '/^Documentation=/d' "$unit" >"$work/${unit##*/}"
done
complaints=$(SYSTEMD_LOG_LEVEL=warning systemd-analyze verify --man=no "$work"/*.service 2>&1 |
  grep "$work\|meridian" || true)
[ -z "$complaints" ] || { echo "$complaints"; exit 1; }

# Of 10, in tenths: what a service that listens to the world has to be allowed comes to less.
readonly most_exposure=20
for unit in systemd/*.service; do
  systemd-analyze security --offline=yes --no-pager --threshold=$most_exposure "$unit" \
    >"$work/exposure" 2>&1 || { cat "$work/exposure"; exit 1; }
done
