#!/usr/bin/env python3
"""A small web shop to put behind the edges: an origin that says who it is and logs what it is
asked.

    origin.py NAME ADDRESS PORT
"""

import http.server
import sys
import time


class Shop(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 60

    # path -> (status, Cache-Control)
    pages = {
        "/": (200, "no-store"),
        "/health": (200, "no-store"),
        "/catalogue": (200, "public, max-age=300"),
        "/basket": (200, "private, no-store"),
    }

    def do_GET(self):
        path = self.path.partition("?")[0]
        status, cache_control = self.pages.get(path, (404, "no-store"))
        body = f"{path} from {self.server.name}\n".encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", cache_control)
        self.send_header("X-Origin", self.server.name)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_HEAD = do_GET

    def log_message(self, message, *arguments):
        print(time.strftime("%H:%M:%S"), self.server.name, message % arguments, flush=True)


def main():
    name, address, port = sys.argv[1:]
    http.server.ThreadingHTTPServer.allow_reuse_address = True
    server = http.server.ThreadingHTTPServer((address, int(port)), Shop)
    server.name = name
    server.serve_forever()


if __name__ == "__main__":
    main()
