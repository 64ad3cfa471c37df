"""Hostile input, replayable by seed: valid messages that were damaged, and plain noise."""

import random
import struct

QTYPES = [1, 2, 5, 6, 15, 16, 28, 33, 41, 64, 65, 249, 250, 251, 252, 255, 256, 65280]


def dns_name(rng, zone):
    labels = [rng.choice(["www", "a", "*", "x" * 63, "\x00", "WwW", "_tcp"])
              for _ in range(rng.randrange(4))]
    wire = b"".join(bytes([len(label)]) + label.encode("latin-1") for label in labels)
    for label in zone.split("."):
        wire += bytes([len(label)]) + label.encode()
    return wire + b"\x00"


def dns_query(rng, zone):
    """A query that is well formed, with EDNS and a client subnet more often than not."""
    name = dns_name(rng, zone)
    question = name + struct.pack("!HH", rng.choice(QTYPES), rng.choice([1, 1, 1, 3, 255]))
    options = b""
    if rng.random() < 0.6:
        family, size = rng.choice([(1, 4), (2, 16), (3, 8)])
        source = rng.randrange(0, size * 8 + 9)
        address = rng.randbytes(min(size, (source + 7) // 8))
        options = struct.pack("!HHHBB", 8, 4 + len(address), family, source,
                              rng.choice([0, 0, 0, 24])) + address
    edns = b""
    if rng.random() < 0.8:
        edns = b"\x00" + struct.pack("!HHBBHH", 41, rng.choice([0, 512, 1232, 65535]), 0,
                                     rng.choice([0, 0, 0, 1]), rng.choice([0, 0x8000]),
                                     len(options)) + options
    flags = rng.choice([0, 0x0100, 0x0010, 0x2800, 0x7800])
    header = struct.pack("!HHHHHH", rng.randrange(65536), flags, 1, 0, 0, 1 if edns else 0)
    return header + question + edns


def damage(rng, message):
    """Flips, cuts, doubles, inserts; a few of them at once."""
    data = bytearray(message)
    for _ in range(rng.randrange(1, 5)):
        kind = rng.randrange(6)
        at = rng.randrange(len(data) + 1)
        if kind == 0 and data:
            data[at % len(data)] ^= 1 << rng.randrange(8)
        elif kind == 1:
            del data[at:]
        elif kind == 2:
            data[at:at] = rng.randbytes(rng.randrange(1, 20))
        elif kind == 3 and data:
            data[at % len(data)] = rng.choice([0x00, 0xC0, 0xFF, 0x3F, 0x40])
        elif kind == 4:
            data[at:at] = data[:rng.randrange(1, 40)]
        elif kind == 5:
            del data[at:at + rng.randrange(1, 10)]
    return bytes(data[:4096])


def dns_packet(rng, zone):
    kind = rng.random()
    if kind < 0.15:
        return rng.randbytes(rng.randrange(0, 600))
    query = dns_query(rng, zone)
    return query if kind < 0.3 else damage(rng, query)


FIELDS = [
    b"Host: %s", b"Host: %s\r\nHost: other", b"Content-Length: 5", b"Content-Length: 5, 6",
    b"Content-Length: -1", b"Content-Length: 99999999999999999999", b"Transfer-Encoding: chunked",
    b"Transfer-Encoding: xchunked", b"Transfer-Encoding : chunked",
    b"Transfer-Encoding:\x0bchunked",
    b"X-A: b\r\n folded", b"X-B: a\x00b", b"Connection: close, Host", b"Expect: 100-continue",
    b"Range: bytes=0-,-1,5-2", b"If-None-Match: *", b"Cache-Control: max-age=abc, no-store",
    b"Accept-Encoding: gzip;q=9", b"Upgrade: h2c", b"X-Long: " + b"y" * 9000, b": empty name",
]


def http_request(rng, host):
    """A request that is nearly right: one line or field of it may be anything."""
    method = rng.choice([b"GET", b"HEAD", b"POST", b"PUT", b"OPTIONS", b"TRACE", b"get", b"G\x00T"])
    target = rng.choice([b"/", b"/a?b=c", b"*", b"http://%s/" % host, b"//x", b"/%00", b"/\xff",
                         b"/" + b"p" * 9000, b"", b"http://[::1"])
    version = rng.choice([b"HTTP/1.1"] * 3 + [b"HTTP/1.0", b"HTTP/2.0", b"HTP/1"])
    fields = [b"Host: " + host] if rng.random() < 0.8 else []
    for _ in range(rng.randrange(4)):
        field = rng.choice(FIELDS)
        fields.append(field % host if b"%s" in field else field)
    newline = rng.choice([b"\r\n", b"\r\n", b"\r\n", b"\n", b"\r"])
    head = newline.join([b" ".join([method, target, version]), *fields]) + newline * 2
    body = rng.choice([b"", b"", b"hello", b"5\r\nhello\r\n0\r\n\r\n", b"ffffffffffffffff\r\n",
                       b"5;x=\"\r\nhel\r\n0\r\nHost: x\r\n\r\n"])
    return head + body


def http_packet(rng, host):
    kind = rng.random()
    if kind < 0.1:
        return rng.randbytes(rng.randrange(1, 600))
    request = http_request(rng, host)
    return request if kind < 0.4 else damage(rng, request)


def packets(seed, count, make, about):
    """`count` packets by `make`, the same for the same seed."""
    rng = random.Random(seed)
    for _ in range(count):
        yield make(rng, about)
