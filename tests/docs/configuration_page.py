#!/usr/bin/env python3
"""docs/configuration.md follows the resources in proto/meridian/v1, whose comments are the manual.

    configuration_page.py            fails if the page is out of date
    configuration_page.py --write    makes it anew

What stands in the page before the marker is written by hand and kept.
"""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
PROTO = ROOT / "proto" / "meridian" / "v1"
PAGE = ROOT / "docs" / "configuration.md"
MARKER = "<!-- What follows is made from config.proto by tests/docs/configuration_page.py. -->\n"

_OPEN = re.compile(r"(message|enum|oneof) (\w+) \{(\})?$")
_FIELD = re.compile(r"(repeated |optional )?([\w.]+) (\w+) = \d+;$")
_VALUE = re.compile(r"(\w+) = \d+;$")
_SCALARS = {"string": "text", "double": "number", "bool": "true or false", "uint32": "whole number",
            "uint64": "whole number", "google.protobuf.Duration": "duration"}


class Block:
    """A message or an enum: its comment and its rows (name, type, comment)."""

    def __init__(self, form, name, comment):
        self.form, self.name, self.comment, self.rows = form, name, comment, []


def parse(text):
    """Blocks by name, in the order of the file. A comment belongs to what it stands above."""
    blocks, stack, comment = {}, [], []
    for raw in text.splitlines():
        line = raw.strip()
        if line.startswith("//"):
            comment.append(line[2:].strip())
            continue
        spoken, comment = " ".join(comment), []
        if opened := _OPEN.match(line):
            form, name, closed = opened.groups()
            if form == "oneof":
                stack.append((form, spoken))
                continue
            blocks[name] = Block(form, name, spoken)
            if not closed:
                stack.append((form, blocks[name]))
        elif line == "}":
            stack.pop()
        elif stack and (field := _FIELD.match(line)):
            label, kind, name = field.groups()
            if stack[-1][0] == "oneof":
                spoken = spoken or f"One of these. {stack[-1][1]}".strip()
            block = next(entry for form, entry in reversed(stack) if form == "message")
            block.rows.append((name, (label or "").strip(), kind, spoken))
        elif stack and stack[-1][0] == "enum" and (value := _VALUE.match(line)):
            stack[-1][1].rows.append((value.group(1), "", "", spoken))
    return blocks


def _value_in_yaml(enum, name):
    """PANIC_MODE_ALL of PanicMode is written `all`."""
    prefix = re.sub(r"(?<!^)(?=[A-Z])", "_", enum).upper() + "_"
    return name.removeprefix(prefix).lower()


def _type(blocks, label, kind):
    if kind in blocks:
        text = f"[{kind}](#{kind.lower()})"
    else:
        text = _SCALARS[kind]
    return f"list of {text}" if label == "repeated" else text


def _table(blocks, block):
    if block.form == "enum":
        lines = ["| value | meaning |", "| --- | --- |"]
        rows = [row for row in block.rows if not row[0].endswith("_UNSPECIFIED")]
        lines += [f"| `{_value_in_yaml(block.name, name)}` | {spoken} |"
                  for name, _, _, spoken in rows]
        return lines
    if not block.rows:
        return []
    lines = ["| field | type | meaning |", "| --- | --- | --- |"]
    lines += [f"| `{name}` | {_type(blocks, label, kind)} | {spoken} |"
              for name, label, kind, spoken in block.rows]
    return lines


def _speak_yaml(blocks):
    """Comments name values as the .proto does; operators write them in lower case."""
    spelled = {name: f"`{_value_in_yaml(block.name, name)}`" for block in blocks.values()
               if block.form == "enum" for name, _, _, _ in block.rows}
    words = re.compile(r"\b(" + "|".join(spelled) + r")\b")
    for block in blocks.values():
        block.rows = [(name, label, kind, words.sub(lambda m: spelled[m.group(1)], spoken))
                      for name, label, kind, spoken in block.rows]


def page(blocks):
    """The generated part: the kinds in the order of Resource, each followed by what it uses."""
    _speak_yaml(blocks)
    kinds = [kind for name, _, kind, _ in blocks["Resource"].rows if kind in blocks]
    order = []

    def visit(name):
        if name in order:
            return
        order.append(name)
        for _, _, kind, _ in blocks[name].rows:
            if kind in blocks and kind not in kinds:
                visit(kind)

    for kind in kinds:
        visit(kind)
    lines = []
    for name in order:
        block = blocks[name]
        lines += ["", f"{'##' if name in kinds else '###'} {name}", ""]
        lines += [block.comment, ""] if block.comment else []
        lines += _table(blocks, block)
    return "\n".join(lines).strip() + "\n"


def main():
    hand_written, marker, _ = PAGE.read_text(encoding="utf-8").partition(MARKER)
    schema = "".join((PROTO / name).read_text(encoding="utf-8")
                     for name in ("config.proto", "cache.proto", "edge.proto", "origin.proto",
                                  "rule.proto", "zone.proto"))
    wanted = hand_written + MARKER + "\n" + page(parse(schema))
    if "--write" in sys.argv:
        PAGE.write_text(wanted, encoding="utf-8")
    elif not marker or PAGE.read_text(encoding="utf-8") != wanted:
        sys.exit("docs/configuration.md does not follow config.proto any more; make it anew with\n"
                 "  tests/docs/configuration_page.py --write")


if __name__ == "__main__":
    main()
