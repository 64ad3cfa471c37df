"""What a request and a handshake cost with few sites and with many.

Each site has one name; they share a certificate, and 10,000 objects are shared out among them,
which are asked for in turn: what differs is how many sites they belong to. Rules: of five that
a site has none matches what is asked for, so all are looked at.
"""

import pathlib
import random
import re
import statistics
import subprocess

import peers
from clients import shake_hands
from harness import Running, median, say
from measure import cpu_seconds, rss_mb
from ours import ManySites

_COUNTS = (10, 1000, 10_000)
_HANDSHAKES = 1000
_SCRIPT = pathlib.Path(__file__).with_name("hosts.lua")


def ask(server, seconds: int, options) -> int:
    """How many were answered."""
    text = subprocess.run(
        ["taskset", "-c", options.load_cores, "wrk", "-t1", "-c64", f"-d{seconds}s", "-s", _SCRIPT,
         f"http://{server.address}:{peers.HTTP}", "--", str(server.count)],
        check=True, capture_output=True, text=True).stdout
    if "Non-2xx" in text or "Socket errors" in text:
        raise SystemExit(f"{server.name} did not answer all:\n{text}")
    return int(re.search(r"(\d+) requests in", text).group(1))


def measure(server, process, options) -> dict:
    before = cpu_seconds(process.pid)
    done = ask(server, options.seconds, options)
    between = cpu_seconds(process.pid)
    names = random.Random(7).choices(range(server.count), k=_HANDSHAKES)
    for one in names:
        shake_hands(server.address, server.name_of(one))
    return {"hit": (between - before) / done * 1e6,
            "handshake": (cpu_seconds(process.pid) - between) / _HANDSHAKES * 1e6,
            "rss_mb": rss_mb(process.pid)}


def ratio(runs: list, few: list, key: str) -> float:
    """Round by round, since the machine gives more and less from one to the next."""
    return statistics.median(run[key] / other[key] for run, other in zip(runs, few))


def compare(servers: list, shared: dict, options) -> dict:
    figures = {}
    with Running(servers, shared, options) as running:
        for server, _ in running:
            say(f"warming {server.name}")
            ask(server, 3, options)
        for turn in range(options.rounds):
            for server, process in running:
                say(f"sites: round {turn + 1} of {options.rounds}, {server.name}")
                figures.setdefault(server.count, []).append(measure(server, process, options))
    few = figures[_COUNTS[0]]
    for count, runs in figures.items():
        print(f"| {count:,} | {servers[0].rules_each} "
              f"| {median(runs, 'hit'):.2f} | {ratio(runs, few, 'hit'):.2f} "
              f"| {median(runs, 'handshake'):.0f} | {ratio(runs, few, 'handshake'):.2f} "
              f"| {median(runs, 'rss_mb'):.0f} |")
    return figures


def run(shared: dict, options) -> dict:
    print("\n### Sites\n")
    print("| sites | rules each | hit 1 KiB, CPU us/request | to 10 sites "
          "| full handshake, CPU us | to 10 sites | RSS MB |")
    print("| --- " * 7 + "|", flush=True)
    plain = compare([ManySites(options, shared, count) for count in _COUNTS], shared, options)
    ruled = compare([ManySites(options, shared, count, rules_each=5)
                     for count in (_COUNTS[0], _COUNTS[-1])], shared, options)
    return {"plain": plain, "ruled": ruled}
