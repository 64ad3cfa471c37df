"""What a second worker brings.

Servers with one worker and with two run in turn, the load and the origin beside them, all on the
same two cores: throughput would say nothing. What a request costs the server does: cores that do
nothing else answer 1 / cost each, and the worker with more connections is full first.
"""

import re
import subprocess
import threading
import urllib.request

import peers
from harness import Running, h2load, median, say
from measure import cpu_of_threads, wait_until
from ours import Edge, TwoWorkers

_MIXES = {"hit 1 KiB": ("/1k", "http"), "hit 1 KiB, TLS": ("/1k", "https"),
          "miss 1 KiB": ("/miss", "http")}
_CONNECTIONS = 512


def counts(server) -> dict:
    """By name of the metric, over all labels."""
    url = f"http://{server.address}:{peers.METRICS}/metrics"
    text = urllib.request.urlopen(url, timeout=5).read().decode()
    return {name: sum(map(float, re.findall(rf"^meridian_edge_{name}\S* (\S+)$", text, re.M)))
            for name in ("connections_total", "tls_handshakes_total", "responses_total",
                         "origin_fetches_total", "origin_connects_total")}


def measure(server, process, path: str, scheme: str, options) -> dict:
    """Of the time after all connections were made."""
    made = "tls_handshakes_total" if scheme == "https" else "connections_total"
    earlier = counts(server)[made]
    load = subprocess.Popen(
        h2load(server, path, scheme, ["--h1", "-c", _CONNECTIONS, "-D", options.seconds + 4],
               options.load_cores), stdout=subprocess.DEVNULL)
    wait_until(lambda: counts(server)[made] - earlier >= _CONNECTIONS, "the load")
    threading.Event().wait(0.5)  # the first requests
    before, threads = counts(server), cpu_of_threads(process.pid)
    threading.Event().wait(options.seconds)
    after, threads_after = counts(server), cpu_of_threads(process.pid)
    load.wait(60)
    requests, fetches, connects = (
        after[name] - before[name]
        for name in ("responses_total", "origin_fetches_total", "origin_connects_total"))
    used = sorted((spent - threads.get(one, 0) for one, spent in threads_after.items()),
                  reverse=True)
    return {"cpu_us": sum(used) / requests * 1e6, "requests": requests,
            "balance": used[1] / used[0], "reuse": 1 - connects / fetches if fetches else None}


def run(shared: dict, options) -> dict:
    options.server_cores = options.load_cores = "0,1"
    servers = [Edge(options, shared), TwoWorkers(options, shared)]
    figures = {}
    with Running(servers, shared, options) as running:
        for mix, (path, scheme) in _MIXES.items():
            for turn in range(options.rounds):
                for server, process in running:
                    say(f"{mix}: round {turn + 1} of {options.rounds}, {server.name}")
                    figures.setdefault(mix, {}).setdefault(server.name, []).append(
                        measure(server, process, path, scheme, options))
    print("\n### One worker and two\n")
    print("| mix | one worker, CPU us/request | two workers | load of the lesser worker "
          "| throughput of two, to one | origin connections reused |")
    print("| --- " * 6 + "|")
    for mix, rows in figures.items():
        one, two = (median(runs, "cpu_us") for runs in rows.values())
        balance = median(rows[TwoWorkers.name], "balance")
        reuse = [run["reuse"] for run in rows[TwoWorkers.name]]
        print(f"| {mix} | {one:.2f} | {two:.2f} | {balance:.2f} "
              f"| {(1 + balance) * one / two:.2f} | {f'{min(reuse):.2%}' if all(reuse) else '-'} |")
    return figures
