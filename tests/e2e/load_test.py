"""Load steers: a full edge loses a share of its clients and gets them back, and the clients of a
lost location go where there is room. Edges are small, and full of requests that an origin holds."""

import contextlib
import json
import subprocess
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


def known_utilisation(fleet, location):
    """What the DNS server steers by, which comes to it after the controller's verdicts."""
    return fleet.metric(
        f'meridian_dns_location_utilisation_ratio{{location="{location}"}}')


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
            fleet.wait_for(f"the DNS server knows that {location} is half full",
                           lambda at=location: known_utilisation(fleet, at) == 0.5)
        assert counts(fleet, FRENCH) == {"par": NETWORKS, "nyc": 0, "sin": 0}
        fleet.kill("edge-par")
        fleet.wait_for("Paris has left the answers", lambda: counts(fleet, FRENCH)["par"] == 0)
        # New York has room for a third of them.
        moved = counts(fleet, FRENCH)
        assert 0 < moved["nyc"] < moved["sin"], moved
        assert counts(fleet, AMERICAN) == {"par": 0, "nyc": NETWORKS, "sin": 0}
    finally:
        crowd.go()


ORDERS = 4300  # at once: more than the 4,096 fetches that a worker lets wait


class Orders:
    """They wait for their turn at an origin that takes a few at a time, until it is let go."""

    def __init__(self, fleet, location):
        self.gate = threading.Event()
        fleet.origins["origin-1"].pages["/order"] = Page("thanks", gate=self.gate)
        body = fleet.directory / "order"
        body.write_text("one of each")
        self.process = subprocess.Popen(
            ["h2load", "-c", "43", "-m", "100", "-n", str(ORDERS), "-d", body,
             f"--connect-to={EDGES[location]}:8443", f"https://{HOST}:8443/order"],
            stdout=subprocess.PIPE, text=True)

    def go(self):
        """How many were answered by the status' first digit."""
        self.gate.set()
        text = self.process.communicate(timeout=120)[0]
        (line,) = [line for line in text.splitlines() if line.startswith("status codes:")]
        return {part.split()[1]: int(part.split()[0]) for part in
                line.removeprefix("status codes:").split(",")}


def test_an_overloaded_edge_goes_on_with_hits_and_is_avoided_until_it_has_room(fleet):
    fleet.start_shop()
    few = SITE.replace("probe:", "breaker: {max_requests: 8, max_pending: 8000}\n  probe:")
    roomy = {"par": 1_000_000, "nyc": 1_000_000, "sin": 1_000_000}
    fleet.apply("---".join([POLICY, few, *(capacity(*one) for one in roomy.items())]))
    fleet.gslbctl("node", "wait", "--all", "--healthy")
    assert fleet.fetch("par", "/catalogue").status == 200
    assert counts(fleet, FRENCH)["par"] == NETWORKS
    orders = Orders(fleet, "par")
    try:
        fleet.wait_for("the edge knows that it has too much to do", lambda: fleet.metric(
            "meridian_edge_overloaded", address=EDGES["par"]) == 1, seconds=60)
        asked = fleet.origins["origin-1"].count("/")
        shed = fleet.fetch("par", "/")
        assert (shed.status, shed.headers.get("retry-after")) == (503, "1")
        assert fleet.origins["origin-1"].count("/") == asked, "no origin was asked"
        assert fleet.fetch("par", "/catalogue").is_hit
        fleet.wait_for("a share of the French goes to New York",
                       lambda: counts(fleet, FRENCH)["nyc"] >= NETWORKS / 4, seconds=60)
        assert utilisation(fleet, "par") >= 1, "it says that it is full, whatever it counts"
        assert utilisation(fleet, "nyc") < 0.1
        assert fleet.fetch("nyc", "/").status == 200
        assert fleet.fetch("par", "/catalogue").is_hit
    finally:
        answered = orders.go()
    assert answered["2xx"] >= 4096 and answered["2xx"] + answered["5xx"] == ORDERS, answered
    fleet.wait_for("the edge takes on misses again",
                   lambda: fleet.fetch("par", "/").status == 200, seconds=60)
    fleet.wait_for("all of the French are back in Paris",
                   lambda: counts(fleet, FRENCH)["par"] == NETWORKS, seconds=90)
