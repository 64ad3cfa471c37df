"""The whole way: visitors are led to the nearest edge, served, and led away from a dead one."""

from shop import CAPE_TOWN, FRANCE, HOST, SINGAPORE, USA

PARIS, NEW_YORK, SINGAPORE_EDGE = "127.10.1.1", "127.10.2.1", "127.10.3.1"


def test_the_nearest_edge_serves_and_its_death_is_noticed(fleet):
    fleet.start_shop(dns=("dns-1", "dns-2"))

    # Each client gets the edge that is nearest along a great circle, from either DNS server.
    for server in ("dns-1", "dns-2"):
        assert fleet.answer(FRANCE, server) == [PARIS]
        assert fleet.answer(USA, server) == [NEW_YORK]
        assert fleet.answer(SINGAPORE, server) == [SINGAPORE_EDGE]
        assert fleet.answer(CAPE_TOWN, server) == [PARIS]
        assert fleet.answer(FRANCE, server, tcp=True) == [PARIS]

    # The first request is fetched, the second is not.
    first, second = fleet.fetch("par", "/catalogue"), fleet.fetch("par", "/catalogue")
    assert (first.status, first.is_miss) == (200, True), first.cache_status
    assert (second.status, second.is_hit) == (200, True), second.cache_status
    assert second.body == first.body == b"catalogue of origin-1"
    assert fleet.origins["origin-1"].count("/catalogue") == 1

    # A dead edge leaves all answers. (How soon is measured by the quickstart.)
    fleet.kill("edge-par")
    for server in ("dns-1", "dns-2"):
        fleet.wait_for(f"Paris has left the answers of {server}",
                       lambda at=server: fleet.answer(FRANCE, at) == [NEW_YORK], seconds=10)

    # Back without a token: the certificate is on its disk.
    fleet.start_edge("par")
    for server in ("dns-1", "dns-2"):
        fleet.wait_for(f"Paris is back in the answers of {server}",
                       lambda at=server: fleet.answer(FRANCE, at) == [PARIS], seconds=60)
    assert fleet.fetch("par", "/catalogue").status == 200


def test_a_change_reaches_visitors_and_a_purge_every_edge(fleet):
    fleet.start_shop()

    assert fleet.fetch("sin", "/admin/users").status == 403

    fleet.gslbctl("node", "drain", "edge-nyc")
    fleet.wait_for("New York has left the answers", lambda: fleet.answer(USA) == [PARIS])
    assert fleet.fetch("nyc", "/catalogue").status == 200, "a drained edge serves whom it has"
    fleet.gslbctl("node", "undrain", "edge-nyc")
    fleet.wait_for("New York is back", lambda: fleet.answer(USA) == [NEW_YORK])

    fleet.fetch("sin", "/catalogue")
    assert fleet.fetch("sin", "/catalogue").is_hit
    fleet.gslbctl("purge", f"https://{HOST}/catalogue")
    assert fleet.fetch("sin", "/catalogue").is_miss

    explained = fleet.gslbctl("explain", HOST, "--client", "137.158.0.10").stdout
    assert "edge-par" in explained and PARIS in explained
