"""`vmatte config`: the composed configuration, as YAML, each key explained."""

from __future__ import annotations

import click


@click.command("config")
@click.option("--model", default=None, metavar="NAME", help="Show the settings of this model.")
@click.option("--set", "settings", multiple=True, metavar="KEY=VALUE", help="Change a setting. Repeatable.")
def command(model: str | None, settings: tuple[str, ...]) -> None:
    """Print the composed configuration: every key, its value, changed or not, and what it is for."""
    from vmatte.config.load import composed_yaml

    click.echo(composed_yaml([*([f"model={model}"] if model else []), *settings]), nl=False)
