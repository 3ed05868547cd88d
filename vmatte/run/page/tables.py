"""The tables of a report page."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from pathlib import Path

from vmatte.run.page.shot import Shot
from vmatte.run.standing import gamed, ranks, total
from vmatte.run.wording import figure, worst


def facts(shot: Shot) -> str:
    """What was scored, against what, and how frames were matched."""
    first = next(iter(shot.mattes.values()))
    said = [f"{first.result.frames} frames", f"evaluator {first.result.evaluator}"]
    said += [f"{role} {path.name}" for role, path in _partners(shot)]
    said += [f"{role} matched {how}" for role, how in first.how.items() if role in ("truth", "source")]
    return f'<p class="facts">{escape("; ".join(said))}</p>\n'


def measured(shot: Shot) -> str:
    """One matte: a row a metric."""
    rows = [
        [name, found.unit or "-", figure(found.mean), figure(found.table), worst(found)]
        for name, found in shot.first.metrics.items()
    ]
    return _table(["Metric", "Unit", "Mean", "Table", "Worst frame"], rows, left=2)


def compared(shot: Shot) -> str:
    """Several mattes: a row a matte, the best first, and which of them only trail."""
    names, results = list(shot.mattes), [scored.result for scored in shot.mattes.values()]
    order, over = ranks(results), total(results)
    rows = []
    for place in sorted(range(len(names)), key=lambda at: order[at]):
        found = [results[place].metrics.get(metric) for metric in over]
        figures = [figure(None if each is None else each.mean) for each in found]
        rows.append([names[place], f"{order[place]:.2f}", *figures])
    said = "".join(f'<p class="said">{escape(line)}</p>\n' for line in gamed(names, results))
    return _table(["Matte", "Rank", *over], rows, left=1) + said


def totals_table(shots: Sequence[Shot]) -> str:
    """Several clips: a row a clip, and the totals."""
    results = {shot.name: shot.first for shot in shots}
    over = total(list(results.values()))
    rows = []
    for name, result in results.items():
        found = [result.metrics.get(metric) for metric in over]
        rows.append([name, str(result.frames), *(figure(None if each is None else each.mean) for each in found)])
    frames = str(sum(result.frames for result in results.values()))
    rows.append(["mean over frames", frames, *(figure(each.mean) for each in over.values())])
    rows.append(["table, as its papers average", frames, *(figure(each.table) for each in over.values())])
    return _table(["Clip", "Frames", *over], rows, left=1)


def _partners(shot: Shot) -> list[tuple[str, Path]]:
    ask = next(iter(shot.mattes.values())).ask
    return [(role, path) for role, path in (("truth", ask.truth), ("source", ask.source)) if path is not None]


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]], left: int) -> str:
    kinds = ["" if at < left else ' class="n"' for at in range(len(heads))]
    head = "".join(f'<th scope="col"{kind}>{escape(text)}</th>' for kind, text in zip(kinds, heads, strict=True))
    body = "".join(
        f'<tr><th scope="row">{escape(row[0])}</th>'
        + "".join(f"<td{kind}>{escape(text)}</td>" for kind, text in zip(kinds[1:], row[1:], strict=True))
        + "</tr>\n"
        for row in rows
    )
    return f'<div class="wide"><table>\n<thead><tr>{head}</tr></thead>\n<tbody>{body}</tbody>\n</table></div>\n'
