"""`vmatte outputs`: what can be written."""

from __future__ import annotations

import click


@click.command("outputs")
def command() -> None:
    """List the outputs that --output takes."""
    from vmatte.io.writers import KINDS

    for name, kind in KINDS.items():
        click.echo(f"{name:<10} {kind.summary}")
