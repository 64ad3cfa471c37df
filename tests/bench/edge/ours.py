"""edge-node under measurement: with its own controller, as an operator runs it."""

import json
import os
import re
import subprocess

from measure import wait_until
from peers import HOST, HTTP, HTTPS, ORIGIN, Peer


class Edge(Peer):
    name, address = "edge-node", "127.30.0.10"
    controller = None

    def gslbctl(self, *arguments: object) -> str:
        environment = dict(os.environ, GSLBCTL_CONFIG=str(self.state / "gslbctl.yaml"),
                           HOME=str(self.state))
        return subprocess.run(
            [self.shared["programs"] / "gslbctl", *map(str, arguments)], check=True,
            env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout

    def configuration(self) -> str:
        documents = [
            "kind: Location\nname: par\nspec: {latitude: 48.86, longitude: 2.35}\n",
            "kind: Certificate\nname: bench\nspec:\n"
            f"  chain_pem: !file {self.shared['certificate']}\n"
            f"  private_key_pem: !file {self.shared['key']}\n",
            f"kind: OriginPool\nname: bench\nspec: {{origins: [{{host: {ORIGIN[0]}, "
            f"port: {ORIGIN[1]}}}], probe: {{path: /1k}}}}\n",
            f"kind: Site\nname: bench\nspec: {{hostnames: [{HOST}], origin_pool: bench, "
            "certificate: bench}\n"]
        return "---\n".join(documents)

    def start(self):
        programs = self.shared["programs"]
        listen = re.sub(r"\.\d+$", ".9", self.address) + ":7443"
        if not (self.state / "controller").exists():
            self.gslbctl("init", "--dir", self.state / "controller", "--controller", listen)
        log = open(self.state / "controller.log", "w")
        self.controller = subprocess.Popen(
            [programs / "controller", "--dir", self.state / "controller", "--listen", listen],
            stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        wait_until(self.ready, "the controller")
        self.gslbctl("apply", "-f", self.write("bench.yaml", self.configuration()))
        arguments = ["--dir", self.state / "node", "--name", "edge-bench", "--controller", listen,
                     "--address", self.address, "--https", f"{self.address}:{HTTPS}",
                     "--http", f"{self.address}:{HTTP}", "--workers", self.workers]
        if not (self.state / "node").exists():
            token = json.loads(self.gslbctl("token", "create", "--role", "edge", "--location",
                                            "par", "-o", "json"))
            arguments += ["--join", token["token"]]
        return self.run(programs / "edge-node", *arguments)

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


class Before(Edge):
    """Another revision of edge-node, to see what a change does."""

    name, address = "before", "127.30.1.10"
