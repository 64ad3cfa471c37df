"""The cache on disk, across the death of its edge."""

import shop
from origin import Page

FILM = "film" * 100_000


def start_edge(fleet, disk, token=None):
    fleet.start_edge("par", token, extra=("--cache-disk", disk, "--cache-disk-size", "64MB"))


def film(fleet):
    return fleet.fetch("par", "/film")


def bytes_in(disk):
    return sum(file.stat().st_size for file in disk.glob("segment-*"))


def test_what_lies_on_disk_survives_kill_9_and_what_is_purged_does_not(fleet):
    fleet.init_controller()
    fleet.start_controller()
    origin = fleet.start_origin()
    fleet.apply(shop.ALL)
    disk = fleet.directory / "film-cache"
    start_edge(fleet, disk, fleet.token("edge", "par"))
    origin.pages["/film"] = Page(FILM, cache_control="public, max-age=300")
    fleet.wait_for("the edge serves", lambda: film(fleet).status == 200)
    assert film(fleet).is_hit
    fleet.wait_for("the film is on disk", lambda: bytes_in(disk) > len(FILM))

    origin.stop()
    fleet.kill("edge-par")  # as a crash does it
    start_edge(fleet, disk)
    fleet.wait_for("the film is back without an origin", lambda: film(fleet).status == 200)
    assert film(fleet).body == FILM.encode()

    fleet.wait_for("the purge is acknowledged", lambda: fleet.gslbctl(
        "purge", f"https://{shop.HOST}/film", check=False).returncode == 0)
    fleet.kill("edge-par")
    start_edge(fleet, disk)
    origin.start()
    fleet.wait_for("the origin is asked again", lambda: film(fleet).status == 200)
    assert origin.count("/film") == 2
