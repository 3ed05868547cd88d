"""A metric over time as SVG, drawn by matplotlib: small, sharp, read without a script, coloured by the page's style."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from vmatte.core.errors import ConfigError
from vmatte.metrics.series import Value

#: Left and right end of a chart's axis, as shares of its width: the page draws its cursor between them.
LEFT, RIGHT = 0.085, 0.985
#: Most points of a line; a longer clip shows the worst of each so many frames.
POINTS = 1500
_SIZE, _BOTTOM, _TOP = (6.4, 1.9), 0.19, 0.95

# Colours that stand for those of the page, which has a light and a dark set: the drawing is the same for both.
_INK, _GRID, _RANGE = "#010101", "#020202", "#030303"
_LINES = tuple(f"#0401{place:02x}" for place in range(6))
_DASHES: tuple[Any, ...] = ("-", (0, (5, 2)), (0, (1.5, 1.5)), (0, (7, 2, 1.5, 2)))
_VARIABLES = {
    _INK: "var(--ink)",
    _GRID: "var(--line)",
    _RANGE: "var(--range)",
    **{colour: f"var(--line-{place})" for place, colour in enumerate(_LINES)},
}
_STYLE = {"svg.fonttype": "none", "svg.hashsalt": "vmatte", "font.size": 8.5, "path.simplify": True}


def check_library() -> None:
    """Raises ConfigError if matplotlib is not installed."""
    _library()


@cache
def _library() -> Any:  # noqa: ANN401  a module that need not be there
    try:
        import matplotlib
        import matplotlib.backends.backend_svg
        import matplotlib.figure
        import matplotlib.ticker
    except ImportError as error:
        raise ConfigError('a report page needs the package matplotlib: pip install "vmatte[report]"') from error
    return matplotlib


def chart(key: str, rows: Mapping[str, Sequence[Value]], ranges: Sequence[tuple[int, int]], higher: bool) -> str:
    """One metric of one clip as an `<svg>` element.

    Args:
        key: What its ids begin with, unique in the page.
        rows: By matte, a value a frame; None leaves a gap.
        ranges: First and last frames of what is shaded.
        higher: Whether more is better.
    """
    library = _library()
    with library.rc_context(_STYLE):
        figure = library.figure.Figure(figsize=_SIZE)
        library.backends.backend_svg.FigureCanvasSVG(figure)
        axes = figure.add_axes((LEFT, _BOTTOM, RIGHT - LEFT, _TOP - _BOTTOM))
        frames = max(len(row) for row in rows.values())
        for start, stop in ranges:
            axes.axvspan(start - 0.5, stop + 0.5, color=_RANGE, linewidth=0)
        for place, row in enumerate(rows.values()):
            _line(axes, place, row, higher)
        _dress(axes, frames, library.ticker)
        text = io.StringIO()
        figure.savefig(text, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    return _embeddable(text.getvalue(), key)


def limits(frames: int) -> tuple[float, float]:
    """First and last frame number of the axis."""
    return -0.5, max(frames - 0.5, 0.5)


def _line(axes: Any, place: int, row: Sequence[Value], higher: bool) -> None:  # noqa: ANN401
    colour, dashes = _LINES[place % len(_LINES)], _DASHES[place // len(_LINES) % len(_DASHES)]
    frames, values = thinned(row, higher)
    axes.plot(frames, values, color=colour, linewidth=1.3, linestyle=dashes, solid_joinstyle="round")
    known = [frame for frame, value in zip(frames, values, strict=True) if value == value]
    if len(known) == 1:
        axes.plot(frames, values, color=colour, marker="o", markersize=3)


def thinned(row: Sequence[Value], higher: bool, most: int = POINTS) -> tuple[list[int], list[float]]:
    """Frames and values of a line, the worst of each stretch when there are too many; nan for None.

    >>> thinned([1.0, 5.0, None, 2.0], False, most=2)
    ([1, 3], [5.0, 2.0])
    """
    step = -(-len(row) // most) if row else 1
    frames, values = [], []
    for start in range(0, len(row), step):
        there = {at: value for at, value in enumerate(row[start : start + step], start) if value is not None}
        at = (min if higher else max)(there, key=lambda each: there[each]) if there else start
        frames.append(at)
        values.append(there.get(at, float("nan")))
    return frames, values


def _dress(axes: Any, frames: int, ticker: Any) -> None:  # noqa: ANN401
    axes.set_xlim(*limits(frames))
    axes.xaxis.set_major_locator(ticker.MaxNLocator(8, integer=True, min_n_ticks=1))
    axes.yaxis.set_major_locator(ticker.MaxNLocator(4, min_n_ticks=2))
    axes.grid(axis="y", color=_GRID, linewidth=0.6)
    axes.set_axisbelow(True)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(_GRID)
    axes.tick_params(length=0, labelcolor=_INK, pad=4)


def _embeddable(text: str, key: str) -> str:
    """The drawing alone: no prologue, no fixed size, ids of its own, colours by name."""
    text = text[text.index("<svg") :].strip()
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    head, body = text.split(">", 1)
    head = re.sub(r' (?:width|height|version|xmlns:xlink|xmlns)="[^"]*"', "", head)
    body = re.sub(r'\bid="', f'id="{key}-', body)
    body = re.sub(r'(xlink:href="#|url\(#)', rf"\g<1>{key}-", body).replace("xlink:href", "href")
    body = body.replace(' xmlns:xlink="http://www.w3.org/1999/xlink"', "")
    for colour, variable in _VARIABLES.items():
        body = body.replace(colour, variable)
    return f'{head} aria-hidden="true" focusable="false">{body}'
