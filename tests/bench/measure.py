"""What processes cost, and where they run: shared by the benchmarks."""

import os
import pathlib
import subprocess
import sys
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
TICK = os.sysconf("SC_CLK_TCK")


def build() -> pathlib.Path:
    """Where the programs are, and the benchmarks' own."""
    print("Building ...", file=sys.stderr)
    for command in (["cmake", "--preset", "release"],
                    ["cmake", "--build", "build/release", "--target", "programs", "bench"]):
        subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    return ROOT / "build/release/bin"


def children(process: int) -> list:
    found = []
    for task in pathlib.Path(f"/proc/{process}/task").iterdir():
        for child in (task / "children").read_text().split():
            found += [int(child), *children(int(child))]
    return found


def cpu_seconds(process: int) -> float:
    """User and system time of the process and its children."""
    total = 0
    for one in [process, *children(process)]:
        fields = pathlib.Path(f"/proc/{one}/stat").read_text().rsplit(")", 1)[1].split()
        total += int(fields[11]) + int(fields[12])
    return total / TICK


def cpu_of_threads(process: int) -> dict:
    """User and system time of each thread of the process, in seconds."""
    used = {}
    for task in pathlib.Path(f"/proc/{process}/task").iterdir():
        fields = (task / "stat").read_text().rsplit(")", 1)[1].split()
        used[task.name] = (int(fields[11]) + int(fields[12])) / TICK
    return used


def rss_mb(process: int) -> float:
    pages = sum(int(pathlib.Path(f"/proc/{one}/statm").read_text().split()[1])
                for one in [process, *children(process)])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def pin(process: int, cores: str) -> None:
    for one in [process, *children(process)]:
        subprocess.run(["taskset", "-a", "-p", "-c", cores, str(one)], check=True,
                       stdout=subprocess.DEVNULL)


def wait_until(condition, what: str, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise SystemExit(f"{what} did not come up in {seconds:.0f} s")
        threading.Event().wait(0.05)
