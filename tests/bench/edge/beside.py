"""edge-node beside its peers: CPU time of the server per request, and what its visitors wait.

Latencies come of a load of their own: h2load writes each of them down, and has less time to ask.
"""

import peers
from harness import Running, h2load, latency, load, median, say
from ours import Before, Edge

SERVERS = [peers.Floor, peers.Nginx, peers.Haproxy, peers.Varnish, peers.TrafficServer, peers.H2o,
           Edge]
# How h2load asks: what, how much at once, and over what.
MIXES = {
    "hit-1k": ("/1k", ["--h1", "-c", "64"], "http"),
    "hit-100k": ("/100k", ["--h1", "-c", "64"], "http"),
    "tls-1k": ("/1k", ["--h1", "-c", "64"], "https"),
    "h2-1k": ("/1k", ["-c", "8", "-m", "16"], "https"),
    "miss-1k": ("/miss", ["--h1", "-c", "64"], "http"),
    "handshake": ("/1k", ["--h1"], "https"),
}
_HANDSHAKES = 2000
_LATENCY_SECONDS = 3


def measure(server, process, mix: str, options) -> dict:
    path, how, scheme = MIXES[mix]
    amount = (["-n", _HANDSHAKES, "-c", _HANDSHAKES, "-r", 400] if mix == "handshake"
              else ["-D", options.seconds])
    return load(server, process, h2load(server, path, scheme, [*amount, *how], options.load_cores))


def table(mix: str, rows: dict, waits: dict) -> None:
    print(f"\n### {mix}\n")
    print("| server | CPU us/request | to floor | requests/s | p50 ms | p99 ms | failed "
          "| RSS MB |")
    print("| --- " * 8 + "|")
    floor = median(rows["floor"], "cpu_us") if "floor" in rows else None
    for name, runs in rows.items():
        ratio = f"{median(runs, 'cpu_us') / floor:.2f}" if floor else "-"
        wait = f"{waits[name]['p50']:.2f} | {waits[name]['p99']:.2f}" if name in waits else "- | -"
        print(f"| {name} | {median(runs, 'cpu_us'):.2f} | {ratio} | {median(runs, 'rps'):.0f} "
              f"| {wait} "
              f"| {sum(run['failed'] for run in runs)} | {median(runs, 'rss_mb'):.0f} |")


def wait_of(server, mix: str, options) -> dict:
    path, how, scheme = MIXES[mix]
    return latency(server, path, scheme, ["-D", _LATENCY_SECONDS, *how], options)


def run(shared: dict, options) -> dict:
    servers = [kind(options, shared) for kind in SERVERS
               if not options.only or kind.name in options.only.split(",")]
    if options.before:
        servers.append(Before(options, dict(shared, programs=options.before.resolve())))
    figures, waits = {}, {}
    with Running(servers, shared, options) as running:
        for mix in options.mix.split(","):
            for turn in range(options.rounds):
                for server, process in running:
                    if mix not in server.mixes:
                        continue
                    say(f"{mix}: round {turn + 1} of {options.rounds}, {server.name}")
                    figures.setdefault(mix, {}).setdefault(server.name, []).append(
                        measure(server, process, mix, options))
            for server, _ in running:
                if mix in server.mixes and mix != "handshake":
                    say(f"{mix}: latency of {server.name}")
                    waits.setdefault(mix, {})[server.name] = wait_of(server, mix, options)
    for mix, rows in figures.items():
        table(mix, rows, waits.get(mix, {}))
    return {"cpu": figures, "latency": waits}
