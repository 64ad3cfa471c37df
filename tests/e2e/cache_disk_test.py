"""The cache on disk, across the death of its edge."""

import subprocess

import shop
from fleet import EDGES
from origin import Page

FILM = "film" * 100_000


def start_edge(fleet, disk, token=None, extra=()):
    fleet.start_edge("par", token,
                     extra=("--cache-disk", disk, "--cache-disk-size", "64MB", *extra))


def film(fleet):
    return fleet.fetch("par", "/film")


def written(fleet):
    return fleet.metric("meridian_edge_disk_writes_total", address=EDGES["par"])


def errors(fleet):
    return fleet.metric("meridian_edge_disk_errors_total", address=EDGES["par"])


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
    fleet.wait_for("the film is on disk", lambda: written(fleet) == 1)

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


def test_a_film_of_unknown_length_that_memory_refuses_survives_kill_9(fleet):
    fleet.init_controller()
    fleet.start_controller()
    origin = fleet.start_origin()
    fleet.apply(shop.ALL)
    disk = fleet.directory / "film-cache"
    small = ("--cache-bytes", "262144")
    start_edge(fleet, disk, fleet.token("edge", "par"), extra=small)
    origin.pages["/film"] = Page(FILM, cache_control="public, max-age=300", chunked=True)
    fleet.wait_for("the edge serves", lambda: film(fleet).body == FILM.encode())
    fleet.wait_for("the film is on disk", lambda: film(fleet).is_hit)

    for number in range(8):  # some are on their way when it dies
        origin.pages[f"/film-{number}"] = Page(f"{number}" + FILM,
                                               cache_control="public, max-age=300", chunked=True)
        for _ in range(2):
            fleet.fetch("par", f"/film-{number}")
    fleet.kill("edge-par")
    start_edge(fleet, disk, extra=small)
    for number in range(8):
        fleet.wait_for("it serves again", lambda n=number: fleet.fetch("par", f"/film-{n}").body
                       == (f"{n}" + FILM).encode())
    origin.stop()
    assert film(fleet).body == FILM.encode()


def test_a_full_disk_costs_no_visitor_anything_and_is_used_again(fleet):
    fleet.init_controller()
    fleet.start_controller()
    origin = fleet.start_origin()
    fleet.apply(shop.ALL)
    disk = fleet.directory / "small-disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", disk], check=True)
    ballast = disk / "ballast"
    ballast.write_bytes(bytes(3 << 20))
    start_edge(fleet, disk, fleet.token("edge", "par"))
    films = iter(f"/film-{number}" for number in range(1000))

    def watch_next_film():
        """Twice: the second time it is to go to disk."""
        path = next(films)
        origin.pages[path] = Page(path + FILM, cache_control="public, max-age=300")
        for _ in range(2):
            answer = fleet.fetch("par", path)
            assert answer.status == 200 and answer.body == (path + FILM).encode()
        return path

    fleet.wait_for("the edge serves", lambda: fleet.fetch("par", "/").status == 200)
    first = watch_next_film()
    fleet.wait_for("the first film is on disk", lambda: written(fleet) == 1)
    fleet.wait_for("the disk is full", lambda: watch_next_film() and errors(fleet) > 0)
    assert fleet.fetch("par", first).is_hit
    fleet.gslbctl("purge", f"https://{shop.HOST}{first}")
    assert not fleet.fetch("par", first).is_hit

    ballast.unlink()
    before = written(fleet)
    fleet.wait_for("there is room again, and it is used",
                   lambda: watch_next_film() and written(fleet) > before, seconds=60)
