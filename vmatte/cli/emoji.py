"""`vmatte emoji`: stickers and animated emoji that fit, and a check of anyone's."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from vmatte.cli.interrupt import writing
from vmatte.cli.log import speak
from vmatte.cli.process import seconds
from vmatte.core.errors import OutputError, VmatteError, WeightsError

if TYPE_CHECKING:
    from vmatte.run.emoji.check import Finding
    from vmatte.run.emoji.footage import Matting
    from vmatte.run.emoji.make import Look, Made, Order
    from vmatte.run.emoji.platforms import Platform


@click.command("emoji")
@click.argument("sources", nargs=-1, metavar="SRC...")
@click.option("--preset", "presets", multiple=True, metavar="NAME", help="Platform to fit. Repeatable. See --presets.")
@click.option("--out", metavar="DIR", help="Folder for the files. Default: beside the source.")
@click.option("--check", "checked", multiple=True, metavar="FILE", help="Check a finished file, whoever made it.")
@click.option("--presets", "listing", is_flag=True, help="List the platforms, what they ask for and who says so.")
@click.option("--model", metavar="NAME", help="Model for sources without alpha. Default: the keyer, else auto.")
@click.option("--mask", "masks", multiple=True, metavar="FILE|DIR", help="Mask of the subject, as for `process`.")
@click.option("--plate", metavar="FILE", help="Picture of the empty scene, as for `process`.")
@click.option("--sheet", metavar="COLSxROWS", help="SRC is a sprite sheet of so many pictures.")
@click.option("--rate", type=float, default=0.0, metavar="FPS", help="Frame rate of folders and sheets. Default: 24.")
@click.option("--start", metavar="T", help="Start at T: seconds, or [h:]m:s.")
@click.option("--end", metavar="T", help="End before T.")
@click.option(
    "--loop", default="auto", show_default=True, metavar="auto|off|bounce", help="Find the best loop, or not."
)
@click.option(
    "--poster", type=float, metavar="T", help="Begin the loop with the frame at T seconds: the still picture."
)
@click.option("--fps", type=click.FloatRange(0), default=0.0, help="Most frames a second.")
@click.option("--seconds", "longest", type=click.FloatRange(0), default=0.0, help="Longest playback.")
@click.option("--size", type=click.IntRange(0), default=0, help="Side in pixels, where the platform leaves a choice.")
@click.option("--margin", type=click.IntRange(0), help="Clear pixels around the subject.")
@click.option("--crop", default="subject", show_default=True, metavar="subject|frame", help="What is shown.")
@click.option("--outline", type=click.FloatRange(0, 64), default=0.0, metavar="PX", help="Draw a stroke around it.")
@click.option("--outline-colour", default="#ffffff", show_default=True, metavar="#RRGGBB", help="Of the stroke.")
@click.option("--edge", default="hard", show_default=True, metavar="hard|dither", help="Soft edges of a GIF.")
@click.option("--matte", default="", metavar="#RRGGBB", help="Blend a GIF's soft edges with this colour.")
@click.option("--device", type=click.Choice(["auto", "cpu", "cuda", "mps"]), help="Where a learned model runs.")
@click.option("--accept-license", "--accept-licence", is_flag=True, help="Accept the licence of the model's weights.")
@click.option("--offline", is_flag=True, help="Never touch the network.")
@click.option("--set", "settings", multiple=True, metavar="KEY=VALUE", help="Change a setting. See `vmatte config`.")
@click.option("--no-preview", is_flag=True, help="Write no preview on light and dark.")
@click.option("--overwrite", is_flag=True, help="Replace files that exist already.")
@click.option("-q", "--quiet", is_flag=True, help="Print the table only.")
@click.option("-v", "--verbose", is_flag=True, help="Print more, and tracebacks of errors.")
def command(**given: Any) -> None:  # noqa: ANN401  click hands over its own mixture
    """Make stickers and animated emoji that fit their platform, of clips, folders of frames, sprite sheets and
    animations; or of every one in a folder. Sources with an alpha of their own keep it.

    \b
    vmatte emoji wave.mp4 --preset slack-emoji --preset discord-sticker --out done/
    vmatte emoji sheet.png --sheet 6x4 --rate 12 --preset telegram-sticker --outline 6
    vmatte emoji --check theirs.webp --preset whatsapp-sticker
    """  # noqa: D205, D301  click reads the text as it stands
    from vmatte.run.emoji.platforms import platform

    speak(given["verbose"])
    if given["listing"]:
        click.echo("\n".join(_presets()))
        return
    if not given["presets"]:
        raise click.UsageError("say for which platform with --preset; `vmatte emoji --presets` lists them")
    chosen = [platform(name) for name in dict.fromkeys(given["presets"])]
    if bool(given["sources"]) == bool(given["checked"]):
        raise click.UsageError("give sources to make files of, or --check FILE")
    if given["checked"]:
        _check([Path(file) for file in given["checked"]], chosen)
    else:
        _make(_orders(given, chosen), _matting(given), given["quiet"])


def _check(files: Sequence[Path], chosen: Sequence[Platform]) -> None:
    from vmatte.run.emoji.check import check_file, passes

    good = True
    for file in files:
        for one in chosen:
            findings = check_file(file, one)
            good = good and passes(findings)
            click.echo(f"{file}: {'fits' if passes(findings) else 'does NOT fit'} {one.name}")
            click.echo("\n".join(_table([("rule", "wanted", "found", ""), *map(_cells, findings)])))
    if not good:
        raise click.exceptions.Exit(OutputError.exit_code)


def _cells(finding: Finding) -> tuple[str, ...]:
    return finding.rule, finding.wanted, finding.found, finding.verdict


def _orders(given: dict[str, Any], chosen: Sequence[Platform]) -> list[Order]:
    from vmatte.run.emoji.batch import sources
    from vmatte.run.emoji.footage import Span
    from vmatte.run.emoji.make import Order

    for option in ("out", "sources", "masks", "plate"):
        if "" in (given[option] if isinstance(given[option], tuple) else (given[option],)):
            raise click.UsageError(f"an empty {option} was given: is a shell variable unset?")
    sheet = _grid(given["sheet"])
    span = Span(seconds("--start", given["start"]), seconds("--end", given["end"]), sheet, given["rate"])
    found = sources([Path(source) for source in given["sources"]], sheet is not None)
    return [
        Order(
            source=path,
            name=name,
            out=Path(given["out"]) if given["out"] else path.absolute().parent,
            platforms=tuple(chosen),
            span=span,
            look=_look(given),
            overwrite=given["overwrite"],
            sheet=not given["no_preview"],
        )
        for name, path in found.items()
    ]


def _look(given: dict[str, Any]) -> Look:
    from vmatte.run.emoji.make import Look

    return Look(
        size=given["size"],
        margin=given["margin"],
        crop=given["crop"],
        outline=given["outline"],
        outline_colour=given["outline_colour"],
        loop=given["loop"],
        poster=given["poster"],
        fps=given["fps"],
        seconds=given["longest"],
        edge=given["edge"],
        matte=given["matte"],
    )


def _grid(text: str | None) -> tuple[int, int] | None:
    if text is None:
        return None
    if not (found := re.fullmatch(r"(\d+)x(\d+)", text)) or not all(map(int, found.groups())):
        raise click.UsageError(f"--sheet {text!r} is not columns x rows: write it like 6x4")
    return int(found[1]), int(found[2])


def _matting(given: dict[str, Any]) -> Matting:
    from vmatte.config.load import load
    from vmatte.run.emoji.footage import Matting

    sugar = {"model": given["model"], "device": given["device"]}
    overrides = [f"{key}={value}" for key, value in sugar.items() if value is not None]
    overrides += [f"{key}=true" for key in ("accept_license", "offline") if given[key]]
    plate = Path(given["plate"]) if given["plate"] else None
    return Matting(load([*overrides, *given["settings"]]), given["masks"], plate)


def _make(orders: Sequence[Order], matting: Matting, quiet: bool) -> None:
    failures: list[VmatteError] = []
    rows = []
    for order in orders:
        try:
            for made in _one(order, matting, quiet):
                rows.append(_row(made))
                _tell(made, quiet)
        except WeightsError:
            # The next source would ask for the same weights.
            raise
        except VmatteError as error:
            if str(order.source) not in str(error):
                error.args = (f"{order.source}: {error}",)
            if len(orders) == 1 and not rows:
                raise
            logging.getLogger(__name__).info("where it came from", exc_info=error)
            click.echo(f"vmatte: error: {' '.join(str(error).split())}", err=True)
            failures.append(error)
            rows.append((order.name, "", "FAILED", "", "", "", ""))
    heads = ("source", "preset", "bytes", "of", "pixels", "frames, seconds", "given up")
    click.echo("\n".join(_table([heads, *rows])))
    if failures:
        click.echo(f"vmatte: {len(failures)} of {len(orders)} sources failed", err=True)
        raise click.exceptions.Exit(failures[0].exit_code)


def _one(order: Order, matting: Matting, quiet: bool) -> Iterator[Made]:
    from vmatte.cli.progress import Bar
    from vmatte.run.emoji.make import make

    with writing(), Bar(order.source.name, quiet) as bar:
        yield from make(order, replace(matting, progress=bar))


def _tell(made: Made, quiet: bool) -> None:
    if quiet:
        return
    click.echo(f"{made.source} for {made.platform.name}: wrote {made.path}", err=True)
    advice = [f"{one.rule}: {one.found}, better {one.wanted}" for one in made.findings if one.verdict == "advice"]
    for note in dict.fromkeys((*made.notes, *advice)):
        click.echo(f"  note: {note}", err=True)


def _row(made: Made) -> tuple[str, ...]:
    return (
        made.source.name,
        made.platform.name,
        str(made.size),
        str(made.platform.bytes),
        f"{made.width}x{made.height}",
        f"{made.frames}, {made.seconds:.2f}",
        ", ".join(made.given_up) or "nothing",
    )


def _presets() -> Iterator[str]:
    from vmatte.run.emoji.platforms import platforms

    for one in platforms().values():
        limits = [f"{one.kilobytes} kB", one.canvas.rule]
        limits += [f"{one.frames[0]} to {one.frames[1]} frames"] if one.frames[1] else []
        limits += [f"{one.fps} fps"] if one.fps else []
        limits += [f"{one.seconds} s"] if one.seconds else []
        yield f"{one.name}: {one.title}, {one.makes}, {', '.join(limits)}"
        yield f"    {one.confidence} confidence: {one.source}"


def _table(rows: Sequence[tuple[str, ...]]) -> Iterator[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
