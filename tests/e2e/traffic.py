"""Steady traffic of several visitors, each on connections of its own, who keep them as long as the
edge does: over HTTP/1.1 with TLS and without, and over HTTP/2."""

import http.client
import subprocess
import sys
import threading

import visitor
from fleet import EDGES
from shop import HOST

_PATHS = ("/catalogue", "/fresh", "/")
_BETWEEN = 0.02  # seconds between two requests of one visitor


class Traffic:
    """With `follow_dns`, a client network, new connections go where DNS leads. At the end every
    request must have been answered as it should be."""

    def __init__(self, fleet, location="par", follow_dns=None, visitors=4):
        self.fleet, self.location, self.follow_dns = fleet, location, follow_dns
        self.failures, self.forbidden = [], None
        self.answers = self.connects = 0
        self._more = threading.Condition()
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._visit, args=(kind,), daemon=True)
                         for kind in ("tls", "plain") for _ in range(visitors)]
        # curl follows no DNS of the fleet's; it is where the others are.
        self._curl = None if follow_dns else self._start_curl()
        if self._curl:
            self._threads.append(threading.Thread(target=self._read_curl, daemon=True))

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        with self._more:
            assert self._more.wait_for(lambda: self.connects >= len(self._threads), 60), (
                "not every visitor has connected")
        return self

    def __exit__(self, kind, *_):
        self.stop()
        if kind is None:
            assert not self.failures, (len(self.failures), self.answers, self.failures[:5])

    def stop(self):
        self._stop.set()
        if self._curl:
            self._curl.terminate()
        for thread in self._threads:
            thread.join(20)

    def wait_for_more(self, answers, seconds=60):
        with self._more:
            wanted = self.answers + answers
            assert self._more.wait_for(lambda: self.answers >= wanted or self.failures, seconds), (
                f"{self.answers} answers, not {wanted}")
        assert not self.failures, self.failures[:5]

    def connections(self):
        """How many were made so far."""
        return self.connects

    def forbid(self, body):
        """An answer to a request that is made from now on must not be this one."""
        self.forbidden = body

    def _address(self):
        if not self.follow_dns:
            return EDGES[self.location]
        return self.fleet.answer(self.follow_dns)[0]

    def _connect(self, kind):
        address = self._address()
        if kind == "tls":
            connection = http.client.HTTPSConnection(address, 8443, timeout=20)
            connection.sock = visitor.connect_tls(address, HOST, self.fleet.trust)
        else:
            connection = http.client.HTTPConnection(address, 8080, timeout=20)
            connection.connect()
        connection.auto_open = 0  # a connection that ends under a request is a failure
        with self._more:
            self.connects += 1
            self._more.notify_all()
        return connection

    def _visit(self, kind):
        connection = None
        for i in range(sys.maxsize):
            if self._stop.wait(_BETWEEN):
                break
            path, forbidden = _PATHS[i % len(_PATHS)], self.forbidden
            try:
                if connection is None:
                    connection = self._connect(kind)
                connection.request("GET", path, headers={"Host": HOST})
                response = connection.getresponse()
                body = response.read()
                good = response.status == (200 if kind == "tls" else 308) and body != forbidden
                if response.will_close:
                    connection.close()
                    connection = None
                self._note(None if good else f"{kind} {path}: {response.status} {body[:80]}")
            except (OSError, http.client.HTTPException, IndexError) as error:
                connection = None
                self._note(f"{kind} {path}: {type(error).__name__} {error}")
        if connection:
            connection.close()

    def _start_curl(self):
        """HTTP/2, one request after the other."""
        return subprocess.Popen(
            ["curl", "-sS", "--http2", "--rate", "50/s", "--max-time", "20", "-o", "/dev/null",
             "--cacert", self.fleet.tls / "ca.pem",
             "--resolve", f"{HOST}:8443:{EDGES[self.location]}",
             "-w", "%{http_version} %{http_code} %{num_connects}\\n",
             f"https://{HOST}:8443/fresh?[1-1000000]"],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def _read_curl(self):
        for line in self._curl.stdout:
            if self._stop.is_set():
                break
            good = line.startswith("2 200 ")
            with self._more:
                self.connects += int(line.split()[2]) if good else 0
                self._more.notify_all()
            self._note(None if good else f"curl: {line}")
        self._curl.wait()

    def _note(self, failure):
        with self._more:
            self.answers += 1
            if failure:
                self.failures.append(failure)
            self._more.notify_all()
