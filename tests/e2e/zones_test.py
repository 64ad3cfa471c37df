"""Zones come and go: master files, secondaries that pull from here, and a hidden primary."""

import json
import subprocess

import dns.message
import dns.query
import dns.rdatatype
import dns.rrset
import dns.tsigkeyring
import pytest

import shop
import visitor
from fleet import CONTROLLER, DNS
from programs import BIN
from secondaries import SECONDARIES, start_peer, start_secondary

SECONDARY, PRIMARY, NOTIFIED = "127.12.0.1", "127.12.0.2", "127.12.0.3"
SECRET = "bWVyaWRpYW4tbWVyaWRpYW4tbWVyaWRpYW4tMDEyMzQ="

KEY = f"""
kind: TsigKey
name: to-secondaries
spec: {{secret: {SECRET}}}
"""

SHARED_ZONE = shop.ZONE + f"""  allow_transfer:
    - {{keys: [to-secondaries]}}
  notify:
    - {{address: {SECONDARY}, port: 5300, key: to-secondaries}}
"""

SECONDARY_ZONE = f"""
kind: Zone
name: hidden.test
spec:
  primaries:
    - {{address: {PRIMARY}, port: 5300, key: to-secondaries}}
"""

MASTER_FILE = """
$ORIGIN files.test.
$TTL 1h
@ IN SOA ns1 john\\.doe ( 2024010101 2h 15m 2w 5m )
  NS ns1
  NS ns.other.test.
ns1 A 192.0.2.53
www 60 A 192.0.2.1
    60 A 192.0.2.2
    TXT "one" ( "two"
        "three; four" )
_sip._tcp SRV 1 2 5060 www
odd TYPE65280 \\# 3 010203
sub NS ns.sub
ns.sub A 192.0.2.54
"""

NAMED = """
options {{
  directory "{directory}";
  pid-file "{directory}/named.pid";
  session-keyfile "{directory}/named.key";
  listen-on port 5300 {{ {address}; }};
  listen-on-v6 {{ none; }};
  recursion no;
  notify explicit;
  notify-delay 0;
}};
controls {{ }};
key to-secondaries {{ algorithm hmac-sha256; secret "{secret}"; }};
zone "hidden.test" {{
  type primary;
  file "{directory}/hidden.zone";
  allow-transfer {{ key to-secondaries; }};
  ixfr-from-differences yes;
  max-ixfr-ratio unlimited;
  also-notify {{ {notified} port 5301 key to-secondaries; }};
}};
"""


def hidden_zone(serial, address):
    return (f"$TTL 300\n@ SOA ns root {serial} 3600 600 86400 60\n@ NS ns\nns A 192.0.2.53\n"
            f"www A {address}\n")


def addresses(server, name, port=5300):
    return visitor.addresses(server, name, None, port=port)


def signed_types(server, name):
    """Of what is answered to who validates."""
    query = dns.message.make_query(name, "A", want_dnssec=True)
    answer = dns.query.udp(query, server, 5, port=5353)
    return {dns.rdatatype.to_text(records.rdtype) for records in answer.answer}


@pytest.fixture
def served(fleet):
    fleet.init_controller()
    fleet.start("controller", BIN / "controller", "--dir", fleet.directory / "controller",
                "--listen", CONTROLLER, "--notify-listen", f"{NOTIFIED}:5301")
    fleet.wait_for("the controller answers", lambda: fleet.gslbctl("status"))
    fleet.apply(shop.LOCATIONS)
    fleet.start_dns("dns-1", fleet.token("dns", "par"))
    return fleet


def test_a_master_file_goes_in_and_comes_out(served):
    path = served.directory / "files.zone"
    path.write_text(MASTER_FILE)
    assert "would create Zone files.test, 7 record sets" in \
        served.gslbctl("zone", "import", path, "--dry-run").stdout
    assert "created Zone files.test" in served.gslbctl("zone", "import", path).stdout
    served.wait_for("it is served", lambda:
                    sorted(addresses(DNS["dns-1"], "www.files.test", port=5353))
                    == ["192.0.2.1", "192.0.2.2"])
    exported = served.directory / "exported.zone"
    exported.write_text(served.gslbctl("zone", "export", "files.test").stdout)
    subprocess.run(["named-checkzone", "files.test", exported], check=True, capture_output=True)
    assert "nothing to change" in served.gslbctl("zone", "import", exported).stdout
    assert "nothing to change" in served.gslbctl("zone", "import", path).stdout
    path.write_text(MASTER_FILE.replace("192.0.2.54", "192.0.2"))
    refused = served.gslbctl("zone", "import", path, check=False)
    assert refused.returncode == 1 and f"{path}:15: '192.0.2'" in refused.stderr
    assert "2024010101" in served.gslbctl("zone", "list").stdout


def test_a_secondary_follows_every_change(served):
    served.apply("---".join((KEY, SHARED_ZONE)))
    served.wait_for("the zone is served", lambda:
                    addresses(DNS["dns-1"], "mail.shop.test", port=5353) == ["127.10.9.25"])
    start_secondary(served, "nsd", SECONDARY, DNS["dns-1"], SECRET)
    served.wait_for("NSD has the zone", lambda:
                    addresses(SECONDARY, "mail.shop.test") == ["127.10.9.25"], seconds=60)
    served.apply(SHARED_ZONE.replace("127.10.9.25", "127.10.9.26"))
    served.wait_for("NSD has been told", lambda:
                    addresses(SECONDARY, "mail.shop.test") == ["127.10.9.26"], seconds=60)
    run = subprocess.run(["dig", "+tcp", "-p", "5353", f"@{DNS['dns-1']}", "shop.test", "AXFR"],
                         check=False, capture_output=True, text=True, timeout=30)
    assert "Transfer failed" in run.stdout, "without the key"
    run = subprocess.run(["dig", "+tcp", "-p", "5353", f"@{DNS['dns-1']}", "-y",
                          f"hmac-sha256:to-secondaries:{SECRET}", "shop.test", "AXFR"],
                         check=False, capture_output=True, text=True, timeout=30)
    assert "XFR size: 7 records" in run.stdout, run.stdout
    # By UDP the serial is all that is told (RFC 1995).
    query = dns.message.make_query("shop.test", "IXFR")
    query.authority.append(dns.rrset.from_text("shop.test.", 0, "IN", "SOA", ". . 1 0 0 0 0"))
    query.use_tsig(dns.tsigkeyring.from_text({"to-secondaries": SECRET}))
    answer = dns.query.udp(query, DNS["dns-1"], 5, port=5353)
    assert [(one.rdtype, len(one)) for one in answer.answer] == [(dns.rdatatype.SOA, 1)], answer


def validated(served, anchor, name, rdtype):
    """What BIND's validator says of the secondary's answer."""
    tag, algorithm, digest, data = anchor.split()
    anchors = served.directory / "anchors"
    anchors.write_text(
        f'trust-anchors {{ shop.test. static-ds {tag} {algorithm} {digest} "{data}"; }};\n')
    return subprocess.run(["delv", f"@{SECONDARY}", "-p", "5300", "-a", anchors, "+root=shop.test",
                           name, rdtype], check=False, capture_output=True, text=True,
                          timeout=30).stdout


@pytest.mark.parametrize("secondary", SECONDARIES)
def test_a_secondary_of_a_signed_zone_is_believed(served, secondary):
    zone = SHARED_ZONE + "  sign: true\n"
    served.apply("---".join((KEY, shop.EDGES, shop.SITE, zone)))
    served.wait_for("the zone is signed", lambda:
                    signed_types(DNS["dns-1"], "mail.shop.test") == {"A", "RRSIG"}, seconds=30)
    start_secondary(served, secondary, SECONDARY, DNS["dns-1"], SECRET)
    served.wait_for("the secondary has the zone", lambda:
                    addresses(SECONDARY, "mail.shop.test") == ["127.10.9.25"], seconds=60)
    copy = served.directory / "copy.zone"
    copy.write_text(subprocess.run(
        ["dig", "+tcp", "+onesoa", "+noall", "+answer", "-p", "5353", f"@{DNS['dns-1']}", "-y",
         f"hmac-sha256:to-secondaries:{SECRET}", "shop.test", "AXFR"],
        check=True, capture_output=True, text=True, timeout=30).stdout)
    for judge in (["ldns-verify-zone", copy], ["dnssec-verify", "-z", "-o", "shop.test", copy]):
        run = subprocess.run(judge, check=False, capture_output=True, text=True, timeout=60)
        assert run.returncode == 0, run.stdout + run.stderr + copy.read_text()
    anchor = json.loads(served.gslbctl("zone", "ds", "shop.test", "-o", "json").stdout)
    anchor = anchor["keys"][0]["ds"]
    for name, rdtype, has_records in (
            ("mail.shop.test", "A", True), ("www.shop.test", "A", True),
            ("www.shop.test", "AAAA", True), ("www.shop.test", "TXT", False),
            ("old.shop.test", "A", True), ("nope.shop.test", "A", False),
            ("shop.test", "CDS", False), ("shop.test", "DNSKEY", True)):
        said = validated(served, anchor, name, rdtype)
        wanted = "; fully validated" if has_records else "; negative response, fully validated"
        assert wanted in said, f"{name} {rdtype}: {said}"
    served.apply(zone.replace("127.10.9.25", "127.10.9.26"))
    served.wait_for("it is followed", lambda:
                    addresses(SECONDARY, "mail.shop.test") == ["127.10.9.26"], seconds=60)
    assert "; fully validated" in validated(served, anchor, "mail.shop.test", "A")


def test_a_hidden_primary_fills_a_zone(served):
    zone = served.directory / "hidden.zone"
    zone.write_text(hidden_zone(1, "192.0.2.1"))
    subprocess.run(["ip", "address", "replace", f"{PRIMARY}/32", "dev", "lo"], check=True)
    def start_primary():
        start_peer(served, "named", NAMED.format(address=PRIMARY, directory=served.directory,
                                                 secret=SECRET, notified=NOTIFIED), "-g", "-c")

    start_primary()
    served.apply("---".join((KEY, SECONDARY_ZONE)))
    served.wait_for("it is transferred and served", lambda:
                    addresses(DNS["dns-1"], "www.hidden.test", port=5353) == ["192.0.2.1"],
                    seconds=60)
    zone.write_text(hidden_zone(2, "192.0.2.2"))
    served.programs["named"].process.send_signal(1)  # SIGHUP: it reads its zones and tells
    served.wait_for("the change comes by NOTIFY", lambda:
                    addresses(DNS["dns-1"], "www.hidden.test", port=5353) == ["192.0.2.2"],
                    seconds=60)
    transfers = [line for line in served.programs["controller"].log_text().splitlines()
                 if "zone transferred" in line]
    assert ["as=whole" in transfers[0], "as=differences" in transfers[1]] == [True, True], transfers
    # The operator's own documents say nothing of records, and take none away.
    assert "nothing to change" in served.apply(SECONDARY_ZONE).stdout
    served.kill("named")
    served.gslbctl("zone", "refresh", "hidden.test")
    served.wait_for("the status says why", lambda: "Connection refused" in
                    served.gslbctl("zone", "list").stdout, seconds=30)
    assert addresses(DNS["dns-1"], "www.hidden.test", port=5353) == ["192.0.2.2"]
    zone.write_text(hidden_zone(3, "192.0.2.3"))
    zone.with_suffix(".zone.jnl").unlink()  # it does not fit a zone changed meanwhile
    start_primary()  # RETRY is 600 seconds: it tells that it is back
    served.wait_for("it is followed again", lambda:
                    addresses(DNS["dns-1"], "www.hidden.test", port=5353) == ["192.0.2.3"],
                    seconds=60)
    served.apply(SECONDARY_ZONE + "  sign: true\n")
    served.wait_for("it is signed here", lambda:
                    signed_types(DNS["dns-1"], "www.hidden.test") == {"A", "RRSIG"}, seconds=30)
    zone.write_text(hidden_zone(4, "192.0.2.4"))
    served.programs["named"].process.send_signal(1)
    served.wait_for("and is still followed", lambda:
                    addresses(DNS["dns-1"], "www.hidden.test", port=5353) == ["192.0.2.4"],
                    seconds=60)
    assert signed_types(DNS["dns-1"], "www.hidden.test") == {"A", "RRSIG"}
