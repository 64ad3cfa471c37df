"""dns-steer under measurement: with its own controller, as an operator runs it."""

import json
import os
import re
import subprocess

from measure import wait_until
from peers import EDGES, PLACES, PORT, Peer


class Steer(Peer):
    name, address = "dns-steer", "127.20.0.10"
    controller = None
    signed = False
    extra = ()

    def gslbctl(self, *arguments: object) -> str:
        environment = dict(os.environ, GSLBCTL_CONFIG=str(self.state / "gslbctl.yaml"),
                           HOME=str(self.state))
        return subprocess.run(
            [self.databases["programs"] / "gslbctl", *map(str, arguments)], check=True,
            env=environment, stdout=subprocess.PIPE, text=True).stdout

    def configuration(self) -> str:
        documents = []
        for name, (latitude, longitude) in PLACES.items():
            documents.append(f"kind: Location\nname: {name}\n"
                             f"spec: {{latitude: {latitude}, longitude: {longitude}}}\n")
            documents.append(f"kind: Node\nname: edge-{name}\nspec: {{role: edge, "
                             f"location: {name}, addresses: [{EDGES[name]}]}}\n")
        certificate, key = self.certificate()
        documents.append("kind: Certificate\nname: bench\nspec:\n"
                         f"  chain_pem: !file {certificate}\n  private_key_pem: !file {key}\n")
        documents.append("kind: OriginPool\nname: bench\nspec: {origins: [{host: 192.0.2.200}]}\n")
        documents.append("kind: Site\nname: bench\nspec: {hostnames: [www.bench.test], "
                         "origin_pool: bench, certificate: bench}\n")
        documents.append(
            "kind: Zone\nname: bench.test\nspec:\n  nameservers: [ns1]\n"
            + ("  sign: true\n" if self.signed else "")
            + "  records:\n"
            "  - {name: ns1, type: A, data: [192.0.2.53]}\n"
            "  - {name: static, type: A, data: [192.0.2.80]}\n"
            "  - {name: mail, type: MX, data: [10 mx]}\n"
            "  - {name: mx, type: A, data: [192.0.2.25]}\n")
        return "---\n".join(documents)

    def certificate(self):
        return self.make_certificate("DNS:www.bench.test")

    def make_certificate(self, names: str):
        paths = self.state / "site.pem", self.state / "site.key"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                        "ec_paramgen_curve:P-256", "-nodes", "-days", "30", "-subj", "/CN=bench",
                        "-addext", f"subjectAltName={names}", "-out", paths[0],
                        "-keyout", paths[1]], check=True, stderr=subprocess.DEVNULL)
        return paths

    def start(self):
        programs = self.databases["programs"]
        listen = self.listen()
        if not (self.state / "controller").exists():
            self.gslbctl("init", "--dir", self.state / "controller", "--controller", listen)
        log = open(self.state / "controller.log", "w")
        self.controller = subprocess.Popen(
            [programs / "controller", "--dir", self.state / "controller", "--listen", listen],
            stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        wait_until(lambda: self.ready(), "the controller")
        self.gslbctl("apply", "-f", self.write("bench.yaml", self.configuration()))
        return self.start_node()

    def start_node(self):
        """The node alone; it joins the fleet the first time."""
        programs = self.databases["programs"]
        listen = self.listen()
        arguments = ["--dir", self.state / "node", "--name", "dns-bench", "--controller", listen,
                     "--listen", f"{self.address}:{PORT}", "--geoip", self.databases["flat"],
                     "--workers", self.workers, *self.extra]
        if not (self.state / "node").exists():
            token = json.loads(self.gslbctl("token", "create", "--role", "dns", "--location",
                                            "par", "-o", "json"))
            arguments += ["--join", token["token"]]
        return self.run(programs / "dns-steer", *arguments)

    def listen(self) -> str:
        """Of its controller."""
        return re.sub(r"\.\d+$", ".9", self.address) + ":7443"

    def ready(self) -> bool:
        try:
            self.gslbctl("status")
            return True
        except subprocess.CalledProcessError:
            return False

    def stop(self):
        if self.controller:
            self.controller.terminate()
            self.controller.wait()


class Signed(Steer):
    """Its zone is signed: queries that ask for signatures get them."""

    name, address = "dns-steer-signed", "127.20.3.10"
    signed = True


class Before(Steer):
    """Another revision of dns-steer, to see what a change does."""

    name, address = "before", "127.20.1.10"


class TwoWorkers(Steer):
    """For what a second worker brings."""

    name, address = "dns-steer-2", "127.20.5.10"
