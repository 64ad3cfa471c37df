"""Writes databases in the MaxMind DB format, version 2.0: a binary search tree over the bits of an
address, then the records that its leaves point to, then metadata.

For small databases made from text: fixtures, and an operator's own list of networks.
"""

import csv
import ipaddress
import struct

_SEPARATOR = bytes(16)
_METADATA_MARKER = b"\xab\xcd\xefMaxMind.com"

# Type numbers of the format.
_POINTER, _UTF8, _DOUBLE, _UINT16, _UINT32, _MAP = 1, 2, 3, 5, 6, 7
_UINT64, _ARRAY, _BOOLEAN, _FLOAT = 9, 11, 14, 15


class Float32(float):
    """A number to be stored as the format's 4-byte float; a plain float takes 8 bytes."""


class Unsigned(int):
    """A number with the width in bytes of its type: 2, 4 or 8."""

    def __new__(cls, value, width):
        number = super().__new__(cls, value)
        number.width = width
        return number


class _DataSection:
    """Encodes values; equal strings and maps are stored once and pointed to."""

    def __init__(self, pointers=True):
        # libmaxminddb takes a value at offset 0 for none: an empty map stands there.
        self.bytes = bytearray(_control(_MAP, 0) if pointers else b"")
        self._pointers = pointers
        self._offsets = {}

    def add(self, value):
        """Returns the offset at which `value` stands."""
        key = repr(value)
        if key not in self._offsets:
            encoded = self._encode(value)  # may add what it points to, so the offset comes after
            self._offsets[key] = len(self.bytes)
            self.bytes += encoded
        return self._offsets[key]

    def _encode(self, value):
        if isinstance(value, dict):
            body = b"".join(self._part(k) + self._part(v) for k, v in value.items())
            return _control(_MAP, len(value)) + body
        if isinstance(value, list):
            return _control(_ARRAY, len(value)) + b"".join(self._part(v) for v in value)
        if isinstance(value, str):
            text = value.encode()
            return _control(_UTF8, len(text)) + text
        if isinstance(value, bool):
            return _control(_BOOLEAN, int(value))
        if isinstance(value, Unsigned):
            body = int(value).to_bytes(value.width, "big").lstrip(b"\0")
            return _control({2: _UINT16, 4: _UINT32, 8: _UINT64}[value.width], len(body)) + body
        if isinstance(value, Float32):
            return _control(_FLOAT, 4) + struct.pack(">f", value)
        if isinstance(value, float):
            return _control(_DOUBLE, 8) + struct.pack(">d", value)
        raise TypeError(f"the format has no place for {value!r}")

    def _part(self, value):
        """A value inside another one: a string becomes a pointer where that is shorter."""
        if self._pointers and isinstance(value, str) and len(value.encode()) > 2:
            return _pointer(self.add(value))
        return self._encode(value)


def _control(kind, size):
    """The control byte or bytes in front of a value."""
    if size >= 285:
        raise ValueError("a value longer than this small writer needs")
    short = min(size, 29)
    head = bytes([kind << 5 | short]) if kind <= 7 else bytes([short, kind - 7])
    return head + (bytes([size - 29]) if size >= 29 else b"")


def _pointer(offset):
    """A pointer into the data section, in the form with 11 or 19 bits."""
    if offset < 2048:
        return bytes([_POINTER << 5 | offset >> 8, offset & 0xFF])
    offset -= 2048
    if offset >= 1 << 19:
        raise ValueError("a data section larger than this small writer needs")
    return bytes([_POINTER << 5 | 1 << 3 | offset >> 16]) + (offset & 0xFFFF).to_bytes(2, "big")


class _Tree:
    """Nodes are [left, right]; a child is a node, a leaf (the offset of its record) or None."""

    def __init__(self):
        self.root = [None, None]

    def insert(self, bits, leaf):
        node = self.root
        for bit in bits[:-1]:
            if not isinstance(node[bit], list):  # a wider network is split around this one
                node[bit] = [node[bit], node[bit]]
            node = node[bit]
        node[bits[-1]] = leaf

    def serialize(self):
        """24-bit records, nodes in breadth-first order. Returns (bytes, node count)."""
        nodes, index = [self.root], {id(self.root): 0}
        for node in nodes:  # grows while it is walked
            for child in node:
                if isinstance(child, list):
                    index[id(child)] = len(nodes)
                    nodes.append(child)
        count = len(nodes)

        def record(child):
            if child is None:
                return count
            if isinstance(child, list):
                return index[id(child)]
            return count + len(_SEPARATOR) + child

        words = (record(child).to_bytes(3, "big") for node in nodes for child in node)
        return b"".join(words), count


def _bits(network, ip_version):
    bits = [network.network_address.packed[i // 8] >> (7 - i % 8) & 1
            for i in range(network.prefixlen)]
    # In a joint database the IPv4 networks lie in ::/96.
    return [0] * 96 + bits if ip_version == 6 and network.version == 4 else bits


def database(networks, ip_version, database_type, build_epoch, description):
    """The bytes of a database. `networks` is a list of (ip_network, record); narrower ones win."""
    tree, data = _Tree(), _DataSection()
    for network, record in sorted(networks, key=lambda item: item[0].prefixlen):
        tree.insert(_bits(network, ip_version), data.add(record))
    tree_bytes, node_count = tree.serialize()
    metadata = _DataSection(pointers=False)
    metadata.add({
        "binary_format_major_version": Unsigned(2, 2),
        "binary_format_minor_version": Unsigned(0, 2),
        "build_epoch": Unsigned(build_epoch, 8),
        "database_type": database_type,
        "description": {"en": description},
        "ip_version": Unsigned(ip_version, 2),
        "languages": ["en"],
        "node_count": Unsigned(node_count, 4),
        "record_size": Unsigned(24, 2),
    })
    return tree_bytes + _SEPARATOR + bytes(data.bytes) + _METADATA_MARKER + bytes(metadata.bytes)


def read_networks(path):
    """Rows of a CSV file `prefix,country,city,latitude,longitude,...` as (ip_network, row)."""
    with open(path, encoding="utf-8", newline="") as file:
        rows = csv.DictReader(line for line in file if not line.startswith("#"))
        return [(ipaddress.ip_network(row["prefix"]), row) for row in rows]
