"""`gif`, `apng` and `webp` of a run: pictures are made small, set aside on disk, and encoded when all are there."""

from __future__ import annotations

import zlib
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from types import TracebackType

import cv2
import numpy as np

from vmatte.core.errors import OutputError
from vmatte.core.light import tone_mapped
from vmatte.core.timing import Meter
from vmatte.core.types import Clip, Image8, Picture
from vmatte.io.spool import Spool
from vmatte.io.writers.animated.encode import encode_animation
from vmatte.io.writers.animated.options import GIF_SHORTEST, GIF_TICK, AnimationOptions
from vmatte.io.writers.log import DamagedError, Keeping, Log, Record
from vmatte.io.writers.partial import Partial, explained
from vmatte.io.writers.planes import at_depth, put_alpha
from vmatte.io.writers.video import Facts, fits

# A file that nobody will wait for; only a warning depends on it.
_LARGE = 20_000_000
# As for what is set aside: higher levels cost more time than they save space.
_LEVEL = 1


class AnimationWriter:
    """A `core.types.Writer` of one animated image.

    Args:
        path: The final name.
        clip: Size, clock and colour of the pictures.
        name: `gif`, `apng` or `webp`.
        options: Of that output.
        overwrite: Whether a file of that name may be replaced.
        keeping: Where pictures are kept for a run that may have to go on from here; None keeps none.

    Attributes:
        meter: Seconds of work per picture; the encoder's are part of the last one's.
    """

    def __init__(
        self,
        path: Path,
        clip: Clip,
        name: str,
        options: AnimationOptions,
        *,
        overwrite: bool,
        keeping: Keeping | None = None,
    ) -> None:
        self.meter = Meter("encode")
        self._clip, self._name, self._options = clip, name, options
        self._partial = Partial(path, folder=False, overwrite=overwrite)
        self._frames: Spool[Image8] = Spool()
        self._begins: list[int] = []
        self._last: Picture | None = None
        self._first = 0
        self._checks: tuple[str, ...] = ()
        self._warnings: list[str] = []
        self._log: Log | None = None
        if keeping is not None:
            try:
                self._go_on(keeping)
            except BaseException:
                self.__exit__(None, None, None)
                raise

    @property
    def path(self) -> Path:
        """The final name."""
        return self._partial.path

    @property
    def facts(self) -> Facts:
        """What there is to report."""
        return Facts(self.path, len(self._frames), self._partial.size, self._checks, tuple(self._warnings))

    def __enter__(self) -> AnimationWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._frames.__exit__()
        if self._log is not None:
            self._log.close()
        self._partial.discard()

    def write(self, picture: Picture) -> None:
        """Sets one picture aside, unless the frame rate asked for leaves it out.

        Raises:
            OutputError: The picture does not fit.
        """
        fits(picture, self._clip)
        if self._last is None:
            self._first = picture.pts
        elif picture.pts <= self._last.pts:
            raise OutputError(f"{self.path}: frame {picture.index} is not after the one before: its time is damaged")
        self._last = Picture(picture.index, picture.pts, picture.duration)
        begin = self._milliseconds(picture.pts)
        with self.meter.timing():
            try:
                frame = reduced(rgba8(picture, self._clip), self._options.size)
            except OutputError as error:
                raise OutputError(f"frame {picture.index}: {error}") from error
            if self._due(begin):
                self._begins.append(begin)
                self._frames.push(frame)
                if self._log is not None:
                    with explained(self._log.path):
                        self._log.append(Record(begin, begin, 0, True, zlib.compress(frame.data, _LEVEL)))

    def finish(self) -> None:
        """Encodes the file, which checks it.

        Raises:
            OutputError: It holds no picture, or is not what was meant.
        """
        if self._last is None:
            raise OutputError(f"{self.path}: there was no picture to write")
        step = self._last.duration or max(1, round(1 / (self._clip.rate * self._clip.time_base)))
        end = max(self._milliseconds(self._last.pts + step), self._begins[-1] + self._shortest)
        times = [*self._begins, end]
        durations = [after - before for before, after in pairwise(times)]
        with explained(self.path):
            data = encode_animation(self._name, self._frames, durations, self._options)
            self._partial.work.write_bytes(data)
        if self._partial.work.read_bytes() != data:
            raise OutputError(f"{self.path}: the bytes on the disk are not those written: run again")
        self._checks = (f"{len(self._begins)} frames", f"{end} ms", f"alpha of {len(self._begins)} frames exact")
        if self._clip.colour.hdr:
            self._warnings.append("HDR colours were brought to SDR: this format knows no others")
        if len(data) > _LARGE:
            self._warnings.append(
                f"{len(data) / 1e6:.0f} MB is much for an animated image:"
                f" set {self._name}.size, {self._name}.fps or a trim"
            )

    def settle(self) -> object:
        """Ends a segment: all pictures are kept; what it takes to go on from here."""
        if self._log is None:
            raise RuntimeError("a writer settles that keeps nothing")
        with explained(self._log.path):
            length = self._log.sync()
        shape = self._frames[0].shape if len(self._frames) else ()
        return {"length": length, "begins": self._begins, "last": self._last, "first": self._first, "shape": shape}

    def _go_on(self, keeping: Keeping) -> None:
        """Takes up what an earlier run has kept.

        Raises:
            DamagedError: It is not all there.
        """
        self._log = keeping.opened()
        if keeping.state is None:
            return
        state = keeping.state
        self._begins, self._last, self._first = state["begins"], state["last"], state["first"]
        for record in self._log.records():
            pixels = np.frombuffer(zlib.decompress(record.data), np.uint8)
            self._frames.push(pixels.reshape(state["shape"]))
        if len(self._frames) != len(self._begins):
            raise DamagedError(f"{self._log.path} holds {len(self._frames)} pictures instead of {len(self._begins)}")

    def publish(self) -> None:
        """Gives the finished file its final name."""
        if not self._checks:
            raise RuntimeError("finish() comes before publish()")
        self._partial.publish()

    @property
    def _shortest(self) -> int:
        return GIF_SHORTEST if self._name == "gif" else 1

    def _milliseconds(self, pts: int) -> int:
        tick = GIF_TICK if self._name == "gif" else 1
        return tick * round((pts - self._first) * self._clip.time_base * 1000 / tick)

    def _due(self, begin: int) -> bool:
        """Whether a frame that begins then is to be kept: on a grid of the rate asked for, and none too short."""
        if not self._begins:
            return True
        if begin - self._begins[-1] < self._shortest:
            return False
        if not self._options.fps:
            return True
        grid = Fraction(1000) / Fraction(self._options.fps).limit_denominator(1001)
        # Half a frame early is nearer than half a frame late.
        slack = Fraction(500) / self._clip.rate
        return begin + slack >= grid * len(self._begins)


def rgba8(picture: Picture, clip: Clip) -> Image8:
    """(H, W, 4) straight RGBA at 8 bits; HDR colours as an SDR display shows them.

    Raises:
        OutputError: The picture has no colour, or an alpha that is no number.
    """
    if picture.colour is None:
        raise OutputError("this output needs colour: give it a view with colour and alpha")
    colour = picture.colour
    if clip.colour.hdr:
        colour = tone_mapped(colour, clip.colour)
    result = np.empty((*colour.shape[:2], 4), np.uint8)
    result[..., :3] = at_depth(colour, deep=False)
    put_alpha(result[..., 3], picture.alpha, 255)
    return result


def reduced(rgba: Image8, size: int) -> Image8:
    """`rgba` with no side longer than `size`; 0 leaves it. Averages are of premultiplied colours."""
    height, width = rgba.shape[:2]
    if not size or max(height, width) <= size:
        return rgba
    scale = size / max(height, width)
    target = (max(1, round(width * scale)), max(1, round(height * scale)))
    return resized(rgba, target)


def resized(rgba: Image8, target: tuple[int, int]) -> Image8:
    """`rgba` at (width, height), averages and interpolations being of premultiplied colours."""
    shrinks = target[0] <= rgba.shape[1] and target[1] <= rgba.shape[0]
    floats = rgba.astype(np.float32)
    floats[..., :3] *= floats[..., 3:] / 255
    way = cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC
    changed = np.asarray(cv2.resize(floats, target, interpolation=way), np.float32)
    changed[..., :3] *= 255 / np.maximum(changed[..., 3:], 1e-3)
    return np.clip(np.rint(changed), 0, 255).astype(np.uint8)
