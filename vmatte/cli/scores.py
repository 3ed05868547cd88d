"""Scores as words: the tables of `vmatte score`, `vmatte compare` and `vmatte process --score`."""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Mapping, Sequence

from vmatte.metrics.scorer import Result
from vmatte.run.standing import gamed, ranks, total
from vmatte.run.wording import ABOUT, figure, worst


def clip_lines(result: Result, how: Mapping[str, str] | None = None) -> list[str]:
    """One clip: a row a metric; `how` its other clips were matched stands above."""
    rows = [["METRIC", "UNIT", "MEAN", "TABLE", "WORST FRAME"]]
    rows += [
        [name, found.unit or "-", figure(found.mean), figure(found.table), worst(found)]
        for name, found in result.metrics.items()
    ]
    matches = "".join(f"; {role} matched {words}" for role, words in (how or {}).items())
    return [f"{result.frames} frames, evaluator {result.evaluator}{matches}", *columns(rows, left=2), *_legend(result)]


def folder_lines(results: Mapping[str, Result]) -> list[str]:
    """Several clips: a row a clip, and the totals as the papers print them."""
    over = total(list(results.values()))
    rows = [["CLIP", "FRAMES", *over]]
    for name, result in results.items():
        found = [result.metrics.get(metric) for metric in over]
        rows.append([name, str(result.frames), *(figure(None if each is None else each.mean) for each in found)])
    frames = str(sum(result.frames for result in results.values()))
    rows.append(["mean", frames, *(figure(each.mean) for each in over.values())])
    rows.append(["table", frames, *(figure(each.table) for each in over.values())])
    first = next(iter(results.values()))
    head = f"{len(results)} clips, evaluator {first.evaluator}; mean is over frames, table as its papers average"
    return [head, *columns(rows, left=1)]


def compare_lines(names: Sequence[str], results: Sequence[Result]) -> list[str]:
    """Several mattes of one clip, the best first."""
    order = ranks(results)
    over = total(results)
    rows = [["MATTE", "RANK", *over]]
    for place in sorted(range(len(names)), key=lambda at: order[at]):
        found = [results[place].metrics.get(metric) for metric in over]
        figures = (figure(None if each is None else each.mean) for each in found)
        rows.append([names[place], f"{order[place]:.2f}", *figures])
    head = f"{results[0].frames} frames, evaluator {results[0].evaluator}; rank is the mean place, 1 is best"
    return [head, *columns(rows, left=1), *gamed(names, results)]


def columns(rows: Sequence[Sequence[str]], left: int, width: int | None = None) -> list[str]:
    """Rows under their headings, numbers to the right; columns that do not fit are put below, names repeated.

    Args:
        rows: The headings first.
        left: How many columns from the first are words.
        width: Of the terminal; None to ask it.

    >>> for line in columns([["a", "bb", "cc"], ["x", "1", "2"]], 1, width=5):
    ...     print(line)
    a  bb
    x   1
    <BLANKLINE>
    a  cc
    x   2
    """
    width = width or shutil.get_terminal_size((100, 24)).columns
    sizes = [max(len(row[at]) for row in rows) for at in range(len(rows[0]))]
    blocks: list[list[int]] = [[]]
    for at in range(1, len(sizes)):
        taken = sizes[0] + sum(2 + sizes[each] for each in blocks[-1])
        if blocks[-1] and taken + 2 + sizes[at] > width:
            blocks.append([])
        blocks[-1].append(at)
    lines: list[str] = []
    for block in blocks:
        lines += [""] if lines else []
        for row in rows:
            cells = [row[at].ljust(sizes[at]) if at < left else row[at].rjust(sizes[at]) for at in block]
            lines.append("  ".join([row[0].ljust(sizes[0]), *cells]).rstrip())
    return lines


def _legend(result: Result) -> list[str]:
    """What the metrics without truth see, which no paper explains."""
    told = [f"{name}: {about}" for name, about in ABOUT.items() if name in result.metrics]
    return textwrap.wrap("; ".join(told), shutil.get_terminal_size((100, 24)).columns)
