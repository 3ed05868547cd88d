"""`vmatte models`: what can be run, from the cards alone."""

from __future__ import annotations

import json
import shutil
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import astuple

import click

from vmatte.cli.catalogue import MARK, Entry, as_data, here, ordered
from vmatte.models.registry import Card, card
from vmatte.models.speed import CLASSES, SLOWEST, measured

_HEAD = ("NAME", "NEEDS", "GIVES", "SIZE", "SPEED", "LICENCE", "HERE")
# A line of the terminal from which on what a model is for stands beside the rest.
_WIDE = 120
_GAP = "  "
# A space that no line is broken at.
_FIXED = "\N{NO-BREAK SPACE}"


@click.group("models", invoke_without_command=True)
@click.option("--json", "as_json", is_flag=True, help="Print everything known, for programs.")
@click.pass_context
def command(context: click.Context, as_json: bool) -> None:
    """List the models: what for, needs, gives, size, speed, licence, and whether the weights are here.

    `vmatte models show NAME` tells all about one.
    """
    if context.invoked_subcommand is not None:
        return
    if as_json:
        click.echo(json.dumps(as_data(ordered()), indent=2))
        return
    for line in list_lines(ordered(), shutil.get_terminal_size((100, 24)).columns):
        click.echo(line)


@command.command("show")
@click.argument("name")
def show(name: str) -> None:
    """Tell all there is to know about a model, its settings included."""
    from vmatte.cli.model_facts import lines

    for line in lines(card(name), shutil.get_terminal_size((100, 24)).columns):
        click.echo(line)


def list_lines(known: Sequence[Card], width: int) -> list[str]:
    """The table for a terminal of that many columns, and what its words mean."""
    rows = [_HEAD]
    rows += [(*astuple(Entry.of(each))[:6], here(each)) for each in known]
    sizes = [max(len(row[at]) for row in rows) for at in range(len(_HEAD))]
    abouts = ["WHAT IT IS FOR", *(each.summary for each in known)]
    lay = _beside if width >= _WIDE else _below
    lines = [line for row, about in zip(rows, abouts, strict=True) for line in lay(row, about, sizes, width)]
    return [*lines, "", *_legend(width)]


def _beside(row: Sequence[str], about: str, sizes: Sequence[int], width: int) -> Iterator[str]:
    """One line a model, more where what it is for does not fit beside."""
    cells = _GAP.join(text.ljust(size) for text, size in zip(row, sizes, strict=True)) + _GAP
    told = textwrap.wrap(about, max(20, width - len(cells)))
    yield f"{cells}{told[0]}".rstrip()
    yield from (" " * len(cells) + more for more in told[1:])


def _below(row: Sequence[str], about: str, sizes: Sequence[int], width: int) -> Iterator[str]:
    """A line of facts, and under it what the model is for and its licence, which has no room above."""
    at = _HEAD.index("LICENCE")
    short = [(text, size) for place, (text, size) in enumerate(zip(row, sizes, strict=True)) if place != at]
    yield _GAP.join(text.ljust(size) for text, size in short).rstrip()
    if row[0] != _HEAD[0]:
        licence = row[at]
        # The mark stays with its licence.
        told = f"{about} [{licence.replace(' ', _FIXED)}]"
        for line in textwrap.wrap(told, width, initial_indent="    ", subsequent_indent="    "):
            yield line.replace(_FIXED, " ")


def _legend(width: int) -> Iterator[str]:
    known = measured()
    classes = ", ".join(f"{word} up to {most:g} s" for word, most in CLASSES.items())
    paragraphs = (
        f"SPEED: a frame of {known.frame} on {known.machine}: {classes}, {SLOWEST} above. A graphics card is many "
        "times faster.",
        f"{MARK} before a licence: non-commercial, or unclear. Such weights are fetched only "
        "once --accept-license was given.",
        "HERE: whether the weights are on this machine; a run fetches what is not. `vmatte models show NAME` tells all "
        "about one. --model auto (the default) picks one that needs no weights, by the hints given and a few sampled "
        "frames.",
    )
    for text in paragraphs:
        yield from textwrap.wrap(text, min(width, 120), break_on_hyphens=False)
