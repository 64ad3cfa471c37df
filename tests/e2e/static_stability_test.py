"""Losing the controller changes nothing that a visitor can see (DESIGN 3.1)."""

import shop
from shop import FRANCE, SINGAPORE
from waiting import stays

PARIS, SINGAPORE_EDGE = "127.10.1.1", "127.10.3.1"


def serves(fleet):
    return (fleet.answer(FRANCE) == [PARIS] and fleet.answer(SINGAPORE) == [SINGAPORE_EDGE]
            and fleet.fetch("par", "/catalogue").status == 200
            and fleet.fetch("sin", "/catalogue").status == 200)


def test_nodes_serve_on_without_a_controller_and_across_restarts(fleet):
    fleet.start_shop(locations=("par", "sin"))
    assert serves(fleet)

    fleet.kill("controller")
    # Longer than verdicts are valid: afterwards the DNS node follows its own probes.
    stays("visitors are served", lambda: serves(fleet), seconds=7)

    for name in ("dns-1", "edge-par", "edge-sin"):
        fleet.kill(name)
    fleet.start_dns()
    fleet.start_edge("par")
    fleet.start_edge("sin")
    fleet.wait_for("restarted nodes serve from their disks", lambda: serves(fleet))

    # Without a controller a dead edge is noticed all the same.
    fleet.kill("edge-par")
    fleet.wait_for("Paris has left the answers", lambda: fleet.answer(FRANCE) == [SINGAPORE_EDGE])

    # The controller's return brings news again, to nodes that enrolled long ago.
    fleet.start_edge("par")
    fleet.start_controller()
    fleet.gslbctl("node", "wait", "--all", "--healthy")
    fleet.wait_for("Paris is back", lambda: fleet.answer(FRANCE) == [PARIS], seconds=60)
    fleet.apply(shop.ZONE.replace('"hello"', '"news"'))
    fleet.wait_for("a change arrives", lambda: fleet.text_record() == ["news"])


def test_a_purge_reaches_an_edge_that_was_away(fleet):
    fleet.start_shop(locations=("par", "sin"))
    fleet.fetch("par", "/catalogue")
    assert fleet.fetch("par", "/catalogue").is_hit

    # The edge lives on, cut off from the controller that takes the purge.
    fleet.programs["edge-par"].pause()
    purge = fleet.gslbctl("purge", f"https://{shop.HOST}/catalogue", "--wait", "1s", check=False)
    assert purge.returncode == 3, "the operator is told that not every edge has acknowledged"
    assert "edge-par" in purge.stdout + purge.stderr
    fleet.programs["edge-par"].resume()

    fleet.wait_for("the edge has caught up", lambda: fleet.gslbctl("purge", "--site", "shop"))
    assert fleet.fetch("par", "/catalogue").is_miss
