"""Each method of a steering policy leads clients as docs/steering.md says, in a whole fleet."""

import collections

import shop
import visitor
from fleet import EDGES
from shop import CAPE_TOWN, FRANCE, SINGAPORE, USA

POLICIES = """
kind: SteeringPolicy
name: failover
spec: {method: failover, members: [{location: sin}, {location: par}]}
---
kind: SteeringPolicy
name: weighted
spec:
  method: weighted
  members: [{location: par, weight: 3}, {location: nyc}, {location: sin, weight: 0}]
---
kind: SteeringPolicy
name: turns
spec: {method: round_robin}
---
kind: SteeringPolicy
name: hash
spec: {method: consistent_hash}
---
kind: SteeringPolicy
name: nested
spec: {method: failover, members: [{policy: europe}, {policy: elsewhere}]}
---
kind: SteeringPolicy
name: europe
spec: {members: [{location: par}]}
---
kind: SteeringPolicy
name: elsewhere
spec: {members: [{location: nyc}, {location: sin}]}
---
kind: SteeringPolicy
name: two
spec: {answers: 2, distinct_locations: true}
"""
METHODS = ("failover", "weighted", "turns", "hash", "nested", "two")
SITE = shop.SITE.replace(
    "hostnames: [www.shop.test]",
    f"hostnames: [www.shop.test, {', '.join(f'{one}.shop.test' for one in METHODS)}]\n"
    "  hostname_policies:\n" + "\n".join(
        f"    - {{hostname: {one}.shop.test, steering_policy: {one}}}" for one in METHODS))
PLACES = {address: location for location, address in EDGES.items()}
NETWORKS = [f"134.157.{i}.0/24" for i in range(100)]


def start(fleet):
    shop.make_certificates(fleet.tls, "*.shop.test")
    fleet.trust = visitor.trust(fleet.tls / "ca.pem")
    fleet.start_shop()
    fleet.apply(POLICIES + "---" + SITE)
    fleet.gslbctl("node", "wait", "--all")


def led(fleet, policy, subnet=FRANCE):
    return [PLACES[one] for one in fleet.answer(subnet, name=f"{policy}.shop.test")]


def test_methods_lead_as_they_promise_and_survive_a_location(fleet):
    start(fleet)
    everywhere = (FRANCE, USA, SINGAPORE, CAPE_TOWN)
    assert {tuple(led(fleet, "failover", one)) for one in everywhere} == {("sin",)}
    assert {tuple(led(fleet, "nested", one)) for one in everywhere} == {("par",)}
    assert led(fleet, "two") == ["par", "nyc"]

    drawn = collections.Counter(led(fleet, "weighted")[0] for _ in range(300))
    assert set(drawn) == {"par", "nyc"}, "a member of weight 0 waits until no other is healthy"
    assert drawn["par"] > 1.5 * drawn["nyc"], drawn

    turns = [led(fleet, "turns")[0] for _ in range(6)]
    assert turns[:3] == turns[3:] and set(turns) == set(EDGES), turns

    before = {network: led(fleet, "hash", network)[0] for network in NETWORKS}
    assert set(before.values()) == set(EDGES), "a hundred networks are shared out"

    fleet.kill("edge-par")
    fleet.wait_for("Paris has left the answers", lambda: led(fleet, "nested") == ["nyc"])
    assert led(fleet, "nested", SINGAPORE) == ["sin"]
    assert {led(fleet, "weighted")[0] for _ in range(20)} == {"nyc"}
    assert set(led(fleet, "two")) == {"nyc", "sin"}
    after = {network: led(fleet, "hash", network)[0] for network in NETWORKS}
    moved = {network for network in NETWORKS if before[network] != after[network]}
    assert moved == {network for network in NETWORKS if before[network] == "par"}, (
        "only the networks of the lost location move")

    fleet.kill("edge-sin")
    fleet.wait_for("only New York is left", lambda: led(fleet, "two") == ["nyc"])
    assert {led(fleet, "turns")[0] for _ in range(6)} == {"nyc"}
    assert {led(fleet, "hash", network)[0] for network in NETWORKS} == {"nyc"}
