"""What we answer, NSD or Knot answers too: the same zones, thousands of the same questions."""

import random

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import pytest

import ours
import peers
import random_zones

_LONG = ".".join(letter * 63 for letter in "abc")

_ZONES = [
    peers.Zone("example", ["ns1.example.", "ns.other.test."], [
        ("ns1", 300, "A", "192.0.2.53"),
        ("ns1", 300, "AAAA", "2001:db8::53"),
        ("@", 300, "MX", "10 mail"),
        ("@", 300, "MX", "20 mx.other.test."),
        ("@", 300, "TXT", '"v=spf1 -all"'),
        ("mail", 600, "A", "192.0.2.25"),
        ("www", 120, "A", "192.0.2.1"),
        ("www", 120, "A", "192.0.2.2"),
        ("www", 120, "AAAA", "2001:db8::1"),
        ("Case", 120, "A", "192.0.2.3"),
        # RFC 4592 section 2.2.1.
        ("*", 300, "TXT", '"this is a wildcard"'),
        ("*", 300, "MX", "10 mail"),
        ("sub.*", 300, "TXT", '"this is not a wildcard"'),
        ("host1", 300, "A", "192.0.2.11"),
        ("_ssh._tcp.host1", 300, "SRV", "0 0 22 host1"),
        ("_ssh._tcp.host2", 300, "SRV", "0 0 22 host2"),
        ("subdel", 300, "NS", "ns.subdel"),
        ("subdel", 300, "NS", "ns1"),
        ("ns.subdel", 300, "A", "192.0.2.60"),
        ("under.ns.subdel", 300, "TXT", '"occluded"'),
        ("twice.subdel", 300, "NS", "ns.twice.subdel"),
        ("secure", 300, "NS", "ns.subdel"),
        ("secure", 300, "DS", "1 8 2 " + "00" * 32),
        ("outside", 300, "NS", "ns.other.test."),
        # Aliases.
        ("alias", 60, "CNAME", "www"),
        ("alias2", 60, "CNAME", "alias"),
        ("away", 60, "CNAME", "www.other.test."),
        ("dead", 60, "CNAME", "nothing.here.host1"),
        ("nodata", 60, "CNAME", "mail"),
        ("below", 60, "CNAME", "www.subdel"),
        ("atcut", 60, "CNAME", "subdel"),
        ("towild", 60, "CNAME", "anything.wild"),
        ("*.wild", 60, "A", "192.0.2.99"),
        ("*.alias.wild", 60, "CNAME", "x.wild"),
        ("ent.a.b.c", 60, "TXT", '"deep"'),
        ("cross", 60, "CNAME", "www.second.test."),
        ("child", 60, "CNAME", "www.own"),
        # Redirections.
        ("old", 90, "DNAME", "new"),
        ("old", 90, "TXT", '"moved"'),
        ("a.new", 90, "A", "192.0.2.70"),
        ("b.new", 90, "CNAME", "www"),
        ("d.new", 90, "DNAME", "wild"),
        ("intoold", 90, "CNAME", "a.old"),
        ("goes", 90, "DNAME", "www.other.test."),
        ("tocut", 90, "DNAME", "subdel"),
        ("long", 90, "DNAME", _LONG),
        ("second", 90, "DNAME", "second.test."),
        # Other data.
        ("srv", 300, "SRV", "1 2 443 www"),
        ("srv", 300, "SRV", "1 2 443 ns.subdel"),
        ("svc", 300, "HTTPS", "1 . alpn=h2"),
        ("svc", 300, "A", "192.0.2.80"),
        ("odd", 300, "TYPE65280", "\\# 3 010203"),
        ("caa", 300, "CAA", '0 issue "ca.test"'),
        ("ptr", 300, "PTR", "www"),
        ("ttl0", 0, "A", "192.0.2.90"),
        ("sparse.x.y", 300, "A", "192.0.2.91"),
    ]),
    peers.Zone("own.example", ["ns1.example."], [
        ("www", 300, "A", "192.0.2.111"),
        ("up", 300, "CNAME", "www.example."),
        ("mx", 300, "MX", "10 www"),
    ]),
    peers.Zone("second.test", ["ns1.example."], [
        ("www", 300, "A", "192.0.2.112"),
        ("back", 300, "CNAME", "alias2.example."),
    ]),
]

_TYPES = ["A", "AAAA", "NS", "SOA", "MX", "TXT", "CNAME", "DNAME", "DS", "SRV", "PTR", "HTTPS",
          "CAA", "TYPE65280", "DNSKEY"]


_SEEDS = range(1, 7)
_RANDOM_ZONES = [zone for seed in _SEEDS for zone in random_zones.make(seed)]
# So many questions of each seed: the run must end.
_MOST_QUESTIONS = 1200


def _names_of(zones):
    """Every name in the zones, those above it, and some beside and below."""
    names = set()
    for zone in zones:
        origin = dns.name.from_text(zone.name)
        for owner in ["@"] + [record[0] for record in zone.records]:
            name = dns.name.from_text(owner, origin)
            for prefix in ("", "x", "*", "x.y"):
                try:
                    names.add(dns.name.from_text(prefix, name).to_text() if prefix
                              else name.to_text())
                except dns.name.NameTooLong:
                    pass
            while name != origin:
                name = name.parent()
                names.add(name.to_text())
                names.add(dns.name.from_text("zz", name).to_text())
            names.add(dns.name.from_text(owner.upper(), origin).to_text())
    return names


def _names():
    return sorted(_names_of(_ZONES) | {
        "other.test.", ".", "test.", "myexample.", "ghost.*.example.",
        "q" * 40 + ".long.example.", "q" * 40 + "." + "r" * 40 + ".long.example."})


def _records(section, types=None):
    return sorted(f"{rrset.name.to_text().lower()} {rrset.ttl} "
                  f"{dns.rdatatype.to_text(rrset.rdtype)} {rdata.to_text().lower()}"
                  for rrset in section for rdata in rrset if types is None or rrset.rdtype in types)


def _essence(answer):
    """What all servers must agree on; what else they add is their choice."""
    lines = [f"{dns.rcode.to_text(answer.rcode())} {'aa' if answer.flags & dns.flags.AA else '--'}"
             f" {'tc' if answer.flags & dns.flags.TC else '--'}"]
    lines += ["answer " + line for line in _records(answer.answer)]
    negative = any(rrset.rdtype == dns.rdatatype.SOA for rrset in answer.authority)
    referral = not answer.flags & dns.flags.AA
    if negative or referral:
        lines += ["authority " + line for line in _records(answer.authority)]
    if referral:
        lines += ["additional " + line for line in _records(answer.additional)]
    return "\n".join(lines)


def _difference(servers, name, kind):
    """What the three say, if we say what neither peer says."""
    query = dns.message.make_query(name, kind, use_edns=0, payload=1232)
    mine, nsd, knot = (server.ask(query, "udp") for server in servers)
    if mine.flags & dns.flags.TC:  # how much fits by UDP is everybody's choice
        mine, nsd, knot = (server.ask(query, "tcp") for server in servers)
    mine, nsd, knot = (_essence(answer) for answer in (mine, nsd, knot))
    if mine in (nsd, knot):
        return ""
    return f"{name} {kind}\n-- ours\n{mine}\n-- NSD\n{nsd}\n-- Knot\n{knot}\n\n"


def _compare(servers, questions):
    differences = "".join(_difference(servers, *question) for question in questions)
    if differences:
        pytest.fail(differences, pytrace=False)


@pytest.fixture(scope="module")
def servers(tmp_path_factory):
    directory = tmp_path_factory.mktemp("peers")
    zones = _ZONES + _RANDOM_ZONES
    everyone = [ours.Ours(directory, "---\n".join(zone.document() for zone in zones)),
                peers.Nsd(directory / "nsd", zones), peers.Knot(directory / "knot", zones)]
    yield everyone
    for server in everyone:
        server.stop()


@pytest.mark.parametrize("kind", _TYPES)
def test_every_name_is_answered_as_a_peer_answers_it(servers, kind):
    _compare(servers, [(name, kind) for name in _names()])


@pytest.mark.parametrize("seed", _SEEDS)
def test_zones_made_by_chance_are_answered_as_a_peer_answers_them(servers, seed):
    questions = [(name, kind) for name in sorted(_names_of(random_zones.make(seed)))
                 for kind in _TYPES + ["SVCB", "NAPTR", "HINFO", "TLSA", "TYPE1234"]]
    random.Random(seed).shuffle(questions)
    _compare(servers, questions[:_MOST_QUESTIONS])
