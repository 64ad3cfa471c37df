"""A fleet of real programs for one test, in the network namespace that CTest made for it.

Addresses are those of the quickstart: the controller is 127.10.0.1:7443, DNS servers are
127.10.0.53 and .54 on port 5353, edges 127.10.N.1 on ports 8443 and 8080, origins 127.10.9.N:9001.
"""

import os
import pathlib
import shutil
import ssl
import subprocess
import urllib.request

import shop
import visitor
from origin import Origin
from programs import BIN, Program
from waiting import wait_until

CONTROLLER_PORT = 7443
CONTROLLER = f"127.10.0.1:{CONTROLLER_PORT}"
EDGES = {"par": "127.10.1.1", "nyc": "127.10.2.1", "sin": "127.10.3.1"}
DNS = {"dns-1": "127.10.0.53", "dns-2": "127.10.0.54"}


class Fleet:
    def __init__(self, directory):
        self.directory = pathlib.Path(directory)
        self.programs = {}
        self.origins = {}
        self.config = self.directory / "gslbctl.yaml"
        self.geoip = self.directory / "geoip"
        self.tls = self.directory / "tls"
        self.tls.mkdir()
        shop.make_certificates(self.tls)
        self.trust = visitor.trust(self.tls / "ca.pem")
        self._copy_places()

    # --- Programs ---------------------------------------------------------------------------

    def start(self, name, *arguments, **environment):
        """Starts, or starts again, a program under this name."""
        log = self.directory / f"{name}.log"
        self.programs[name] = Program(name, arguments, log, environment)
        return self.programs[name]

    def init_controller(self):
        self.gslbctl("init", "--dir", self.directory / "controller", "--controller", CONTROLLER)

    def start_controller(self):
        self.start("controller", BIN / "controller", "--dir", self.directory / "controller",
                   "--listen", CONTROLLER, "--metrics", "127.10.0.1:9100")
        self.wait_for("the controller answers", lambda: self.gslbctl("status"))

    def start_dns(self, name="dns-1", token=None, binary=BIN / "dns-steer", workers=1, extra=()):
        address = DNS[name]
        return self.start(name, binary, "--dir", self.directory / name, "--name", name,
                          "--controller", CONTROLLER, *(("--join", token) if token else ()),
                          "--listen", f"{address}:5353", "--geoip", self.geoip,
                          "--metrics", f"{address}:9100", "--workers", workers, *extra)

    def start_edge(self, location, token=None, binary=BIN / "edge-node", workers=1, extra=(),
                   controller=CONTROLLER):
        name, address = f"edge-{location}", EDGES[location]
        return self.start(name, binary, "--dir", self.directory / name, "--name", name,
                          "--controller", controller, *(("--join", token) if token else ()),
                          "--address", address, "--https", f"{address}:8443",
                          "--http", f"{address}:8080", "--metrics", f"{address}:9100",
                          "--workers", workers,
                          "--access-log", self.directory / f"{name}-access.log", *extra)

    def start_origin(self, number=1):
        name = f"origin-{number}"
        self.origins[name] = Origin(name, f"127.10.9.{number}")
        return self.origins[name]

    def kill(self, name):
        self.programs.pop(name).kill()

    def stop(self, name):
        return self.programs.pop(name).stop()

    def close(self):
        for program in self.programs.values():
            if program.is_running:
                program.kill()
        for origin in self.origins.values():
            origin.stop()

    # --- The usual beginning ----------------------------------------------------------------

    def start_shop(self, locations=("par", "nyc", "sin"), dns=("dns-1",)):
        """Controller, configuration, an origin, edges and DNS servers, enrolled and healthy."""
        self.init_controller()
        self.start_controller()
        self.start_origin(1)
        self.apply(shop.ALL)
        for location in locations:
            self.start_edge(location, self.token("edge", location))
        for name in dns:
            self.start_dns(name, self.token("dns", "par"))
        for location in locations:
            self.wait_for(f"{location} answers its visitors",
                          lambda at=location: self.fetch(at, "/").status == 200)
        for name in dns:
            self.wait_for(f"{name} gives healthy answers",
                          lambda server=name: self.answer(shop.FRANCE, server))
        self.gslbctl("node", "wait", "--all", "--healthy")

    # --- The operator -----------------------------------------------------------------------

    def gslbctl(self, *arguments, check=True, **options):
        """Runs it; with `check`, a failure fails the test with what it said."""
        run = subprocess.run([BIN / "gslbctl", "--config", self.config, *map(str, arguments)],
                             capture_output=True, text=True, timeout=60, check=False,
                             stdin=subprocess.DEVNULL, **options)
        if check and run.returncode != 0:
            raise AssertionError(f"gslbctl {' '.join(map(str, arguments))}: exit code "
                                 f"{run.returncode}\n{run.stdout}{run.stderr}")
        return run

    def apply(self, text, check=True, name="change.yaml"):
        """Applies YAML documents. `!file` is relative to the directory of the certificates."""
        path = self.tls / name
        path.write_text(text)
        return self.gslbctl("apply", "-f", path, check=check)

    def token(self, role, location, *more):
        return self.gslbctl("token", "create", "--role", role, "--location", location,
                            *more).stdout.strip()

    # --- Visitors ---------------------------------------------------------------------------

    def answer(self, subnet, server="dns-1", name=shop.HOST, **more):
        """The addresses that a client of that network gets."""
        return visitor.addresses(DNS[server], name, subnet, **more)

    def text_record(self, server="dns-1", name="shop.test"):
        """The strings of a name's TXT record."""
        message = visitor.resolve(DNS[server], name, "TXT")
        return [text.decode() for rrset in message.answer for record in rrset
                for text in record.strings]

    def metric(self, sample, server="dns-1", address=None):
        """A sample of the metrics of a DNS server, or of the node at an address, such as
        `meridian_dns_zones` or `meridian_dns_answers_total{rcode="REFUSED"}`; samples with more
        labels are added up."""
        name, _, labels = sample.rstrip("}").partition("{")
        wanted = [label for label in labels.split(",") if label]
        with urllib.request.urlopen(f"http://{address or DNS[server]}:9100/metrics",
                                    timeout=10) as page:
            lines = page.read().decode().splitlines()
        return sum(float(line.rsplit(" ", 1)[1]) for line in lines
                   if line.split("{")[0].split(" ")[0] == name
                   and all(label in line for label in wanted))

    def fetch(self, location, path="/", host=shop.HOST, **more):
        return visitor.fetch(EDGES[location], path, host=host, context=self.trust, **more)

    def certificate(self, location, host=shop.HOST):
        """PEM of the one that the edge proves itself by."""
        with visitor.connect_tls(EDGES[location], host, self.trust) as connection:
            return ssl.DER_cert_to_PEM_cert(connection.getpeercert(True)).strip()

    # --- Looking ----------------------------------------------------------------------------

    def wait_for(self, what, condition, seconds=15.0):
        """As wait_until, but a program that has ended by itself fails the test at once."""
        def look():
            self.require_running()
            return condition()
        try:
            return wait_until(what, look, seconds)
        except AssertionError:
            self.require_running()
            raise

    def require_running(self):
        for program in self.programs.values():
            assert program.is_running, (
                f"{program.name} ended with exit code {program.process.returncode}:\n"
                + program.log_text()[-2000:])

    def log_tails(self, characters=3000):
        return {log.name: log.read_text(errors="replace")[-characters:]
                for log in sorted(self.directory.glob("*.log"))}

    def _copy_places(self):
        fixture = pathlib.Path(
            os.environ.get("MERIDIAN_GEOIP_FIXTURE", BIN.parent / "geoip-fixture"))
        self.geoip.mkdir()
        for family in ("ipv4", "ipv6"):
            shutil.copy(fixture / f"fixture-flat-{family}.mmdb", self.geoip / f"city-{family}.mmdb")
