#!/usr/bin/env python3
"""Group [runtime] of packages.txt has every library that the programs link.

    runtime_packages_test.py PROGRAM...
"""

import pathlib
import re
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
_ESSENTIAL = {"libc6", "libgcc-s1"}


def output(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def packages_of(program):
    """Packages of the libraries that the program names itself."""
    named = set(re.findall(r"NEEDED\s+(\S+)", output("objdump", "-p", program)))
    for name, path in re.findall(r"(\S+) => (/\S+)", output("ldd", program)):
        if name in named and "asan" not in name and "ubsan" not in name:
            real = str(pathlib.Path(path).resolve())
            # dpkg knows /lib/... and /usr/lib/... as one of the two.
            found = subprocess.run(["dpkg", "-S", real, real.removeprefix("/usr")],
                                   capture_output=True, text=True, check=False).stdout
            yield found.partition(":")[0]


def main():
    listed = set(output(HERE / "install-packages.sh", "--list", "runtime").split())
    needed = {package for program in sys.argv[1:] for package in packages_of(program)}
    missing = sorted(needed - listed - _ESSENTIAL)
    if missing:
        sys.exit(f"deploy/packages.txt: group [runtime] lacks {', '.join(missing)}")


if __name__ == "__main__":
    main()
