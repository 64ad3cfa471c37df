#!/usr/bin/env python3
"""Measures answer() without network: CPU time and instructions a query, and how both change with
the size of the configuration; how long a revision takes to compile and a verdict to reach answers.

    tests/bench/dns/in_process.py
    tests/bench/dns/in_process.py --no-instructions     without valgrind

Builds what it needs and fetches the city database once. CPU time is the least of some turns, all
cases in turn; instructions are what valgrind counts of two runs that differ in their queries only.
Prints tables in Markdown.
"""

import argparse
import json
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[3]
SIZES = [(10, 10), (1_000, 10), (100_000, 10), (10, 1_000), (10, 10_000), (100_000, 10_000)]
KINDS = ["static", "steered", "missing"]
TURNS = 5
QUERIES = 2_000_000


def build() -> pathlib.Path:
    for command in (["cmake", "--preset", "release"],
                    ["cmake", "--build", "build/release", "--target", "bench_answer_cost"]):
        subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    return ROOT / "build/release/bin/bench_answer_cost"


def places(state: pathlib.Path) -> pathlib.Path:
    directory = state / "geoip"
    subprocess.run([ROOT / "geoip-data/fetch.sh", "--to", directory], check=True,
                   stdout=sys.stderr)
    return directory


def run(program, size, geoip, kind, queries) -> dict:
    out = subprocess.run([program, *map(str, size), geoip, kind, str(queries)], check=True,
                         stdout=subprocess.PIPE)
    return json.loads(out.stdout)


def instructions(program, size, kind) -> float:
    """Of one query: the difference between runs, so that what is done once does not count."""
    counts = []
    for queries in (100_000, 300_000):
        done = subprocess.run(
            ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", program,
             *map(str, size), "-", kind, str(queries)],
            check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        counts.append(int(re.search(r"Collected : (\d+)", done.stderr).group(1)))
    return (counts[1] - counts[0]) / 200_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--no-instructions", action="store_true")
    parser.add_argument("--turns", type=int, default=TURNS)
    parser.add_argument("--queries", type=int, default=QUERIES)
    options = parser.parse_args()
    state = ROOT / "build/bench/dns"
    state.mkdir(parents=True, exist_ok=True)
    program = build()
    geoip = places(state)

    cases = [(size, kind) for size in SIZES for kind in KINDS]
    runs = {case: [] for case in cases}
    for turn in range(options.turns):
        for number, (size, kind) in enumerate(cases):
            print(f"\rturn {turn + 1} of {options.turns}, case {number + 1} of {len(cases)}  ",
                  end="", file=sys.stderr, flush=True)
            runs[size, kind].append(run(program, size, geoip, kind, options.queries))
    print(file=sys.stderr)

    def least(case, key):
        return min(one[key] for one in runs[case])

    print("\n### answer(), CPU time a query in ns\n")
    print("| zones | sites | " + " | ".join(KINDS) + " | compile s | verdict ms |")
    print("| --- " * (4 + len(KINDS)) + "|")
    for size in SIZES:
        print(f"| {size[0]} | {size[1]} | "
              + " | ".join(f"{least((size, kind), 'ns'):.0f}" for kind in KINDS)
              + f" | {least((size, 'static'), 'compile_s'):.2f}"
              + f" | {least((size, 'static'), 'verdict_ms'):.2f} |")
    if options.no_instructions:
        return
    print("\n### answer(), instructions a query\n")
    print("| zones | sites | " + " | ".join(KINDS) + " |")
    print("| --- " * (2 + len(KINDS)) + "|")
    for size in (SIZES[0], SIZES[1], SIZES[4]):
        print(f"| {size[0]} | {size[1]} | "
              + " | ".join(f"{instructions(program, size, kind):.0f}" for kind in KINDS) + " |")


if __name__ == "__main__":
    main()
