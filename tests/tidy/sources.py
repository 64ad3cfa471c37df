"""The project's files as the checks see them: paths from the root, text, code without comments."""

import functools
import pathlib
import re
import subprocess

_NOT_TEXT = (".png", ".mmdb", ".ico", ".gz")
_SKIPPED_FOLDERS = {".git", "build", ".cache", "__pycache__"}

_COMMENT_OR_LITERAL = re.compile(
    r'R"([^(\s]*)\(.*?\)\1"'  # raw string
    r'|"(?:\\.|[^"\\\n])*"'  # string
    r"|(?<![0-9a-fA-F])'(?:\\.|[^'\\\n])+'"  # character, not a digit separator
    r"|//[^\n]*|/\*.*?\*/", re.DOTALL)
_INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]+([<"])([^>"]+)[>"]', re.MULTILINE)


def _blank(match):
    """As many lines as before, so that line numbers stay."""
    text = match.group(0)
    filler = '""' if text[0] in "\"'R" else ""
    return filler + "\n" * text.count("\n")


class Source:
    """One file."""

    def __init__(self, root, path):
        self.path = path
        self._file = root / path

    @functools.cached_property
    def text(self):
        return self._file.read_text(encoding="utf-8", errors="replace")

    @property
    def lines(self):
        return self.text.splitlines()

    @property
    def is_cpp(self):
        return self.path.endswith((".cc", ".h"))

    @property
    def is_unit_test(self):
        """A unit test, or a header that only tests include."""
        name = self.path.split("/")[-1]
        return name.endswith("_test.cc") or (name.startswith("test_") and name.endswith(".h"))

    @property
    def part(self):
        """The folder at the top: `dns-steer`."""
        return self.path.split("/")[0]

    @property
    def folder(self):
        return self.path.rpartition("/")[0]

    @functools.cached_property
    def code(self):
        """C++ without comments; literals become empty ones."""
        return _COMMENT_OR_LITERAL.sub(_blank, self.text)

    @functools.cached_property
    def includes(self):
        """[(line number, quoted or angled, path)]"""
        return [(self.text.count("\n", 0, m.start()) + 1, m.group(1), m.group(2))
                for m in _INCLUDE.finditer(self.text)]

    def line_of(self, offset):
        return self.code.count("\n", 0, offset) + 1


def load(root):
    """Every file that belongs to the project, by path."""
    root = pathlib.Path(root)
    listed = subprocess.run(
        ["git", "-C", root, "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        capture_output=True, text=True, check=False)
    if listed.returncode == 0 and listed.stdout:
        paths = [path for path in listed.stdout.split("\0") if path]
    else:  # not a git checkout: a source archive
        paths = [str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()
                 and not _SKIPPED_FOLDERS & set(path.relative_to(root).parts)]
    return {path: Source(root, path) for path in sorted(paths)
            if (root / path).is_file() and not path.endswith(_NOT_TEXT)}
