"""What the edge's measurements share: servers that run, load by h2load, and what it cost them."""

import pathlib
import re
import signal
import socket
import statistics
import subprocess
import sys
import tempfile

import peers
from measure import ROOT, build, cpu_seconds, pin, rss_mb, wait_until

STATE = ROOT / "build/bench/edge"


def median(runs: list, key: str) -> float:
    return statistics.median(run[key] for run in runs)


def say(text: str) -> None:
    print(f"\r{text}          ", end="", file=sys.stderr, flush=True)


def prepare(options) -> dict:
    """What the servers need: programs and a certificate."""
    STATE.mkdir(parents=True, exist_ok=True)
    programs = options.bin.resolve() if options.bin else build()
    paths = {"certificate": STATE / "site.pem", "key": STATE / "site.key"}
    if not paths["key"].exists():
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                        "ec_paramgen_curve:P-256", "-nodes", "-days", "3650", "-subj", "/CN=bench",
                        "-addext", "subjectAltName=DNS:*.bench.test", "-out",
                        paths["certificate"], "-keyout", paths["key"]], check=True,
                       stderr=subprocess.DEVNULL)
    return {"programs": programs, "state": STATE, **paths}


def answers(address: str, port: int, host: str = peers.HOST) -> bool:
    try:
        with socket.create_connection((address, port), timeout=1) as probe:
            probe.sendall(f"GET /1k HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
            return probe.recv(4096).startswith(b"HTTP/1.1 200")
    except OSError:
        return False


def end(running: list) -> None:
    for _, process in running:
        process.send_signal(signal.SIGTERM)
    for server, process in running:
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
        server.stop()


class Running:
    """Servers and the origin behind them, while the context lasts: pairs of server and process."""

    def __init__(self, servers: list, shared: dict, options):
        self.servers, self.options = servers, options
        self.origin = peers.Origin(options, shared)
        self.started = []

    def __enter__(self) -> list:
        try:
            self.start(self.origin, lambda: answers(*peers.ORIGIN), self.options.load_cores)
            for server in self.servers:
                self.start(server, lambda at=server: answers(at.front, peers.HTTP, at.host),
                           self.options.server_cores)
        except BaseException:
            end(self.started)
            raise
        return self.started[1:]

    def start(self, server, is_up, cores: str) -> None:
        try:
            process = server.start()
        except BaseException:
            server.stop()
            raise
        self.started.append((server, process))
        wait_until(is_up, server.name, 120)
        pin(process.pid, cores)

    def __exit__(self, *_) -> None:
        end(self.started)


def h2load(server, path: str, scheme: str, how: list, cores: str) -> list:
    """The command line."""
    port = peers.HTTPS if scheme == "https" else peers.HTTP
    return ["taskset", "-c", cores, "h2load", *map(str, how),
            f"--connect-to={server.front}:{port}", f"{scheme}://{peers.HOST}:{port}{path}"]


def load(server, process, command: list) -> dict:
    """Runs h2load: what it saw, and what that cost the server."""
    before = cpu_seconds(process.pid)
    text = subprocess.run(command, check=True, capture_output=True, text=True,
                          timeout=120).stdout
    spent = cpu_seconds(process.pid) - before
    done = int(re.search(r"(\d+) succeeded", text).group(1))
    return {"cpu_us": spent / max(1, done) * 1e6, "requests": done,
            "failed": int(re.search(r"(\d+) failed", text).group(1)),
            "rps": float(re.search(r"([\d.]+) req/s", text).group(1)),
            "rss_mb": rss_mb(process.pid)}


def latency(server, path: str, scheme: str, how: list, options) -> dict:
    """What visitors wait, in milliseconds, while h2load asks like that."""
    with tempfile.NamedTemporaryFile(dir=STATE, suffix=".log") as log:
        subprocess.run(
            h2load(server, path, scheme, [*how, f"--log-file={log.name}"], options.load_cores),
            check=True, capture_output=True)
        rows = [line.split() for line in pathlib.Path(log.name).read_text().splitlines()]
    if any(status != "200" for _, status, _ in rows):
        raise SystemExit(f"{server.name} did not answer 200 to all")
    times = sorted(int(row[2]) / 1000 for row in rows)
    return {"requests": len(times), "p50": times[len(times) // 2],
            "p99": times[len(times) * 99 // 100]}


def steady_latency(server, scheme: str, options) -> dict:
    """Of hits that come at a steady 1,600 a second, far from what the server could do, by 32
    connections."""
    return latency(server, "/1k", scheme,
                   ["--h1", "-c", 32, "--rps", 50, "-D", options.seconds], options)
