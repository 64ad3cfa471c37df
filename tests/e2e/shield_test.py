"""Tiered caching with real programs: two edges that fetch through a third one."""

import pathlib
import re
import urllib.request

import shop
from fleet import CONTROLLER, CONTROLLER_PORT, EDGES
from origin import Page
from relay import Relay

DOCS = pathlib.Path(__file__).parents[2] / "docs"
OUTER = ("nyc", "sin")
CACHED = "public, max-age=300"


def documented_pool():
    """The pool of docs/caching.md, with this fleet's origins."""
    text = (DOCS / "caching.md").read_text()
    pool = re.search(r"```yaml\n(kind: OriginPool\n.*?)```", text, re.DOTALL).group(1)
    assert "shield: {location: par}" in pool
    return re.sub(r"\{host: [^}]*\}", "{host: 127.10.9.1, port: 9001}", pool)


def counter(location, name):
    """A sum over all samples of one of an edge's metrics."""
    with urllib.request.urlopen(f"http://{EDGES[location]}:9100/metrics", timeout=10) as page:
        lines = page.read().decode().splitlines()
    return sum(float(line.rsplit(" ", 1)[1]) for line in lines
               if line.startswith((name + " ", name + "{")))


def start(fleet, shield_controller=CONTROLLER):
    fleet.init_controller()
    fleet.start_controller()
    origin = fleet.start_origin(1)
    fleet.apply(shop.ALL)
    fleet.apply(documented_pool())
    fleet.start_edge("par", fleet.token("edge", "par"), controller=shield_controller)
    for location in OUTER:
        fleet.start_edge(location, fleet.token("edge", location))
    for location in ("par", *OUTER):
        fleet.wait_for(f"{location} answers its visitors",
                       lambda at=location: fleet.fetch(at, "/").status == 200)
    fleet.gslbctl("node", "wait", "--all")
    for location in OUTER:
        through_shield(fleet, location)
    return origin


def through_shield(fleet, location):
    """Waits until `location` knows the edge of the shield."""
    def looks():
        looks.count += 1
        return fleet.fetch(location, f"/probe-{location}-{looks.count}"
                           ).cache_status.count("meridian;") == 2
    looks.count = 0
    fleet.wait_for(f"{location} fetches through the shield", looks)


def test_edges_elsewhere_cause_one_fetch(fleet):
    origin = start(fleet)
    origin.pages["/film"] = Page("film" * 100_000, cache_control=CACHED)
    for location in OUTER:
        answer = fleet.fetch(location, "/film")
        assert answer.body == b"film" * 100_000
        assert fleet.fetch(location, "/film").is_hit
    assert origin.count("/film") == 1
    assert counter("par", "meridian_edge_peer_requests_total") >= 2
    for location in OUTER:
        assert counter(location, "meridian_edge_shield_fetches_total") >= 1

    # By the certificates that the controller gave them: nobody else is taken for an edge.
    assert counter("par", "meridian_edge_peers_refused_total") == 0


def test_the_origins_take_over_when_the_shield_is_gone(fleet):
    origin = start(fleet)
    fleet.kill("edge-par")
    for number in range(10):
        origin.pages[f"/{number}"] = Page(f"page {number}", cache_control=CACHED)
        answer = fleet.fetch("nyc", f"/{number}")
        assert (answer.status, answer.body) == (200, f"page {number}".encode())
    assert counter("nyc", "meridian_edge_shield_fallbacks_total") >= 10

    fleet.start_edge("par")
    through_shield(fleet, "nyc")


def test_no_purged_content_comes_down_from_a_shield_that_lags(fleet):
    cable = Relay("127.10.0.7", CONTROLLER_PORT, ("127.10.0.1", CONTROLLER_PORT))
    origin = start(fleet, shield_controller=f"127.10.0.7:{CONTROLLER_PORT}")
    purge = ("purge", f"https://{shop.HOST}/news")
    origin.pages["/news"] = Page("old", cache_control=CACHED)
    for location in ("par", "nyc"):
        assert fleet.fetch(location, "/news").body == b"old"
    origin.pages["/news"] = Page("new", cache_control=CACHED)
    fleet.gslbctl(*purge)
    for location in ("nyc", "sin", "par"):
        assert fleet.fetch(location, "/news").body == b"new"

    # The shield serves on, but hears of no more purges.
    cable.cut()
    fleet.wait_for("the shield has lost the controller",
                   lambda: counter("par", "meridian_node_controller_connected") == 0)
    origin.pages["/news"] = Page("newer", cache_control=CACHED)
    said = fleet.gslbctl(*purge, "--wait", "2s", check=False)
    assert said.returncode == 3, "the operator is told that the shield has not acknowledged"
    for location in OUTER:
        assert re.search(rf"edge-{location}\s+purged", said.stdout), said.stdout
    assert fleet.fetch("par", "/news").body == b"new", "it lags"
    for location in OUTER:
        assert fleet.fetch(location, "/news").body == b"newer"
    assert counter("par", "meridian_edge_peer_requests_lagging_total") >= 2
    assert fleet.fetch("par", "/news").body == b"new", "nor has it taken that over"
