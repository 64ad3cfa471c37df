"""Load steers: a full edge loses a share of its clients and gets them back, and the clients of a
lost location go where there is room. Edges are small, and full of requests that an origin holds."""

import contextlib
import json
import threading

import shop
from fleet import EDGES
from origin import Page
from shop import HOST

FRENCH, AMERICAN = "134.157", "128.59"  # nearest to Paris and to New York
NETWORKS = 40
POLICY = """
kind: SteeringPolicy
name: nearest
spec: {ttl: 1s}
"""
SITE = shop.SITE.replace("hostnames:", "steering_policy: nearest\n  hostnames:").replace(
    "probe:", "first_byte_timeout: 120s\n  probe:")


def capacity(location, requests):
    return f"""
kind: Node
name: edge-{location}
spec:
  role: edge
  location: {location}
  addresses: [{EDGES[location]}]
  https_port: 8443
  http_port: 8080
  capacity: {{requests_in_flight: {requests}}}
"""


class Crowd:
    """Visitors who wait for their answer, until they are let go."""

    def __init__(self, fleet):
        self.fleet = fleet
        self.gate = threading.Event()
        self.threads = []
        fleet.origins["origin-1"].pages["/held"] = Page("at last", gate=self.gate)

    def come(self, location, visitors):
        for _ in range(visitors):
            self.threads.append(threading.Thread(target=self._wait_at, args=(location,)))
            self.threads[-1].start()

    def go(self):
        self.gate.set()
        for thread in self.threads:
            thread.join()

    def _wait_at(self, location):
        with contextlib.suppress(OSError):  # an edge may die under its visitors
            self.fleet.fetch(location, "/held", timeout=120)


def start(fleet, capacities):
    fleet.start_shop()
    fleet.apply("---".join([POLICY, SITE, *(capacity(*one) for one in capacities.items())]))
    fleet.gslbctl("node", "wait", "--all", "--healthy")
    return Crowd(fleet)


def led(fleet, network):
    """Which of the first networks of a /16 go to each location."""
    places = {address: location for location, address in EDGES.items()}
    led_to = {location: [] for location in EDGES}
    for i in range(NETWORKS):
        answer = fleet.answer(f"{network}.{i}.0/24")
        assert len(answer) == 1, "load leaves no name without an answer"
        led_to[places[answer[0]]].append(i)
    return led_to


def counts(fleet, network):
    return {location: len(networks) for location, networks in led(fleet, network).items()}


def utilisation(fleet, location):
    nodes = json.loads(fleet.gslbctl("node", "list", "-o", "json").stdout)["nodes"]
    (node,) = [node for node in nodes if node["name"] == f"edge-{location}"]
    return node["verdict"].get("utilisation", 0)


def test_a_full_edge_loses_a_share_of_its_clients_and_gets_them_back(fleet):
    crowd = start(fleet, {"par": 4, "nyc": 100, "sin": 100})
    try:
        assert counts(fleet, FRENCH) == {"par": NETWORKS, "nyc": 0, "sin": 0}
        crowd.come("par", 4)
        fleet.wait_for("a share of the French goes to New York",
                       lambda: counts(fleet, FRENCH)["nyc"] >= NETWORKS / 4, seconds=60)
        shed = led(fleet, FRENCH)
        assert not shed["sin"], "the next best location has room"
        assert counts(fleet, AMERICAN) == {"par": 0, "nyc": NETWORKS, "sin": 0}
        assert " 100 % " in fleet.gslbctl("node", "list").stdout
        client = f"{FRENCH}.{shed['nyc'][0]}.1"
        explained = fleet.gslbctl("explain", HOST, "--client", client).stdout
        assert "edge-par (full: 100 %" in explained, explained
    finally:
        crowd.go()
    fleet.wait_for("all of the French are back in Paris",
                   lambda: counts(fleet, FRENCH)["par"] == NETWORKS, seconds=90)


def test_the_clients_of_a_lost_location_go_where_there_is_room(fleet):
    crowd = start(fleet, {"par": 8, "nyc": 4, "sin": 20})
    try:
        crowd.come("par", 4)
        crowd.come("nyc", 2)
        for location in ("par", "nyc"):
            fleet.wait_for(f"{location} is half full",
                           lambda at=location: utilisation(fleet, at) == 0.5)
        assert counts(fleet, FRENCH) == {"par": NETWORKS, "nyc": 0, "sin": 0}
        fleet.kill("edge-par")
        fleet.wait_for("Paris has left the answers", lambda: counts(fleet, FRENCH)["par"] == 0)
        # New York has room for a third of them.
        moved = counts(fleet, FRENCH)
        assert 0 < moved["nyc"] < moved["sin"], moved
        assert counts(fleet, AMERICAN) == {"par": 0, "nyc": NETWORKS, "sin": 0}
    finally:
        crowd.go()
