"""Holds a file against the rules of a platform."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from vmatte.core.errors import InputError
from vmatte.run.emoji.account import Account, account
from vmatte.run.emoji.platforms import Platform

OK, ADVICE, FAILS = "ok", "advice", "FAILS"
# Containers round times to the millisecond, GIF to hundredths of a second: a rate is as good as its shortest count.
_RATE_SLACK = 1.01
_SECONDS_SLACK = 0.0015


@dataclass(frozen=True, slots=True)
class Finding:
    """One rule and how a file stands to it.

    Attributes:
        rule: Its name.
        wanted: What the platform asks.
        found: What the file has.
        verdict: `ok`, `advice` (accepted, but not as it should be) or `FAILS`.
    """

    rule: str
    wanted: str
    found: str
    verdict: str


def check_file(path: Path, platform: Platform) -> list[Finding]:
    """All rules that apply; a file is right when none fails.

    Raises:
        InputError: There is no file, or it cannot be read from the disk.
    """
    if not path.is_file():
        raise InputError(f"{path}: no such file")
    try:
        found = account(path)
    except InputError as error:
        size = _size(path.stat().st_size, platform)
        return [Finding("decodes", ", ".join(platform.accepts), str(error), FAILS), size]
    return list(_findings(found, platform))


def passes(findings: list[Finding]) -> bool:
    """Whether no rule fails."""
    return all(finding.verdict != FAILS for finding in findings)


def _findings(found: Account, platform: Platform) -> Iterator[Finding]:
    yield _judged("format", ", ".join(platform.accepts), found.kind, found.kind in platform.accepts)
    if found.kind == "webm":
        yield _judged("codec", "vp9", found.codec, found.codec == "vp9")
        yield _judged("sound", "none", f"{found.audio} streams", found.audio == 0)
    if found.damage:
        yield Finding("whole", "all of it", found.damage, FAILS)
    yield _size(found.size, platform)
    square = platform.canvas
    yield _judged("pixels", square.rule, f"{found.width}x{found.height}", square.takes(found.width, found.height))
    if platform.true_colour:
        yield _judged("colours", "no palette", "palette" if found.palette else "true colour", not found.palette)
    yield _judged("alpha", "clear around", "yes" if found.alpha else "none", found.alpha, ADVICE)
    yield _judged("first frame", "shows something", "yes" if found.shows else "empty", found.shows, ADVICE)
    if found.kind != "png" and found.durations:
        yield from _timing(found, platform)
    if platform.margin and found.box is not None:
        left, top, right, bottom = found.box
        clear = min(left, top, found.width - right, found.height - bottom)
        yield _judged("margin", f"{platform.margin} px", f"{clear} px", clear >= platform.margin, ADVICE)


def _timing(found: Account, platform: Platform) -> Iterator[Finding]:
    least, most = platform.frames
    wanted = f"{least} to {most}" if most else f"{least} or more"
    yield _judged("frames", wanted, str(found.frames), least <= found.frames and (not most or found.frames <= most))
    if platform.shortest_ms:
        shortest = min(found.durations)
        wanted = f"{platform.shortest_ms} ms or more each"
        yield _judged("shortest", wanted, f"{shortest:g} ms", shortest >= platform.shortest_ms)
    if platform.fps:
        rate = found.frames / found.seconds if found.seconds else float("inf")
        yield _judged("rate", f"{platform.fps} or less", f"{rate:.4g} fps", rate <= platform.fps * _RATE_SLACK)
    yield from _length(found, platform)
    if platform.flashes:
        flashes = f"{found.flashes} a second"
        yield _judged("flashes", f"{platform.flashes} or less", flashes, found.flashes <= platform.flashes, ADVICE)


def _length(found: Account, platform: Platform) -> Iterator[Finding]:
    seconds = found.seconds
    if platform.seconds:
        within = seconds <= platform.seconds + _SECONDS_SLACK
        even = not platform.whole or (round(seconds) >= 1 and abs(seconds - round(seconds)) <= _SECONDS_SLACK)
        wanted = f"whole, 1 to {platform.seconds}" if platform.whole else f"{platform.seconds} or less"
        yield _judged("seconds", wanted, f"{seconds:.3f}", within and even)
    if found.loops is None:
        return
    if platform.loops is not None:
        wanted = "for ever" if platform.loops == 0 else str(platform.loops)
        yield _judged("plays", wanted, _plays(found.loops), found.loops == platform.loops, ADVICE)
    if platform.most_loops:
        right = 1 <= found.loops <= platform.most_loops
        yield _judged("plays", f"1 to {platform.most_loops}", _plays(found.loops), right)
    if platform.most_loop_seconds:
        whole = found.loops * seconds
        right = found.loops > 0 and whole <= platform.most_loop_seconds + _SECONDS_SLACK
        told = f"{whole:.3f}" if found.loops else "for ever"
        yield _judged("seconds in all", f"{platform.most_loop_seconds} or less", told, right)


def _plays(loops: int) -> str:
    return str(loops) if loops else "for ever"


def _size(size: int, platform: Platform) -> Finding:
    wanted = f"{platform.kilobytes} kB or less"
    if platform.bytes < size <= platform.most_bytes:
        return Finding("bytes", wanted, f"{size}, fits only where 1 KB is 1024", ADVICE)
    return _judged("bytes", wanted, str(size), size <= platform.bytes)


def _judged(rule: str, wanted: str, found: str, right: bool, otherwise: str = FAILS) -> Finding:
    return Finding(rule, wanted, found, OK if right else otherwise)
