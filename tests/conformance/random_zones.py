"""Zones made by chance from a seed: every odd thing that may lawfully stand in one."""

import random

import peers

_LABELS = ["a", "b", "c", "Ab", "*", "x\\.y", "sp\\032ace", "\\000nul", "hi\\255", "_tcp", "9", "-",
           "xn--nxasmq6b", "l" * 63]
_OUTSIDE = ["www.elsewhere.example.", "ns.elsewhere.example.", "."]
_LONG_TARGET = ".".join(letter * 62 for letter in "xyz") + ".target."


class _Maker:
    def __init__(self, chance, apex, neighbours):
        self.chance = chance
        self.apex = apex
        self.neighbours = neighbours  # apexes of the zones that names may lead to
        self.owners = sorted({self._owner() for _ in range(45)} | {
            "*", "*.a", "a.*", "*.b.a", "deep.deeper.deepest.x"})
        self.used = {}  # owner in lower case -> types

    def _owner(self):
        depth = self.chance.choice([1, 1, 1, 2, 2, 3, 4])
        return ".".join(self.chance.choice(_LABELS) for _ in range(depth))

    def target(self):
        kind = self.chance.random()
        if kind < 0.15:
            return self.chance.choice(_OUTSIDE)
        if kind < 0.3:
            return f"{self._owner()}.{self.chance.choice(self.neighbours)}."
        if kind < 0.4:
            return self._owner()
        return self.chance.choice(self.owners + ["@"])

    def _text(self):
        size = self.chance.choice([0, 1, 30, 255])
        return '"' + "".join(self.chance.choice("abc;() \\x") for _ in range(size)).replace(
            "\\", "\\\\") + '"'

    def data(self, kind):
        chance, number = self.chance, self.chance.randrange
        octets = "".join(f"{number(256):02x}" for _ in range(32))
        return {
            "A": lambda: f"192.0.2.{number(256)}",
            "AAAA": lambda: f"2001:db8::{number(65536):x}",
            "MX": lambda: f"{number(100)} {self.target()}",
            "TXT": lambda: " ".join(self._text() for _ in range(number(1, 4))),
            "SRV": lambda: f"0 {number(9)} 443 {self.target()}",
            "PTR": self.target,
            "CAA": lambda: f'0 issue "ca{number(9)}.example"',
            "HTTPS": lambda: f"{number(1, 9)} {self.target()} alpn=h2 port={number(1, 65535)}",
            "SVCB": lambda: f"0 {self.target()}",
            "NAPTR": lambda: f'{number(9)} 10 "s" "SIP+D2U" "" {self.target()}',
            "TLSA": lambda: f"3 1 1 {octets}",
            "SSHFP": lambda: f"4 2 {octets}",
            "HINFO": lambda: '"CPU" "OS"',
            "AFSDB": lambda: f"1 {self.target()}",
            "URI": lambda: f'{number(9)} 1 "https://example/{number(99)}"',
            "RP": lambda: f"{self.target()} {self.target()}",
            "TYPE65280": lambda: f"\\# 4 {octets[:8]}",
            "TYPE1234": lambda: "\\# 0",
        }[kind]()

    _PLAIN = ["A", "A", "AAAA", "MX", "TXT", "SRV", "PTR", "CAA", "HTTPS", "SVCB", "NAPTR", "TLSA",
              "SSHFP", "HINFO", "AFSDB", "URI", "RP", "TYPE65280", "TYPE1234"]

    def _set(self, owner, kind, data):
        types = self.used.setdefault(owner.lower(), set())
        # Lone CNAMEs (RFC 1034 section 3.6.2); no delegation beside a DNAME (RFC 6672 section 2.3).
        if kind in types or "CNAME" in types or (kind == "CNAME" and types):
            return []
        if {kind} | types >= {"DNAME", "NS"}:
            return []
        types.add(kind)
        ttl = self.chance.choice([0, 60, 300, 86400])
        return [(owner, ttl, kind, one) for one in sorted(set(data))]

    def _at(self, owner):
        kind = self.chance.random()
        if kind < 0.15:
            return self._set(owner, "CNAME", [self.target()])
        if kind < 0.25 and "*" not in owner.split("."):
            return self._delegation(owner)
        if kind < 0.35:
            target = self.chance.choice([self.target(), self.target(), _LONG_TARGET])
            return (self._set(owner, "DNAME", [target])
                    + self._set(owner, "TXT", [self._text()]))
        records = []
        for one in self.chance.sample(self._PLAIN, self.chance.randrange(1, 4)):
            records += self._set(owner, one,
                                 [self.data(one) for _ in range(self.chance.choice([1, 1, 2, 5]))])
        return records

    def _delegation(self, owner):
        servers = self.chance.choice([[f"ns.{owner}"], [f"ns.{owner}", "ns1"], ["ns1"],
                                      ["ns.elsewhere.example."], [owner]])
        records = self._set(owner, "NS", servers)
        if not records:
            return []
        records += self._set(f"ns.{owner}", "A", [self.data("A")])
        records += self._set(f"ns.{owner}", "AAAA", [self.data("AAAA")])
        if self.chance.random() < 0.5:
            records += self._set(owner, "DS", ["1 8 2 " + "00" * 32])
        if self.chance.random() < 0.3:  # what nobody can see
            records += self._set(f"occluded.{owner}", "TXT", ['"occluded"'])
        return records

    def records(self):
        records = (self._set("ns1", "A", [self.data("A")])
                   + self._set("big", "TXT", [f'"{i:03d}{"t" * 90}"' for i in range(40)])
                   + self._set("@", "MX", [self.data("MX"), self.data("MX")]))
        for neighbour in self.neighbours:
            if neighbour.endswith("." + self.apex):
                records += self._set(neighbour[:-len(self.apex) - 1], "NS", ["ns1"])
        for owner in self.owners:
            records += self._at(owner)
        # NSD takes no zone with anything below a DNAME.
        redirected = ["." + owner.lower() for owner, _, kind, _ in records if kind == "DNAME"]
        return [record for record in records
                if not any(record[0].lower().endswith(owner) for owner in redirected)]


def make(seed):
    """Three zones, one inside another, which lead to each other."""
    chance = random.Random(seed)
    apex = f"r{seed}.test"
    apexes = [apex, f"kid.{apex}", f"else-{seed}.test"]
    return [peers.Zone(one, ["ns1", "ns.elsewhere.example."], _Maker(chance, one, apexes).records())
            for one in apexes]
