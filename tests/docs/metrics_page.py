#!/usr/bin/env python3
"""docs/metrics.md names every metric that the code has, and no other."""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
_IN_CODE = re.compile(r'"(meridian_[a-z0-9_]+)"')
_IN_PAGE = re.compile(r"`(meridian_[a-z0-9_]+)")


def main():
    in_code = {name for part in ("common", "dns-steer", "edge-node", "controller")
               for path in (ROOT / part).rglob("*.cc") if not path.name.endswith("_test.cc")
               for name in _IN_CODE.findall(path.read_text(encoding="utf-8"))}
    in_page = set(_IN_PAGE.findall((ROOT / "docs" / "metrics.md").read_text(encoding="utf-8")))
    complaints = [f"docs/metrics.md does not name {name}" for name in sorted(in_code - in_page)]
    complaints += [f"docs/metrics.md names {name}, which the code does not have"
                   for name in sorted(in_page - in_code)]
    if complaints:
        sys.exit("\n".join(complaints))


if __name__ == "__main__":
    main()
