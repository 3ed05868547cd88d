"""A sequence of images as a stream of frames."""

from __future__ import annotations

import math
import os
import re
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from types import TracebackType

import numpy as np

from vmatte.core import colour as c
from vmatte.core.errors import InputError
from vmatte.core.flow import ordered
from vmatte.core.types import Clip, Colour, Frame, Stream
from vmatte.io.images import Still, is_image, read_still
from vmatte.io.options import InputOptions
from vmatte.io.sdr import sdr_look
from vmatte.io.timing import MICROSECOND

#: Endings of what is taken for a clip in a folder.
VIDEOS = frozenset((".mov", ".mkv", ".mp4", ".webm", ".avi", ".m4v", ".mxf", ".ts", ".gif", ".apng"))
# The rate of film, and what compositing programs assume for sequences too.
DEFAULT_RATE = Fraction(24)

# Hidden files, and the hints that lie beside clips.
_SIDE = re.compile(r"^\.|\.(mask|plate|trimap)\.[^.]+$")

_PRINTF = re.compile(r"%(0?)(\d*)d")
_NUMBER = re.compile(r"(\d+)(?!.*\d)")
_SRGB = Colour(primaries=1, transfer=13, matrix=0, full_range=True, guessed=("primaries", "transfer"))


@dataclass(frozen=True, slots=True)
class Member:
    """One file of a sequence and the number in its name, None if there is none."""

    path: Path
    number: int | None


class SequenceSource:
    """Images of one size, in the order of the numbers in their names.

    The frame's index and pts are its position in the sequence, whatever its number; the time base is one over the rate.

    Attributes:
        warnings: What went wrong while reading without stopping it.
    """

    def __init__(self, path: Path | str, options: InputOptions | None = None) -> None:
        options = options or InputOptions()
        self._members = members(Path(path))
        self._workers = options.threads or min(4, os.cpu_count() or 1)
        self._first = read_still(self._members[0].path)
        self._clip = _clip(Path(path), self._members, self._first, options)
        self.warnings: list[str] = []

    @property
    def clip(self) -> Clip:
        """The facts of the sequence."""
        return self._clip

    def __enter__(self) -> SequenceSource:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing is kept open between calls."""

    def count(self) -> int:
        """How many frames there are."""
        return len(self._members)

    def numbers(self) -> tuple[int, ...] | None:
        """The numbers in the files' names, in order; None unless each has one of its own."""
        found = [member.number for member in self._members if member.number is not None]
        return tuple(found) if len(set(found)) == len(self._members) else None

    def frames(self, start: int = 0, stop: int | None = None) -> Stream[Frame]:
        """Frames `start` up to but not including `stop`, decoded by several threads.

        Raises:
            InputError: An image is damaged, or has another size or a greater depth than the first one.
        """
        positions = range(len(self._members))[start:stop]
        with closing(ordered(self._frame, positions, self._workers)) as frames:
            yield from frames

    def span(self, start: float | None, end: float | None) -> tuple[int, int | None]:
        """Frame numbers of a time range in seconds.

        Raises:
            InputError: No frame is shown in that range.
        """
        first = 0 if start is None else self._number(start)
        last = None if end is None else self._number(end)
        if first >= len(self._members) or (last is not None and last <= first):
            until = "the end" if end is None else f"{end:g} s"
            length = f"{len(self._members)} images at {float(self._clip.rate):g} per second"
            raise InputError(f"{self._clip.path}: no frame between {start or 0:g} s and {until}; it has {length}")
        return first, last

    def _number(self, seconds: float) -> int:
        """The first frame at or after a time, to the microsecond."""
        return max(0, math.ceil((Fraction(seconds) - MICROSECOND) * self._clip.rate))

    def _frame(self, position: int) -> Frame:
        path = self._members[position].path
        still = read_still(path)
        size, wanted = still.rgb.shape[:2], (self._clip.height, self._clip.width)
        if size != wanted:
            raise InputError(
                f"{path}: {size[1]}x{size[0]}, but the sequence began with {wanted[1]}x{wanted[0]}; all images of a"
                " sequence must have one size"
            )
        rgb = still.rgb
        if rgb.dtype != self._first.rgb.dtype:
            if rgb.dtype != np.uint8:
                raise InputError(f"{path}: deeper than the 8-bit images before it; convert the sequence to one depth")
            rgb = c.to_bits16(rgb)  # type: ignore[arg-type]
        alpha = still.alpha if self._clip.has_alpha else None
        if alpha is None and self._clip.has_alpha:
            alpha = np.ones(size, np.float32)
        return Frame(position, position, rgb, sdr_look(rgb, self._clip.colour), 1, alpha)


def is_pattern(path: Path) -> bool:
    """Whether a path names many files: `shot_%04d.png` or `shot_*.png`."""
    return not path.exists() and (_PRINTF.search(path.name) is not None or any(sign in path.name for sign in "*?["))


def members(path: Path, hints: bool = False) -> list[Member]:
    """The files of a sequence in order, from a folder, a pattern, a glob or a single image.

    Args:
        path: What the user named.
        hints: Whether masks and plates that lie beside clips count too.

    Raises:
        InputError: There are none, or the folder holds more than one sequence, or clips.
    """
    if path.is_dir():
        found = [member for member in path.iterdir() if is_image(member) and (hints or not _SIDE.search(member.name))]
        _refuse_clips(path, found)
        if not found:
            raise InputError(f"{path}: no images in this folder (PNG, JPEG, TIFF, EXR, ...)")
        _refuse_several(path, found)
    elif path.exists():
        found = [path]
    elif printf := _PRINTF.search(path.name):
        found = _matching(path, printf)
    else:
        found = [
            member for member in _listed(path) if member.match(path.name) and (hints or not _SIDE.search(member.name))
        ]
    if not found:
        raise InputError(f"{path}: no {'file matches this name' if is_pattern(path) else 'such file or folder'}")
    numbered = [Member(file, number(file)) for file in found]
    return sorted(numbered, key=lambda member: natural(member.path.name))


def natural(name: str) -> tuple[tuple[int, int, str], ...]:
    """A sorting key that puts `2` before `10`.

    >>> sorted(["a10.png", "a2.png", "A1.png"], key=natural)
    ['A1.png', 'a2.png', 'a10.png']
    """
    parts = re.split(r"(\d+)", name.lower())
    return (*((0, int(part), "") if part.isdigit() else (1, 0, part) for part in parts if part), (2, 0, name))


def number(path: Path) -> int | None:
    """The last number in a file's name, before the suffix."""
    match = _NUMBER.search(path.stem)
    return int(match[1]) if match else None


def gaps(numbers: Sequence[int]) -> list[str]:
    """The missing numbers of an ascending run, in words.

    >>> gaps([1, 2, 5, 6, 8])
    ['3-4', '7']
    """
    holes = [(before + 1, after - 1) for before, after in pairwise(numbers) if after > before + 1]
    return [f"{first}" if first == last else f"{first}-{last}" for first, last in holes]


def _listed(path: Path) -> list[Path]:
    if not path.parent.is_dir():
        raise InputError(f"{path.parent}: no such folder")
    return [file for file in path.parent.iterdir() if file.is_file()]


def _matching(path: Path, printf: re.Match[str]) -> list[Path]:
    """Files that the pattern would print: `%04d` is four digits or more, `%d` has no leading zeros."""
    before, after = path.name[: printf.start()], path.name[printf.end() :]
    width = int(printf[2] or 1) if printf[1] else 1
    digits = rf"\d{{{width},}}" if printf[1] else r"(?:0|[1-9]\d*)"
    whole = re.compile(re.escape(before.replace("%%", "%")) + digits + re.escape(after.replace("%%", "%")))
    return [file for file in _listed(path) if whole.fullmatch(file.name)]


def _families(found: list[Path]) -> Counter[tuple[str, str]]:
    """How many files there are of each name, their numbers aside."""
    return Counter((_NUMBER.sub("#", file.stem), file.suffix.lower()) for file in found)


def _refuse_clips(folder: Path, found: list[Path]) -> None:
    """A folder of videos whose pictures are no sequence, such as plates and stills that lie beside them."""
    videos = any(entry.suffix.lower() in VIDEOS and entry.name[0] != "." for entry in folder.iterdir())
    if videos and max(_families(found).values(), default=0) < 2:
        raise InputError(
            f"{folder}: holds videos and no sequence of images; name one of them, or take all with "
            f"`vmatte batch {folder} --out DIR`"
        )


def _refuse_several(folder: Path, found: list[Path]) -> None:
    families = _families(found)
    several = [family for family, count in families.items() if count > 1]
    if len(families) > 1 and several:
        names = ", ".join(sorted(f"{stem.replace('#', '*')}{suffix}" for stem, suffix in families)[:4])
        raise InputError(
            f"{folder}: holds more than one sequence ({names}); name one of them, as in '{folder}/shot_*.png'"
        )


def _clip(path: Path, files: list[Member], first: Still, options: InputOptions) -> Clip:
    rate = options.rate or DEFAULT_RATE
    numbers = [member.number for member in files if member.number is not None]
    height, width = first.rgb.shape[:2]
    return Clip(
        path=path,
        width=width,
        height=height,
        rate=rate,
        time_base=1 / rate,
        frames=len(files),
        depth=first.depth,
        colour=_SRGB,
        duration=len(files) / rate,
        has_alpha=first.alpha is not None,
        codec=first.codec,
        pixel_format=first.pixel_format,
        is_sequence=True,
        first_number=numbers[0] if numbers else 0,
        notes=_notes(files, first, options),
        warnings=_gaps(files, numbers),
    )


def _gaps(files: list[Member], numbers: list[int]) -> tuple[str, ...]:
    missing = gaps(numbers) if len(numbers) == len(files) else []
    some = ", ".join(missing[:5]) + (", ..." if len(missing) > 5 else "")
    return (f"numbers {some} are missing; frames follow each other without a pause",) if missing else ()


def _notes(files: list[Member], first: Still, options: InputOptions) -> tuple[str, ...]:
    notes = ["images are read as sRGB"]
    if options.rate is None and len(files) > 1:
        notes.append(f"a sequence of images states no rate; {DEFAULT_RATE} frames per second assumed")
    if first.linear:
        notes.append(
            "scene-linear light is shown as sRGB: light above 1 is clipped, premultiplied colour made straight"
        )
    return tuple(notes)
