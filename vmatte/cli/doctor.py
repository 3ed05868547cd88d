"""`vmatte doctor`: what this machine can do, and what is wrong with it."""

from __future__ import annotations

import json
from pathlib import Path

import click

from vmatte.cli.line import counted


@click.command("doctor")
@click.option("--out", metavar="DIR", default=".", help="Folder that results are to go to. Default: this one.")
@click.option("--json", "as_json", is_flag=True, help="Print findings as JSON, for programs.")
def command(out: str, as_json: bool) -> None:
    """Say what this machine can do: versions, devices, memory, disk, outputs that really open, weights.

    Every output is written and read back in small. Exit code 1 when something is wrong that stops usual runs.
    """
    from dataclasses import asdict

    from vmatte.run.doctor import examined

    found = []
    for finding in examined(Path(out)):
        found.append(finding)
        if not as_json:
            click.echo(f"{'!!' if finding.wrong else '  '} {finding.subject:<33} {finding.text}")
    if as_json:
        click.echo(json.dumps([asdict(finding) for finding in found], indent=2))
    wrong = [finding for finding in found if finding.wrong]
    if not as_json:
        click.echo(f"{counted(len(wrong), 'thing')} wrong" if wrong else "nothing is wrong")
    if wrong:
        raise click.exceptions.Exit(1)
