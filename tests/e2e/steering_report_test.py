"""Operators see where clients are led, and why: the steering report, and names that explain."""

import json

import visitor
from fleet import DNS
from shop import CAPE_TOWN, HOST

SETTINGS = """
kind: DnsSettings
name: default
spec:
  explain_prefixes: [127.0.0.0/8]
"""


def told(name, subnet=None, tcp=False):
    """The RCODE, and the strings of all TXT records."""
    message = visitor.resolve(DNS["dns-1"], name, "TXT", subnet, tcp=tcp)
    texts = [text.decode() for rrset in message.answer for record in rrset
             for text in record.strings]
    return message.rcode(), texts


def test_the_report_shows_where_the_address_space_is_led(fleet):
    fleet.start_shop()
    report = json.loads(fleet.gslbctl("steering", "report", "-o", "json").stdout)
    policy, = report["policies"]
    assert policy["sites"] == ["shop"]
    ipv4 = policy["spaces"][0]
    shares = {one["location"]: one["share"] for one in ipv4["locations"]}
    assert set(shares) == {"par", "nyc", "sin"}
    assert abs(sum(shares.values()) - 1) < 1e-6
    assert all(share > 0 for share in shares.values()), shares
    assert 0 < ipv4["mean_km"] <= ipv4["p95_km"]
    assert {loss["location"] for loss in ipv4["losses"]} == set(shares)

    table = fleet.gslbctl("steering", "report", "--site", "shop", "--lost", "par").stdout
    assert "IF LOST" in table and "█" in table, table

    wrong = fleet.gslbctl("steering", "report", "--lost", "pra", check=False)
    assert wrong.returncode == 1
    assert "there is no location 'pra'; did you mean 'par'?" in wrong.stderr


def test_a_name_explains_to_operators_only(fleet):
    fleet.start_shop()
    rcode, texts = told(f"{HOST}._explain", CAPE_TOWN)
    assert (rcode, texts) == (visitor.REFUSED, [])

    fleet.apply(SETTINGS)
    fleet.gslbctl("node", "wait", "--all")
    rcode, texts = told(f"{HOST}._explain", CAPE_TOWN, tcp=True)
    assert rcode == visitor.NOERROR
    story = "\n".join(texts)
    assert f"client: {CAPE_TOWN} (EDNS Client Subnet)" in story, story
    assert "edge-par at par" in story and "A: 127.10.1.1" in story, story
