"""Options that several commands share: how clips are worked on, and what runs the jobs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])
Option = Callable[[Command], Command]


def with_options(options: Sequence[Option[Any]]) -> Option[Any]:
    """Adds options to a command, in their order."""

    def add(command: Command) -> Command:
        for option in reversed(options):
            command = option(command)
        return command

    return add


#: How every clip of many is worked on.
HOW: Sequence[Option[Any]] = (
    click.option("--model", metavar="NAME", help="Model to run, or auto (default). See `vmatte models`."),
    click.option("--preset", metavar="NAME", help="Settings for a kind of clip. See `vmatte presets`."),
    click.option("--mask", "masks", multiple=True, metavar="auto|FILE", help="As for process, one for every clip."),
    click.option("--plate", metavar="FILE|auto", help="As for process, one for every clip."),
    click.option("--trimap", metavar="FILE", help="As for process, one for every clip."),
    click.option("--output", "outputs", multiple=True, metavar="NAME", help="What to write, see `vmatte outputs`."),
    click.option("--over", metavar="COLOUR|FILE", help="What finished pictures show behind the subject."),
    click.option("--premultiplied", is_flag=True, help="Multiply colours by alpha; the file names say so."),
    click.option("--name", metavar="TEMPLATE", help="Names of the results, of {stem}, {object}, {output} and {model}."),
    click.option("--device", type=click.Choice(["auto", "cpu", "cuda", "mps"]), help="Where a learned model runs."),
    click.option("--weights", metavar="FILE", help="Checkpoint to use instead of the one in the store."),
    click.option("--accept-license", "--accept-licence", is_flag=True, help="Accept the licence of its weights."),
    click.option("--offline", is_flag=True, help="Never touch the network."),
    click.option(
        "--shots",
        type=click.Choice(["off", "auto"]),
        help="auto finds the cuts and starts over at each, with a mask of the new shot. Default: off.",
    ),
    click.option("--score", is_flag=True, help="Score the mattes as they are made."),
    click.option("--set", "settings", multiple=True, metavar="KEY=VALUE", help="A setting. See `vmatte config`."),
)

#: What runs the jobs.
WHERE: Sequence[Option[Any]] = (
    click.option(
        "--executor",
        type=click.Choice(["processes", "inline", "ray"]),
        default="processes",
        show_default=True,
        help="What runs the jobs: processes side by side, whose death harms one job only; this process; a Ray cluster.",
    ),
    click.option(
        "--workers",
        type=click.IntRange(0, 100_000),
        default=0,
        help="Side by side. Default: one a GPU, or one for four cores, here or all over the cluster.",
    ),
    click.option(
        "--address",
        default="auto",
        show_default=True,
        metavar="ADDRESS",
        help="Of the Ray cluster: auto for the one this machine is part of, ray://HOST:10001, or local for one here.",
    ),
    click.option("--cores", type=click.IntRange(0, 1024), default=0, help="Of each Ray worker. Default: up to four."),
    click.option(
        "--memory",
        type=click.FloatRange(0),
        default=0,
        metavar="GIB",
        help="That each Ray worker is to have. Default: by earlier reports of the model, or by the clip's size.",
    ),
    click.option(
        "--retries",
        type=click.IntRange(0, 100),
        default=1,
        show_default=True,
        help="Further tries of a job whose failure may pass: a dead worker, a full disk, the network, memory.",
    ),
    click.option(
        "--stalled",
        type=click.FloatRange(0),
        default=3600,
        show_default=True,
        metavar="S",
        help="Seconds without progress after which a worker is taken to hang and is replaced; 0 is never.",
    ),
)
