"""One source into the files of some platforms."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path

import numpy as np

from vmatte.core.errors import ConfigError, InputError, OutputError
from vmatte.core.types import Image8
from vmatte.io.writers.animated.edges import colour_of
from vmatte.io.writers.animated.options import GIF_SHORTEST, GIF_TICK, AnimationOptions, GifOptions
from vmatte.io.writers.animated.writer import resized
from vmatte.io.writers.partial import Partial, explained, refuse_taken
from vmatte.run.emoji.check import FAILS, Finding, check_file, passes
from vmatte.run.emoji.fit import Box, Layout, drawn, held, placed, subject_box, union
from vmatte.run.emoji.footage import Footage, Matting, Span, read_footage
from vmatte.run.emoji.ladder import Rung, Search, encoded, given_up, rungs
from vmatte.run.emoji.loop import JUMP, WAYS, Floats, Track, in_whole_seconds, thumbnail, track
from vmatte.run.emoji.platforms import Platform
from vmatte.run.emoji.preview import as_png, preview

# Where a platform sets no limit: what chats play smoothly, and what people look at twice.
_USUAL_FPS, _USUAL_SECONDS = 30, 4


@dataclass(frozen=True, slots=True)
class Look:
    """What a user may say about the result.

    Attributes:
        size: Side of a square in pixels; 0 for the platform's usual one.
        margin: Clear pixels around; None for what the platform advises, else two of a hundred.
        crop: `subject` or `frame`.
        outline: Width of an outline in pixels; 0 for none.
        outline_colour: `#rrggbb`.
        loop: `auto`, `off` or `bounce`.
        poster: Seconds into the source of the frame to begin with; None for the first one.
        fps: Most frames a second; 0 for what the platform takes.
        seconds: Longest playback; 0 for what the platform takes.
        edge: Of a GIF: `hard` or `dither`.
        matte: Colour that a GIF's soft edges are blended with; empty for none.
    """

    size: int = 0
    margin: int | None = None
    crop: str = "subject"
    outline: float = 0.0
    outline_colour: str = "#ffffff"
    loop: str = "auto"
    poster: float | None = None
    fps: float = 0.0
    seconds: float = 0.0
    edge: str = "hard"
    matte: str = ""

    def __post_init__(self) -> None:
        GifOptions(edge=self.edge, matte=self.matte)
        if colour_of(self.outline_colour) is None:
            raise ConfigError("--outline-colour is empty: write it as #rrggbb")
        for name, value, choices in (("--crop", self.crop, ("subject", "frame")), ("--loop", self.loop, WAYS)):
            if value not in choices:
                raise ConfigError(f"{name} {value!r}: one of {', '.join(choices)}")


@dataclass(frozen=True, slots=True)
class Made:
    """A finished file.

    Attributes:
        source: What it was made of.
        platform: For whom.
        path: Where it is.
        size: In bytes.
        frames: How many.
        seconds: Of one playback.
        width: In pixels.
        height: In pixels.
        given_up: What it took to fit.
        findings: Of its check.
        notes: What was found, assumed or done.
    """

    source: Path
    platform: Platform
    path: Path
    size: int
    frames: int
    seconds: float
    width: int
    height: int
    given_up: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Order:
    """What is wanted of one source.

    Attributes:
        source: Where it is.
        name: What its files begin with.
        out: Folder for them.
        platforms: For whom.
        span: What part of it.
        look: What it is to look like.
        overwrite: Whether files that exist may be replaced.
        sheet: Whether a preview is written beside each file.
    """

    source: Path
    name: str
    out: Path
    platforms: tuple[Platform, ...]
    span: Span = field(default_factory=Span)
    look: Look = field(default_factory=Look)
    overwrite: bool = False
    sheet: bool = True

    def path(self, platform: Platform) -> Path:
        """Of the file for a platform."""
        return self.out / f"{self.name}.{platform.name}{platform.extension}"

    def preview(self, platform: Platform) -> Path:
        """Of its preview."""
        return self.out / f"{self.name}.{platform.name}.preview.png"


def make(order: Order, matting: Matting) -> Iterator[Made]:
    """The files of one source, matted once; each appears under its name only when its check has passed.

    Raises:
        VmatteError: Whatever stopped it.
    """
    for platform in order.platforms:
        platform.canvas.fit(1, 1, order.look.size)
        refuse_taken(order.path(platform), folder=False, overwrite=order.overwrite)
        if order.sheet:
            refuse_taken(order.preview(platform), folder=False, overwrite=order.overwrite)
    with tempfile.TemporaryDirectory(prefix="vmatte-emoji-") as room:
        footage = read_footage(order.source, order.span, matting, Path(room))
        seen = _survey(footage, order.look)
        for platform in order.platforms:
            yield _published(order, platform, footage, seen)


@dataclass(frozen=True, slots=True)
class _Seen:
    """What one walk through the frames finds: thumbnails, times in milliseconds, and where the subject is."""

    thumbs: Floats
    times: list[float]
    boxes: list[Box | None]


def _survey(footage: Footage, look: Look) -> _Seen:
    thumbs, times, boxes, end = [], [], [], 0.0
    for shown in footage.frames():
        thumbs.append(thumbnail(shown.rgba))
        times.append(shown.begin)
        height, width = shown.rgba.shape[:2]
        boxes.append(subject_box(shown.rgba) if look.crop == "subject" else (0, 0, width, height))
        end = shown.end
    if not thumbs:
        raise InputError("no frame lies in the range asked for; check --start and --end")
    return _Seen(np.stack(thumbs), [*times, end], boxes)


def _published(order: Order, platform: Platform, footage: Footage, seen: _Seen) -> Made:
    """Makes, checks and publishes one file and its preview."""
    with ExitStack() as stack:
        partial = Partial(order.path(platform), folder=False, overwrite=order.overwrite)
        stack.callback(partial.discard)
        sticker = _Sticker(order.look, platform, footage, seen)
        data = sticker.data
        with explained(partial.path):
            partial.work.write_bytes(data)
        findings = check_file(partial.work, platform)
        if not passes(findings):
            failed = "; ".join(f"{one.rule} {one.found}, not {one.wanted}" for one in findings if one.verdict == FAILS)
            raise OutputError(f"{platform.name}: the file failed its check: {failed}")
        picture = None
        if order.sheet:
            picture = Partial(order.preview(platform), folder=False, overwrite=order.overwrite)
            stack.callback(picture.discard)
            with explained(picture.path):
                picture.work.write_bytes(as_png(preview(partial.work)))
        partial.publish()
        if picture is not None:
            picture.publish()
    made = Made(order.source, platform, partial.path, len(data), *sticker.facts())
    return replace(made, findings=tuple(findings), given_up=sticker.given_up, notes=(*footage.notes, *sticker.notes))


class _Sticker:
    """One file in the making.

    Attributes:
        data: The file.
        given_up: What it took to fit.
        notes: What was found or done.
    """

    def __init__(self, look: Look, platform: Platform, footage: Footage, seen: _Seen) -> None:
        self._look, self._platform, self._footage = look, platform, footage
        self.notes: list[str] = []
        self._most = self._longest()
        self._track = self._loop(seen)
        self._total = self._playback()
        box = union(seen.boxes[place] for place in self._track.places)
        if box is None:
            raise InputError("the matte is empty: there is no subject in it; give a --mask, or another --model")
        self._layout = self._laid_out(box)
        self._count = self._frames()
        self._drawn: dict[int, dict[int, Image8]] = {}
        rung, self.data = Search(platform.bytes)(rungs(platform.makes), self._encode)
        self.given_up = tuple(self._told(rung))
        self._made = len(self._chosen(rung))

    def facts(self) -> tuple[int, float, int, int]:
        """Frames, seconds, width and height."""
        return self._made, self._total / 1000, self._layout.width, self._layout.height

    def _longest(self) -> float:
        """Milliseconds of the longest playback."""
        limit = self._platform.seconds or _USUAL_SECONDS
        return 1000.0 * min(limit, self._look.seconds or limit)

    def _loop(self, seen: _Seen) -> Track:
        found = track(seen.thumbs, seen.times, self._look.loop, self._most)
        whole = len(found.places) == len(seen.thumbs)
        part = "all of it" if whole else f"{found.length / 1000:.2f} s from {seen.times[found.places[0]] / 1000:.2f} s"
        if self._look.loop == "auto" and len(seen.thumbs) > 2:
            self.notes.append(f"the loop is {part}, seam {found.seam:.1f} of a step")
        if found.seam > JUMP:
            self.notes.append(f"it jumps where it begins again ({found.seam:.1f} steps): try --loop bounce")
        if self._look.poster is not None:
            at = 1000 * self._look.poster
            found = found.beginning_with(max(0, int(np.searchsorted(seen.times[:-1], at + 0.5)) - 1))
        return found

    def _playback(self) -> int:
        """Milliseconds of the playback to write; a platform that takes whole seconds has it slower or faster."""
        length = self._track.length
        if not self._platform.whole:
            tick = GIF_TICK if self._platform.makes == "gif" else 1
            return max(tick, tick * min(round(length / tick), int(self._most / tick)))
        count, seconds = in_whole_seconds(length, max(1, int(self._most / 1000)))
        self._track = self._track.repeated(count)
        speed = self._track.length / (1000 * seconds)
        if count > 1 or abs(speed - 1) > 0.01:
            times = f"{count} times over, " if count > 1 else ""
            self.notes.append(f"played {times}at {speed:.2f} of its speed, to last whole seconds")
        return 1000 * seconds

    def _laid_out(self, box: Box) -> Layout:
        look, canvas = self._look, self._platform.canvas
        left, top, right, bottom = box
        width, height = canvas.fit(right - left, bottom - top, look.size)
        advised = self._platform.margin or round(0.02 * min(width, height))
        margin = advised if look.margin is None else look.margin
        if 2 * (margin + look.outline) > 0.8 * min(width, height):
            raise ConfigError(
                f"a margin of {margin} and an outline of {look.outline:g} leave no room in {width}x{height}"
            )
        colour = colour_of(look.outline_colour)
        assert colour is not None
        layout = Layout(box, width, height, margin, look.outline, colour)
        if layout.scale > 1.2:
            self.notes.append(f"the subject was made {layout.scale:.1f} times larger: a larger source would be sharper")
        return layout

    def _frames(self) -> int:
        """How many frames there are before anything is given up."""
        platform, look = self._platform, self._look
        rates = [rate for rate in (platform.fps or _USUAL_FPS, look.fps) if rate]
        if platform.makes == "gif":
            rates.append(1000 / GIF_SHORTEST)
        most = int(min(rates) * self._total / 1000 + 1e-6)
        count = min(len(self._track.places), most, platform.frames[1] or most)
        least = platform.frames[0]
        if len(set(self._track.places)) < least:
            raise InputError(
                f"{platform.name} needs {least} frames and the loop has {len(set(self._track.places))}: "
                "take a longer part, or --loop off"
            )
        if count < len(self._track.places):
            self.notes.append(f"{count} of {len(self._track.places)} frames, as many as {platform.name} plays")
        return max(1, least, count)

    def _draw(self, smooth: int) -> dict[int, Image8]:
        """The frames that may be shown, on their canvas, by number; drawn once for each strength of the filter."""
        if smooth not in self._drawn:
            wanted = set(self._track.sampled(self._count))
            self._drawn[smooth] = {
                place: drawn(shown.rgba, self._layout, smooth)
                for place, shown in enumerate(self._footage.frames())
                if place in wanted
            }
        return self._drawn[smooth]

    def _chosen(self, rung: Rung) -> list[int]:
        count = max(self._platform.frames[0], min(self._count, 2), round(self._count * rung.share))
        full = self._track.sampled(self._count)
        middles = (np.arange(count) + 0.5) * self._count / count
        return [full[int(middle)] for middle in middles]

    def _encode(self, rung: Rung) -> bytes:
        chosen = self._chosen(rung)
        pictures = self._draw(rung.smooth)
        frames = [self._smaller(pictures[place], rung.scale) for place in chosen]
        tick = GIF_TICK if self._platform.makes == "gif" else 1
        moments = [tick * round(self._total * place / len(chosen) / tick) for place in range(len(chosen) + 1)]
        durations = [end - begin for begin, end in pairwise(moments)]
        kind = self._platform.makes
        return encoded(kind, held(frames, rung.hold), durations, rung, self._plain(), self._platform.true_colour)

    def _plain(self) -> AnimationOptions:
        platform = self._platform
        loops = platform.loops or 0
        if platform.most_loop_seconds:
            loops = max(1, min(platform.most_loops, platform.most_loop_seconds * 1000 // self._total))
        if platform.makes == "gif":
            return GifOptions(loops, edge=self._look.edge, matte=self._look.matte)
        return AnimationOptions(loops)

    def _smaller(self, rgba: Image8, scale: float) -> Image8:
        if scale == 1:
            return rgba
        height, width = rgba.shape[:2]
        return placed(resized(rgba, (round(width * scale), round(height * scale))), width, height)

    def _told(self, rung: Rung) -> Iterator[str]:
        yield from given_up(rung, self._platform.makes)
        if rung.share < 1:
            yield f"{len(self._chosen(rung))} of {self._count} frames"
