#!/usr/bin/env python3
"""Measures edge-node: beside its peers, and by itself where the question is how it grows.

    tests/bench/edge/run.py                     everything; about half an hour
    tests/bench/edge/run.py --rounds 3 --only floor,haproxy,edge-node --mix hit-1k,h2-1k
    tests/bench/edge/run.py --parts idle,crowd,rush,sites,scaling      without the peers' table

Builds what it needs, and wants the peers installed: `deploy/install-packages.sh bench`. The
servers run on one core; the load and the origin on another; each round asks each server in turn,
so that whatever else the machine does hits all alike. Figures are medians over rounds. Prints
tables in Markdown.
"""

import argparse
import json
import pathlib
import resource
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))
sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
import beside  # noqa: E402
import crowd  # noqa: E402
import harness  # noqa: E402
import idle  # noqa: E402
import rush  # noqa: E402
import scaling  # noqa: E402
import sites  # noqa: E402

_PARTS = {"peers": beside, "idle": idle, "crowd": crowd, "rush": rush, "sites": sites,
          "scaling": scaling}


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--parts", help="with commas; all, or with --only, --mix or --before peers")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=2, help="of load, each server and round")
    parser.add_argument("--only", help="names of servers, with commas")
    parser.add_argument("--mix", help="of the peers' table: " + ",".join(beside.MIXES))
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--server-cores", default="0")
    parser.add_argument("--load-cores", default="1")
    parser.add_argument("--bin", type=pathlib.Path, help="built programs; default: builds them")
    parser.add_argument("--before", type=pathlib.Path,
                        help="programs of another revision, measured beside as `before`")
    parser.add_argument("--json", type=pathlib.Path, help="all single figures, to this file")
    options = parser.parse_args()
    if not options.parts:
        some = options.only or options.mix or options.before
        options.parts = "peers" if some else ",".join(_PARTS)
    options.mix = options.mix or ",".join(beside.MIXES)
    return options


def main() -> None:
    options = arguments()
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    shared = harness.prepare(options)
    figures = {}
    for part in options.parts.split(","):
        figures[part] = _PARTS[part].run(shared, argparse.Namespace(**vars(options)))
        print(end="", flush=True)
        print(file=sys.stderr)
    if options.json:
        options.json.write_text(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()
