"""`vmatte models`: what can be run, from the cards alone."""

from __future__ import annotations

import click

from vmatte.models.registry import Card, cards


@click.command("models")
def command() -> None:
    """List the models, what they need and their licences."""
    rows = [("NAME", "NEEDS", "ALSO TAKES", "LICENCE", "WHAT IT IS"), *map(_row, cards().values())]
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    for row in rows:
        cells = [text.ljust(width) for text, width in zip(row, widths, strict=False)]
        click.echo("  ".join([*cells, row[4]]))
    click.echo("\n--model auto (the default) picks one by the hints given and a few sampled frames.")


def _row(card: Card) -> tuple[str, str, str, str, str]:
    licence = card.licence if card.weights is None else f"{card.licence}, weights {card.weights.licence}"
    return card.name, _names(card.needs), _names(card.takes - card.needs), licence, card.summary


def _names(hints: frozenset[str]) -> str:
    return ", ".join(sorted(hints)) or "-"
