"""Writes the report page of scored mattes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from html import escape
from importlib.resources import files
from pathlib import Path
from typing import Any

from vmatte.core.whole import write_whole
from vmatte.run.page.charts import LEFT, RIGHT, chart, check_library, limits
from vmatte.run.page.moments import Moment, moments
from vmatte.run.page.pictures import pictured
from vmatte.run.page.shot import Shot
from vmatte.run.page.tables import compared, facts, measured, totals_table
from vmatte.run.standing import HIGHER
from vmatte.run.wording import ABOUT, figure

__all__ = ["check_library", "write_page"]

# What bounds the page, whatever the length of the clips: pictures of the scrubber over all clips and mattes, moments
# of a clip with three frames each, and clips with pictures at all. About 40 KB a frame and matte.
_FRAMES, _MOMENTS, _PICTURED = 32, 6, 24
# Nothing may be loaded from anywhere.
_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'"
_KINDS = {
    "source": "Source",
    "alpha": "Alpha",
    "cutout": "Over checker",
    "flicker": "Flicker",
    "error": "Error",
}
_SAID = {
    "flicker": "heat: where the matte leaves what its neighbours, moved along, span",
    "error": "orange: too much; blue: missing",
}


def write_page(path: Path, title: str, shots: Sequence[Shot]) -> None:
    """Writes one HTML file with everything in it.

    Raises:
        ConfigError: matplotlib is not installed.
        OSError: The file cannot be written.
    """
    check_library()
    data: list[dict[str, Any]] = []
    sections = []
    for number, shot in enumerate(shots):
        section, held = _section(number, shot, len(shots))
        sections.append(section)
        data.append(held)
    text = (
        f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>{escape(title)}</title>\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        f"<style>\n{_part('page.css')}</style>\n</head>\n<body>\n"
        f'<header class="top"><h1>{escape(title)}</h1>'
        '<button type="button" id="theme" hidden>Theme: as the system</button></header>\n'
        f"<main>\n{_contents(shots)}{''.join(sections)}</main>\n"
        f'<script type="application/json" id="data">{_embedded(data)}</script>\n'
        f"<script>\n{_part('page.js')}</script>\n</body>\n</html>\n"
    )
    write_whole(path, text)


def _section(number: int, shot: Shot, shots: int) -> tuple[str, dict[str, Any]]:
    """A clip's part of the page, and what its script needs."""
    named = list(shot.mattes.items())
    worst = [each for name, scored in named for each in moments(name, scored.result, _MOMENTS)]
    worst = sorted(worst, key=lambda each: -each.severity)[: max(2, _MOMENTS // shots)]
    if number >= _PICTURED:
        worst = []
    places = _places(shot, worst, shots) if number < _PICTURED else []
    found = list(pictured(shot, places))
    size = 'width="{}" height="{}"'.format(*found[0][1].size) if found else ""
    shown = [(place, {"source": each.source, "mattes": each.mattes}) for place, each in found]
    names = [name for name, _ in named]
    metrics = {name: {key: _rounded(row.per_frame) for key, row in each.result.metrics.items()} for name, each in named}
    peaks = [[place for place, _ in shown].index(each.peak) for each in worst]
    data = {
        "mattes": names,
        "start": peaks[0] if peaks else 0,
        "places": [place for place, _ in shown],
        "pictures": [found for _, found in shown],
        "values": metrics,
        "limits": [*limits(shot.first.frames), LEFT, RIGHT],
    }
    kinds = [kind for kind in _KINDS if kind != "source" and any(kind in m for _, p in shown for m in p["mattes"])]
    heading = f"<h2>{escape(shot.name)}</h2>" if shots > 1 else ""
    parts = [
        facts(shot),
        measured(shot) if len(names) == 1 else compared(shot),
        _scrubber(size, names, kinds, bool(shown and shown[0][1]["source"]), shot.first.frames, len(shown))
        if shown
        else "",
        _moments(size, worst, names, kinds, data),
        _charts(number, shot, worst),
        _notes(shot),
    ]
    return (
        f'<section class="shot" data-shot="{number}" id="shot-{number}">\n{heading}{"".join(parts)}</section>\n',
        data,
    )


def _places(shot: Shot, worst: Sequence[Moment], shots: int) -> list[int]:
    """Frames to show, evenly over the clip, and those of its worst moments."""
    frames = shot.first.frames
    count = min(frames, max(4, _FRAMES // (shots * len(shot.mattes))))
    even = {round(at * (frames - 1) / max(1, count - 1)) for at in range(count)}
    return sorted(even | {place for each in worst for place in (each.start, each.peak, each.stop)})


def _scrubber(size: str, names: Sequence[str], kinds: Sequence[str], source: bool, frames: int, shown: int) -> str:
    said = "every frame" if shown == frames else f"{shown} of {frames} frames, the worst among them"
    first = [_tile(size, "source", "", "")] if source else []
    rows = [[_tile(size, kind, str(place), name) for kind in kinds] for place, name in enumerate(names)]
    if len(names) == 1:
        pictures = _row([*first, *rows[0]])
    else:
        # A row a matte, under its name.
        pictures = _row(first, "four") + "".join(
            f"<h4>{escape(name)}</h4>\n{_row(row, 'four')}" for name, row in zip(names, rows, strict=True)
        )
    return (
        f'<h3>Frames</h3>\n<div class="scrub"><button type="button" class="play" aria-pressed="false">Play</button>'
        f'<input type="range" min="0" max="{shown - 1}" value="0" step="1" aria-label="Frame, {said}">'
        f'<output class="at">frame 0</output><span class="quiet">{said}</span></div>\n'
        f'{pictures}<div class="readout" aria-live="off"></div>\n'
    )


def _row(tiles: Sequence[str], kind: str = "") -> str:
    kind = kind or ("four" if len(tiles) == 4 else "")
    return f'<div class="tiles {kind}">{"".join(tiles)}</div>\n' if tiles else ""


def _tile(size: str, kind: str, matte: str, name: str, place: str = "") -> str:
    """A picture that the script fills in."""
    label = f"{name}: {_KINDS[kind].lower()}" if name else _KINDS[kind]
    said = f' <span class="quiet">{_SAID[kind]}</span>' if kind in _SAID and not place else ""
    where = f'data-kind="{kind}" data-matte="{matte}"' + (f' data-place="{place}"' if place else "")
    return (
        f'<figure class="tile"><img class="{kind}" {where} {size} alt="{escape(label)}">'
        f"<figcaption>{_KINDS[kind]}{said}</figcaption></figure>"
    )


def _moments(
    size: str, worst: Sequence[Moment], names: Sequence[str], kinds: Sequence[str], data: dict[str, Any]
) -> str:
    if not worst:
        return ""
    places, items = data["places"], []
    for each in worst:
        where = f"frame {each.peak}" if each.start == each.stop else f"frames {each.start} to {each.stop}"
        matte, at = str(names.index(each.matte)), str(places.index(each.peak))
        values = ", ".join(f"{metric} {figure(value)}" for metric, value in each.values)
        whose = f"{each.matte}: " if len(names) > 1 else ""
        if each.severity == 0:
            values += " (nothing stands out; this is merely the worst frame)"
        tiles = [_tile(size, "source", "", "", at)] if data["pictures"][int(at)]["source"] else []
        tiles += [
            _tile(size, kind, matte, "", at)
            for kind in kinds
            if kind in data["pictures"][int(at)]["mattes"][int(matte)]
        ]
        ends = [(said, end) for said, end in (("start", each.start), ("end", each.stop)) if end != each.peak]
        strip = [
            f'<button type="button" class="go" data-place="{places.index(end)}">its {said}, {end}</button>'
            for said, end in ends
        ]
        items.append(
            f'<article class="moment"><h4>{escape(whose + where)}</h4>'
            f'<p>{escape(values)} <button type="button" class="go" data-place="{at}">show frame {each.peak}</button> '
            f'{" ".join(strip)}</p><div class="tiles small">{"".join(tiles)}</div></article>\n'
        )
    return f"<h3>Where it is worst</h3>\n{''.join(items)}"


def _charts(number: int, shot: Shot, worst: Sequence[Moment]) -> str:
    named = [(name, scored.result.metrics) for name, scored in shot.mattes.items()]
    metrics = {key: row for _, rows in named for key, row in rows.items() if any(v is not None for v in row.per_frame)}
    ranges = [(each.start, each.stop) for each in worst if each.severity > 0]
    several, figures = len(named) > 1, []
    for place, (key, row) in enumerate(metrics.items()):
        lines = {name: rows[key].per_frame for name, rows in named if key in rows}
        drawn = chart(f"c{number}-{place}", lines, ranges, key in HIGHER)
        unit = f" <span class='quiet'>{escape(row.unit)}</span>" if row.unit else ""
        mean = "" if several else f"mean {figure(row.mean)}"
        about = f'<p class="quiet">{escape(ABOUT[key])}</p>' if key in ABOUT else ""
        label = f"{key} over time, {mean}" if mean else f"{key} over time"
        figures.append(
            f'<figure class="chart" data-metric="{escape(key)}" role="img" aria-label="{escape(label)}">'
            f'<figcaption><b>{escape(key)}</b>{unit}<span class="mean">{mean}</span></figcaption>{about}'
            f'<div class="plot">{drawn}<i class="cursor" hidden></i></div></figure>\n'
        )
    keys = "".join(f'<li><i class="key k{at % 6}"></i>{escape(name)}</li>' for at, (name, _) in enumerate(named))
    legend = f'<ul class="legend">{keys}</ul>\n' if several else ""
    shaded = '<p class="quiet">Shaded: where it is worst. Click in a plot to see that frame.</p>\n'
    return f'<h3>Over time</h3>\n{shaded}{legend}<div class="charts">{"".join(figures)}</div>\n'


def _notes(shot: Shot) -> str:
    notes = dict.fromkeys(note for scored in shot.mattes.values() for note in scored.result.notes)
    items = "".join(f"<li>{escape(note)}</li>" for note in notes)
    return f'<h3>Notes</h3>\n<ul class="notes">{items}</ul>\n' if notes else ""


def _contents(shots: Sequence[Shot]) -> str:
    if len(shots) < 2:
        return ""
    links = "".join(f'<li><a href="#shot-{at}">{escape(shot.name)}</a></li>' for at, shot in enumerate(shots))
    return f'{totals_table(shots)}<nav aria-label="Clips"><ul class="legend">{links}</ul></nav>\n'


def _rounded(row: Sequence[float | None]) -> list[float | None]:
    return [None if value is None else float(f"{value:.4g}") for value in row]


def _embedded(data: object) -> str:
    """JSON that no text in it can end."""
    return json.dumps(data, separators=(",", ":")).replace("<", "\\u003c")


def _part(name: str) -> str:
    return (files("vmatte.run.page") / name).read_text(encoding="utf-8")
