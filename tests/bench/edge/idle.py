#!/usr/bin/env python3
"""Measures what idle connections cost in memory: edge-node beside its peers.

    tests/bench/edge/idle.py --connections 1000 --only nginx,haproxy,edge-node

Each server gets so many connections of a kind, each asks once for /1k and stays; the figure is how
much larger the server's resident memory is then, for each. What the kernel keeps is not in it.
Prints a table in Markdown.
"""

import argparse
import pathlib
import resource
import signal
import socket
import ssl
import subprocess

import peers
import run
from measure import ROOT, build, rss_mb, wait_until

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes([0, 0, 0, 4, 0, 0, 0, 0, 0])
AUTHORITY = peers.HOST.encode()
BLOCK = b"\x82\x87\x44\x03/1k\x41" + bytes([len(AUTHORITY)]) + AUTHORITY
H2_GET = bytes([0, 0, len(BLOCK), 1, 5, 0, 0, 0, 1]) + BLOCK
H1_GET = f"GET /1k HTTP/1.1\r\nHost: {peers.HOST}\r\n\r\n".encode()


def context(protocol: str) -> ssl.SSLContext:
    made = ssl.create_default_context()
    made.check_hostname, made.verify_mode = False, ssl.CERT_NONE
    made.set_alpn_protocols([protocol])
    return made


KINDS = {"HTTP/1.1": None, "HTTP/1.1 over TLS": context("http/1.1"), "HTTP/2": context("h2")}


def connect(address: str, kind: str) -> socket.socket:
    trust = KINDS[kind]
    made = socket.create_connection((address, peers.HTTPS if trust else peers.HTTP), 10)
    if trust:
        made = trust.wrap_socket(made, server_hostname=peers.HOST)
    made.sendall(PREFACE + H2_GET if kind == "HTTP/2" else H1_GET)
    octets = 0
    while octets < 1024:
        octets += len(made.recv(65536))
    return made


def measure(server, process, kind: str, count: int) -> float:
    first = [connect(server.address, kind) for _ in range(20)]  # what is there once for all
    before = rss_mb(process.pid)
    crowd = [connect(server.address, kind) for _ in range(count)]
    cost = (rss_mb(process.pid) - before) * 1e3 / count
    for connection in first + crowd:
        connection.close()
    return cost


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--connections", type=int, default=1000)
    parser.add_argument("--only", default="nginx,haproxy,edge-node")
    parser.add_argument("--bin", type=pathlib.Path, help="built programs; default: builds them")
    options = parser.parse_args()
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    state = ROOT / "build/bench/edge"
    state.mkdir(parents=True, exist_ok=True)
    programs = options.bin.resolve() if options.bin else build()
    shared = {"bin": programs, "programs": programs, **run.certificate(state)}
    origin = peers.Origin(state, shared, 1)
    running = [(origin, origin.start())]
    print("| kB each | " + " | ".join(KINDS) + " |\n| --- |" + " --- |" * len(KINDS))
    try:
        wait_until(lambda: run.answers(*peers.ORIGIN), "the origin")
        for made in run.SERVERS:
            if made.name not in options.only.split(","):
                continue
            figures = []
            for kind in KINDS:  # each in a fresh process
                server = made(state, shared, 1)
                process = server.start()
                running.append((server, process))
                wait_until(lambda at=server.address: run.answers(at, peers.HTTP), server.name)
                figures.append(measure(server, process, kind, options.connections))
                process.send_signal(signal.SIGTERM)
                process.wait(20)
                if hasattr(server, "stop"):
                    server.stop()
                running.pop()
            print(f"| {made.name} | " + " | ".join(f"{one:.1f}" for one in figures) + " |",
                  flush=True)
    finally:
        for server, process in running:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
            if hasattr(server, "stop"):
                server.stop()


if __name__ == "__main__":
    main()
