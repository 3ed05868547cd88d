"""`vmatte export`: a model as an ONNX graph, for `--weights` here or for programs elsewhere."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import click

from vmatte.core.errors import OutputError


@click.command("export")
@click.argument("model")
@click.option("--weights", metavar="FILE", help="Checkpoint to use instead of the one in the store.")
@click.option("--size", metavar="WxH", help="Fix the size of the frames; any without.")
@click.option("--out", required=True, metavar="FILE", help="The graph to write, something.onnx.")
@click.option("--set", "settings", multiple=True, metavar="KEY=VALUE", help="Change a setting. See `vmatte config`.")
@click.option("--accept-license", "--accept-licence", is_flag=True, help="Accept the licence of the model's weights.")
@click.option("--offline", is_flag=True, help="Never touch the network. VMATTE_OFFLINE=1 does the same.")
@click.option("--overwrite", is_flag=True, help="Replace the file if it exists.")
def command(
    model: str,
    weights: str | None,
    size: str | None,
    out: str,
    settings: tuple[str, ...],
    accept_license: bool,
    offline: bool,
    overwrite: bool,
) -> None:
    """Write a model as an ONNX graph.

    `vmatte process --model MODEL --weights FILE.onnx` runs it by ONNX Runtime. Inputs and outputs are called as in
    the graphs that the models' authors publish.
    """
    frame = _size(size)
    target = Path(out)
    from vmatte.config.load import load
    from vmatte.models.checkpoint import checkpoint
    from vmatte.models.registry import exported, exporter
    from vmatte.nets.session import SUFFIX, is_graph

    if not is_graph(target):
        raise click.UsageError(f"--out {out}: the name of a graph ends in {SUFFIX}")
    if weights is not None and is_graph(Path(weights)):
        raise click.UsageError(f"--weights {weights} is a graph already: give the checkpoint it is to be made from")
    if target.exists() and not overwrite:
        raise OutputError(f"{target} exists: say --overwrite to replace it")
    exporter(model)
    said = [f"accept_license={accept_license}", f"offline={offline}"]
    plan = load([f"model={model}", *said, *settings])
    given = replace(plan.model, weights=Path(weights) if weights else None)
    found = checkpoint(given, accept=plan.accept_license, no_network=plan.offline)
    takes = exported(given if found is None else replace(given, weights=found.path), target, frame)
    click.echo(f"  wrote {target}: {model}, {takes}", err=True)


def _size(text: str | None) -> tuple[int, int] | None:
    """`1920x1080` as (width, height)."""
    if text is None:
        return None
    found = re.fullmatch(r"(\d+)x(\d+)", text)
    if found is None or not all(int(side) for side in found.groups()):
        raise click.UsageError(f"--size {text!r} is not a size: write WIDTHxHEIGHT, such as 1920x1080")
    return int(found[1]), int(found[2])
