"""Compressed answers as curl reads them, and what an operator declares about a site's answers."""

import subprocess

import shop
from origin import Page
from shop import HOST

PARIS = "127.10.1.1"
PAGE = "".join(f"<li>item {number}</li>\n" for number in range(20000))
EXTRAS = """  hsts: {max_age: 24h}
  compression: {except_paths: ["/account/*"]}
"""


def _curl(fleet, path, *arguments, port=8443, scheme="https"):
    """Header fields (names in lower case) and the decoded body."""
    run = subprocess.run(
        ["curl", "-sS", "-i", "-m", "20", "--cacert", fleet.tls / "ca.pem", "--resolve",
         f"{HOST}:{port}:{PARIS}", *arguments, f"{scheme}://{HOST}:{port}{path}"],
        check=True, capture_output=True)
    head, _, body = run.stdout.partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    fields = dict(line.split(": ", 1) for line in lines[1:])
    return {name.lower(): value for name, value in fields.items()}, body.decode()


def test_curl_reads_every_coding_from_one_fetch(fleet):
    fleet.init_controller()
    fleet.start_controller()
    fleet.start_origin(1)
    fleet.apply(shop.ALL)
    fleet.start_edge("par", fleet.token("edge", "par"))
    for path in ("/page", "/account/me"):
        fleet.origins["origin-1"].pages[path] = Page(
            PAGE, cache_control="public, max-age=300",
            headers={"Content-Type": "text/html; charset=utf-8", "ETag": '"v1"'})
    fleet.apply(shop.SITE.replace("  redirect_to_https: true\n",
                                  "  redirect_to_https: true\n" + EXTRAS))
    fleet.wait_for("the edge serves", lambda: fleet.fetch("par", "/").status == 200)
    fleet.wait_for("the edge has the change",
                   lambda: "strict-transport-security" in fleet.fetch("par", "/").headers)

    for coding in ("gzip", "br", "zstd"):
        for _ in range(3):  # passed through, or made to be kept, or kept
            fields, body = _curl(fleet, "/page", "--compressed", "-H", f"Accept-Encoding: {coding}")
            assert fields["content-encoding"] == coding
            assert fields["vary"] == "Accept-Encoding"
            assert fields["etag"] == 'W/"v1"'
            assert fields["strict-transport-security"] == "max-age=86400"
            assert body == PAGE
        assert int(fields["content-length"]) < len(PAGE) / 4
    fields, body = _curl(fleet, "/page")
    assert "content-encoding" not in fields and body == PAGE
    assert fleet.origins["origin-1"].count("/page") == 1

    fields, body = _curl(fleet, "/account/me", "--compressed")
    assert "content-encoding" not in fields and body == PAGE

    fields, _ = _curl(fleet, "/page?a=b", port=8080, scheme="http")
    assert fields["location"] == f"https://{HOST}:8443/page?a=b"
    assert "strict-transport-security" not in fields
