"""How soon hits on established connections are answered while others come and shake hands.

The rush yields the load's core to those who measure (nice), so that what is seen is the server's.
"""

import re
import subprocess

import beside
from harness import Running, h2load, median, say, steady_latency

_SERVERS = "nginx,haproxy,edge-node"
_RATE = 1500  # handshakes a second


def beside_a_rush(server, options) -> dict:
    count = _RATE * (options.seconds + 1)
    rush = subprocess.Popen(
        ["nice", "-n", "19", *h2load(server, "/1k", "https",
                                     ["--h1", "-n", count, "-c", count, "-r", _RATE],
                                     options.load_cores)], stdout=subprocess.PIPE, text=True)
    run = steady_latency(server, "https", options)
    text = rush.communicate()[0]
    run["handshakes"] = float(re.search(r"([\d.]+) req/s", text).group(1))
    run["failed"] = int(re.search(r"(\d+) failed", text).group(1))
    return run


def run(shared: dict, options) -> dict:
    servers = [made(options, shared) for made in beside.SERVERS
               if made.name in (options.only or _SERVERS).split(",")]
    figures = {}
    with Running(servers, shared, options) as running:
        for turn in range(options.rounds):
            for server, _ in running:
                say(f"rush: round {turn + 1} of {options.rounds}, {server.name}")
                alone, rush = figures.setdefault(server.name, ([], []))
                alone.append(steady_latency(server, "https", options))
                rush.append(beside_a_rush(server, options))
    print("\n### Hits over TLS beside a rush of handshakes\n")
    print("| server | p50 ms alone | in the rush | p99 ms alone | in the rush | handshakes/s "
          "| failed |")
    print("| --- " * 7 + "|")
    for name, (alone, rush) in figures.items():
        print(f"| {name} | {median(alone, 'p50'):.3f} | {median(rush, 'p50'):.3f} "
              f"| {median(alone, 'p99'):.3f} | {median(rush, 'p99'):.3f} "
              f"| {median(rush, 'handshakes'):.0f} | {sum(run['failed'] for run in rush)} |")
    return figures
