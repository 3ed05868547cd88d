"""`vmatte compare`: several mattes of one clip, the best first."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from vmatte.cli.log import speak
from vmatte.cli.score import (
    ask,
    check_files,
    check_there,
    name_of,
    of_clip,
    options_of,
    say_notes,
    with_options,
    write_files,
    write_html,
)

if TYPE_CHECKING:
    from collections.abc import Sequence


@click.command("compare")
@click.argument("mattes", nargs=-1, required=True, metavar="A B...")
@with_options
def command(**given: Any) -> None:  # noqa: ANN401  click hands over its own mixture
    """Compare mattes of one clip: each in a form that `vmatte score` takes. The best comes first.

    With --truth the rank is the mean place over the evaluator's metrics; without, over steadiness (TRF, WE, CF),
    timing (LAG) and fit (PCE). A matte that is steadier only because it trails is named.
    """
    from vmatte.cli.progress import Bar
    from vmatte.cli.scores import compare_lines
    from vmatte.run.clips import itself
    from vmatte.run.score import score_several

    speak(given["verbose"])
    if len(given["mattes"]) < 2:
        raise click.UsageError("compare needs two mattes or more; `vmatte score` scores one")
    paths, asked = [itself(Path(each)) for each in given["mattes"]], ask(given)
    inputs = (*paths, asked.truth, asked.source, asked.trimap)
    check_there(*inputs)
    check_files(given, inputs)
    with Bar("mattes", given["quiet"]) as bar:
        scored = score_several(paths, of_clip(paths[0], asked), options_of(given), bar)
    names = _names(given["mattes"])
    results = {name: each.result for name, each in zip(names, scored, strict=True)}
    write_files(given, results, results)
    write_html(given, f"Comparison of {len(names)} mattes", {"": dict(zip(names, scored, strict=True))})
    for result in results.values():
        say_notes(result.notes, given["quiet"])
    click.echo("\n".join(compare_lines(names, [each.result for each in scored])))


def _names(mattes: Sequence[str]) -> list[str]:
    """File names where they differ, else whole paths."""
    short = [name_of(each) for each in mattes]
    return short if len(set(short)) == len(short) else list(mattes)
