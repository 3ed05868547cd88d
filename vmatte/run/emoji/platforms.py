"""The facts about platforms, as `platforms.yaml` states them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from vmatte.core.errors import ConfigError
from vmatte.core.near import meant

_MAKES = ("gif", "apng", "webp", "webm")


@dataclass(frozen=True, slots=True)
class Canvas:
    """The sizes in pixels that a platform takes.

    Attributes:
        sizes: Sides of the squares it takes, the usual one first; empty for the other rules.
        range: Least and most of the side of a square.
        usual: Which of the range to make.
        side: What one side must be and the other must not exceed.
        within: Width and height not to be exceeded.
        reach: What one side must be at least, within.
    """

    sizes: tuple[int, ...] = ()
    range: tuple[int, int] | None = None
    usual: int = 0
    side: int = 0
    within: tuple[int, int] | None = None
    reach: int = 0

    @property
    def rule(self) -> str:
        """For people."""
        if self.sizes:
            return " or ".join(f"{size}x{size}" for size in self.sizes)
        if self.range:
            return f"square, {self.range[0]} to {self.range[1]}"
        if self.within:
            return f"within {self.within[0]}x{self.within[1]}, a side of {self.reach} or more"
        return f"one side {self.side}, the other at most {self.side}"

    def takes(self, width: int, height: int) -> bool:
        """Whether a picture of this size is right.

        >>> Canvas(sizes=(128,)).takes(128, 128), Canvas(side=512).takes(512, 600)
        (True, False)
        >>> box = Canvas(within=(320, 270), reach=270)
        >>> box.takes(320, 180), box.takes(270, 262), box.takes(200, 260)
        (True, True, False)
        """
        if self.sizes:
            return width == height and width in self.sizes
        if self.range:
            return width == height and self.range[0] <= width <= self.range[1]
        if self.within:
            tall = height > width and height != self.reach
            fits = width <= self.within[0] and height <= self.within[1]
            return fits and max(width, height) >= self.reach and not tall
        return max(width, height) == self.side

    def fit(self, width: float, height: float, asked: int = 0) -> tuple[int, int]:
        """Width and height to make of a subject of this shape; sides are even, which every codec takes.

        Args:
            width: Of the subject.
            height: Of the subject.
            asked: Side of a square; 0 for the usual one.

        Raises:
            ConfigError: The platform does not take that side.

        >>> Canvas(side=512).fit(200, 100), Canvas(within=(320, 270), reach=270).fit(1, 2)
        ((512, 256), (136, 270))
        """
        if self.sizes or self.range:
            side = asked or (self.sizes[0] if self.sizes else self.usual)
            if not self.takes(side, side):
                raise ConfigError(f"--size {asked} does not fit: it takes {self.rule}")
            return side, side
        if asked:
            raise ConfigError(f"--size is for squares; this platform takes: {self.rule}")
        box = self.within or (self.side, self.side)
        scale = min(box[0] / width, box[1] / height)
        even = (max(2, 2 * round(length * scale / 2)) for length in (width, height))
        return min(box[0], next(even)), min(box[1], next(even))


@dataclass(frozen=True, slots=True)
class Platform:
    """What a file must be.

    Attributes:
        name: As in `--preset`.
        title: For people.
        makes: The format to write: gif, apng, webp or webm.
        accepts: Formats that pass a check; `png` is a still one.
        canvas: Sizes.
        kilobytes: Most of them.
        source: Where these facts are from.
        confidence: How far to trust them.
        suffix: Extension of the file; empty for the usual one.
        frames: Least and most of them; 0 for no limit.
        fps: Most frames a second; 0 for no limit.
        seconds: Longest playback; 0 for no limit.
        whole: Whether it must be a whole number of seconds.
        shortest_ms: Least time that a frame stands.
        loops: How often it plays, 0 for ever; None where that is free.
        most_loops: Most plays; 0 for no limit.
        most_loop_seconds: Most seconds of all plays together; 0 for no limit.
        true_colour: Whether palettes are refused.
        margin: Clear pixels advised around the subject.
        flashes: Most flashes a second; 0 for no limit.
    """

    name: str
    title: str
    makes: str
    accepts: tuple[str, ...]
    canvas: Canvas
    kilobytes: int
    source: str
    confidence: str
    suffix: str = ""
    frames: tuple[int, int] = (1, 0)
    fps: int = 0
    seconds: int = 0
    whole: bool = False
    shortest_ms: int = 0
    loops: int | None = None
    most_loops: int = 0
    most_loop_seconds: int = 0
    true_colour: bool = False
    margin: int = 0
    flashes: int = 0

    @property
    def bytes(self) -> int:
        """What fits by either reading of "KB"."""
        return 1000 * self.kilobytes

    @property
    def most_bytes(self) -> int:
        """What fits when 1024 of them are one."""
        return 1024 * self.kilobytes

    @property
    def extension(self) -> str:
        """Of the files to write: animated PNG is uploaded under the name of PNG."""
        return self.suffix or {"apng": ".png"}.get(self.makes, f".{self.makes}")


@cache
def platforms() -> dict[str, Platform]:
    """All of them by name."""
    text = files("vmatte.run.emoji").joinpath("platforms.yaml").read_text(encoding="utf-8")
    return {name: _platform(name, row) for name, row in yaml.safe_load(text).items()}


def platform(name: str) -> Platform:
    """One of them.

    Raises:
        ConfigError: There is none of that name.
    """
    known = platforms()
    if name not in known:
        raise ConfigError(f"unknown preset {name!r}: {meant(name, known)}there are {', '.join(known)}")
    return known[name]


def _platform(name: str, row: dict[str, Any]) -> Platform:
    canvas: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value for key, value in row.pop("canvas").items()
    }
    frames, seconds = row.pop("frames", {}), row.pop("seconds", {})
    row["accepts"] = tuple(row["accepts"])
    found = Platform(
        name=name,
        canvas=Canvas(**canvas),
        frames=(frames.get("least", 1), frames.get("most", 0)),
        seconds=seconds.get("most", 0),
        whole=seconds.get("whole", False),
        **row,
    )
    assert found.makes in _MAKES, name
    return found
