"""Real recursive resolvers find their way from a private root to steered names and back."""

import re
import subprocess

import dns.edns
import dns.exception
import dns.rcode
import pytest

import shop
import visitor
from fleet import DNS, EDGES
from resolvers import BIND, KNOT, POWERDNS, UNBOUND, Resolvers

FRANCE_BESIDE = "134.157.1.0/24"
LONG = "".join(f"\n        - '\"{number} {'x' * 200}\"'" for number in range(10))
LONG_ZONE = shop.ZONE + f"    - name: long\n      type: TXT\n      data:{LONG}\n"


def resolve(resolver, name, rdtype="A", **more):
    return visitor.resolve(resolver, name, rdtype, port=53, timeout=10, **more)


def addresses(resolver, name, subnet=None, timeout=10):
    return visitor.addresses(resolver, name, subnet, port=53, timeout=timeout)


@pytest.fixture
def resolvers(fleet):
    fleet.init_controller()
    fleet.start_controller()
    fleet.start_origin(1)
    fleet.apply("---".join((shop.LOCATIONS, LONG_ZONE, shop.SITE)))
    for location in ("par", "nyc"):
        fleet.start_edge(location, fleet.token("edge", location))
    fleet.start_dns("dns-1", fleet.token("dns", "par"),
                    extra=("--listen", f"{DNS['dns-1']}:53"))
    for subnet, location in ((shop.FRANCE, "par"), (shop.USA, "nyc")):
        fleet.wait_for(f"{location} is chosen", lambda s=subnet, at=location:
                       fleet.answer(s) == [EDGES[at]])
    own = Resolvers(fleet)
    own.start_root()
    return own


def check_resolution(fleet, resolver):
    def is_up():
        try:
            return addresses(resolver, "mail.shop.test", timeout=1) == ["127.10.9.25"]
        except (OSError, dns.exception.Timeout):
            return False
    fleet.wait_for(f"{resolver} resolves", is_up, seconds=30)
    assert addresses(resolver, "OlD.sHoP.TeSt") == ["127.10.9.25"]
    assert resolve(resolver, "nope.shop.test").rcode() == dns.rcode.NXDOMAIN
    assert addresses(resolver, shop.HOST)[0] in EDGES.values()
    # Too long for UDP between resolver and server.
    message = resolve(resolver, "long.shop.test", "TXT", tcp=True)
    assert [len(rrset) for rrset in message.answer] == [10]


def check_client_networks(fleet, resolver):
    """Clients of one resolver get the edges near to them, also those that its cache serves."""
    chosen = {subnet: addresses(resolver, shop.HOST, subnet) for subnet in (shop.FRANCE, shop.USA)}
    assert chosen == {shop.FRANCE: [EDGES["par"]], shop.USA: [EDGES["nyc"]]}
    # The network beside has the same answer, says the scope: a cache knows it without asking.
    assert scope_of(fleet, shop.FRANCE) < 24
    fleet.kill("dns-1")  # from here on only the resolver's cache answers
    for subnet, expected in {**chosen, FRANCE_BESIDE: [EDGES["par"]]}.items():
        assert addresses(resolver, shop.HOST, subnet) == expected


def scope_of(fleet, subnet):
    """The scope of our own answer for that client network."""
    message = visitor.resolve(DNS["dns-1"], shop.HOST, subnet=subnet)
    return next(option.scopelen for option in message.options
                if isinstance(option, dns.edns.ECSOption))


def test_bind_resolves_and_shows_cookies(resolvers):
    resolvers.start_bind()
    check_resolution(resolvers.fleet, BIND)
    assert resolvers.fleet.metric("meridian_dns_cookie_queries_total") > 0
    assert resolvers.fleet.metric("meridian_dns_malformed_queries_total") == 0


def test_unbound_resolves_and_keeps_answers_for_each_client_network(resolvers):
    resolvers.start_unbound()
    check_resolution(resolvers.fleet, UNBOUND)
    check_client_networks(resolvers.fleet, UNBOUND)


def test_knot_resolver_resolves(resolvers):
    resolvers.start_knot()
    check_resolution(resolvers.fleet, KNOT)
    assert resolvers.fleet.metric("meridian_dns_malformed_queries_total") == 0


def test_powerdns_resolves_and_keeps_answers_for_each_client_network(resolvers):
    resolvers.start_powerdns()
    check_resolution(resolvers.fleet, POWERDNS)
    check_client_networks(resolvers.fleet, POWERDNS)


def test_the_usual_tools_find_nothing_to_complain_about(resolvers):
    server = DNS["dns-1"]
    for name, rdtype, expected in (("www.shop.test", "A", EDGES["par"]),
                                   ("old.shop.test", "A", "127.10.9.25"),
                                   ("long.shop.test", "TXT", "9 xxx"),
                                   ("nope.shop.test", "A", "SOA")):
        place = f"+subnet={shop.FRANCE}"
        for command in (["dig", f"@{server}", "+norec", place, name, rdtype],
                        ["kdig", f"@{server}", "+norec", place, name, rdtype],
                        ["drill", "-t", f"@{server}", "-o", "rd", name, rdtype]):
            run = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
            said = re.sub(".*truncated reply.*", "", run.stdout + run.stderr)  # as it must be
            assert run.returncode == 0, said
            # drill cannot say whose place decides.
            assert expected in said or (command[0] == "drill" and "127.10." in said), said
            assert not re.search("warning|malformed|extra bytes|mismatch", said, re.I), said
