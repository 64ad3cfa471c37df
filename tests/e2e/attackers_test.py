"""An edge under attack by slowhttptest, and a good client beside."""

import subprocess
import threading

import pytest

import shop
from fleet import EDGES

PARIS = EDGES["par"]
# An edge that loses patience within the few seconds that an attack lasts here.
IMPATIENT = """
kind: EdgeSettings
name: default
spec:
  timeouts: {request_header: 2s, request_body: 2s, send: 2s}
"""
CONNECTIONS = 100


@pytest.fixture
def edge(fleet):
    """A fleet of one edge."""
    fleet.init_controller()
    fleet.start_controller()
    fleet.start_origin(1)
    fleet.apply("---".join((shop.ALL.replace("redirect_to_https: true", ""), IMPATIENT)))
    fleet.start_edge("par", fleet.token("edge", "par"))
    fleet.wait_for("the edge serves", lambda: fleet.fetch("par", "/").status == 200, seconds=60)
    return fleet


def run_as_visitor(fleet, *command, seconds, check=True):
    """Where the shop's name leads to the edge."""
    hosts = fleet.directory / "hosts"
    hosts.write_text(f"127.0.0.1 localhost\n{PARIS} {shop.HOST}\n")
    inner = 'mount --bind "$0" /etc/hosts && exec "$@"'
    return subprocess.run(
        ["unshare", "--mount", "sh", "-c", inner, hosts, *map(str, command)], capture_output=True,
        text=True, timeout=seconds, check=check, stdin=subprocess.DEVNULL)


def edge_metric(fleet, name):
    return fleet.metric(f"meridian_edge_{name}", address=PARIS)


def attack(fleet, *arguments):
    """Five seconds of slowhttptest by CONNECTIONS connections at once; meanwhile a good client
    asks. Returns how many requests of that were answered."""
    served, over, failures = [], threading.Event(), []

    def ask():
        while not over.is_set():
            answer = fleet.fetch("par", "/catalogue")
            (served if answer.status == 200 else failures).append(answer.status)

    good = threading.Thread(target=ask)
    good.start()
    try:
        run = run_as_visitor(
            fleet, "slowhttptest", "-c", CONNECTIONS, "-r", CONNECTIONS, "-l", 5, "-i", 1, "-p", 3,
            "-u", f"http://{shop.HOST}:8080/catalogue", *arguments, seconds=60, check=False)
    finally:
        over.set()
        good.join()
    assert "service available" in run.stdout, run.stdout + run.stderr
    assert not failures
    fleet.wait_for("its connections are gone", lambda: edge_metric(fleet, "open_connections") <= 1)
    return len(served)


def test_slow_heads_of_slowhttptest_are_cut_while_others_are_served(edge):
    assert attack(edge, "-H", "-x", "10") > 10
    assert edge_metric(edge, "visitor_timeouts_total") >= CONNECTIONS
    assert edge.origins["origin-1"].count("/catalogue") < 10  # for the good client
    edge.require_running()


def test_slow_bodies_of_slowhttptest_are_cut_while_others_are_served(edge):
    timeouts = edge_metric(edge, "visitor_timeouts_total")
    assert attack(edge, "-B", "-i", "4", "-s", "8192", "-x", "10") > 10
    assert edge_metric(edge, "visitor_timeouts_total") - timeouts >= CONNECTIONS
    edge.require_running()


def test_slow_reading_of_slowhttptest_is_cut_while_others_are_served(edge):
    assert attack(edge, "-X", "-w", "1", "-y", "2", "-n", "4", "-z", "1", "-k", "5") > 10
    edge.require_running()


def test_range_attacks_of_slowhttptest_cost_no_fetches(edge):
    assert attack(edge, "-R", "-t", "HEAD", "-a", "1", "-b", "3000") > 10
    assert edge.origins["origin-1"].count("/catalogue") < 10
    edge.require_running()
