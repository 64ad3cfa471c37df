"""What idle connections cost in memory: edge-node beside its peers.

Each server gets so many connections of a kind, each asks once for /1k and stays; the figure is how
much larger the server's resident memory is then, for each. What the kernel keeps is not in it.
"""

import beside
from clients import KINDS, connect
from harness import Running, say
from measure import rss_mb

_SERVERS = "nginx,haproxy,edge-node"
_CONNECTIONS = 1000


def measure(server, process, kind: str) -> float:
    first = [connect(server.address, kind) for _ in range(20)]  # what is there once for all
    before = rss_mb(process.pid)
    crowd = [connect(server.address, kind) for _ in range(_CONNECTIONS)]
    cost = (rss_mb(process.pid) - before) * 1e3 / _CONNECTIONS
    for connection in first + crowd:
        connection.close()
    return cost


def run(shared: dict, options) -> dict:
    figures = {}
    for made in beside.SERVERS:
        if made.name not in (options.only or _SERVERS).split(","):
            continue
        for kind in KINDS:  # each in a fresh process
            say(f"idle, {kind}: {made.name}")
            with Running([made(options, shared)], shared, options) as running:
                figures.setdefault(made.name, {})[kind] = measure(*running[0], kind)
    print("\n### Memory of idle connections\n")
    print("| kB each | " + " | ".join(KINDS) + " |\n| --- |" + " --- |" * len(KINDS))
    for name, row in figures.items():
        print(f"| {name} | " + " | ".join(f"{one:.1f}" for one in row.values()) + " |")
    return figures
