"""`vmatte weights`: the store of checkpoints, as its user sees it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from vmatte.cli.interrupt import INTERRUPTED
from vmatte.core.errors import ConfigError, WeightsError
from vmatte.models.registry import Weights, card, cards

if TYPE_CHECKING:
    from vmatte.weights.store import Condition, Stored

_NONE = "No model here has weights: all of them work without."


@click.group("weights")
def command() -> None:
    """Fetch, list and check the weights of learned models.

    `vmatte process` fetches what it needs by itself, once; these commands do it ahead of time, say where a file is
    and check it. Downloads that were cut off go on where they stopped.

    Files live in $VMATTE_HOME/weights, else $XDG_CACHE_HOME/vmatte/weights, else ~/.cache/vmatte/weights.

    \b
    VMATTE_OFFLINE=1           never touch the network
    VMATTE_WEIGHTS_MIRROR=URL  ask this server for the same paths, instead of the published ones
    HTTPS_PROXY=URL            go through a proxy
    """  # noqa: D301  click reads the character, not the escape


@command.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print everything known, for programs.")
def list_(as_json: bool) -> None:
    """List models with weights, and whether they are here."""
    rows = [_row(name, weights) for name, weights in _known().items()]
    if as_json:
        click.echo(json.dumps(rows, indent=2))
        return
    if not rows:
        click.echo(_NONE)
        return
    from vmatte.weights.home import home
    from vmatte.weights.telling import amount

    table = [("NAME", "SIZE", "STORED", "LICENCE")]
    table += [(row["name"], amount(row["bytes"]), _stored_text(row), _licence_text(row)) for row in rows]
    widths = [max(len(row[column]) for row in table) for column in range(3)]
    for line in table:
        click.echo("  ".join([*(text.ljust(width) for text, width in zip(line, widths, strict=False)), line[3]]))
    click.echo(f"\nstored in {home() / 'weights'}")


@command.command("fetch")
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("--all", "everything", is_flag=True, help="Fetch the weights of every model.")
@click.option(
    "--accept-license",
    "--accept-licence",
    "accept",
    is_flag=True,
    help="Accept the licences of these weights; remembered for all weights under them.",
)
@click.option("--offline", is_flag=True, help="Never touch the network: only say what is missing.")
@click.option("-q", "--quiet", is_flag=True, help="Print errors only.")
def fetch(names: tuple[str, ...], everything: bool, accept: bool, offline: bool, quiet: bool) -> None:
    """Download the weights of models into the store.

    What is there already is not fetched again. Weights whose licence does not allow every use need --accept-license
    once. Without a published hash the first download is trusted, its hash recorded, and later ones compared with it.
    """
    if bool(names) == everything:
        raise click.UsageError("name models, or say --all; `vmatte weights list` shows them")

    def say(text: str) -> None:
        if not quiet:
            click.echo(text, err=True)

    wanted = _known() if everything else {name: _weights(name) for name in dict.fromkeys(names)}
    if not wanted:
        say(_NONE)
    failures: list[WeightsError] = []
    for name, weights in wanted.items():
        try:
            _fetch(name, weights, accept, offline, quiet, say)
        except WeightsError as error:
            if len(wanted) == 1:
                raise
            click.echo(f"vmatte: error: {' '.join(str(error).split())}", err=True)
            failures.append(error)
    if failures:
        click.echo(f"vmatte: {len(failures)} of {len(wanted)} could not be fetched", err=True)
        raise click.exceptions.Exit(failures[0].exit_code)


def _fetch(name: str, weights: Weights, accept: bool, offline: bool, quiet: bool, say: Callable[[str], None]) -> None:
    from vmatte.cli.progress import Fetching
    from vmatte.weights.elsewhere import elsewhere
    from vmatte.weights.fetch import fetch as fetched

    place = elsewhere(weights)
    if place is not None:
        say(f"{name}: {place} (kept there by another program, so there is nothing to fetch)")
        return
    try:
        with Fetching(say, quiet) as fetching:
            kept = fetched(name, weights, accept=accept, no_network=offline, teller=fetching.teller)
    except KeyboardInterrupt:
        click.echo("vmatte: interrupted; what arrived is kept, and the next fetch goes on from there", err=True)
        raise click.exceptions.Exit(INTERRUPTED) from None
    say(_told(name, kept))


@command.command("path")
@click.argument("name")
def path(name: str) -> None:
    """Print where a model's weights are, and nothing else."""
    from vmatte.weights.elsewhere import elsewhere
    from vmatte.weights.store import find

    kept = find(name, _weights(name))
    place = kept.path if kept is not None else elsewhere(_weights(name))
    if place is None:
        raise WeightsError(f"the weights of {name} are not here: `vmatte weights fetch {name}`")
    click.echo(place)


@command.command("verify")
@click.argument("names", nargs=-1, metavar="[NAME]...")
def verify(names: tuple[str, ...]) -> None:
    """Compare stored weights with their hashes.

    All bytes are read anew and compared with the published hash, or with the recorded one. Without names: all that
    are stored.
    """
    from vmatte.weights.home import shelf
    from vmatte.weights.record import read_record
    from vmatte.weights.store import Condition, condition, stored

    known = {name: _weights(name) for name in names} if names else _known()
    states = {name: condition(name, weights, rehash=True) for name, weights in known.items()}
    if not names:
        # A file that was stored and is gone is worth a word, one that never was here is not.
        states = {name: state for name, state in states.items() if state is not Condition.absent or read_record(name)}
    if not states:
        click.echo("Nothing is stored yet: `vmatte weights list` shows what there is." if known else _NONE)
    for name, state in states.items():
        if state is Condition.stored:
            record = stored(name).record
            click.echo(f"{name}: good, sha256:{record.sha256} ({record.trust.value})")
        elif state is Condition.absent and (lost := read_record(name)):
            click.echo(f"{name}: GONE: {shelf(name) / lost.file} was stored and is not there any more")
        else:
            click.echo(f"{name}: {_TROUBLE[state.value]}")
    _refuse(states)


def _refuse(states: dict[str, Condition]) -> None:
    """Raises WeightsError about what is not as it should be, and apart from that about what is not here."""
    absent = [name for name, state in states.items() if state.value == "absent"]
    bad = [name for name, state in states.items() if state.value not in ("absent", "stored")]
    told = (
        [f"not as they should be: {', '.join(bad)}; `vmatte weights fetch {' '.join(bad)}` mends that"] if bad else []
    )
    if absent:
        told.append(f"nothing to verify of {', '.join(absent)}: `vmatte weights fetch {' '.join(absent)}` gets it")
    if told:
        raise WeightsError("; ".join(told))


@command.command("remove")
@click.argument("names", nargs=-1, required=True, metavar="NAME...")
@click.option(
    "--yes", "sure", is_flag=True, help="Do it. Without this nothing is removed, and it is said what would be."
)
def remove(names: tuple[str, ...], sure: bool) -> None:
    """Take the weights of models out of the store.

    Unfinished downloads go as well, and so does the record: a file without a published hash is trusted anew when it
    is fetched again. Accepted licences stay accepted.
    """
    from vmatte.weights.store import held
    from vmatte.weights.store import remove as removed
    from vmatte.weights.telling import amount

    for name in names:
        _weights(name)
    found = {name: held(name) for name in dict.fromkeys(names)}
    for name in found:
        files = removed(name) if sure else found[name]
        for path, size in files.items():
            click.echo(f"{'removed' if sure else 'would remove'} {path} ({amount(size)})", err=True)
        if not files:
            click.echo(f"{name}: nothing is stored", err=True)
    if not sure and any(found.values()):
        raise click.UsageError("nothing was removed: say --yes to remove these files")


@command.command("import")
@click.argument("name")
@click.argument("file", type=click.Path(path_type=Path))
def import_(name: str, file: Path) -> None:
    """Copy a checkpoint you already have into the store.

    It is compared with the published hash, if there is one; otherwise its own hash is recorded.
    """
    from vmatte.weights.local import import_file

    weights = _weights(name)
    kept = import_file(name, weights, file)
    click.echo(_told(name, kept), err=True)
    click.echo(weights.licence_line, err=True)


_TROUBLE = {
    "absent": "not here, so there is nothing to verify",
    "changed": "CHANGED since it was stored: other bytes than the recorded hash",
    "outdated": "another file than this version of vmatte expects",
}


def _told(name: str, kept: Stored) -> str:
    return f"{name}: {kept.path} ({kept.record.trust.value}, sha256:{kept.record.sha256})"


def _known() -> dict[str, Weights]:
    return {name: known.weights for name, known in cards().items() if known.weights is not None}


def _weights(name: str) -> Weights:
    weights = card(name).weights
    if weights is None:
        have = ", ".join(_known()) or "no model here"
        raise ConfigError(f"model {name} works without weights; with weights: {have}")
    return weights


def _row(name: str, weights: Weights) -> dict[str, Any]:
    """All that is known of one model's weights."""
    from vmatte.weights.elsewhere import elsewhere
    from vmatte.weights.licences import accepted
    from vmatte.weights.record import read_record
    from vmatte.weights.store import Condition, condition, stored

    state = condition(name, weights)
    record = None if state is Condition.absent else read_record(name)
    return {
        "name": name,
        "url": weights.url,
        "file": weights.file,
        "size": weights.size,
        "bytes": weights.bytes,
        "sha256": weights.sha256,
        "licence": weights.licence,
        "licence_url": weights.licence_url,
        "free": weights.free,
        "licence_accepted": accepted(weights),
        "notes": weights.notes,
        "state": state.value,
        "path": str(stored(name).path) if state is Condition.stored else None,
        "stored_sha256": record.sha256 if record else None,
        "trust": record.trust.value if record else None,
        "date": record.date if record else None,
        "via": record.via if record else None,
        "elsewhere": None if (place := elsewhere(weights)) is None else str(place),
    }


def _stored_text(row: dict[str, Any]) -> str:
    absent = "kept by another program" if row["elsewhere"] else "-"
    texts = {"stored": f"yes ({row['trust']})", "absent": absent, "changed": "changed", "outdated": "outdated"}
    return texts[row["state"]]


def _licence_text(row: dict[str, Any]) -> str:
    if row["free"]:
        return str(row["licence"])
    asked = "accepted" if row["licence_accepted"] else "to fetch: --accept-license"
    return f"{row['licence']} ({asked})"
