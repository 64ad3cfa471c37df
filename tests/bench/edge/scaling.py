"""What a second worker brings.

On a machine of two cores the load and the origin need them too, so throughput says nothing; what
a request costs the server does: cores that do nothing else answer 1 / cost each, and the worker
with more connections is full first. But workers that share their cores with the load, and wait
for it in turn, pay more a request than one that has a core to itself, whatever they are. So the
same load comes in turn to one worker, to two, and to two processes of one worker each, between
which the kernel spreads connections as it does between workers: these share nothing, and what
two workers cost more than they do is the price of what workers share.
"""

import re
import statistics
import subprocess
import threading
import urllib.request

import peers
from harness import Running, h2load, median, say
from measure import cpu_of_threads, wait_until
from ours import BesideAnother, Edge, TwoWorkers

_MIXES = {"hit 1 KiB": ("/1k", "http"), "hit 1 KiB, TLS": ("/1k", "https"),
          "miss 1 KiB": ("/miss", "http")}
_CONNECTIONS = 512
_ONE, _APART, _TWO = "one worker", "two processes", "two workers"


def counts(servers: list) -> dict:
    """By name of the metric, over all labels and servers."""
    text = "\n".join(
        urllib.request.urlopen(f"http://{server.address}:{peers.METRICS}/metrics", timeout=5)
        .read().decode() for server in servers)
    return {name: sum(map(float, re.findall(rf"^meridian_edge_{name}\S* (\S+)$", text, re.M)))
            for name in ("connections_total", "tls_handshakes_total", "responses_total",
                         "origin_fetches_total", "origin_connects_total")}


def cpu(processes: list) -> dict:
    used = {}
    for process in processes:
        used |= cpu_of_threads(process.pid)
    return used


def measure(running: list, path: str, scheme: str, options) -> dict:
    """Of the time after all connections were made. `running` stands behind one address."""
    servers, processes = zip(*running)
    made = "tls_handshakes_total" if scheme == "https" else "connections_total"
    earlier = counts(servers)[made]
    load = subprocess.Popen(
        h2load(servers[0], path, scheme, ["--h1", "-c", _CONNECTIONS, "-D", options.seconds + 4],
               options.load_cores), stdout=subprocess.DEVNULL)
    wait_until(lambda: counts(servers)[made] - earlier >= _CONNECTIONS, "the load")
    threading.Event().wait(0.5)  # the first requests
    before, threads = counts(servers), cpu(processes)
    threading.Event().wait(options.seconds)
    after, threads_after = counts(servers), cpu(processes)
    load.wait(60)
    requests, fetches, connects = (
        after[name] - before[name]
        for name in ("responses_total", "origin_fetches_total", "origin_connects_total"))
    used = sorted((spent - threads.get(one, 0) for one, spent in threads_after.items()),
                  reverse=True)
    return {"cpu_us": sum(used) / requests * 1e6, "requests": requests,
            "balance": used[1] / used[0], "reuse": 1 - connects / fetches if fetches else None}


def gain(two: list, other: list) -> float:
    """In throughput, round by round, since the machine gives more and less from one to the next."""
    return statistics.median((1 + run["balance"]) * one["cpu_us"] / run["cpu_us"]
                             for run, one in zip(two, other))


def run(shared: dict, options) -> dict:
    options.server_cores = options.load_cores = "0,1"
    servers = [Edge(options, shared), TwoWorkers(options, shared)]
    servers += BesideAnother.pair(options, shared)
    figures = {}
    with Running(servers, shared, options) as running:
        arrangements = {_ONE: running[:1], _TWO: running[1:2], _APART: running[2:]}
        for mix, (path, scheme) in _MIXES.items():
            for turn in range(options.rounds):
                for name, those in arrangements.items():
                    say(f"{mix}: round {turn + 1} of {options.rounds}, {name}")
                    figures.setdefault(mix, {}).setdefault(name, []).append(
                        measure(those, path, scheme, options))
    print("\n### One worker and two\n")
    print("| mix | one worker, CPU us/request | two processes of one | two workers "
          "| load of the lesser worker | throughput of two workers, to one beside another "
          "| to one alone | origin connections reused |")
    print("| --- " * 8 + "|")
    for mix, rows in figures.items():
        cost = {name: median(runs, "cpu_us") for name, runs in rows.items()}
        reuse = [run["reuse"] for run in rows[_TWO]]
        print(f"| {mix} | {cost[_ONE]:.2f} | {cost[_APART]:.2f} | {cost[_TWO]:.2f} "
              f"| {median(rows[_TWO], 'balance'):.2f} | {gain(rows[_TWO], rows[_APART]):.2f} "
              f"| {gain(rows[_TWO], rows[_ONE]):.2f} "
              f"| {f'{min(reuse):.2%}' if all(reuse) else '-'} |")
    return figures
