"""`vmatte outputs`: what can be written."""

from __future__ import annotations

import click


@click.command("outputs")
def command() -> None:
    """List the outputs that --output takes."""
    from vmatte.io.writers import OUTPUTS

    for name, kind in OUTPUTS.items():
        click.echo(f"{name:<10} {kind.summary}")
