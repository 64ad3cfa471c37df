"""Whatever visitors ask for, and however the origin says it: an answer is of one version of a
page, and what it says of its bytes is true. Pages change meanwhile, break off, and find no room in
memory."""

import concurrent.futures
import http.client
import http.server
import itertools
import random
import re
import threading

import pytest
import shop

BLOCK = 16  # bytes of a body that say their version and place
SIZES = [0, 1, 500, 70_000, 300_000, 1_200_000]
LIFETIMES = ["max-age=600", "max-age=1", "max-age=0", "max-age=1, stale-while-revalidate=5",
             "no-store", "private"]


class Page:
    def __init__(self, rng):
        self.version = 1
        self.sizes = [rng.choice(SIZES) for _ in range(3)]
        self.cache_control = rng.choice(LIFETIMES)
        self.tag = rng.choice(['"v{}"', '"v{}"', 'W/"v{}"', None])
        self.knows_ranges = rng.random() < 0.7
        self.framing = rng.choice(["length", "chunked", "close"])

    def body(self, version):
        size = self.sizes[version % 3]
        blocks = (b"%4d:%10d\n" % (version, at) for at in range(0, size, BLOCK))
        return b"".join(blocks)[:size]

    def etag(self, version):
        return self.tag and self.tag.format(version)


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 30

    def do_GET(self):
        page = self.server.pages.get(self.path)
        if not page:  # a probe
            return self.say(200, {"Content-Length": "0"})
        version = page.version
        body, etag = page.body(version), page.etag(version)
        headers = {"Cache-Control": page.cache_control, "X-Version": str(version)}
        if etag:
            headers["ETag"] = etag
        if etag and self.headers.get("If-None-Match") == etag:
            return self.say(304, headers)
        status, part = 200, self.part(page, etag, len(body))
        if part:
            first, last = part
            headers["Content-Range"] = f"bytes {first}-{last}/{len(body)}"
            status, body = 206, body[first:last + 1]
        self.say_body(status, headers, body, page.framing)

    do_HEAD = do_GET

    def do_POST(self):
        self.server.pages[self.path].version += 1
        self.say(204, {})

    def part(self, page, etag, size):
        asked = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        condition = self.headers.get("If-Range")
        if not page.knows_ranges or not asked or (condition and condition != etag):
            return None
        first = int(asked[1])
        last = min(int(asked[2] or size), size - 1)
        return (first, last) if first <= last else None

    def say(self, status, headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()

    def say_body(self, status, headers, body, framing):
        if self.command == "HEAD" or framing == "length":
            headers["Content-Length"] = str(len(body))
        else:
            headers["Transfer-Encoding" if framing == "chunked" else "Connection"] = framing
        self.say(status, headers)
        breaks = framing != "close" and next(self.server.answers) % 30 == 0
        self.close_connection = breaks or framing == "close"
        if self.command == "HEAD":
            return
        if breaks:
            body = body[:len(body) // 2]
        if framing != "chunked":
            self.wfile.write(body)
            return
        for at in range(0, len(body), 30_000):
            piece = body[at:at + 30_000]
            self.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece))
        if not breaks:
            self.wfile.write(b"0\r\n\r\n")

    def log_message(self, *_):
        pass


@pytest.fixture
def pages():
    """Of an origin that serves them."""
    server = http.server.ThreadingHTTPServer(("127.10.9.1", 9001), Handler)
    server.daemon_threads = True
    server.answers = itertools.count(1)
    rng = random.Random(1)
    server.pages = {f"/page-{number}": Page(rng) for number in range(16)}
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield server.pages
    server.shutdown()
    server.server_close()


def make_request(rng, page, known):
    """Method and headers; `known`: a version that the visitor has seen."""
    method = rng.choices(["GET", "HEAD", "POST"], [85, 10, 5])[0]
    headers = {}
    if method == "GET" and rng.random() < 0.5:
        first = rng.choice([0, 5, rng.randrange(max(page.sizes) + 1)])
        last = rng.choice(["", first, first + 1000, first + 200_000])
        headers["Range"] = rng.choice([f"bytes={first}-{last}", "bytes=-100", "bytes=0-1,9-12"])
        if rng.random() < 0.3:
            headers["If-Range"] = page.etag(known) or '"other"'
    if method != "POST" and page.tag and rng.random() < 0.15:
        headers["If-None-Match"] = page.etag(known)
    if rng.random() < 0.05:
        headers["Cache-Control"] = "no-cache"
    return method, headers


def check(page, method, headers, answer):
    """Returns the version that it is of, if it says so."""
    if method == "POST" or answer.status in (416, 502):
        assert method != "POST" or answer.status == 204
        return None
    version = int(answer.headers["x-version"])
    body = page.body(version)
    assert answer.headers.get("etag") == page.etag(version)
    if answer.status == 304:
        assert headers["If-None-Match"].removeprefix("W/") == page.etag(version).removeprefix("W/")
    elif method == "HEAD":
        assert answer.status == 200 and not answer.body
        assert answer.headers.get("content-length", str(len(body))) == str(len(body))
    elif answer.status == 200:
        assert answer.body == body and "content-range" not in answer.headers
    elif "content-range" in answer.headers:
        first, last, whole = map(int, re.fullmatch(
            r"bytes (\d+)-(\d+)/(\d+)", answer.headers["content-range"]).groups())
        assert "Range" in headers and whole == len(body) and answer.body == body[first:last + 1]
    else:
        assert answer.status == 206 and headers["Range"] == "bytes=0-1,9-12"
        assert body[0:2] in answer.body and body[9:13] in answer.body
    return version


def visit(fleet, pages, seed):
    """How many answers came whole."""
    rng = random.Random(seed)
    known = dict.fromkeys(pages, 1)
    whole = 0
    for _ in range(200):
        path = rng.choice(list(pages))
        method, headers = make_request(rng, pages[path], known[path])
        try:
            answer = fleet.fetch("par", path, method=method, headers=headers, timeout=30)
        except (http.client.HTTPException, OSError):
            continue  # what broke off at the origin breaks off here
        known[path] = check(pages[path], method, headers, answer) or known[path]
        whole += 1
    return whole


def test_each_answer_is_of_one_version_and_what_it_says_of_itself_is_true(fleet, pages):
    fleet.init_controller()
    fleet.start_controller()
    fleet.apply(shop.ALL)
    fleet.start_edge("par", fleet.token("edge", "par"), workers=2,
                     extra=("--cache-bytes", "600000", "--cache-disk", fleet.directory / "disk",
                            "--cache-disk-size", "64MB"))
    fleet.wait_for("the edge serves", lambda: fleet.fetch("par", "/page-0").status == 200)
    with concurrent.futures.ThreadPoolExecutor(4) as visitors:
        counts = list(visitors.map(lambda seed: visit(fleet, pages, seed), range(4)))
    assert sum(counts) > 600
