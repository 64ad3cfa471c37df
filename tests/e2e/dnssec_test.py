"""Validating resolvers find signed zones secure, also while their keys are replaced.

The root, unsigned, delegates `test.` to dns-1; that zone is signed, and its key is the resolvers'
trust anchor. Its child zones are served by dns-1 too.
"""

import itertools
import json
import shutil
import subprocess

import dns.flags
import dns.message
import dns.query
import dns.rcode
import dns.rdatatype
import pytest

import shop
from fleet import DNS
from resolvers import NSD, ROOT, ROOT_ZONE, TLD, UNBOUND, Resolvers

SERVER = DNS["dns-1"]
ONLY_ROOT = NSD.partition('zone:\n  name: "test."')[0]
SHORT = "{parent_ds_ttl: 1s, rollover_margin: 1s}"

POLICY = """
kind: SteeringPolicy
name: quick
spec: {ttl: 1s, answers: 2}
"""

SITE = shop.SITE.replace("rules: [no-admin]", "steering_policy: quick")

ZONE = """
kind: Zone
name: shop.test
spec:
  sign: true
  signing: {signing}
  nameservers: [ns1]
  default_ttl: 1s
  negative_ttl: 1s
  records:
    - {{name: ns1, type: A, data: [127.10.0.53]}}
    - {{name: mail, type: A, data: [127.10.9.25]}}
    - {{name: old, type: CNAME, data: [www]}}
    - {{name: "*.wild", type: A, data: [127.10.9.26]}}
    - {{name: a.b, type: TXT, data: ['"deep"']}}
    - {{name: moved, type: DNAME, data: [b]}}
    - {{name: plain, type: NS, data: [ns1]}}
    - {{name: child, type: NS, data: [ns1]}}
    {child_ds}
---
kind: Zone
name: plain.shop.test
spec: {{nameservers: [ns1.shop.test.], records: [{{name: www, type: A, data: [127.10.9.27]}}]}}
---
kind: Zone
name: child.shop.test
spec:
  sign: true
  signing: {{algorithm: ed25519, split_keys: true}}
  nameservers: [ns1.shop.test.]
  records: [{{name: www, type: A, data: [127.10.9.28]}}]
"""

PARENT = """
kind: Zone
name: test
spec:
  sign: true
  nameservers: [ns1.shop.test.]
  default_ttl: 1s
  records:
    - {{name: shop, type: NS, data: [ns1.shop]}}
    - {{name: ns1.shop, type: A, data: [127.10.0.53]}}
    {ds}
"""

# Name, type, and whether the answer holds records.
SECURE = (
    ("shop.test", "SOA", True), ("shop.test", "DNSKEY", True), ("shop.test", "MX", False),
    ("mail.shop.test", "A", True), ("mail.shop.test", "AAAA", False),
    ("www.shop.test", "A", True), ("www.shop.test", "AAAA", True), ("www.shop.test", "TXT", False),
    ("old.shop.test", "A", True), ("x.wild.shop.test", "A", True), ("wild.shop.test", "A", False),
    ("y.wild.shop.test", "TXT", False), ("b.shop.test", "A", False),
    ("a.moved.shop.test", "TXT", True), ("nope.shop.test", "A", False),
    ("nope.moved.shop.test", "A", True), ("www.child.shop.test", "A", True),
    ("nope.child.shop.test", "A", False), ("plain.shop.test", "DS", False))

CONFIG = """
server:
  module-config: "validator iterator"
  trust-anchor: "{anchor}"
  interface: {address}
  access-control: 127.0.0.0/8 allow
  do-not-query-localhost: no
  do-ip6: no
  root-hints: "{directory}/hints"
  local-zone: "test." nodefault
  harden-dnssec-stripped: yes
  val-log-level: 2
  username: ""
  chroot: ""
  use-syslog: no
  directory: "{directory}"
  pidfile: "{directory}/unbound.pid"
remote-control:
  control-enable: no
"""


def keys(fleet, zone):
    return json.loads(fleet.gslbctl("zone", "ds", zone, "-o", "json").stdout)["keys"]


def states(fleet, zone):
    return [key["state"] for key in keys(fleet, zone)]


def ask(name, rdtype, server=UNBOUND):
    query = dns.message.make_query(name, rdtype, want_dnssec=True)
    return dns.query.tcp(query, server, port=53, timeout=10)


def is_secure(name, rdtype, has_records):
    message = ask(name, rdtype)
    assert message.rcode() in (dns.rcode.NOERROR, dns.rcode.NXDOMAIN), f"{name} {rdtype}: {message}"
    assert message.flags & dns.flags.AD, f"{name} {rdtype} is not secure: {message}"
    return bool(message.answer) == has_records


class World:
    """A fleet with signed zones below a private root, and a resolver that trusts `test.`."""

    def __init__(self, fleet):
        self.fleet = fleet
        fleet.init_controller()
        fleet.start_controller()
        self.signing = SHORT
        fleet.apply("---".join((shop.LOCATIONS, shop.EDGES, POLICY, SITE, self.zones())))
        fleet.start_dns("dns-1", fleet.token("dns", "par"), extra=("--listen", f"{SERVER}:53"))
        self.resolvers = Resolvers(fleet)
        self.anchor = f"test. DS {keys(fleet, 'test')[0]['ds']}"
        self.numbers = itertools.count()

    def zones(self, child_ds="", ds=()):
        line = "- {{name: {}, type: DS, data: [{}]}}".format
        return "---".join((
            ZONE.format(signing=self.signing,
                        child_ds=line("child", f'"{child_ds}"') if child_ds else ""),
            PARENT.format(ds=line("shop", ", ".join(f'"{one}"' for one in ds)) if ds else "")))

    def publish(self, **ds):
        self.fleet.apply(self.zones(**ds))

    def start_resolver(self):
        self.resolvers.write("root.zone", ROOT_ZONE.replace(TLD, SERVER))
        nsd = ONLY_ROOT.format(directory=self.resolvers.directory, root=ROOT, tld=TLD)
        self.resolvers.start("nsd", "-d", "-c", self.resolvers.write("nsd.conf", nsd))
        config = CONFIG.format(directory=self.resolvers.directory, address=UNBOUND,
                               anchor=self.anchor)
        self.resolvers.start("unbound", "-d", "-c", self.resolvers.write("unbound.conf", config))

    def wait_for_states(self, zone, wanted, check=lambda: True):
        self.fleet.wait_for(f"keys of {zone} are {wanted}",
                            lambda: check() and states(self.fleet, zone) == wanted, seconds=60)

    def stays_secure(self):
        """Asks for what is in no cache."""
        number = next(self.numbers)
        assert is_secure(f"n{number}.wild.shop.test", "A", True)
        assert is_secure(f"n{number}.shop.test", "A", False)
        assert is_secure("www.shop.test", "A", True)
        return True

    def wanted_ds(self, zone="shop.test"):
        return [key["ds"] for key in keys(self.fleet, zone) if key["wanted_in_parent"]]


@pytest.fixture
def world(fleet):
    own = World(fleet)
    own.wait_for_states("shop.test", ["ready"])
    own.child = keys(fleet, "child.shop.test")[0]["ds"]
    own.publish(child_ds=own.child, ds=own.wanted_ds())
    own.start_resolver()
    fleet.wait_for("the resolver finds the zone secure",
                   lambda: is_secure("shop.test", "SOA", True), seconds=60)
    fleet.gslbctl("zone", "ds", "shop.test", "--confirm")
    return own


def delv(world, name, rdtype):
    """What BIND's validator says of the same."""
    tag, algorithm, digest, data = world.anchor.split()[2:]
    anchors = world.fleet.directory / "anchors"
    anchors.write_text(
        f'trust-anchors {{ test. static-ds {tag} {algorithm} {digest} "{data}"; }};\n')
    binary = shutil.which("delv")
    assert binary, "delv is not installed: deploy/install-packages.sh test"
    return subprocess.run([binary, f"@{UNBOUND}", "-a", anchors, "+root=test", name, rdtype],
                          capture_output=True, text=True, check=False, timeout=30).stdout


def test_answers_are_secure_for_who_validates(world):
    for name, rdtype, has_records in SECURE:
        assert is_secure(name, rdtype, has_records), f"{name} {rdtype}"
    for name, rdtype, has_records in SECURE:
        if not name.startswith("nope.moved"):  # delv asks for no chain of aliases that ends nowhere
            said = delv(world, name, rdtype)
            wanted = "; fully validated" if has_records else "; negative response, fully validated"
            assert wanted in said, f"{name} {rdtype}: {said}"
    # Below a delegation without DS there is nothing to be secure, and nothing bogus.
    message = ask("www.plain.shop.test", "A")
    assert message.answer and not message.flags & dns.flags.AD


def test_a_zone_that_its_parent_knows_cannot_go_unsigned(world):
    refused = world.fleet.apply(world.zones(child_ds=world.child).replace(
        "name: shop.test\nspec:\n  sign: true", "name: shop.test\nspec:\n  sign: false"),
                                check=False)
    assert refused.returncode != 0
    assert "the parent zone has a DS record" in refused.stdout + refused.stderr


def test_a_zone_goes_unsigned_when_its_parent_has_removed_its_ds(world):
    fleet = world.fleet
    world.signing = SHORT.replace("{", "{delete_ds: true, ")
    world.publish(child_ds=world.child, ds=world.wanted_ds())
    fleet.wait_for("the zone asks for no DS", lambda:
                   "0 0 0 00" in str(ask("shop.test", "CDS")) and
                   "0 3 0 AA==" in str(ask("shop.test", "CDNSKEY")))
    assert is_secure("shop.test", "CDS", True) and is_secure("shop.test", "CDNSKEY", True)
    told = fleet.gslbctl("zone", "ds", "shop.test")
    assert told.stdout == "" and "to remove its DS record" in told.stderr
    assert fleet.gslbctl("zone", "rollover", "shop.test", check=False).returncode != 0
    world.publish(child_ds=world.child)
    fleet.wait_for("the parent has none", lambda: not ask("shop.test", "DS").answer)
    fleet.gslbctl("zone", "ds", "shop.test", "--withdrawn")
    world.signing = SHORT
    fleet.apply(world.zones(child_ds=world.child).replace(
        "name: shop.test\nspec:\n  sign: true", "name: shop.test\nspec:\n  sign: false"))
    fleet.wait_for("it is unsigned, and believed", lambda:
                   ask("mail.shop.test", "A", SERVER).answer[-1].rdtype == dns.rdatatype.A and
                   bool(ask("mail.shop.test", "A").answer))


def test_answers_stay_secure_while_keys_are_replaced(world):
    fleet = world.fleet
    old = world.wanted_ds()
    fleet.gslbctl("zone", "rollover", "shop.test")
    world.wait_for_states("shop.test", ["active", "ready"], world.stays_secure)
    assert world.wanted_ds() != old
    world.publish(child_ds=world.child, ds=world.wanted_ds())
    fleet.wait_for("the parent answers the new DS",
                   lambda: world.stays_secure() and
                   world.wanted_ds()[0].split()[0] in str(ask("shop.test", "DS", SERVER)))
    fleet.gslbctl("zone", "ds", "shop.test", "--confirm")
    world.wait_for_states("shop.test", ["active"], world.stays_secure)
    assert world.stays_secure()
    # From one key to two, of another algorithm.
    world.signing = SHORT.replace("{", "{algorithm: ed25519, split_keys: true, ")
    world.publish(child_ds=world.child, ds=world.wanted_ds())
    fleet.gslbctl("zone", "rollover", "shop.test")
    world.wait_for_states("shop.test", ["active", "ready", "active"], world.stays_secure)
    world.publish(child_ds=world.child, ds=world.wanted_ds())
    fleet.wait_for("the parent answers the new DS",
                   lambda: world.stays_secure() and
                   world.wanted_ds()[0].split()[0] in str(ask("shop.test", "DS", SERVER)))
    fleet.gslbctl("zone", "ds", "shop.test", "--confirm")
    world.wait_for_states("shop.test", ["active", "active"], world.stays_secure)
    # A ZSK needs nobody.
    fleet.gslbctl("zone", "rollover", "shop.test", "--key", "zsk")
    world.wait_for_states("shop.test", ["active", "active", "published"], world.stays_secure)
    world.wait_for_states("shop.test", ["active", "active"], world.stays_secure)


def test_a_node_alone_signs_what_it_was_never_asked(world):
    world.fleet.kill("controller")
    world.fleet.kill("dns-1")
    world.fleet.start_dns("dns-1", extra=("--listen", f"{SERVER}:53"))
    world.fleet.wait_for("secure without a controller", world.stays_secure, seconds=30)
