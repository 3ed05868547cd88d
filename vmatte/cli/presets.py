"""`vmatte presets`: settings that belong together, by what they are for."""

from __future__ import annotations

import click


@click.command("presets")
def command() -> None:
    """List the presets that --preset takes, and what each is for."""
    from vmatte.config.presets import presets

    known = presets()
    width = max(map(len, known))
    for name, text in known.items():
        click.echo(f"{name.ljust(width)}  {text}")
    click.echo("\n`vmatte config --set preset=NAME` shows what one sets; options and --set win over it.")
