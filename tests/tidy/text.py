"""House rules that are visible in the text of one file."""

import re

_MAX_LINES, _MAX_COLUMNS = 500, 100
_CODE = (".cc", ".h", ".proto", ".py", ".sh", ".cmake", "CMakeLists.txt")

_TOP_LEVEL = {
    "CMakeLists.txt", "CMakePresets.json", "README.md", "LICENSE", "ARCHITECTURE.md",
    "CHANGELOG.md", "CONTRIBUTING.md", "common", "dns-steer", "edge-node", "controller", "proto",
    "geoip-data", "deploy", "tests", "docs",
}

# Written apart, so that this file does not find itself.
_UNFINISHED = re.compile(r"\b(TO" + r"DO|FIX" + r"ME|XX" + r"X)\b")
_MACHINE_PATH = re.compile(r"(?<![\w/.:$}-])/(?:work" + r"|root)/")
_SLEEP = re.compile(r"\b(?:sleep_for|sleep_until|usleep|nanosleep|sleep)\s*\(|^\s*sleep\s")
# The one place that may pause between two looks at a condition.
_MAY_PAUSE = {"tests/e2e/waiting.py"}


def top_level(sources):
    """The root holds what README's map names, and nothing else but dot-files."""
    present = {path.split("/")[0] for path in sources}
    for name in sorted(present - _TOP_LEVEL):
        if not name.startswith("."):
            yield name, 1, "does not belong in the root of the project"
    for name in sorted(_TOP_LEVEL - present):
        yield name, 1, "is missing from the root of the project"


def readable(sources):
    """The project holds text; what is binary is made from it when it is built."""
    for source in sources.values():
        if "\0" in source.text or "\ufffd" in source.text:
            yield source.path, 1, "is not text"


def size(sources):
    """Files and lines that a person can take in."""
    for source in sources.values():
        if not source.path.endswith(_CODE):
            continue
        if len(source.lines) > _MAX_LINES:
            yield source.path, _MAX_LINES + 1, f"has {len(source.lines)} lines, not {_MAX_LINES}"
        for number, line in enumerate(source.lines, 1):
            if len(line) > _MAX_COLUMNS:
                yield source.path, number, f"has {len(line)} columns, not {_MAX_COLUMNS}"


def finished(sources):
    """No marks of unfinished work, no paths of somebody's machine."""
    for source in sources.values():
        for number, line in enumerate(source.lines, 1):
            if _UNFINISHED.search(line):
                yield source.path, number, "is marked as unfinished: do it, or leave it out"
            if _MACHINE_PATH.search(line):
                yield source.path, number, "names a path of one machine"


def tests_wait_on_events(sources):
    """A test waits for what it tests, never for time to pass."""
    for source in sources.values():
        in_tests = source.part == "tests" and source.path.endswith((".py", ".cc", ".sh"))
        if not (in_tests or source.is_unit_test) or source.path in _MAY_PAUSE:
            continue
        if source.folder == "tests/tidy":  # speaks about it
            continue
        text = source.code if source.is_cpp else source.text
        for number, line in enumerate(text.splitlines(), 1):
            if _SLEEP.search(line):
                yield source.path, number, "sleeps: wait on the event instead"


CHECKS = (top_level, readable, size, finished, tests_wait_on_events)
