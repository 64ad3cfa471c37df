"""The servers that edge-node is measured beside: how each is set up for the same site and started.

Each serves www.bench.test on its own address of 127.30.0.0/16, ports 8080 and 8443, with one
worker, and fetches from the origin at 127.30.9.1:9000.
"""

import pathlib
import subprocess
import textwrap

HTTP, HTTPS, ORIGIN = 8080, 8443, ("127.30.9.1", 9000)
HOST = "www.bench.test"


class Peer:
    """A server under measurement. `start` returns its process; `mixes`: what it can be asked."""

    name = ""
    address = ""
    mixes = ("hit-1k", "hit-100k", "tls-1k", "h2-1k", "handshake", "miss-1k")

    def __init__(self, state: pathlib.Path, shared: dict, workers: int):
        self.state = state / self.name
        self.state.mkdir(parents=True, exist_ok=True)
        self.shared = shared
        self.workers = workers

    def write(self, name: str, text: str) -> pathlib.Path:
        path = self.state / name
        path.write_text(textwrap.dedent(text))
        return path

    def run(self, *command: object) -> subprocess.Popen:
        log = open(self.state / "log", "w")
        return subprocess.Popen([str(part) for part in command], stdout=log, stderr=log,
                                stdin=subprocess.DEVNULL)


class Floor(Peer):
    name, address, mixes = "floor", "127.30.0.1", ("hit-1k",)

    def start(self):
        return self.run(self.shared["bin"] / "bench_http_floor", self.address, HTTP)


class Nginx(Peer):
    name, address = "nginx", "127.30.0.2"

    def start(self):
        config = self.write("nginx.conf", f"""
            daemon off; master_process on; worker_processes {self.workers};
            pid {self.state}/pid; error_log {self.state}/error.log;
            events {{ worker_connections 4096; }}
            http {{
              access_log off; keepalive_requests 100000000; sendfile on; tcp_nopush on;
              proxy_temp_path {self.state}/temp; client_body_temp_path {self.state}/body;
              proxy_cache_path {self.state}/cache keys_zone=c:16m;
              upstream origin {{
                server {ORIGIN[0]}:{ORIGIN[1]}; keepalive 64; keepalive_requests 100000000;
              }}
              server {{
                listen {self.address}:{HTTP}; listen {self.address}:{HTTPS} ssl http2;
                ssl_protocols TLSv1.2 TLSv1.3;
                ssl_certificate {self.shared['certificate']};
                ssl_certificate_key {self.shared['key']};
                http2_max_requests 100000000;
                location / {{
                  proxy_pass http://origin; proxy_http_version 1.1; proxy_set_header Connection "";
                  proxy_set_header Host $host; proxy_cache c;
                }}
              }}
            }}
            """)
        return self.run("nginx", "-c", config, "-p", self.state)


class Haproxy(Peer):
    name, address = "haproxy", "127.30.0.3"

    def start(self):
        both = self.state / "both.pem"
        both.write_text(self.shared["certificate"].read_text() + self.shared["key"].read_text())
        config = self.write("haproxy.cfg", f"""
            global
              nbthread {self.workers}
              maxconn 8000
              tune.ssl.cachesize 0
            defaults
              mode http
              timeout client 60s
              timeout server 60s
              timeout connect 5s
            cache c
              total-max-size 64
              max-object-size 1000000
              max-age 3600
            frontend f
              bind {self.address}:{HTTP}
              bind {self.address}:{HTTPS} ssl crt {both} alpn h2,http/1.1
              default_backend b
            backend b
              http-request cache-use c
              http-response cache-store c
              http-reuse always
              server s {ORIGIN[0]}:{ORIGIN[1]}
            """)
        return self.run("haproxy", "-db", "-f", config)


class Varnish(Peer):
    name, address, mixes = "varnish", "127.30.0.4", ("hit-1k", "hit-100k", "miss-1k")

    def start(self):
        vcl = self.write("default.vcl", f"""
            vcl 4.1;
            backend default {{ .host = "{ORIGIN[0]}"; .port = "{ORIGIN[1]}"; }}
            """)
        return self.run("varnishd", "-F", "-a", f"{self.address}:{HTTP}", "-f", vcl,
                        "-n", self.state / "work", "-s", "malloc,256m",
                        "-p", "thread_pools=1", "-p", "feature=+http2")


class Origin(Peer):
    """Where all fetch from: it runs beside the load, and is not measured."""

    name, address = "origin", ORIGIN[0]

    def start(self):
        for name, size in (("1k", 1024), ("100k", 100 * 1024)):
            (self.state / name).write_text("x" * size)
        config = self.write("nginx.conf", f"""
            daemon off; worker_processes 1; pid {self.state}/pid; error_log {self.state}/error.log;
            events {{ worker_connections 4096; }}
            http {{
              access_log off; keepalive_requests 100000000; open_file_cache max=100;
              client_body_temp_path {self.state}/body; proxy_temp_path {self.state}/temp;
              server {{
                listen {ORIGIN[0]}:{ORIGIN[1]}; root {self.state}; default_type text/plain;
                location / {{ add_header Cache-Control max-age=3600; }}
                location /miss {{ alias {self.state}/1k; add_header Cache-Control no-store; }}
              }}
            }}
            """)
        return self.run("nginx", "-c", config, "-p", self.state)
