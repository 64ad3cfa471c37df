# Starting, watching and ending the processes of the fleet. Sourced.

declare -A pids=() # of what runs: name -> process id
controller=127.10.0.1:7443

# name -> the address that visitors reach
declare -A edge_address=([par]=127.10.1.1 [nyc]=127.10.2.1 [sin]=127.10.3.1)
declare -A dns_address=([1]=127.10.0.53 [2]=127.10.0.54)

# start NAME COMMAND...: in the background, its output in logs/NAME.log. It dies with this script,
# whatever happens to it.
start() {
  local name=$1
  shift
  setpriv --pdeathsig TERM "$@" >>"$state/logs/$name.log" 2>&1 </dev/null &
  pids[$name]=$!
}

is_running() { kill -0 "${pids[$1]}" 2>/dev/null; }

require_running() {
  local name
  for name in "${!pids[@]}"; do
    is_running "$name" || fail "$name has ended; the end of its log is below"
  done
}

# stop NAME SIGNAL: and waits until the process is gone.
stop() {
  kill -s "$2" "${pids[$1]}"
  wait "${pids[$1]}" 2>/dev/null || true
  unset "pids[$1]"
}

start_controller() {
  start controller controller --dir $state/controller --listen $controller \
    --metrics 127.10.0.1:9100
}

start_origin() { # NUMBER
  start "origin-$1" /usr/bin/python3 deploy/quickstart/origin.py "origin-$1" "127.10.9.$1" 9001
}

start_dns() { # NUMBER [TOKEN]
  local address=${dns_address[$1]}
  start "dns-$1" dns-steer --dir "$state/dns-$1" --name "dns-$1" --controller $controller \
    ${2:+--join "$2"} --listen "$address:5353" --geoip $state/geoip --metrics "$address:9100" \
    --workers 1
}

start_edge() { # LOCATION [TOKEN]
  local address=${edge_address[$1]}
  start "edge-$1" edge-node --dir "$state/edge-$1" --name "edge-$1" --controller $controller \
    ${2:+--join "$2"} --address "$address" --https "$address:8443" --http "$address:8080" \
    --metrics "$address:9100" --workers 1 --access-log "$state/logs/edge-$1-access.log"
}

# Nothing of ours may collide with what this machine runs already.
require_free_addresses() {
  local taken
  taken=$(/usr/bin/python3 - <<'PYTHON'
import socket

tcp = [("127.10.0.1", 7443), ("127.10.0.1", 9100), ("127.10.9.1", 9001), ("127.10.9.2", 9001)]
for last in (53, 54):
    tcp += [(f"127.10.0.{last}", 5353), (f"127.10.0.{last}", 9100)]
for third in (1, 2, 3):
    tcp += [(f"127.10.{third}.1", port) for port in (8443, 8080, 9100)]
udp = [("127.10.0.53", 5353), ("127.10.0.54", 5353)]
for kind, name, addresses in ((socket.SOCK_STREAM, "TCP", tcp), (socket.SOCK_DGRAM, "UDP", udp)):
    for address in addresses:
        with socket.socket(socket.AF_INET, kind) as probe:
            if kind == socket.SOCK_STREAM:  # as servers do: TIME_WAIT is no obstacle
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(address)
            except OSError as error:
                print(f"{name} {address[0]}:{address[1]}, {error.strerror.lower()}")
PYTHON
  )
  [ -z "$taken" ] ||
    fail "these addresses are taken; does another quickstart run?" "${taken//$'\n'/$'\n'  }"
}

# Ends what was started and nothing else. Runs on every way out.
finish() {
  local status=$? name deadline
  trap - EXIT
  trap '' INT TERM HUP
  [ ${#pids[@]} -eq 0 ] || echo "Ending ${#pids[@]} processes ..."
  for name in "${!pids[@]}"; do kill "${pids[$name]}" 2>/dev/null || true; done
  deadline=$(($(milliseconds) + 10000))
  for name in "${!pids[@]}"; do
    while is_running "$name" && [ "$(milliseconds)" -lt $deadline ]; do sleep 0.05; done
    kill -9 "${pids[$name]}" 2>/dev/null && echo "$name had to be killed." || true
    wait "${pids[$name]}" 2>/dev/null || true
  done
  exit $status
}

# Until Ctrl-C. A process that ends by itself is told.
stay_up() {
  local name
  trap 'exit 0' INT
  while true; do
    sleep 1
    for name in "${!pids[@]}"; do
      is_running "$name" || {
        echo "$name has ended; see $state/logs/$name.log"
        unset "pids[$name]"
      }
    done
  done
}
