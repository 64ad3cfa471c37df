#!/usr/bin/env python3
"""Checks that the whole project keeps its house rules; prints `file:line: what is wrong`.

    tests/tidy/tidy.py [ROOT]
"""

import pathlib
import sys

import arrows
import coroutines
import sources
import text

CHECKS = arrows.CHECKS + text.CHECKS + coroutines.CHECKS


def violations(files):
    return [violation for check in CHECKS for violation in check(files)]


def main():
    here = pathlib.Path(__file__).resolve().parent
    files = sources.load(sys.argv[1] if len(sys.argv) > 1 else here.parent.parent)
    found = violations(files)
    for path, line, reason in found:
        print(f"{path}:{line}: {reason}")
    print(f"tidy: {len(files)} files, {len(CHECKS)} checks, {len(found)} violations")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
