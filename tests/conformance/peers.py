"""Other authoritative servers, serving the same zones, to compare answers with."""

import pathlib
import shutil
import socket
import subprocess
import time

import dns.exception
import dns.message
import dns.query

_PATIENCE_S = 30
_DEFAULTS = "3600 600 1209600 60"


class Zone:
    """A zone as a master file and as a resource of ours."""

    def __init__(self, name, nameservers, records):
        self.name = name
        self.nameservers = nameservers
        self.records = records  # (owner, TTL, type, data)

    def master_file(self):
        lines = [f"$ORIGIN {self.name}.",
                 f"@ 300 IN SOA {self.nameservers[0]} hostmaster 7 {_DEFAULTS}"]
        lines += [f"@ 300 IN NS {server}" for server in self.nameservers]
        lines += [f"{owner} {ttl} IN {kind} {data}" for owner, ttl, kind, data in self.records]
        return "\n".join(lines) + "\n"

    def document(self):
        sets = {}
        for owner, ttl, kind, data in self.records:
            sets.setdefault((owner, kind, ttl), []).append(data)
        lines = ["kind: Zone", f"name: {self.name}", "spec:", "  nameservers:"]
        lines += [f"    - '{server}'" for server in self.nameservers]
        lines += ["  records:"]
        for (owner, kind, ttl), all_data in sets.items():
            lines += [f"    - name: '{owner}'", f"      type: {kind}", f"      ttl: {ttl}s",
                      "      data:"]
            lines += [f"        - '{data}'" for data in all_data]
        return "\n".join(lines) + "\n"


def _free_port():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Peer:
    """A server in a directory of its own, on a port of 127.0.0.1, until stop()."""

    def __init__(self, program, directory, zones):
        self.port = _free_port()
        self.directory = pathlib.Path(directory)
        self.directory.mkdir(parents=True)
        for zone in zones:
            (self.directory / f"{zone.name}.zone").write_text(zone.master_file())
        configuration = self.directory / "server.conf"
        configuration.write_text(self._configuration(zones))
        self._process = subprocess.Popen(
            [shutil.which(program) or f"/usr/sbin/{program}"] + self._arguments(configuration),
            stdout=(self.directory / "log").open("wb"), stderr=subprocess.STDOUT)
        self._wait(zones)

    def _wait(self, zones):
        deadline = time.monotonic() + _PATIENCE_S
        waiting = list(zones)
        while waiting:
            question = dns.message.make_query(waiting[0].name, "SOA")
            try:
                if dns.query.udp(question, "127.0.0.1", 1, self.port).answer:
                    waiting.pop(0)
            except (dns.exception.Timeout, OSError):
                pass
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError((self.directory / "log").read_text())

    def ask(self, query, transport):
        exchange = dns.query.tcp if transport == "tcp" else dns.query.udp
        return exchange(query, "127.0.0.1", 10, self.port, ignore_trailing=True)

    def stop(self):
        self._process.terminate()
        self._process.wait()


class Nsd(Peer):
    def __init__(self, directory, zones):
        super().__init__("nsd", directory, zones)

    def _arguments(self, configuration):
        return ["-d", "-c", str(configuration)]

    def _configuration(self, zones):
        here = self.directory
        text = (f"server:\n ip-address: 127.0.0.1@{self.port}\n username: \"\"\n server-count: 1\n"
                f" zonesdir: {here}\n database: \"\"\n pidfile: {here}/pid\n"
                f" xfrdfile: {here}/xfrd\n zonelistfile: {here}/zones\n xfrdir: {here}\n"
                " rrl-ratelimit: 0\n minimal-responses: no\n"
                "remote-control:\n control-enable: no\n")
        for zone in zones:
            text += f"zone:\n name: {zone.name}\n zonefile: {zone.name}.zone\n"
        return text


class Knot(Peer):
    def __init__(self, directory, zones):
        super().__init__("knotd", directory, zones)

    def _arguments(self, configuration):
        return ["-c", str(configuration)]

    def _configuration(self, zones):
        here = self.directory
        text = (f"server:\n  listen: 127.0.0.1@{self.port}\n  rundir: {here}\n"
                f"database:\n  storage: {here}/db\n"
                f"template:\n  - id: default\n    storage: {here}\n    semantic-checks: off\n"
                "    file: \"%s.zone\"\nzone:\n")
        for zone in zones:
            text += f"  - domain: {zone.name}\n"
        return text
