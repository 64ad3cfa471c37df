"""Visitors with real clients of HTTP/2: curl, and h2load with many streams on few connections."""

import re
import subprocess
import urllib.request

from fleet import EDGES
from origin import Page
from shop import HOST

URL = f"https://{HOST}:8443"


def curl(fleet, path, *arguments):
    """Version of HTTP, status and body."""
    run = subprocess.run(
        ["curl", "-sS", "--max-time", "20", "--cacert", fleet.tls / "ca.pem",
         "--resolve", f"{HOST}:8443:{EDGES['par']}", "-w", "\n%{http_version} %{http_code}",
         *arguments, URL + path], capture_output=True, check=True)
    body, _, last = run.stdout.rpartition(b"\n")
    version, status = last.decode().split()
    return version, int(status), body


def test_curl_speaks_either_version_to_the_same_cache(fleet):
    fleet.start_shop(locations=("par",))
    large = bytes(range(256)) * 4096
    fleet.origins["origin-1"].pages["/large"] = Page(large, cache_control="max-age=300")
    assert curl(fleet, "/catalogue", "--http2") == ("2", 200, b"catalogue of origin-1")
    assert curl(fleet, "/catalogue", "--http1.1") == ("1.1", 200, b"catalogue of origin-1")
    assert fleet.origins["origin-1"].count("/catalogue") == 1
    assert curl(fleet, "/large", "--http2") == ("2", 200, large)
    assert curl(fleet, "/admin/", "--http2")[:2] == ("2", 403)
    # Prior knowledge on the plain listener.
    run = subprocess.run(
        ["curl", "-sS", "--http2-prior-knowledge", "-o", "/dev/null", "-w",
         "%{http_version} %{http_code} %{redirect_url}", "-H", f"Host: {HOST}",
         f"http://{EDGES['par']}:8080/a"], capture_output=True, check=True, text=True)
    assert run.stdout == f"2 308 {URL}/a"


def test_curl_hears_an_early_answer_to_a_large_upload(fleet, tmp_path):
    fleet.start_shop(locations=("par",))
    fleet.origins["origin-1"].pages["/upload"] = Page("too large", 413, early=True)
    upload = tmp_path / "upload"
    upload.write_bytes(b"x" * 32_000_000)
    for version in ("--http1.1", "--http2"):
        for expect in ("Expect:", "Expect: 100-continue"):
            answer = curl(fleet, "/upload", version, "-T", upload, "-H", expect)
            assert answer[1:] == (413, b"too large"), (version, expect)
    assert curl(fleet, "/catalogue", "--http2")[1] == 200


def test_many_streams_on_few_connections_are_all_answered(fleet):
    fleet.start_shop(locations=("par",))
    assert fleet.fetch("par", "/catalogue").status == 200
    run = subprocess.run(
        ["h2load", "-n", "4000", "-c", "4", "-m", "50", f"--connect-to={EDGES['par']}:8443",
         URL + "/catalogue"], capture_output=True, check=True, text=True)
    assert "Application protocol: h2" in run.stdout, run.stdout
    assert re.search(r"status codes: 4000 2xx", run.stdout), run.stdout
    assert "4000 succeeded, 0 failed, 0 errored, 0 timeout" in run.stdout, run.stdout
    with urllib.request.urlopen(f"http://{EDGES['par']}:9100/metrics", timeout=10) as page:
        assert "\nmeridian_edge_h2_protocol_errors_total 0\n" in page.read().decode()


def test_a_browser_loads_a_page_over_http2(fleet, tmp_path):
    fleet.start_shop(locations=("par",))
    pages = fleet.origins["origin-1"].pages
    scripts = [f"/script-{i}" for i in range(8)]
    pages["/page"] = Page(
        "<p id=at>loading</p>" + "".join(f"<script src={path}></script>" for path in scripts)
        + """<script>
        const entries = [...performance.getEntriesByType('navigation'),
                         ...performance.getEntriesByType('resource')];
        document.getElementById('at').textContent =
            `${entries.length} loaded by ` +
            `${[...new Set(entries.map(e => e.nextHopProtocol))]}, the last says ${last}`;
        </script>""",
        headers={"Content-Type": "text/html"})
    for i, path in enumerate(scripts):
        pages[path] = Page(f"var last = {i};" + " " * 50_000,
                           headers={"Content-Type": "text/javascript"})
    run = subprocess.run(
        ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
         "--disable-background-networking", "--no-first-run", "--ignore-certificate-errors",
         f"--user-data-dir={tmp_path}", f"--host-resolver-rules=MAP {HOST} {EDGES['par']}",
         "--virtual-time-budget=10000", "--dump-dom", URL + "/page"],
        capture_output=True, text=True, timeout=120, check=False)
    assert ">9 loaded by h2, the last says 7<" in run.stdout, run.stdout + run.stderr[-2000:]
    for path in scripts:
        assert fleet.origins["origin-1"].count(path) == 1
