#!/usr/bin/env python3
"""An edge before the public test suite for HTTP caches (npm: http-cache-tests).

    tests/conformance/http_cache.py              all cases: the failures, then the counts
    tests/conformance/http_cache.py --id ID      one case, with what was said on both sides

Needs Node.js, npm and root (for a network namespace), and the programs of a build
(MERIDIAN_BIN, MERIDIAN_GEOIP_FIXTURE; default build/release). The suite is installed once,
into build/conformance. Its own cases of Surrogate-Control are not counted: edges follow
CDN-Cache-Control (RFC 9213).
"""

import argparse
import collections
import json
import os
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
STATE = ROOT / "build/conformance"
SUITE = STATE / "node_modules/http-cache-tests"
HOST, ORIGIN_PORT, EDGE_PORT = "www.shop.test", 9001, 8443
_LIST = """
import tests from './tests/index.mjs'
console.log(JSON.stringify(tests.flatMap(suite => suite.tests.map(
  test => [test.id, test.kind || 'required', test.depends_on || []]))))
"""


def install():
    if not SUITE.exists():
        STATE.mkdir(parents=True, exist_ok=True)
        subprocess.run(["npm", "install", "--no-save", "--prefix", STATE, "http-cache-tests@0.4.5"],
                       check=True, stdout=sys.stderr)


def in_namespace():
    """Starts this again where only a loopback interface exists, with names of its own."""
    if "MERIDIAN_NAMESPACE" not in os.environ:
        os.environ["MERIDIAN_NAMESPACE"] = "1"
        os.execvp("unshare", ["unshare", "--net", "--mount", "sh", "-c",
                              'ip link set lo up && exec "$@"', "-", "/usr/bin/python3",
                              __file__, *sys.argv[1:]])


def suite_environment(case, fleet):
    return dict(os.environ, npm_config_protocol="http", npm_config_port=str(ORIGIN_PORT),
                npm_config_pidfile=str(fleet.directory / "origin.pid"),
                npm_config_base=f"https://{HOST}:{EDGE_PORT}", npm_config_id=case,
                npm_package_config_id=case, NODE_EXTRA_CA_CERTS=str(fleet.tls / "ca.pem"))


def run(case):
    """What the suite's client prints, with an edge between it and the suite's own origin."""
    sys.path.insert(0, str(ROOT / "tests/e2e"))
    os.environ.setdefault("MERIDIAN_BIN", str(ROOT / "build/release/bin"))
    os.environ.setdefault("MERIDIAN_GEOIP_FIXTURE", str(ROOT / "build/release/geoip-fixture"))
    import fleet as fleets  # pylint: disable=import-outside-toplevel
    import shop  # pylint: disable=import-outside-toplevel

    with tempfile.TemporaryDirectory() as directory:
        hosts = pathlib.Path(directory) / "hosts"
        hosts.write_text(f"127.0.0.1 localhost\n{fleets.EDGES['par']} {HOST}\n")
        subprocess.run(["mount", "--bind", hosts, "/etc/hosts"], check=True)
        fleet = fleets.Fleet(directory)
        environment = suite_environment(case, fleet)
        node = ["node", "--no-warnings"]
        with subprocess.Popen([*node, "server/server.mjs"], cwd=SUITE, env=environment,
                              stdout=subprocess.DEVNULL) as origin:
            try:
                fleet.init_controller()
                fleet.start_controller()
                fleet.apply(shop.ALL.replace("path: /health", "path: /index.html"))
                fleet.start_edge("par", fleet.token("edge", "par"))
                fleet.wait_for("the edge answers",
                               lambda: fleet.fetch("par", "/index.html").status == 200)
                return subprocess.run([*node, "cli.mjs"], cwd=SUITE, env=environment, check=True,
                                      stdout=subprocess.PIPE, text=True).stdout
            finally:
                fleet.close()
                origin.terminate()


def verdicts(results):
    """Of each case: its kind and how it went, as the suite's own pages say it."""
    listed = subprocess.run(["node", "--input-type=module", "-e", _LIST], cwd=SUITE, check=True,
                            stdout=subprocess.PIPE, text=True).stdout
    cases = {case: (kind, needs) for case, kind, needs in json.loads(listed)}

    def verdict(case):
        result = results.get(case)
        if result is None:
            return "not for proxies"
        if any(verdict(need) != "pass" for need in cases[case][1]):
            return "depends on another"
        return "pass" if result is True else "fail"

    return {case: (kind, verdict(case)) for case, (kind, _) in cases.items()}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--id", default="", help="of one case")
    case = parser.parse_args().id
    install()
    in_namespace()
    output = run(case)
    if case:
        print(output)
        return
    results = json.loads(output)
    counts = collections.defaultdict(collections.Counter)
    for name, (kind, verdict) in verdicts(results).items():
        counts[kind][verdict] += 1
        if verdict != "pass" and kind != "check":
            print(f"{kind}: {name}: {verdict}: {results.get(name, ['', ''])[1:]}")
    for kind, count in counts.items():
        print(f"{kind}: " + ", ".join(f"{number} {verdict}" for verdict, number in count.items()))


if __name__ == "__main__":
    main()
