#!/usr/bin/env bash
# Runs a command in namespaces of its own: of the network, where only a loopback interface exists,
# so that fixed addresses and ports are free and nothing leaves the machine; and of mounts.
#
#   tests/e2e/in_namespace.sh COMMAND ARGUMENT...
set -euo pipefail
own=(unshare --net --mount)
[ "$(id -u)" -eq 0 ] || own=(unshare --map-root-user --net --mount)
"${own[@]}" true 2>/dev/null || {
  echo "this machine gives no network namespaces; as root it would" >&2
  exit 1
}
exec "${own[@]}" bash -c 'ip link set lo up && exec "$@"' - "$@"
