"""`vmatte bench`: models over a data set, scored as papers score, beside what the papers print."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from vmatte.cli.log import speak
from vmatte.core.errors import OutputError
from vmatte.core.whole import write_whole

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from vmatte.metrics.evaluators import Evaluator
    from vmatte.run.bench.layout import Item
    from vmatte.run.bench.published import Published
    from vmatte.run.bench.record import Record


@click.command("bench")
@click.argument("dataset", metavar="DATASET")
@click.option("--model", "models", multiple=True, required=True, metavar="NAME", help="Model to run. Repeatable.")
@click.option("--out", default="bench", show_default=True, metavar="DIR", help="Where results are kept.")
@click.option("--evaluator", metavar="NAME", help="Whose numbers. Default: that of the published table, else vmatte.")
@click.option("--masks", metavar="DIR", help="Masks of first frames, <clip>.png. Default: the truth's first frame.")
@click.option("--limit", type=click.IntRange(1), metavar="N", help="Run on the first N only.")
@click.option(
    "--device", type=click.Choice(["auto", "cpu", "cuda", "mps"]), help="Where learned models run. Default: auto."
)
@click.option("--accept-license", "--accept-licence", is_flag=True, help="Accept the licences of the weights.")
@click.option("--offline", is_flag=True, help="Never touch the network.")
@click.option("--set", "settings", multiple=True, metavar="KEY=VALUE", help="Change a setting. See `vmatte config`.")
@click.option("--json", "json_file", metavar="F", help="Write everything as JSON.")
@click.option("-q", "--quiet", is_flag=True, help="Print the tables only.")
@click.option("-v", "--verbose", is_flag=True, help="Print more, and tracebacks of errors.")
def command(**given: Any) -> None:  # noqa: ANN401  click hands over its own mixture
    """Run models over a test set and print the papers' table with their rows added.

    DATASET is laid out as its authors publish it: VideoMatte240K (NAME/com and NAME/pha, or com/NAME and pha/NAME),
    YouTubeMatte (NAME/har and NAME/pha), or images (DIS-5K: im and gt; AIM-500: original and mask). A run that was
    stopped goes on where it was when it is started again.
    """
    from vmatte.metrics.evaluators import evaluator
    from vmatte.metrics.scorer import ScoreOptions
    from vmatte.run.bench.layout import items
    from vmatte.run.bench.run import Ask

    speak(given["verbose"])
    if given["json_file"] and not Path(given["json_file"]).absolute().parent.is_dir():
        raise OutputError(f"{given['json_file']}: its folder does not exist")
    dataset = Path(given["dataset"])
    whole = items(dataset)
    known = _known(dataset, whole)
    which = evaluator(given["evaluator"] or next((each.evaluator for each in known.values()), "vmatte"))
    options = ScoreOptions(which.name)
    masks = Path(given["masks"]) if given["masks"] else None
    chosen = whole[: given["limit"]]
    found = _found(chosen, Ask(Path(given["out"]), options, masks), given)
    comparable = {
        group: each for group, each in known.items() if _same_units(which, evaluator(each.evaluator), len(each.metrics))
    }
    for line in _lines(chosen, found, comparable):
        click.echo(line)
    for note in _notes(given, known, comparable, len(whole), found):
        click.echo(f"note: {note}", err=True)
    if given["json_file"]:
        from vmatte.io.writers.partial import explained

        with explained(path := Path(given["json_file"])):
            write_whole(path, _as_json(found, which.name))


def _same_units(one: Evaluator, other: Evaluator, metrics: int) -> bool:
    """Whether two evaluators compute the first so many metrics alike: those of RVM and MatAnyone do."""
    return one.meters[:metrics] == other.meters[:metrics]


def _known(dataset: Path, whole: Sequence[Item]) -> dict[str | None, Published]:
    """What papers print of the parts of a data set."""
    from vmatte.run.bench.published import published
    from vmatte.run.bench.table import groups_of

    above = dataset.absolute().parts
    found = {
        group: published([*above, *(whole[0].name if group is None else group).split("/")])
        for group in groups_of(whole)
    }
    return {group: each for group, each in found.items() if each is not None}


def _found(chosen: Sequence[Item], ask: Any, given: Mapping[str, Any]) -> dict[str, dict[str, Record]]:  # noqa: ANN401
    from vmatte.cli.progress import Fetching
    from vmatte.config.load import load, plan_as_data
    from vmatte.run.bench.run import Runner

    def say(text: str) -> None:
        if not given["quiet"]:
            click.echo(text, err=True)

    shared = [f"{key}=true" for key in ("accept_license", "offline") if given[key]]
    shared += [f"device={given['device']}"] if given["device"] else []
    plans = {name: load([f"model={name}", *shared, *given["settings"]]) for name in dict.fromkeys(given["models"])}
    found = {}
    with Fetching(say, given["quiet"]) as fetching:
        for name, plan in plans.items():
            runner = Runner(plan, plan_as_data(plan), ask, fetching.teller)
            found[name] = runner.over(chosen, _telling(name, say))
    return found


def _telling(model: str, say: Callable[[str], None]) -> Callable[[str, bool], None]:
    return lambda item, before: say(f"{model}: {item}{' (done before)' if before else ''}")


def _lines(
    chosen: Sequence[Item], found: Mapping[str, Mapping[str, Record]], known: Mapping[str | None, Published]
) -> list[str]:
    from vmatte.cli.scores import columns
    from vmatte.run.bench.table import tables

    lines: list[str] = []
    for table in tables(chosen, found, known):
        lines += [*([""] if lines else []), table.title, *columns(table.rows, left=1), *table.notes]
    return lines


def _notes(
    given: Mapping[str, Any],
    known: Mapping[str | None, Published],
    comparable: Mapping[str | None, Published],
    count: int,
    found: Mapping[str, Mapping[str, Record]],
) -> list[str]:
    from vmatte.models.registry import card

    notes = [
        f"the published rows of {each.name} are in the units of {each.evaluator}: left out"
        for group, each in known.items()
        if group not in comparable
    ]
    if comparable and given["limit"] and given["limit"] < count:
        notes.append(f"only {given['limit']} of {count} were run: the published rows are over all")
    if not given["masks"] and any("mask" in card(name).needs for name in found):
        notes.append("masks of first frames were made from the truth; the papers' are segmentations, see --masks")
    return notes


def _as_json(found: Mapping[str, Mapping[str, Record]], evaluator: str) -> str:
    from vmatte.run.bench.table import speed, totals

    data = {
        name: {
            "total": {metric: vars(each) for metric, each in totals(records).items()},
            "ms_per_frame": speed(records)[0],
            "clips": {item: record.result.as_data() for item, record in records.items()},
        }
        for name, records in found.items()
    }
    return json.dumps({"evaluator": evaluator, "models": data}, indent=1) + "\n"
