"""`vmatte outputs`: what can be written."""

from __future__ import annotations

import click


@click.command("outputs")
def command() -> None:
    """List the outputs that --output takes."""
    from vmatte.io.writers import GROUPS, OUTPUTS
    from vmatte.io.writers.probe import refusal

    for name, kind in OUTPUTS.items():
        missing = f" (not here: {reason})" if (reason := refusal(name)) else ""
        click.echo(f"{name:<10} {kind.summary}{missing}")
    for name, members in GROUPS.items():
        click.echo(f"{name:<10} {', '.join(members[:-1])} and {members[-1]}, a file each")
