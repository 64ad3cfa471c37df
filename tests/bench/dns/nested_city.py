"""Rewrites a flat city database into MaxMind's nested schema, which peers read.

    nested_city.py FLAT.mmdb NESTED.mmdb

The tree stays as it is; only the data section is written anew, and pointers into it are moved.
"""

import struct
import sys

import maxminddb.decoder
import numpy


def encode(value):
    """A value in the data section's format; strings and maps under 285 octets or entries."""
    if isinstance(value, str):
        octets = value.encode()
        return control(2, len(octets)) + octets
    if isinstance(value, float):
        return control(3, 8) + struct.pack(">d", value)
    if isinstance(value, dict):
        return control(7, len(value)) + b"".join(encode(k) + encode(v) for k, v in value.items())
    if isinstance(value, list):
        return bytes([len(value) if len(value) < 29 else 29, 4]) + b"".join(map(encode, value))
    raise TypeError(type(value))


def control(kind, size):
    return bytes([kind << 5 | size]) if size < 29 else bytes([kind << 5 | 29, size - 29])


def nested(flat):
    result = {}
    if flat.get("country_code"):
        result["country"] = {"iso_code": flat["country_code"]}
        result["continent"] = {"code": "EU" if flat["country_code"] in EUROPE else "NA"}
    if "latitude" in flat and "longitude" in flat:
        result["location"] = {
            "latitude": float(flat["latitude"]), "longitude": float(flat["longitude"])}
    if flat.get("state1"):
        result["subdivisions"] = [{"iso_code": flat["state1"][:20]}]
    return result


EUROPE = set("DE FR GB IT ES NL BE PL SE NO DK FI AT CH IE PT CZ GR HU RO".split())


def main():
    source, target = sys.argv[1:]
    data = open(source, "rb").read()
    marker = b"\xab\xcd\xefMaxMind.com"
    at_metadata = data.rindex(marker)
    metadata, _ = maxminddb.decoder.Decoder(
        data, at_metadata + len(marker)).decode(at_metadata + len(marker))
    nodes, bits = metadata["node_count"], metadata["record_size"]
    tree_octets = nodes * bits // 4
    tree = numpy.frombuffer(data, numpy.uint8, tree_octets).reshape(nodes, bits // 4)
    tree = tree.astype(numpy.uint32)
    if bits == 24:
        left = tree[:, 0] << 16 | tree[:, 1] << 8 | tree[:, 2]
        right = tree[:, 3] << 16 | tree[:, 4] << 8 | tree[:, 5]
    elif bits == 28:
        left = (tree[:, 3] >> 4) << 24 | tree[:, 0] << 16 | tree[:, 1] << 8 | tree[:, 2]
        right = (tree[:, 3] & 15) << 24 | tree[:, 4] << 16 | tree[:, 5] << 8 | tree[:, 6]
    else:
        left = tree[:, 0] << 24 | tree[:, 1] << 16 | tree[:, 2] << 8 | tree[:, 3]
        right = tree[:, 4] << 24 | tree[:, 5] << 16 | tree[:, 6] << 8 | tree[:, 7]
    records = numpy.stack([left, right], axis=1)
    pointers = numpy.unique(records[records > nodes])
    decoder = maxminddb.decoder.Decoder(data, tree_octets + 16)
    section, moved, known = bytearray(), numpy.zeros(len(pointers), numpy.uint32), {}
    for i, pointer in enumerate(pointers):
        flat, _ = decoder.decode(int(pointer) - nodes + tree_octets)
        octets = encode(nested(flat))
        if octets not in known:
            known[octets] = len(section)
            section += octets
        moved[i] = known[octets] + nodes + 16
    records[records > nodes] = moved[numpy.searchsorted(pointers, records[records > nodes])]
    out = records.astype(">u4").tobytes()  # 32 bits a record, whatever it was
    meta = (control(7, 9)
            + encode("binary_format_major_version") + b"\xa1\x02"
            + encode("binary_format_minor_version") + b"\xa0"
            + encode("build_epoch") + b"\x04\x02" + struct.pack(">I", metadata["build_epoch"])
            + encode("database_type") + encode("GeoLite2-City")
            + encode("description") + encode({"en": "converted for measurements"})
            + encode("ip_version") + b"\xa1" + bytes([metadata["ip_version"]])
            + encode("languages") + encode(["en"])
            + encode("node_count") + b"\xc4" + struct.pack(">I", nodes)
            + encode("record_size") + b"\xa1\x20")
    with open(target, "wb") as file:
        file.write(out + bytes(16) + section + marker + meta)


main()
