"""An origin that the test holds in its hand: pages, what was asked, up or down."""

import http.server
import socket
import threading


class Page:
    """With a `gate`, an event, it is not answered before that is set. An `early` one is answered
    without a look at the request's body. A `chunked` one says its length to nobody."""

    def __init__(self, body="", status=200, cache_control="no-store", headers=None, gate=None,
                 early=False, chunked=False):
        self.body = body.encode() if isinstance(body, str) else body
        self.status = status
        self.headers = {"Cache-Control": cache_control, **(headers or {})}
        self.gate = gate
        self.early = early
        self.chunked = chunked


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 30

    def do_GET(self):
        origin = self.server.origin
        path = self.path.partition("?")[0]
        page = origin.pages.get(path, Page("not here", 404))
        length = int(self.headers.get("Content-Length", 0))
        if page.early:
            self.close_connection = True
        elif length:
            self.rfile.read(length)
        if path != "/health":
            with origin.lock:
                origin.requests.append((self.command, self.path, dict(self.headers)))
        if page.gate:
            page.gate.wait()
        self.send_response(page.status)
        for name, value in page.headers.items():
            self.send_header(name, value)
        if page.chunked:
            self.send_header("Transfer-Encoding", "chunked")
        else:
            self.send_header("Content-Length", str(len(page.body)))
        self.send_header("X-Origin", origin.name)
        self.end_headers()
        if self.command != "HEAD" and page.chunked:
            self.write_chunks(page.body)
        elif self.command != "HEAD":
            self.wfile.write(page.body)
        if page.early:
            self.linger()

    def write_chunks(self, body, size=10_000):
        for at in range(0, len(body), size):
            piece = body[at:at + size]
            self.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece))
        self.wfile.write(b"0\r\n\r\n")

    def linger(self):
        """Closing with unread input would reset the connection and might take the answer back (RFC
        9112 section 9.6)."""
        self.connection.shutdown(socket.SHUT_WR)
        try:
            while self.connection.recv(1 << 16):
                pass
        except OSError:
            pass  # the edge has closed first

    do_HEAD = do_POST = do_PUT = do_GET

    def log_message(self, *_):
        pass


class Origin:
    """Serves `pages` (path -> Page) on address:port from threads of the test's own process."""

    def __init__(self, name, address, port=9001):
        self.name, self.address, self.port = name, address, port
        self.lock = threading.Lock()
        self.requests = []  # (method, target, headers), without the probes
        self.pages = {
            "/health": Page("ok"),
            "/": Page(f"home of {name}"),
            "/catalogue": Page(f"catalogue of {name}", cache_control="public, max-age=300"),
        }
        self._server = None
        self.start()

    def start(self):
        self._server = http.server.ThreadingHTTPServer((self.address, self.port), _Handler)
        self._server.daemon_threads = True
        self._server.origin = self
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def stop(self):
        if self._server:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def count(self, path):
        with self.lock:
            return sum(1 for _, target, _ in self.requests if target == path)
