#!/usr/bin/env python3
"""Measures dns-steer beside its peers: CPU time of the server per query, in one run.

    tests/bench/dns/run.py                      everything; about ten minutes
    tests/bench/dns/run.py --rounds 3 --only echo,gdnsd,dns-steer --mix geo
    tests/bench/dns/run.py --scaling            two workers beside one; about a minute

Builds what it needs, fetches the city database once, and wants the peers installed:
`deploy/install-packages.sh bench`. The servers run on one core, the load on another; each round
asks each server in turn, every other round backwards, so that whatever else the machine does hits
all alike. Figures are medians over rounds, ratios medians of the rounds' own ratios. Prints a table
in Markdown.
"""

import argparse
import json
import pathlib
import signal
import socket
import statistics
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))
sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
import peers  # noqa: E402
import queries  # noqa: E402
from measure import ROOT, build, cpu_of_threads, cpu_seconds, pin, rss_mb, wait_until  # noqa: E402
from steer import Before, Signed, Steer, TwoWorkers  # noqa: E402

SERVERS = [peers.Echo, peers.Gdnsd, peers.Knot, peers.Nsd, peers.Pdns, Steer, Signed]


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=2, help="of load, each server and round")
    parser.add_argument("--only", help="names of servers, with commas")
    parser.add_argument("--mix", default="geo,static,mix,geo-do,static-do,missing-do",
                        help="-do: the query asks for signatures")
    parser.add_argument("--windows",
                        help="queries under way at once; 512,1 if not given, with --scaling 512")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--server-cores", default="0")
    parser.add_argument("--load-cores", default="1")
    parser.add_argument("--bin", type=pathlib.Path, help="built programs; default: builds them")
    parser.add_argument("--before", type=pathlib.Path,
                        help="programs of another revision, measured beside as `before`")
    parser.add_argument("--scaling", action="store_true",
                        help="what a second worker brings, instead of peers")
    parser.add_argument("--json", type=pathlib.Path, help="all single figures, to this file")
    options = parser.parse_args()
    options.windows = options.windows or ("512" if options.scaling else "512,1")
    return options


def databases(state: pathlib.Path, programs: pathlib.Path) -> dict:
    flat = state / "geoip"
    subprocess.run([ROOT / "geoip-data/fetch.sh", "--to", flat], check=True, stdout=sys.stderr)
    nested = state / "nested.mmdb"
    if not nested.exists():
        print("Converting the database for the peers ...", file=sys.stderr)
        subprocess.run(["/usr/bin/python3", ROOT / "tests/bench/dns/nested_city.py",
                        flat / "city-ipv4.mmdb", nested], check=True)
    return {"flat": flat, "nested": nested, "bin": programs, "programs": programs}


def answers(address: str) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.settimeout(0.2)
        try:
            probe.sendto(queries.query("static.bench.test", "A"), (address, peers.PORT))
            return len(probe.recv(4096)) > 12
        except OSError:
            return False


def measure(server, process, mix, window, options, programs) -> dict:
    before = cpu_seconds(process.pid)
    threads = cpu_of_threads(process.pid)
    out = subprocess.run(
        ["taskset", "-c", options.load_cores, programs / "bench_dns_load", server.address,
         str(peers.PORT), mix, str(options.seconds), str(window),
         "1" if window == 1 else str(16 * options.workers)],
        check=True, stdout=subprocess.PIPE)
    result = json.loads(out.stdout)
    result["cpu_us"] = (cpu_seconds(process.pid) - before) / max(1, result["answers"]) * 1e6
    if result["cpu_us"] == 0:
        raise SystemExit(f"{server.name} did nothing: what answers at {server.address} is left of "
                         "a run that was killed")
    result["qps"] = result["answers"] / result["seconds"]
    result["rss_mb"] = rss_mb(process.pid)
    used = sorted((after - threads.get(one, 0) for one, after
                   in cpu_of_threads(process.pid).items()), reverse=True)
    result["second"] = used[1] / max(used[0], 1e-9) if len(used) > 1 else 0
    return result


def scaling(options, state, data, programs, mixes) -> None:
    """One worker and two, in turn, with the same load under way for each worker. Servers and load
    share two cores: throughput says nothing, what a query costs the server does: cores that do
    nothing else answer 1 / cost each."""
    options.server_cores = options.load_cores = "0,1"
    options.workers = 2  # as many sockets of the load for both
    figures = with_servers([Steer(state, data, 1), TwoWorkers(state, data, 2)], options,
                           lambda running: measured(running, options, mixes, programs))
    print("\n### One worker and two\n")
    print("| mix, under way | one worker, CPU us/query | two workers | load of the lesser worker | "
          "throughput of two, to one |")
    print("| --- " * 5 + "|")
    for (window, mix), rows in figures.items():
        one, two = (statistics.median(run["cpu_us"] for run in runs) for runs in rows.values())
        second = statistics.median(run["second"] for run in rows[TwoWorkers.name])
        gain = 2 * ratio(rows[Steer.name], rows[TwoWorkers.name])
        print(f"| {mix}, {window} a worker | {one:.2f} | {two:.2f} | {second:.2f} | {gain:.2f} |")


def ratio(runs: list, others: list) -> float:
    """Of what a query costs, round by round."""
    return statistics.median(run["cpu_us"] / other["cpu_us"]
                             for run, other in zip(runs, others, strict=True))


def table(title: str, rows: dict) -> None:
    """`steer to it`: what dns-steer's queries cost to this server's."""
    print(f"\n### {title}\n")
    print("| server | CPU us/query | to echo | steer to it | queries/s | p50 us | p99 us | lost "
          "| RSS MB |")
    print("| --- " * 9 + "|")
    for name, runs in rows.items():
        def median(key):
            return statistics.median(run[key] for run in runs)
        to_echo = f"{ratio(runs, rows['echo']):.2f}" if "echo" in rows else "-"
        steer = f"{ratio(rows[Steer.name], runs):.2f}" if Steer.name in rows else "-"
        print(f"| {name} | {median('cpu_us'):.2f} | {to_echo} | {steer} | {median('qps'):.0f} "
              f"| {median('p50_us'):.0f} | {median('p99_us'):.0f} "
              f"| {sum(run['lost'] for run in runs)} | {median('rss_mb'):.0f} |")


def measured(running, options, mixes, programs) -> dict:
    figures = {}
    for window in map(int, options.windows.split(",")):
        for mix in options.mix.split(","):
            for turn in range(options.rounds):
                for server, process in running if turn % 2 == 0 else reversed(running):
                    if not server.geo and not mix.startswith("static"):
                        continue
                    print(f"\r{mix}, window {window}: round {turn + 1} of {options.rounds}, "
                          f"{server.name}          ", end="", file=sys.stderr, flush=True)
                    under_way = window * server.workers if options.scaling else window
                    run = measure(server, process, mixes[mix], under_way, options, programs)
                    figures.setdefault((window, mix), {}).setdefault(server.name, []).append(run)
            print(file=sys.stderr)
    return figures


def with_servers(servers, options, do):
    """What `do` returns, called while they run."""
    running = []
    try:
        for server in servers:
            process = server.start()
            running.append((server, process))
            wait_until(lambda: answers(server.address), server.name)
            pin(process.pid, options.server_cores)
        return do(running)
    finally:
        for server, process in running:
            process.send_signal(signal.SIGTERM)
        for server, process in running:
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
            if hasattr(server, "stop"):
                server.stop()


def main() -> None:
    options = arguments()
    state = ROOT / "build/bench/dns"
    state.mkdir(parents=True, exist_ok=True)
    programs = options.bin.resolve() if options.bin else build()
    data = databases(state, programs)
    mixes = queries.make(state)
    if options.scaling:
        return scaling(options, state, data, programs, mixes)
    servers = [kind(state, data, options.workers) for kind in SERVERS
               if not options.only or kind.name in options.only.split(",")]
    if options.before:
        servers.append(Before(state, dict(data, programs=options.before.resolve()),
                              options.workers))
    figures = with_servers(servers, options,
                           lambda running: measured(running, options, mixes, programs))
    for (window, mix), rows in figures.items():
        table(f"{mix}, {window} under way", rows)
    if options.json:
        options.json.write_text(json.dumps(
            {f"{mix}/{window}": rows for (window, mix), rows in figures.items()}, indent=1))


if __name__ == "__main__":
    main()
