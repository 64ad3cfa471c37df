"""edge-node under measurement: with its own controller, as an operator runs it."""

import json
import os
import re
import subprocess
import urllib.request

from measure import wait_until
from peers import HOST, HTTP, HTTPS, METRICS, ORIGIN, Peer


class Edge(Peer):
    name, address = "edge-node", "127.30.0.10"
    controller = None

    def gslbctl(self, *arguments: object, loud: bool = True) -> str:
        environment = dict(os.environ, GSLBCTL_CONFIG=str(self.state / "gslbctl.yaml"),
                           HOME=str(self.state))
        return subprocess.run(
            [self.shared["programs"] / "gslbctl", *map(str, arguments)], check=True,
            env=environment, stdout=subprocess.PIPE,
            stderr=None if loud else subprocess.DEVNULL, text=True).stdout

    def configuration(self) -> str:
        return "---\n".join([
            "kind: Location\nname: par\nspec: {latitude: 48.86, longitude: 2.35}\n",
            f"kind: OriginPool\nname: bench\nspec: {{origins: [{{host: {ORIGIN[0]}, "
            f"port: {ORIGIN[1]}}}], probe: {{path: /1k}}, max_idle_connections: 1000}}\n",
            *self.sites()])

    def certificate(self) -> str:
        return ("kind: Certificate\nname: bench\nspec:\n"
                f"  chain_pem: !file {self.shared['certificate']}\n"
                f"  private_key_pem: !file {self.shared['key']}\n")

    def sites(self) -> list:
        return [
            self.certificate(),
            f"kind: Site\nname: bench\nspec: {{hostnames: [{HOST}], origin_pool: bench, "
            "certificate: bench}\n"]

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
                     "--address", self.address, "--workers", self.workers,
                     "--https", f"{self.front}:{HTTPS}",
                     "--http", f"{self.front}:{HTTP}", "--metrics", f"{self.address}:{METRICS}"]
        if not (self.state / "node").exists():
            token = json.loads(self.gslbctl("token", "create", "--role", "edge", "--location",
                                            "par", "-o", "json"))
            arguments += ["--join", token["token"]]
        return self.run(programs / "edge-node", *arguments)

    def ready(self) -> bool:
        try:
            self.gslbctl("status", loud=False)
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


class TwoWorkers(Edge):
    """For what a second worker brings."""

    name, address = "edge-node-2", "127.30.5.10"

    def __init__(self, options, shared: dict):
        super().__init__(options, shared)
        self.workers = 2


class BesideAnother(Edge):
    """One of two that listen at the same address, that of the first."""

    front = "127.30.6.10"

    def __init__(self, options, shared: dict, number: int):
        self.name, self.address = f"edge-node-beside-{number}", f"127.30.{5 + number}.10"
        super().__init__(options, shared)

    @classmethod
    def pair(cls, options, shared: dict) -> list:
        return [cls(options, shared, 1), cls(options, shared, 2)]

    def start(self):
        process = super().start()
        wait_until(self.has_configuration, self.name)
        return process

    def has_configuration(self) -> bool:
        """Another may answer for it: it says so itself."""
        try:
            text = urllib.request.urlopen(f"http://{self.address}:{METRICS}/metrics",
                                          timeout=5).read().decode()
        except OSError:
            return False
        return bool(re.search(r"^meridian_node_revision [1-9]", text, re.M))


class Crowded(Edge):
    """One that holds idle connections."""

    name, address = "edge-node-crowded", "127.30.2.10"

    def configuration(self) -> str:
        return (super().configuration() + "---\nkind: EdgeSettings\nname: default\n"
                "spec: {timeouts: {keep_alive: 1h}}\n")


class ManySites(Edge):
    """So many sites, each of one name; with five rules, three are its own and two of all."""

    def __init__(self, options, shared: dict, count: int, rules_each: int = 0):
        self.name, self.count, self.rules_each = f"edge-node-{count}-sites", count, rules_each
        if rules_each:
            self.name += "-with-rules"
        self.address = f"127.30.{(20 if rules_each else 10) + len(str(count))}.10"
        self.host = self.name_of(0)
        super().__init__(options, shared)

    @staticmethod
    def name_of(number: int) -> str:
        return f"site-{number:05}.bench.test"

    def sites(self) -> list:
        if not self.rules_each:
            return [self.certificate(), *(self.site(number) for number in range(self.count))]
        return [self.certificate(),
                "kind: Rule\nname: bots\nspec: {match: {headers: [{name: User-Agent, "
                "regex: '(?i)(badbot|scraper)'}]}, deny: {status: 403}}\n",
                "kind: Rule\nname: admin\nspec: {match: {paths: ['/admin/*'], except: "
                "[{client_prefixes: [192.0.2.0/24]}]}, deny: {status: 404}}\n",
                *(document for number in range(self.count) for document in (
                    f"kind: Rule\nname: old-{number}\nspec: {{match: {{path_regex: "
                    f"'^/old/{number}/([a-z]+)$'}}, redirect: {{location: '/new/${{1}}'}}}}\n",
                    f"kind: Rule\nname: api-{number}\nspec: {{match: {{paths: ['/api/{number}/*'], "
                    f"methods: [POST]}}, limit_rate: {{requests: 5, per: 1m}}}}\n",
                    f"kind: Rule\nname: head-{number}\nspec: {{match: {{cookies: [{{name: "
                    f"beta-{number}}}]}}, change_headers: {{set_response: [{{name: X-Site, "
                    f"value: '{number}'}}]}}}}\n",
                    self.site(number, f", rules: [bots, admin, old-{number}, api-{number}, "
                                      f"head-{number}]")))]

    def site(self, number: int, more: str = "") -> str:
        return (f"kind: Site\nname: s{number}\nspec: {{hostnames: [{self.name_of(number)}], "
                f"origin_pool: bench, certificate: bench{more}}}\n")
