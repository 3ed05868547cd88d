"""Tables, and the Markdown file that the benchmark's commands share a section each of."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    r"""A Markdown table; a bar inside a cell is escaped.

    >>> print(table(["a", "b"], [["1", "|x|"]]))
    | a | b |
    | --- | --- |
    | 1 | \|x\| |
    """
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def put_section(path: Path, title: str, text: str) -> None:
    """Replaces the section `## title` of a Markdown file, or adds it at the end."""
    whole = path.read_text(encoding="utf-8") if path.exists() else "# Benchmark\n"
    section = f"## {title}\n\n{text.strip()}\n"
    pattern = re.compile(rf"^## {re.escape(title)}\n.*?(?=^## |\Z)", re.DOTALL | re.MULTILINE)
    there = pattern.search(whole) is not None
    whole = pattern.sub(lambda _: section + "\n", whole) if there else f"{whole.rstrip()}\n\n{section}"
    path.write_text(whole.rstrip() + "\n", encoding="utf-8")
