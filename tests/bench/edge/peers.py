"""The servers that edge-node is measured beside: how each is set up for the same site and started.

Each serves www.bench.test on its own address of 127.30.0.0/16, ports 8080 and 8443, with one
worker, and fetches from the origin at 127.30.9.1:9000. None writes an
access log; caches are in memory.
"""

import os
import pathlib
import shutil
import subprocess
import textwrap

HTTP, HTTPS, METRICS, ORIGIN = 8080, 8443, 9102, ("127.30.9.1", 9000)
HOST = "www.bench.test"


class Peer:
    """A server under measurement. `start` returns its process; `mixes`: what it can be asked."""

    name = ""
    address = ""
    host = HOST
    mixes = ("hit-1k", "hit-100k", "tls-1k", "h2-1k", "handshake", "miss-1k")

    def __init__(self, options, shared: dict):
        self.state = shared["state"] / self.name
        self.state.mkdir(parents=True, exist_ok=True)
        self.shared = shared
        self.workers = options.workers

    @property
    def front(self) -> str:
        """Where visitors come."""
        return self.address

    def write(self, name: str, text: str) -> pathlib.Path:
        path = self.state / name
        path.write_text(textwrap.dedent(text))
        return path

    def run(self, *command: object) -> subprocess.Popen:
        log = open(self.state / "log", "w")
        return subprocess.Popen([str(part) for part in command], stdout=log, stderr=log,
                                stdin=subprocess.DEVNULL)

    def stop(self) -> None:
        """After the process has ended."""


class Floor(Peer):
    name, address, mixes = "floor", "127.30.0.1", ("hit-1k",)

    def start(self):
        return self.run(self.shared["programs"] / "bench_http_floor", self.address, HTTP)


class Nginx(Peer):
    name, address = "nginx", "127.30.0.2"

    def start(self):
        config = self.write("nginx.conf", f"""
            daemon off; master_process on; worker_processes {self.workers};
            pid {self.state}/pid; error_log {self.state}/error.log;
            worker_rlimit_nofile 20000; events {{ worker_connections 16384; }}
            http {{
              access_log off; keepalive_requests 100000000; sendfile on;
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
              maxconn 9000
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


# Varnish's log lies in shared memory and is always on: all that a request writes is taken out.
_VARNISH_SILENCE = ",".join("-" + tag for tag in (
    "Begin", "End", "Link", "SessOpen", "SessClose", "Timestamp", "ReqStart", "ReqMethod", "ReqURL",
    "ReqProtocol", "ReqHeader", "ReqUnset", "ReqAcct", "RespMethod", "RespProtocol", "RespStatus",
    "RespReason", "RespHeader", "RespUnset", "BereqMethod", "BereqURL",
    "BereqProtocol", "BereqHeader", "BereqUnset", "BereqAcct", "BerespProtocol", "BerespStatus",
    "BerespReason", "BerespHeader", "BerespUnset", "BackendOpen", "BackendClose", "Fetch_Body",
    "ObjProtocol", "ObjStatus", "ObjReason", "ObjHeader", "ObjUnset", "Hit", "Storage", "Length",
    "TTL", "VCL_call", "VCL_return", "VCL_use", "Proxy", "HttpGarbage", "H2RxHdr", "H2RxBody",
    "H2TxHdr", "H2TxBody"))


class Varnish(Peer):
    """With hitch in front for TLS; what both take is counted."""

    name, address = "varnish", "127.30.0.4"

    def start(self):
        vcl = self.write("default.vcl", f"""
            vcl 4.1;
            backend default {{ .host = "{ORIGIN[0]}"; .port = "{ORIGIN[1]}"; }}
            """)
        both = self.state / "both.pem"
        both.write_text(self.shared["certificate"].read_text() + self.shared["key"].read_text())
        hitch = self.write("hitch.conf", f"""
            frontend = "[{self.address}]:{HTTPS}"
            backend = "[{self.address}]:6086"
            write-proxy-v2 = on
            workers = {self.workers}
            pem-file = "{both}"
            alpn-protos = "h2,http/1.1"
            user = "nobody"
            """)
        varnish = [
            "varnishd", "-F", "-a", f"{self.address}:{HTTP}", "-a", f"{self.address}:6086,PROXY",
            "-f", vcl, "-n", self.state / "work", "-s", "malloc,256m", "-p", "thread_pools=1",
            "-p", "feature=+http2", "-p", "vsl_mask=" + _VARNISH_SILENCE]
        script = "trap 'trap - TERM; kill 0; wait' TERM; " + " & ".join(
            [" ".join(map(str, varnish)), f"hitch --config={hitch}", "wait"])
        return self.run("setsid", "sh", "-c", script)


class TrafficServer(Peer):
    name, address = "traffic-server", "127.30.0.5"

    def start(self):
        root = self.state / "root"
        shutil.rmtree(root, ignore_errors=True)
        layout = {"sysconfdir": "etc", "datadir": "data", "localstatedir": "var",
                  "runtimedir": "run", "logdir": "log", "cachedir": "cache"}
        for directory in layout.values():
            (root / directory).mkdir(parents=True)
        layout.update(prefix=".", exec_prefix=".", bindir="/usr/bin", sbindir="/usr/bin",
                      includedir="/usr/include", libdir="/usr/lib/trafficserver",
                      libexecdir="/usr/lib/trafficserver/modules")
        self.write(root / "runroot.yaml",
                   "".join(f"{name}: {path}\n" for name, path in layout.items()))
        settings = root / "etc"
        for file in ("/etc/trafficserver/ip_allow.yaml", self.shared["certificate"],
                     self.shared["key"]):
            shutil.copy(file, settings)
        origin = f"http://{ORIGIN[0]}:{ORIGIN[1]}/"
        self.write(settings / "remap.config", f"""
            map http://{HOST}:{HTTP}/ {origin}
            map https://{HOST}:{HTTPS}/ {origin}
            map http://{HOST}/ {origin}
            """)
        self.write(settings / "ssl_multicert.config",
                   f"dest_ip=* ssl_cert_name={settings}/site.pem "
                   f"ssl_key_name={settings}/site.key\n")
        self.write(settings / "storage.config", f"{root}/cache 256M\n")  # hits are from memory
        address = f"ip-in={self.address}"
        user = "trafficserver" if os.geteuid() == 0 else "#-1"  # it refuses to serve as root
        self.write(settings / "records.config", f"""
            CONFIG proxy.config.admin.user_id STRING {user}
            CONFIG proxy.config.http.server_ports STRING {HTTP}:{address} {HTTPS}:ssl:{address}
            CONFIG proxy.config.exec_thread.autoconfig.enabled INT 0
            CONFIG proxy.config.exec_thread.limit INT {self.workers}
            CONFIG proxy.config.accept_threads INT 0
            CONFIG proxy.config.task_threads INT 1
            CONFIG proxy.config.cache.threads_per_disk INT 1
            CONFIG proxy.config.log.logging_enabled INT 0
            CONFIG proxy.config.cache.ram_cache.size INT 268435456
            CONFIG proxy.config.net.connections_throttle INT 16000
            CONFIG proxy.config.http.keep_alive_enabled_out INT 1
            """)
        if os.geteuid() == 0:
            subprocess.run(["chown", "-R", user, root], check=True)
        return self.run("traffic_server", f"--run-root={root}/runroot.yaml")


class H2o(Peer):
    """It has no cache for what it fetches: only what needs none is compared."""

    name, address, mixes = "h2o", "127.30.0.6", ("handshake", "miss-1k")

    def start(self):
        config = self.write("h2o.conf", f"""
            num-threads: {self.workers}
            max-connections: 16384
            listen: {{host: {self.address}, port: {HTTP}}}
            listen:
              host: {self.address}
              port: {HTTPS}
              ssl:
                certificate-file: {self.shared['certificate']}
                key-file: {self.shared['key']}
            hosts:
              default:
                paths:
                  /:
                    proxy.reverse.url: http://{ORIGIN[0]}:{ORIGIN[1]}/
                    proxy.preserve-host: ON
                    proxy.timeout.keepalive: 60000
            """)
        return self.run("h2o", "--mode", "worker", "--conf", config)


class Origin(Peer):
    """Where all fetch from: it runs beside the load, and is not measured."""

    name, address = "origin", ORIGIN[0]

    def start(self):
        return self.run(self.shared["programs"] / "bench_http_origin", *ORIGIN)
