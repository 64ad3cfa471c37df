"""Real recursive resolvers find their way from a private root to steered names and back."""

import dns.exception
import dns.rcode
import pytest

import shop
import visitor
from fleet import DNS, EDGES
from resolvers import BIND, UNBOUND, Resolvers

LONG = "".join(f"\n        - '\"{number} {'x' * 200}\"'" for number in range(10))
LONG_ZONE = shop.ZONE + f"    - name: long\n      type: TXT\n      data:{LONG}\n"


def resolve(resolver, name, rdtype="A", **more):
    return visitor.resolve(resolver, name, rdtype, port=53, timeout=10, **more)


def addresses(resolver, name, subnet=None):
    return visitor.addresses(resolver, name, subnet, port=53, timeout=10)


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
            return addresses(resolver, "mail.shop.test") == ["127.10.9.25"]
        except (OSError, dns.exception.Timeout):
            return False
    fleet.wait_for(f"{resolver} resolves", is_up, seconds=30)
    assert addresses(resolver, "OlD.sHoP.TeSt") == ["127.10.9.25"]
    assert resolve(resolver, "nope.shop.test").rcode() == dns.rcode.NXDOMAIN
    assert addresses(resolver, shop.HOST)[0] in EDGES.values()
    # Too long for UDP between resolver and server.
    message = resolve(resolver, "long.shop.test", "TXT", tcp=True)
    assert [len(rrset) for rrset in message.answer] == [10]


def test_bind_resolves(resolvers):
    resolvers.start_bind()
    check_resolution(resolvers.fleet, BIND)


def test_unbound_resolves_and_keeps_answers_for_each_client_network(resolvers):
    fleet = resolvers.fleet
    resolvers.start_unbound()
    check_resolution(fleet, UNBOUND)
    chosen = {subnet: addresses(UNBOUND, shop.HOST, subnet) for subnet in (shop.FRANCE, shop.USA)}
    assert chosen == {shop.FRANCE: [EDGES["par"]], shop.USA: [EDGES["nyc"]]}
    fleet.kill("dns-1")  # from here on only the resolver's cache answers
    for subnet, expected in chosen.items():
        assert addresses(UNBOUND, shop.HOST, subnet) == expected
