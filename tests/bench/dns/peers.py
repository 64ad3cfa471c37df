"""The servers that dns-steer is measured beside: how each is set up for the same zone and started.

Each serves `bench.test` on its own address of 127.20.0.0/16, port 5300, with one worker.
"""

import pathlib
import subprocess
import textwrap

PORT = 5300
# Where the edges stand, and the address that a client nearest to them gets.
PLACES = {"par": (48.86, 2.35), "nyc": (40.71, -74.01), "sin": (1.35, 103.82)}
EDGES = {"par": "192.0.2.1", "nyc": "192.0.2.2", "sin": "192.0.2.3"}
STATIC = "@ 300 IN SOA ns1 hostmaster 1 3600 600 1209600 60\n@ 300 IN NS ns1\n" \
         "ns1 300 IN A 192.0.2.53\nstatic 300 IN A 192.0.2.80\nwww 20 IN A 192.0.2.1\n" \
         "mail 300 IN MX 10 mx\nmx 300 IN A 192.0.2.25\n"


class Peer:
    """A server under measurement. `start` returns its process; `geo`: it steers by place."""

    name = ""
    address = ""
    geo = True

    def __init__(self, state: pathlib.Path, databases: dict, workers: int):
        self.state = state / self.name
        self.state.mkdir(parents=True, exist_ok=True)
        self.databases = databases
        self.workers = workers

    def write(self, name: str, text: str) -> pathlib.Path:
        path = self.state / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text))
        return path

    def run(self, *command: object) -> subprocess.Popen:
        log = open(self.state / "log", "w")
        return subprocess.Popen([str(part) for part in command], stdout=log, stderr=log,
                                stdin=subprocess.DEVNULL)


class Echo(Peer):
    name, address, geo = "echo", "127.20.0.1", True

    def start(self):
        return self.run(self.databases["bin"] / "bench_udp_echo", self.address, PORT)


class Gdnsd(Peer):
    name, address = "gdnsd", "127.20.0.2"

    def start(self):
        places = "\n".join(f"{name} => [{lat}, {lon}]" for name, (lat, lon) in PLACES.items())
        edges = "\n".join(f"{name} => {address}" for name, address in EDGES.items())
        self.write("etc/config", f"""
            options => {{
              listen => {self.address}, dns_port => {PORT}
              udp_threads => {self.workers}, tcp_threads => 1
              run_dir => {self.state}/run, state_dir => {self.state}/lib
              edns_client_subnet => true
            }}
            plugins => {{ geoip => {{
              maps => {{ world => {{
                geoip2_db => {self.databases["nested"]}
                datacenters => [{", ".join(PLACES)}]
                auto_dc_coords => {{ {places} }}
              }} }}
              resources => {{ www => {{ map => world, dcmap => {{ {edges} }} }} }}
            }} }}
            """)
        zone = STATIC.replace("www 20 IN A 192.0.2.1", "www 20 DYNA geoip!www")
        self.write("etc/zones/bench.test", zone)
        return self.run("/usr/sbin/gdnsd", "-c", self.state / "etc", "start")


class Knot(Peer):
    name, address = "knot", "127.20.0.3"

    def start(self):
        self.write("bench.test.zone", STATIC)
        countries = {"FR": "par", "DE": "par", "GB": "par", "IT": "par", "US": "nyc", "CA": "nyc",
                     "BR": "nyc", "CN": "sin", "JP": "sin", "IN": "sin", "AU": "sin", "KR": "sin"}
        geo = "www.bench.test:\n" + "".join(
            f'  - geo: "{country}"\n    A: {EDGES[place]}\n'
            for country, place in countries.items())
        self.write("geo.conf", geo)
        conf = self.write("knot.conf", f"""
            server:
                listen: {self.address}@{PORT}
                rundir: {self.state}
                udp-workers: {self.workers}
                tcp-workers: 1
                background-workers: 1
                edns-client-subnet: on
            log:
              - target: stderr
                any: warning
            database:
                storage: {self.state}/db
            mod-geoip:
              - id: world
                config-file: {self.state}/geo.conf
                ttl: 20
                mode: geodb
                geodb-file: {self.databases["nested"]}
                geodb-key: [country/iso_code]
            zone:
              - domain: bench.test
                file: {self.state}/bench.test.zone
                module: mod-geoip/world
            """)
        return self.run("/usr/sbin/knotd", "-c", conf)


class Nsd(Peer):
    name, address, geo = "nsd", "127.20.0.4", False

    def start(self):
        self.write("bench.test.zone", STATIC)
        conf = self.write("nsd.conf", f"""
            server:
              server-count: {self.workers}
              ip-address: {self.address}@{PORT}
              reuseport: yes
              zonesdir: "{self.state}"
              zonelistfile: "{self.state}/zone.list"
              pidfile: ""
              xfrdfile: ""
              database: ""
              username: ""
              rrl-ratelimit: 0
            remote-control:
              control-enable: no
            zone:
              name: bench.test
              zonefile: bench.test.zone
            """)
        return self.run("/usr/sbin/nsd", "-d", "-c", conf)


class Pdns(Peer):
    name, address = "pdns", "127.20.0.5"

    def start(self):
        zones = self.write("zones.yaml", """
            domains:
            - domain: bench.test
              ttl: 20
              records:
                bench.test:
                  - soa: ns1.bench.test hostmaster.bench.test 1 3600 600 1209600 60
                  - ns: ns1.bench.test
                static.bench.test:
                  - a: 192.0.2.80
                ns1.bench.test:
                  - a: 192.0.2.53
                mx.bench.test:
                  - a: 192.0.2.25
                mail.bench.test:
                  - mx: 10 mx.bench.test
                fr.edge.bench.test:
                  - a: 192.0.2.1
                us.edge.bench.test:
                  - a: 192.0.2.2
                unknown.edge.bench.test:
                  - a: 192.0.2.3
              services:
                www.bench.test: ['%cc.edge.bench.test', 'unknown.edge.bench.test']
            """)
        self.write("pdns.conf", f"""
            launch=geoip
            geoip-database-files=mmdb:{self.databases["nested"]}
            geoip-zones-file={zones}
            edns-subnet-processing=yes
            local-address={self.address}
            local-port={PORT}
            receiver-threads={self.workers}
            distributor-threads=1
            reuseport=yes
            socket-dir={self.state}
            disable-syslog=yes
            loglevel=3
            webserver=no
            """)
        return self.run("/usr/sbin/pdns_server", f"--config-dir={self.state}", "--daemon=no",
                        "--guardian=no")
