#!/usr/bin/env bash
# The systemd units are well-formed, and leave the services little of the machine, as systemd itself
# judges; what they listen on is IPv4 too. Argument: where the programs are.
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

# IPV6_V6ONLY is set: [::] alone would be deaf to IPv4.
for unit in systemd/*.service; do
  grep '^Environment=' "$unit" | grep -oE '\b(LISTEN|HTTPS?)=[^"]*' >"$work/listens"
  if grep -vE '=(.* )?0\.0\.0\.0:' "$work/listens"; then
    echo "$unit does not listen on IPv4 there"
    exit 1
  fi
done
# Braces would make one word of several addresses.
if grep -nE '\$\{(LISTEN|HTTPS?)\}' systemd/meridian-{edge-node,dns-steer}.service; then exit 1; fi
