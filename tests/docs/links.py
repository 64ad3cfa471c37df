#!/usr/bin/env python3
"""Links between the project's pages lead somewhere."""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_FENCED = re.compile(r"^( *)```.*?^\1```", re.MULTILINE | re.DOTALL)


def anchors(text):
    return {re.sub(r"[^\w\- ]", "", heading).strip().lower().replace(" ", "-")
            for heading in re.findall(r"^#+ (.+)$", text, re.MULTILINE)}


def main():
    complaints = []
    for page in sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]):
        for target in _LINK.findall(_FENCED.sub("", page.read_text(encoding="utf-8"))):
            if target.startswith(("http://", "https://")):
                continue
            path, _, anchor = target.partition("#")
            file = page.parent / path if path else page
            if not file.exists():
                complaints.append(f"{page.relative_to(ROOT)}: {target} does not exist")
            elif anchor and anchor not in anchors(file.read_text(encoding="utf-8")):
                complaints.append(f"{page.relative_to(ROOT)}: {target} has no such heading")
    if complaints:
        sys.exit("\n".join(complaints))


if __name__ == "__main__":
    main()
