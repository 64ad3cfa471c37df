#!/usr/bin/env python3
"""Measures edge-node beside its peers: CPU time of the server per request, in one run.

    tests/bench/edge/run.py                     everything; about ten minutes
    tests/bench/edge/run.py --rounds 3 --only floor,haproxy,edge-node --mix hit-1k,h2-1k

Builds what it needs, and wants the peers installed: `deploy/install-packages.sh bench`. The
servers run on one core; the load (h2load) and the origin on another; each round asks each server in
turn, so that whatever else the machine does hits all alike. The figure is the median over rounds.
Prints a table in Markdown.
"""

import argparse
import json
import pathlib
import re
import signal
import socket
import statistics
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))
sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
import peers  # noqa: E402
from measure import ROOT, build, cpu_seconds, pin, rss_mb, wait_until  # noqa: E402
from ours import Before, Edge  # noqa: E402

SERVERS = [peers.Floor, peers.Nginx, peers.Haproxy, peers.Varnish, Edge]
# How h2load asks: what, how much at once, and over what.
_MIXES = {
    "hit-1k": ("/1k", ["--h1", "-c", "64"], "http"),
    "hit-100k": ("/100k", ["--h1", "-c", "64"], "http"),
    "tls-1k": ("/1k", ["--h1", "-c", "64"], "https"),
    "h2-1k": ("/1k", ["-c", "8", "-m", "16"], "https"),
    "miss-1k": ("/miss", ["--h1", "-c", "64"], "http"),
    "handshake": ("/1k", ["--h1"], "https"),
}
_HANDSHAKES = 2000


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=2, help="of load, each server and round")
    parser.add_argument("--only", help="names of servers, with commas")
    parser.add_argument("--mix", default=",".join(_MIXES))
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--server-cores", default="0")
    parser.add_argument("--load-cores", default="1")
    parser.add_argument("--bin", type=pathlib.Path, help="built programs; default: builds them")
    parser.add_argument("--before", type=pathlib.Path,
                        help="programs of another revision, measured beside as `before`")
    parser.add_argument("--json", type=pathlib.Path, help="all single figures, to this file")
    return parser.parse_args()


def certificate(state: pathlib.Path) -> dict:
    paths = {"certificate": state / "site.pem", "key": state / "site.key"}
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                    "ec_paramgen_curve:P-256", "-nodes", "-days", "30", "-subj", "/CN=bench",
                    "-addext", f"subjectAltName=DNS:{peers.HOST}", "-out", paths["certificate"],
                    "-keyout", paths["key"]], check=True, stderr=subprocess.DEVNULL)
    return paths


def answers(address: str, port: int) -> bool:
    try:
        with socket.create_connection((address, port), timeout=1) as probe:
            probe.sendall(f"GET /1k HTTP/1.1\r\nHost: {peers.HOST}\r\n\r\n".encode())
            return probe.recv(4096).startswith(b"HTTP/1.1 200")
    except OSError:
        return False


def milliseconds(text: str) -> float:
    number, unit = re.fullmatch(r"([\d.]+)(us|ms|s)", text).groups()
    return float(number) * {"us": 0.001, "ms": 1, "s": 1000}[unit]


def measure(server, process, mix: str, options) -> dict:
    path, how, scheme = _MIXES[mix]
    port = peers.HTTPS if scheme == "https" else peers.HTTP
    amount = (["-n", str(_HANDSHAKES), "-c", str(_HANDSHAKES), "-r", "400"] if mix == "handshake"
              else ["-D", str(options.seconds)])
    before = cpu_seconds(process.pid)
    run = subprocess.run(
        ["taskset", "-c", options.load_cores, "h2load", *amount, *how,
         f"--connect-to={server.address}:{port}", f"{scheme}://{peers.HOST}:{port}{path}"],
        check=True, capture_output=True, text=True).stdout
    spent = cpu_seconds(process.pid) - before
    done = int(re.search(r"(\d+) succeeded", run).group(1))
    failed = int(re.search(r"(\d+) failed", run).group(1))
    mean = re.search(r"time for request:\s+\S+\s+(\S+)\s+(\S+)", run)
    return {"cpu_us": spent / max(1, done) * 1e6, "requests": done, "failed": failed,
            "rps": float(re.search(r"([\d.]+) req/s", run).group(1)),
            "mean_ms": milliseconds(mean.group(2)), "max_ms": milliseconds(mean.group(1)),
            "rss_mb": rss_mb(process.pid)}


def table(mix: str, rows: dict) -> None:
    print(f"\n### {mix}\n")
    print("| server | CPU us/request | to floor | requests/s | mean ms | max ms | failed "
          "| RSS MB |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")

    def median(runs, key):
        return statistics.median(run[key] for run in runs)
    floor = median(rows["floor"], "cpu_us") if "floor" in rows else None
    for name, runs in rows.items():
        ratio = f"{median(runs, 'cpu_us') / floor:.2f}" if floor else "-"
        print(f"| {name} | {median(runs, 'cpu_us'):.2f} | {ratio} | {median(runs, 'rps'):.0f} "
              f"| {median(runs, 'mean_ms'):.2f} | {median(runs, 'max_ms'):.2f} "
              f"| {sum(run['failed'] for run in runs)} | {median(runs, 'rss_mb'):.0f} |")


def main() -> None:
    options = arguments()
    state = ROOT / "build/bench/edge"
    state.mkdir(parents=True, exist_ok=True)
    programs = options.bin.resolve() if options.bin else build()
    shared = {"bin": programs, "programs": programs, **certificate(state)}
    chosen = [kind for kind in SERVERS
              if not options.only or kind.name in options.only.split(",")]
    running = []
    figures = {}
    origin = peers.Origin(state, shared, 1)
    try:
        running.append((origin, origin.start()))
        wait_until(lambda: answers(*peers.ORIGIN), "the origin")
        pin(running[0][1].pid, options.load_cores)
        servers = [kind(state, shared, options.workers) for kind in chosen]
        if options.before:
            servers.append(Before(state, dict(shared, programs=options.before.resolve()),
                                  options.workers))
        for server in servers:
            process = server.start()
            running.append((server, process))
            wait_until(lambda: answers(server.address, peers.HTTP), server.name)
            pin(process.pid, options.server_cores)
        for mix in options.mix.split(","):
            for turn in range(options.rounds):
                for server, process in running[1:]:
                    if mix not in server.mixes:
                        continue
                    print(f"\r{mix}: round {turn + 1} of {options.rounds}, {server.name}          ",
                          end="", file=sys.stderr, flush=True)
                    run = measure(server, process, mix, options)
                    figures.setdefault(mix, {}).setdefault(server.name, []).append(run)
            print(file=sys.stderr)
    finally:
        for _, process in running:
            process.send_signal(signal.SIGTERM)
        for server, process in running:
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
            if hasattr(server, "stop"):
                server.stop()
    for mix, rows in figures.items():
        table(mix, rows)
    if options.json:
        options.json.write_text(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()
