"""Brings one file here over a bad line: what has arrived is kept, the rest is asked for again."""

from __future__ import annotations

import shutil
from time import sleep

from urllib3.exceptions import MaxRetryError
from urllib3.util.retry import Retry

from vmatte.core.errors import WeightsError
from vmatte.weights.address import host, shown
from vmatte.weights.partial import Facts, Partial
from vmatte.weights.telling import Teller, amount
from vmatte.weights.web import Answer, Interrupted, asked

# Our choice: half a minute of patience in all (0, 2, 4, 8, 16 s), and never more than two minutes for one answer.
_TRIES = 5
_LONGEST = 120.0
# An attempt that brings this much more was no failure: a slow line may be cut any number of times.
_PROGRESS = 2**20


def download(url: str, part: Partial, size: int | None, teller: Teller, *, proven: bool) -> None:
    """Fills `part` with the whole file.

    Args:
        url: Where it is.
        part: What an earlier attempt left is used if the server's file is still the same.
        size: What the file must measure, if known.
        teller: Told of bytes and of pauses.
        proven: Whether a hash will tell later if the bytes belong together; then even a server that marks no
            versions can be asked for the rest.

    Raises:
        WeightsError: It cannot be had; what has arrived is kept unless it is the wrong file.
    """
    patience = fresh = Retry(total=_TRIES, backoff_factor=1, backoff_max=_LONGEST)
    most = part.size
    while True:
        try:
            _attempt(url, part, size, teller, proven)
            return
        except Interrupted as cut:
            if part.size >= most + _PROGRESS:
                patience = fresh
            most = max(most, part.size)
            try:
                patience = patience.increment("GET", shown(url))
            except MaxRetryError:
                raise WeightsError(_given_up(url, cut, part)) from None
            pause = min(patience.get_backoff_time() if cut.after is None else cut.after, _LONGEST)
            teller.say(f"{cut}; trying again" + (f" in {pause:.0f} s" if pause else ""))
            sleep(pause)


def _given_up(url: str, cut: Interrupted, part: Partial) -> str:
    kept = f"; what arrived ({amount(part.size)}) is kept, and the next fetch goes on from there" if part.size else ""
    return f"{shown(url)} cannot be fetched: {cut} (tried again {_TRIES} times){kept}"


def _attempt(url: str, part: Partial, size: int | None, teller: Teller, proven: bool) -> None:
    earlier = part.facts(url)
    if earlier is None or not (earlier.validator or proven):
        earlier = None
    start = part.size if earlier else 0
    with asked(url, start, earlier.validator if earlier else "") as answer:
        if answer.status == 416:
            _refused_rest(answer, part, earlier, proven, host(url))
            return
        resume = answer.status == 206
        if resume and not _continues(answer, start, earlier, proven):
            part.discard()
            raise Interrupted(f"{host(url)} has another file now")
        _check_offer(answer.total, start if resume else 0, size, part, host(url))
        _take(answer, Facts(url, answer.validator, answer.total), part, size, teller, resume)
    if answer.total is not None and part.size != answer.total:
        raise Interrupted(f"{host(url)} announced {answer.total} bytes and {part.size} are here")


def _continues(answer: Answer, start: int, earlier: Facts | None, proven: bool) -> bool:
    """Whether a partial answer goes on exactly where the bytes end, in the same file."""
    if earlier is None or answer.start != start:
        return False
    same = not (answer.validator and earlier.validator) or answer.validator == earlier.validator
    # A server that contradicts itself about the length may still send the right bytes, if a hash can tell.
    return same and (proven or answer.total is None or earlier.total in (None, answer.total))


def _refused_rest(answer: Answer, part: Partial, earlier: Facts | None, proven: bool, where: str) -> None:
    """The server has nothing from there on: it is all here, or these bytes are of another file."""
    if earlier and answer.total == part.size and (proven or earlier.total in (None, answer.total)):
        return
    here = part.size
    part.discard()
    announced = earlier.total if earlier and earlier.total is not None else answer.total
    raise Interrupted(f"{where} announced {announced} bytes and has no more than the {here} that arrived")


def _check_offer(total: int | None, here: int, size: int | None, part: Partial, where: str) -> None:
    """Stops before the wrong file is fetched, or one that finds no room."""
    if size is not None and total is not None and total != size:
        part.discard()
        raise WeightsError(f"{where} offers a file of {total} bytes, but the right one has {size}: it is another file")
    final = size if total is None else total
    if final is not None and (free := shutil.disk_usage(part.path.parent).free) < final - here:
        raise WeightsError(
            f"no space left in {part.path.parent}: {amount(final - here)} are to come and {amount(free)} are free; "
            "free some, or set VMATTE_HOME to a folder elsewhere"
        )


def _take(answer: Answer, facts: Facts, part: Partial, size: int | None, teller: Teller, resume: bool) -> None:
    total = size if answer.total is None else answer.total
    with part.opened(facts, resume=resume) as file:
        done = file.tell()
        teller.progress(done, total)
        for piece in answer.pieces():
            done += len(piece)
            if size is not None and done > size:
                break
            file.write(piece)
            teller.progress(done, total)
    if size is not None and done > size:
        part.discard()
        raise WeightsError(f"{host(facts.url)} sends more than the {size} bytes of the right file: it is another file")
