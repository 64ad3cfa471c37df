"""The way to a real fleet that README.md describes, walked command by command.

A comment `<!-- test: ... -->` in front of a fenced block says what it is: a file to write, commands
to run, or a point at which systemd would start something, which the test does in its place.
"""

import os
import pathlib
import re
import subprocess

import shop
import visitor
from fleet import CONTROLLER_PORT
from origin import Origin, Page
from programs import BIN
from waiting import wait_until

README = pathlib.Path(__file__).resolve().parent.parent.parent / "README.md"
_MARKED = re.compile(r"^<!-- test: (.+?) -->\n```\w*\n(.*?)^```", re.MULTILINE | re.DOTALL)
_ADDRESSES = ("192.0.2.10", "192.0.2.53", "198.51.100.53", "203.0.113.1", "203.0.113.65",
              "192.0.2.200", "192.0.2.201")
CONTROLLER = f"192.0.2.10:{CONTROLLER_PORT}"
EDGES = {"edge-par": "203.0.113.1", "edge-nyc": "203.0.113.65"}
NAME_SERVERS = {"ns1": "192.0.2.53", "ns2": "198.51.100.53"}


class Reader:
    """Somebody who follows the README on one machine that has the addresses of all."""

    def __init__(self, fleet):
        self.fleet = fleet
        self.home = fleet.directory
        self.outputs = []
        self.environment = {**os.environ, "PATH": f"{BIN}:{os.environ['PATH']}",
                            "MERIDIAN_GSLBCTL_CONFIG": str(self.home / "gslbctl.yaml")}
        for address in _ADDRESSES:
            subprocess.run(["ip", "address", "add", f"{address}/32", "dev", "lo"], check=True)
        for last in (200, 201):
            origin = Origin(f"origin-{last}", f"192.0.2.{last}", 8080)
            origin.pages["/health"] = Page("ok")
            fleet.origins[origin.name] = origin

    def file(self, name, text):
        path = self.home / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        shop.make_certificates(path.parent, "www.shop.example")

    def run(self, commands):
        for command in commands.strip().splitlines():
            # The root of the machine is not the test's to write to.
            command = command.replace("/var/lib/meridian/", f"{self.home}/")
            done = subprocess.run(["bash", "-c", command], cwd=self.home, env=self.environment,
                                  capture_output=True, text=True, timeout=60, check=False)
            assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
            self.outputs.append((command, done.stdout.strip()))

    def output(self, beginning):
        return [text for command, text in self.outputs if command.startswith(beginning)]

    def start_controller(self):
        self.fleet.start("controller", BIN / "controller", "--dir", self.home / "controller",
                         "--listen", CONTROLLER)
        self.fleet.wait_for("the controller answers", lambda: self.run("gslbctl status") or True)

    def start_edges(self):
        tokens = self.output("gslbctl token create --role edge")
        for (name, address), token in zip(EDGES.items(), tokens, strict=True):
            self.fleet.start(name, BIN / "edge-node", "--dir", self.home / name, "--name", name,
                             "--controller", CONTROLLER, "--address", address,
                             "--https", f"{address}:443", "--http", f"{address}:80",
                             "--workers", 1, MERIDIAN_JOIN_TOKEN=token)
        self.wait_for_nodes(EDGES)

    def start_dns(self):
        tokens = self.output("gslbctl token create --role dns")
        for (name, address), token in zip(NAME_SERVERS.items(), tokens, strict=True):
            self.fleet.start(name, BIN / "dns-steer", "--dir", self.home / name, "--name", name,
                             "--controller", CONTROLLER, "--listen", f"{address}:53",
                             "--geoip", self.fleet.geoip, "--workers", 1,
                             MERIDIAN_JOIN_TOKEN=token)
        self.wait_for_nodes(NAME_SERVERS)

    def wait_for_nodes(self, names):
        def all_declared():
            self.run("gslbctl node list")
            return all(name in self.outputs[-1][1] for name in names)
        self.fleet.wait_for("the nodes are enrolled", all_declared, 30)


def test_the_commands_lead_to_a_fleet_that_serves(fleet):
    reader = Reader(fleet)
    steps = _MARKED.findall(README.read_text(encoding="utf-8"))
    assert len(steps) >= 9, "the marks of README.md are not found"
    for mark, text in steps:
        verb, _, rest = mark.partition(" ")
        if verb == "file":
            reader.file(rest, text)
        elif mark == "run":
            reader.run(text)
        else:
            {"start controller": reader.start_controller, "start edges": reader.start_edges,
             "start dns": reader.start_dns}[mark]()

    # What the README promises of the last steps.
    assert reader.output("dig")[0] == EDGES["edge-nyc"]
    assert "edge-nyc" in reader.output("gslbctl explain")[0]
    assert "192.0.2.201" in reader.output("gslbctl origin list")[0]
    answer = wait_until("the site is served", lambda: visitor.fetch(
        EDGES["edge-par"], "/catalogue", host="www.shop.example", port=443,
        context=visitor.trust(reader.home / "fleet" / "ca.pem")))
    assert answer.status == 200
