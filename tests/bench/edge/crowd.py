"""How soon hits are answered while 10,000 idle connections are held.

Two edges: one holds the crowd, the other does not, and they are asked in turn.
"""

from clients import connect
from harness import Running, median, say, steady_latency
from ours import Crowded, Edge

_CONNECTIONS = 10_000


def run(shared: dict, options) -> dict:
    figures = {}
    for kind, scheme in (("HTTP/1.1", "http"), ("HTTP/1.1 over TLS", "https")):
        servers = [Edge(options, shared), Crowded(options, shared)]
        with Running(servers, shared, options) as running:
            say(f"{_CONNECTIONS} connections, {kind}")
            crowd = [connect(Crowded.address, kind) for _ in range(_CONNECTIONS)]
            for turn in range(options.rounds):
                for server, _ in running:
                    say(f"{kind}: round {turn + 1} of {options.rounds}, {server.name}")
                    figures.setdefault(kind, {}).setdefault(server.name, []).append(
                        steady_latency(server, scheme, options))
            for connection in crowd:
                connection.close()
    print(f"\n### Hits beside {_CONNECTIONS:,} idle connections\n")
    print("| connections | p50 ms alone | beside them | p99 ms alone | beside them | ratio |")
    print("| --- " * 6 + "|")
    for kind, rows in figures.items():
        alone, beside = rows.values()
        print(f"| {kind} | {median(alone, 'p50'):.3f} | {median(beside, 'p50'):.3f} "
              f"| {median(alone, 'p99'):.3f} | {median(beside, 'p99'):.3f} "
              f"| {median(beside, 'p99') / median(alone, 'p99'):.2f} |")
    return figures
