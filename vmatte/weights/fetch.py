"""Fetches a model's checkpoint into the store: licence, lock, download, checks."""

from __future__ import annotations

from vmatte.core.errors import WeightsError
from vmatte.weights import licences
from vmatte.weights.address import mirrored, shown
from vmatte.weights.digest import differ, sha256_of
from vmatte.weights.home import offline, shelf
from vmatte.weights.kind import kind_of
from vmatte.weights.locking import locked
from vmatte.weights.partial import Partial
from vmatte.weights.published import Weights
from vmatte.weights.record import Trust, read_record
from vmatte.weights.store import Condition, Stored, condition, keep, stored
from vmatte.weights.telling import SILENT, Teller, amount


def fetch(
    model: str, weights: Weights, *, accept: bool = False, no_network: bool = False, teller: Teller = SILENT
) -> Stored:
    """A model's checkpoint, downloaded if it is not here yet.

    Args:
        model: Name of its card.
        weights: What the card says.
        accept: Whether the user accepts the licence now.
        no_network: Whether the network may not be touched, as with `VMATTE_OFFLINE`.
        teller: Told what happens.

    Raises:
        WeightsError: It is not here and cannot be had, is not what it should be, or its licence is not accepted.
    """
    if accept and not weights.free:
        licences.accept(weights)
    state = condition(model, weights)
    if state is Condition.stored:
        return stored(model)
    if state is Condition.changed:
        _refuse_imported(model)
    check_fetchable(model, weights, accept=accept, no_network=no_network)
    with locked(shelf(model), lambda: teller.say(f"another process is fetching the weights of {model}: waiting")):
        state = condition(model, weights)
        if state is Condition.stored:
            return stored(model)
        if state is Condition.changed:
            teller.say(f"the stored weights of {model} have changed since they were fetched: fetching them again")
        try:
            return _fetched(model, weights, teller)
        except WeightsError as error:
            raise WeightsError(
                f"weights of {model}: {error}; or download it yourself and "
                f"`vmatte weights import {model} FILE`, or give it with --weights FILE"
            ) from error


def check_fetchable(model: str, weights: Weights, *, accept: bool, no_network: bool) -> None:
    """Stops before anything is asked for that may not be.

    Raises:
        WeightsError: The network may not be touched, or the licence is not accepted.
    """
    if no_network or offline():
        licence = "" if weights.free else " --accept-license"
        raise WeightsError(
            f"the weights of {model} are not here and --offline forbids to fetch them: "
            f"run `vmatte weights fetch {model}{licence}` with a network, or download {shown(weights.url)} elsewhere "
            f"and `vmatte weights import {model} FILE`"
        )
    if not accept:
        licences.require(model, weights)


def _fetched(model: str, weights: Weights, teller: Teller) -> Stored:
    from vmatte.weights.download import download  # the network library is slow to import

    url = mirrored(weights.url)
    part = Partial(shelf(model) / weights.file)
    earlier = read_record(model)
    known = earlier and earlier.trust is Trust.first_use and earlier.url == weights.url
    expected = weights.sha256 or (earlier.sha256 if earlier and known else None)
    teller.say(f"fetching the weights of {model} ({amount(weights.bytes)}) from {shown(url)}")
    teller.say(weights.licence_line)
    download(url, part, weights.size, teller, proven=expected is not None)
    found = _checked(model, part, shown(url), weights, expected)
    if weights.sha256 is None and not known:
        teller.say(f"no published hash: trusting what arrived, recorded as sha256:{found}")
    trust = Trust.first_use if weights.sha256 is None else Trust.published
    kept = keep(model, weights, part.path, weights.file, found, trust, shown(url))
    part.forget_notes()
    return kept


def _checked(model: str, part: Partial, url: str, weights: Weights, expected: str | None) -> str:
    """The hash of what arrived. What is wrong does not stay."""
    try:
        if weights.size is not None and part.size != weights.size:
            raise WeightsError(f"{url} is a file of {part.size} bytes, but the right one has {weights.size}")
        if weights.sha256 is None:
            kind_of(part.path, f"what {url} sends")
        found = sha256_of(part.path)
        if expected is not None and found != expected.lower():
            raise WeightsError(_mismatch(model, url, weights, expected, found))
    except WeightsError:
        part.discard()
        raise
    return found


def _mismatch(model: str, url: str, weights: Weights, expected: str, found: str) -> str:
    if weights.sha256 is not None:
        return f"{url} is not the published file: {differ(expected, found)}"
    return (
        f"{url} serves another file than the one first trusted: {differ(expected, found)}; "
        f"to trust the new one, `vmatte weights remove {model} --yes` and fetch again"
    )


def _refuse_imported(model: str) -> None:
    record = read_record(model)
    if record is not None and record.trust is Trust.imported:
        raise WeightsError(
            f"the imported weights of {model} have changed since: `vmatte weights import {model} FILE` again, "
            f"or `vmatte weights remove {model} --yes` to fetch the published ones"
        )
