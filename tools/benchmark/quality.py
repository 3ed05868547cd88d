"""`bench quality`: how good the engines are, each bar against a simple method measured in the same run."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import cv2
import numpy as np

from tools.benchmark.bars import BARS, Bar, Results
from tools.benchmark.groups import GROUPS, Run
from tools.benchmark.report import put_section, table
from tools.benchmark.scoring import mean

Seeds = Mapping[str, Sequence[Results]]
"""Results of every seed, by group."""


def options(parser: argparse.ArgumentParser) -> None:
    """Declares the command's options."""
    parser.add_argument("--seeds", type=int, default=3, help="how many sets of clips to draw (default 3)")
    parser.add_argument("--size", default="640x360", help="of the clips, WIDTHxHEIGHT (default 640x360)")
    parser.add_argument("--group", choices=[*GROUPS, "all"], default="all", help="one group of bars only")
    parser.add_argument("--cache", type=Path, help="folder that keeps drawn clips between runs")
    parser.add_argument("--out", type=Path, help="Markdown file whose section on quality is replaced")


def main(arguments: argparse.Namespace) -> int:
    """Runs the benchmark; 1 if a bar is missed."""
    cv2.setNumThreads(1)
    width, height = (int(part) for part in arguments.size.split("x"))
    chosen = GROUPS if arguments.group == "all" else {arguments.group: GROUPS[arguments.group]}
    found: dict[str, list[Results]] = {}
    for seed in range(1, arguments.seeds + 1):
        run = Run(seed, (width, height), arguments.cache, lambda line: print(line, file=sys.stderr, flush=True))
        for name, group in chosen.items():
            found.setdefault(name, []).append(group(run))
    text = report(found, (width, height))
    print(text)
    if arguments.out:
        put_section(arguments.out, "Quality", text)
    return 0 if all(bar.holds(value) for bar, value in reached(found)) else 1


def reached(found: Seeds) -> list[tuple[Bar, float]]:
    """Every bar of the groups that were run, with its value: the mean over seeds."""
    return [
        (bar, float(np.mean([bar.value(results) for results in found[bar.group]])))
        for bar in BARS
        if bar.group in found
    ]


def report(found: Seeds, size: tuple[int, int]) -> str:
    """The bars, then every group's figures, as Markdown."""
    seeds = max(len(each) for each in found.values())
    rows = [
        [
            f"{bar.group}: {bar.text}",
            bar.prototype,
            f"{value:.2f}",
            f"{'>=' if bar.at_least else '<='} {bar.limit:g}",
            "pass" if bar.holds(value) else "**FAIL**",
        ]
        for bar, value in reached(found)
    ]
    parts = [
        f"Drawn clips, {size[0]}x{size[1]}, 30 frames, mean over {seeds} seed{'s' if seeds > 1 else ''}. "
        "One thread; CPU is ms per frame.",
        table(["bar", "prototype", "measured", "must reach", ""], rows),
    ]
    for name, results in found.items():
        parts += [f"### {name}: {_first_line(name)}", _figures(results)]
    return "\n\n".join(parts) + "\n"


def _figures(seeds: Sequence[Results]) -> str:
    merged = {method: mean([results[method] for results in seeds]) for method in seeds[0]}
    names = list(dict.fromkeys(name for figures in merged.values() for name in figures))
    rows = [
        [method, *(f"{figures[name]:.2f}" if name in figures else "" for name in names)]
        for method, figures in merged.items()
    ]
    return table(["method", *names], rows)


def _first_line(group: str) -> str:
    text = (GROUPS[group].__doc__ or "").strip().splitlines()[0]
    return text.partition(": ")[2] or text
