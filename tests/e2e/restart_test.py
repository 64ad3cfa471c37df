"""An edge is restarted, changed and drained under load: not one request fails."""

import os
import re
import signal

import shop
from fleet import EDGES
from origin import Page
from shop import HOST
from traffic import Traffic
from waiting import wait_until

PAR = EDGES["par"]


def restart(fleet, **more):
    """Starts the edge of Paris a second time, as an operator does; waits for the first to end."""
    before = fleet.programs["edge-par"]
    fleet.start_edge("par", **more)
    fleet.wait_for("the first process has left",
                   lambda: before.process.poll() is not None, seconds=60)
    assert before.process.returncode == 0, before.log_text()[-2000:]


def start(fleet, extra=()):
    fleet.start_shop(locations=("par",))
    fleet.origins["origin-1"].pages["/fresh"] = Page("fresh")
    # Again, with the options of the test.
    if extra:
        fleet.stop("edge-par")
        fleet.start_edge("par", extra=extra)
        fleet.wait_for("Paris serves", lambda: fleet.fetch("par", "/").status == 200)


def test_a_restart_fails_no_request(fleet):
    options = ("--drain-timeout", "4", "--cache-disk", fleet.directory / "cache")
    start(fleet, options)
    with Traffic(fleet) as traffic:
        traffic.wait_for_more(200)
        for _ in range(2):
            restart(fleet, extra=options)
            traffic.wait_for_more(200)
    assert fleet.gslbctl("node", "wait", "edge-par", "--healthy").returncode == 0


def test_a_restart_changes_the_number_of_workers(fleet):
    options = ("--drain-timeout", "2")
    start(fleet, options)
    with Traffic(fleet) as traffic:
        for workers in (2, 1):
            restart(fleet, workers=workers, extra=options)
            traffic.wait_for_more(200)


def test_what_is_purged_meanwhile_is_served_by_neither(fleet):
    options = ("--drain-timeout", "3")
    start(fleet, options)
    with Traffic(fleet) as traffic:
        traffic.wait_for_more(50)
        before = fleet.programs["edge-par"]
        fleet.start_edge("par", extra=options)
        fleet.wait_for("the second process serves", lambda: "serving in place" in log(fleet))
        fleet.origins["origin-1"].pages["/catalogue"] = Page("new", cache_control="max-age=300")
        fleet.gslbctl("purge", f"https://{HOST}/catalogue")
        traffic.forbid(b"catalogue of origin-1")
        fleet.wait_for("the first process has left", lambda: before.process.poll() is not None)


def test_a_program_that_does_not_start_leaves_the_first_one_serving(fleet):
    start(fleet)
    before = fleet.programs["edge-par"]
    with Traffic(fleet) as traffic:
        traffic.wait_for_more(50)
        second = fleet.start_edge("par", extra=("--geoip", "/nowhere"))
        wait_until("the second one has given up", lambda: second.process.poll() is not None)
        fleet.programs["edge-par"] = before
        traffic.wait_for_more(100)
    fleet.apply(shop.SITE.replace("paths: [", "paths: [/more, "))
    fleet.gslbctl("node", "wait", "edge-par", "--healthy")
    assert fleet.fetch("par", "/more").status == 403, "it listens to the controller again"


def test_a_signal_starts_the_program_anew(fleet):
    start(fleet, ("--drain-timeout", "2"))
    before = fleet.programs["edge-par"]
    with Traffic(fleet) as traffic:
        traffic.wait_for_more(50)
        before.process.send_signal(signal.SIGUSR2)
        pid = int(fleet.wait_for("it has started the next", lambda: re.search(
            r"started anew, to take over pid=(\d+)", log(fleet)))[1])
        try:
            wait_until("the first one has left", lambda: before.process.poll() is not None, 60)
            assert before.process.returncode == 0
            traffic.wait_for_more(100)
        finally:
            traffic.stop()
            os.kill(pid, signal.SIGKILL)


def test_certificates_are_renewed_under_load(fleet):
    start(fleet)
    with Traffic(fleet) as traffic:
        for _ in range(3):
            connections = traffic.connections()
            shop.make_certificates(fleet.tls)
            fleet.trust.load_verify_locations(fleet.tls / "ca.pem")
            fleet.apply(shop.ALL)
            fleet.gslbctl("node", "wait", "--all")
            traffic.wait_for_more(100)
            assert traffic.connections() == connections, "they live on"
        served = fleet.certificate("par")
    assert served == (fleet.tls / "shop.pem").read_text().strip()


def test_two_hundred_changes_touch_no_connection(fleet):
    start(fleet)
    with Traffic(fleet) as traffic:
        traffic.wait_for_more(50)
        connections = traffic.connections()
        for i in range(200):
            fleet.apply(shop.SITE.replace("paths: [", f"paths: [/change-{i}, "))
        fleet.gslbctl("node", "wait", "--all")
        traffic.wait_for_more(50)
        assert traffic.connections() == connections
    assert fleet.fetch("par", "/change-199").status == 403


def test_a_drain_fails_no_request(fleet):
    fleet.start_shop(locations=("par", "nyc"))
    fleet.origins["origin-1"].pages["/fresh"] = Page("fresh")
    fleet.apply("kind: EdgeSettings\nname: default\nspec: {drain_time: 4s}\n")
    fleet.gslbctl("node", "wait", "--all", "--healthy")
    with Traffic(fleet, follow_dns=shop.FRANCE) as traffic:
        traffic.wait_for_more(100)
        fleet.gslbctl("node", "drain", "edge-par")
        fleet.wait_for("DNS leads elsewhere",
                       lambda: fleet.answer(shop.FRANCE) == [EDGES["nyc"]])
        assert fleet.stop("edge-par") == 0
        traffic.wait_for_more(100)
    assert "connections_cut=0" in log(fleet)


def log(fleet, name="edge-par"):
    return (fleet.directory / f"{name}.log").read_text(errors="replace")
