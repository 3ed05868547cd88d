"""`vmatte score`: mattes against the truth, against their source, or both."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from vmatte.cli.log import speak
from vmatte.core.errors import InputError, OutputError
from vmatte.core.whole import write_whole

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from vmatte.metrics.scorer import Result, ScoreOptions
    from vmatte.run.score import Ask, Scored


# How files begin that these commands write, and how much of a file is read to see it.
_SIGNS = {
    ".json": r'\A{\s*"(evaluator|clips)":',
    ".csv": r"\Aclip,frame\b",
    ".html": r"\A<!doctype html>[^$]*Content-Security-Policy",
}
_BEGINNING = 4096


def with_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Adds what `score` and `compare` have in common."""
    options = [
        click.option("--truth", metavar="T", help="The true matte, in any of these forms."),
        click.option("--source", metavar="CLIP", help="The clip the matte was made from: scores without truth."),
        click.option("--trimap", metavar="M", help="Trimaps (0, 128, 255), for evaluators of unknown pixels."),
        click.option(
            "--evaluator", default="vmatte", show_default=True, metavar="NAME", help="Whose numbers to print."
        ),
        click.option(
            "--quantise",
            type=click.Choice(["round", "truncate", "none", "evaluator"]),
            default="round",
            show_default=True,
            help="How mattes deeper than 8 bits are brought there; evaluator is as its method writes.",
        ),
        click.option("--band-radius", type=click.IntRange(1), default=4, show_default=True, help="Edge band, px."),
        click.option("--max-lag", type=click.IntRange(1), default=4, show_default=True, help="Frames LAG looks."),
        click.option("--json", "json_file", metavar="F", help="Write everything, frame by frame, as JSON."),
        click.option("--csv", "csv_file", metavar="F", help="Write everything, frame by frame, as CSV."),
        click.option(
            "--html", "html_file", metavar="F", help="Write a page with plots, pictures and the worst frames."
        ),
        click.option("--overwrite", is_flag=True, help="Replace files that hold something else than scores."),
        click.option("-q", "--quiet", is_flag=True, help="Print no notes and no progress."),
        click.option("-v", "--verbose", is_flag=True, help="Print tracebacks of errors."),
    ]
    for option in reversed(options):
        function = option(function)
    return function


@click.command("score")
@click.argument("pred", metavar="PRED")
@with_options
def command(**given: Any) -> None:  # noqa: ANN401  click hands over its own mixture
    """Score a matte: PRED is an alpha clip, ProRes 4444, WebM or PNG with alpha, or a sequence of images.

    Frames are matched by time, by the numbers in file names, or by place; what does not match is said. A folder of
    clips, or a glob of videos, gives a table with totals; --truth and --source are then folders with the same names,
    which may be laid out as test sets are: NAME/pha, pha/NAME, sources in NAME/com or NAME/har.

    Evaluators: vmatte, rvm-lr, rvm-hr, matanyone, matanyone-hr, matanyone2, matanyone2-hr, dim, sdmatte, vitmatte, aim,
    dis, maggie, tcvom.
    """
    from vmatte.cli.scores import clip_lines, folder_lines
    from vmatte.run.clips import holds_clips, itself

    speak(given["verbose"])
    pred, asked, options = itself(Path(given["pred"])), ask(given), options_of(given)
    inputs = (pred, asked.truth, asked.source, asked.trimap)
    check_there(*inputs)
    check_files(given, inputs)
    if not holds_clips(pred):
        scored = _one(pred, of_clip(pred, asked), options, given["quiet"])
        result = scored.result
        name = name_of(given["pred"])
        write_files(given, result, {name: result})
        write_html(given, f"Score of {name}", {name: {name: scored}})
        say_notes(result.notes, given["quiet"])
        lines = clip_lines(result, scored.how)
    else:
        clips = _many(pred, asked, options, given["quiet"])
        results = {name: scored.result for name, scored in clips.items()}
        write_files(given, results, results)
        write_html(
            given, f"Scores of {name_of(given['pred'])}", {name: {name: scored} for name, scored in clips.items()}
        )
        lines = folder_lines(results)
    click.echo("\n".join(lines))


def ask(given: Mapping[str, Any]) -> Ask:
    """What to score against, from the options."""
    from vmatte.run.score import Ask

    found = {name: Path(given[name]) if given[name] else None for name in ("truth", "source", "trimap")}
    for name in found:
        if given[name] == "":
            raise click.UsageError(f"an empty --{name} was given: is a shell variable unset?")
    return Ask(**found)


def of_clip(pred: Path, asked: Ask, name: str = "") -> Ask:
    """What belongs to one matte, where folders of clips were given; `name` when nothing else can be meant."""
    from vmatte.run.clips import MATTES, SOURCES, clip_name, holds_clips, itself, partner
    from vmatte.run.score import Ask

    def found(given: Path | None, kinds: tuple[str, ...]) -> Path | None:
        if given is None:
            return None
        alone = itself(given, kinds)
        if name or holds_clips(alone, kinds):
            return partner(given, name or clip_name(pred), kinds)
        return alone

    return Ask(found(asked.truth, MATTES), found(asked.source, SOURCES), found(asked.trimap, ("trimap",)))


def name_of(given: str) -> str:
    """What a clip is called on pages and in tables."""
    return Path(given).name or Path(given).resolve().name or given


def check_there(*paths: Path | None) -> None:
    """Refuses what does not exist before anything else is said."""
    from vmatte.io.sequence import is_pattern

    for path in paths:
        if path is not None and not path.exists() and not is_pattern(path):
            raise InputError(f"{path}: no such file or folder")


def options_of(given: Mapping[str, Any]) -> ScoreOptions:
    """How to score, from the options."""
    from vmatte.metrics.scorer import ScoreOptions

    return ScoreOptions(given["evaluator"], given["band_radius"], given["max_lag"], given["quantise"])


def check_files(given: Mapping[str, Any], inputs: Sequence[Path | None]) -> None:
    """Refuses what cannot be written, or would cost the user a file of another kind, before the work starts."""
    read = {path.resolve() for path in inputs if path is not None}
    for name in ("json_file", "csv_file", "html_file"):
        if not given[name]:
            continue
        path, suffix = Path(given[name]), f".{name.partition('_')[0]}"
        if not path.absolute().parent.is_dir():
            raise OutputError(f"{path}: its folder does not exist")
        if path.resolve() in read:
            raise OutputError(f"{path} is read by this command: give another name to write to")
        if path.is_dir():
            raise OutputError(f"{path} is a folder: give the name of a file")
        if path.is_file() and not given["overwrite"] and not _is_ours(path, suffix):
            raise OutputError(f"{path} exists and holds no scores: say --overwrite to replace it, or give another name")
    if given["html_file"]:
        from vmatte.run.page.write import check_library

        check_library()


def _is_ours(path: Path, suffix: str) -> bool:
    """Whether a file was written by this command before: whoever scores again wants the new scores."""
    try:
        with path.open("rb") as file:
            begins = file.read(_BEGINNING).decode("utf-8", "replace")
    except OSError as error:
        raise OutputError(f"{path}: cannot be replaced ({error.strerror})") from error
    return path.suffix.lower() == suffix and re.search(_SIGNS[suffix], begins) is not None


def write_files(given: Mapping[str, Any], data: Result | Mapping[str, Result], rows: Mapping[str, Result]) -> None:
    """Writes the JSON and CSV that were asked for."""
    from vmatte.io.writers.partial import explained
    from vmatte.run.standing import as_json, write_csv

    if given["json_file"]:
        with explained(path := Path(given["json_file"])):
            write_whole(path, as_json(data))
    if given["csv_file"]:
        with explained(path := Path(given["csv_file"])):
            write_csv(path, rows)


def write_html(given: Mapping[str, Any], title: str, clips: Mapping[str, Mapping[str, Scored]]) -> None:
    """Writes the page that was asked for: clips by name, each with its mattes by name."""
    if not given["html_file"]:
        return
    from vmatte.io.writers.partial import explained
    from vmatte.run.page.shot import Shot
    from vmatte.run.page.write import write_page

    with explained(path := Path(given["html_file"])):
        write_page(path, title, [Shot(name, mattes) for name, mattes in clips.items()])


def say_notes(notes: tuple[str, ...], quiet: bool) -> None:
    """On standard error, so that a table can be piped."""
    for note in () if quiet else dict.fromkeys(notes):
        click.echo(f"note: {note}", err=True)


def _one(pred: Path, asked: Ask, options: ScoreOptions, quiet: bool) -> Scored:
    from vmatte.cli.progress import Bar
    from vmatte.run.score import score_clip

    with Bar(pred.name, quiet) as bar:
        return score_clip(pred, asked, options, bar)


def _many(folder: Path, asked: Ask, options: ScoreOptions, quiet: bool) -> dict[str, Scored]:
    from vmatte.run.clips import clips_in

    results = {}
    clips = clips_in(folder, deep=True)
    # Every partner is looked for before the first clip is decoded.
    asks = {name: of_clip(clip, asked, name) for name, clip in clips.items()}
    for name, clip in clips.items():
        results[name] = _one(clip, asks[name], options, quiet)
        say_notes(results[name].result.notes, quiet)
    return results
