#!/usr/bin/env python3
"""Measures how long dns-steer takes from its start to its first answer, with a city database and
many sites: the first time, when the tables of places are compiled, and again, when they are kept;
and its memory some seconds later.

    tests/bench/dns/start_up.py
    tests/bench/dns/start_up.py --sites 10000 --zones 10000 --rounds 5 --bin build/release/bin

Prints a table in Markdown.
"""

import argparse
import pathlib
import signal
import statistics
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from run import ROOT, answers, build, databases  # noqa: E402
from measure import rss_mb  # noqa: E402
from steer import Steer, wait_until  # noqa: E402


class Large(Steer):
    """As many sites as wanted, each with a hostname of its own, spread over as many zones."""

    name, address = "dns-steer-large", "127.20.2.10"
    sites = zones = 0

    def configuration(self) -> str:
        documents = [super().configuration()]
        for number in range(self.zones):
            documents.append(f"kind: Zone\nname: zone{number}.test\n"
                             "spec: {nameservers: [ns1.bench.test.]}\n")
        for number in range(self.sites):
            documents.append(
                f"kind: Site\nname: site{number}\n"
                f"spec: {{hostnames: [www{number}.zone{number % self.zones}.test], "
                "origin_pool: bench, certificate: bench}\n")
        return "---\n".join(documents)

    def certificate(self):
        # Certificates must cover the hostnames: one for all of them.
        names = ",".join(["DNS:www.bench.test", *(f"DNS:*.zone{number}.test"
                                                  for number in range(self.zones))])
        return self.make_certificate(names)


def first_answer(server: Large) -> tuple:
    began = time.monotonic()
    process = server.start_node()
    wait_until(lambda: answers(server.address), server.name)
    return process, time.monotonic() - began


def memory(process) -> float:
    """When it has stood still for two seconds."""
    seen = [0.0]
    while len(seen) < 5 or max(seen[-5:]) - min(seen[-5:]) > 0.5:
        threading.Event().wait(0.5)
        seen.append(rss_mb(process.pid))
    return seen[-1]


def end(process) -> None:
    process.send_signal(signal.SIGTERM)
    process.wait(30)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sites", type=int, default=10_000)
    parser.add_argument("--zones", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--bin", type=pathlib.Path, help="built programs; default: builds them")
    options = parser.parse_args()
    state = ROOT / "build/bench/dns"
    state.mkdir(parents=True, exist_ok=True)
    programs = options.bin.resolve() if options.bin else build()
    Large.sites, Large.zones = options.sites, options.zones
    server = Large(state, databases(state, programs), 1)
    process = server.start()
    try:
        wait_until(lambda: answers(server.address), server.name)
        end(process)
        again = []
        for turn in range(options.rounds):
            print(f"\rround {turn + 1} of {options.rounds} ", end="", file=sys.stderr, flush=True)
            process, seconds = first_answer(server)
            again.append((seconds, memory(process)))
            end(process)
        for kept in (server.state / "node/geography").rglob("*.table"):
            kept.unlink()
        process, seconds = first_answer(server)
        anew = seconds, memory(process)
    finally:
        end(process)
        server.stop()
    print("\n| sites | zones | start | seconds to the first answer | RSS MB |")
    print("| --- " * 5 + "|")
    for start, (seconds, rss) in {
            "with kept tables": map(statistics.median, zip(*again)),
            "tables compiled anew": anew}.items():
        print(f"| {options.sites} | {options.zones} | {start} | {seconds:.2f} | {rss:.0f} |")


if __name__ == "__main__":
    main()
