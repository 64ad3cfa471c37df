"""Files of DNS queries for bench_dns_load."""

import pathlib
import random
import struct

TYPES = {"A": 1, "MX": 15, "AAAA": 28}


def query(name: str, kind: str, subnet: bytes | None = None, dnssec: bool = False,
          edns: bool = True, cookie: bytes | None = None) -> bytes:
    question = b"".join(bytes([len(part)]) + part.encode() for part in name.split(".")) + b"\0"
    question += struct.pack(">HH", TYPES[kind], 1)
    options = b""
    if subnet is not None:
        options += struct.pack(">HHHBB", 8, 4 + len(subnet), 1, 8 * len(subnet), 0) + subnet
    if cookie is not None:
        options += struct.pack(">HH", 10, len(cookie)) + cookie
    additional = b""
    if edns or options:
        additional = b"\0" + struct.pack(">HHIH", 41, 1232, 0x8000 if dnssec else 0, len(options))
        additional += options
    return struct.pack(">HHHHHH", 0, 0, 1, 0, 0, 1 if additional else 0) + question + additional


def write(path: pathlib.Path, queries: list) -> pathlib.Path:
    path.write_bytes(b"".join(struct.pack(">H", len(one)) + one for one in queries))
    return path


def make(directory: pathlib.Path, count: int = 100_000) -> dict:
    """The mixes, by name. Clients are drawn evenly from the public address space, by seed."""
    chance = random.Random(4)

    def client() -> bytes:
        return bytes([chance.choice([n for n in range(1, 224) if n not in (10, 127)]),
                      chance.randrange(256), chance.randrange(256)])

    def mixed(dnssec: bool) -> bytes:
        draw = chance.random()
        if draw < 0.7:
            return query("www.bench.test", "A", client(), dnssec)
        if draw < 0.8:
            return query("www.bench.test", "AAAA", client(), dnssec)
        if draw < 0.9:
            return query("static.bench.test", "A", None, dnssec)
        if draw < 0.95:
            return query("mail.bench.test", "MX", None, dnssec)
        return query(f"no{chance.randrange(1000)}.bench.test", "A", None, dnssec)

    return {
        "geo": write(directory / "geo.queries",
                     [query("www.bench.test", "A", client()) for _ in range(count)]),
        "static": write(directory / "static.queries",
                        [query("static.bench.test", "A") for _ in range(1000)]),
        "mix": write(directory / "mix.queries", [mixed(False) for _ in range(count)]),
        "geo-do": write(directory / "geo-do.queries",
                        [query("www.bench.test", "A", client(), True) for _ in range(count)]),
        "static-do": write(directory / "static-do.queries",
                           [query("static.bench.test", "A", None, True) for _ in range(1000)]),
        "missing-do": write(directory / "missing-do.queries",
                            [query(f"no{number}.bench.test", "A", None, True)
                             for number in range(1000)]),
    }
