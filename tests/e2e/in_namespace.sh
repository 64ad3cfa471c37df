#!/usr/bin/env bash
# Runs a command in a network namespace of its own, where only a loopback interface exists: fixed
# addresses and ports are free, and nothing leaves the machine.
#
#   tests/e2e/in_namespace.sh COMMAND ARGUMENT...
set -euo pipefail
own=(unshare --net)
[ "$(id -u)" -eq 0 ] || own=(unshare --map-root-user --net)
"${own[@]}" true 2>/dev/null || {
  echo "this machine gives no network namespaces; as root it would" >&2
  exit 1
}
exec "${own[@]}" bash -c 'ip link set lo up && exec "$@"' - "$@"
