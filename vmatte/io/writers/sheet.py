"""`sheet`: one picture that shows a run at a glance, frames spread over the clip, each with its time."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

import cv2
import numpy as np

from vmatte.core.errors import ConfigError, OutputError
from vmatte.core.timing import Meter
from vmatte.core.types import Clip, Image8, Picture
from vmatte.io.images import read_image
from vmatte.io.writers.animated.writer import rgba8
from vmatte.io.writers.log import Keeping
from vmatte.io.writers.partial import Partial, explained
from vmatte.io.writers.video import Facts, fits

_GAP, _LABEL = 8, 22
_PAPER, _INK = 24, (210, 210, 210)


@dataclass(frozen=True, slots=True)
class SheetOptions:
    """Options of `sheet`.

    Attributes:
        frames: How many frames it shows at most.
        columns: How many beside each other.
        width: Of one frame with its three pictures, in pixels.
        workers: Not used.
    """

    frames: int = 12
    columns: int = 2
    width: int = 960
    workers: int = 0

    def __post_init__(self) -> None:
        for key, value, least, most in (
            ("frames", self.frames, 1, 400),
            ("columns", self.columns, 1, 20),
            ("width", self.width, 48, 3840),
        ):
            if not least <= value <= most:
                raise ConfigError(f"{key} must be {least} to {most}, not {value}")


class SheetWriter:
    """A `core.types.Writer` of one PNG.

    The number of pictures need not be known: every one is kept, then every second, every fourth and so on.

    Args:
        path: The final name.
        clip: Size and clock of the pictures.
        options: What the sheet looks like.
        overwrite: Whether a file of that name may be replaced.
        keeping: What an earlier run had kept; None in a run that starts.

    Attributes:
        meter: Seconds of work per picture.
    """

    def __init__(
        self, path: Path, clip: Clip, options: SheetOptions, *, overwrite: bool, keeping: Keeping | None = None
    ) -> None:
        self.meter = Meter("encode")
        self._clip, self._options = clip, options
        self._partial = Partial(path, folder=False, overwrite=overwrite)
        self._cells: list[tuple[str, Image8]] = []
        self._step, self._count, self._last = 1, 0, -1
        if keeping is not None and keeping.state is not None:
            self._cells, self._step, self._count, self._last = keeping.state
        self._checks: tuple[str, ...] = ()

    @property
    def path(self) -> Path:
        """The final name."""
        return self._partial.path

    @property
    def facts(self) -> Facts:
        """What there is to report."""
        return Facts(self.path, self._count, self._partial.size, self._checks)

    def __enter__(self) -> SheetWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._partial.discard()

    def write(self, picture: Picture) -> None:
        """Keeps one picture at the sheet's size, if it is one of those to be shown.

        Raises:
            OutputError: The picture does not fit.
        """
        fits(picture, self._clip)
        if picture.index <= self._last:
            raise OutputError(f"{self.path}: frame {picture.index} came twice or out of order")
        self._last = picture.index
        with self.meter.timing():
            if self._count % self._step == 0:
                self._keep(picture)
        self._count += 1

    def _keep(self, picture: Picture) -> None:
        # Twice as many as are shown, so that those shown can be spread evenly.
        if len(self._cells) == 2 * self._options.frames:
            self._cells = self._cells[::2]
            self._step *= 2
            if self._count % self._step:
                return
        try:
            pixels = rgba8(picture, self._clip)[..., :3]
        except OutputError as error:
            raise OutputError(f"frame {picture.index}: {error}") from error
        width = min(self._options.width, pixels.shape[1])
        size = (width, max(1, round(pixels.shape[0] * width / pixels.shape[1])))
        small = np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)
        seconds = float(picture.pts * self._clip.time_base)
        self._cells.append((f"frame {picture.index}   {seconds:.2f} s", small))

    def finish(self) -> None:
        """Lays out the sheet and reads it back.

        Raises:
            OutputError: There is no picture, or the file is not what was meant.
        """
        if not self._cells:
            raise OutputError(f"{self.path}: there was no picture to write")
        shown = min(self._options.frames, len(self._cells))
        places = np.linspace(0, len(self._cells) - 1, shown).round().astype(int)
        sheet = _laid_out([self._cells[place] for place in places], self._options.columns)
        done, data = cv2.imencode(".png", cv2.cvtColor(sheet, cv2.COLOR_RGB2BGR))
        if not done:
            raise OutputError(f"{self.path} cannot be encoded as PNG")
        with explained(self.path):
            self._partial.work.write_bytes(data.tobytes())
        if not np.array_equal(read_image(self._partial.work), sheet):
            raise OutputError(f"{self.path} is not what was written: run again")
        self._checks = (f"{shown} frames shown", "pixels exact")

    def settle(self) -> object:
        """What it takes to go on from here: all of it is small."""
        return (self._cells, self._step, self._count, self._last)

    def publish(self) -> None:
        """Gives the finished file its final name."""
        if not self._checks:
            raise RuntimeError("finish() comes before publish()")
        self._partial.publish()


def _laid_out(cells: list[tuple[str, Image8]], columns: int) -> Image8:
    height, width = cells[0][1].shape[:2]
    columns = min(columns, len(cells))
    rows = -(-len(cells) // columns)
    across, down = width + _GAP, height + _LABEL + _GAP
    sheet = np.full((rows * down + _GAP, columns * across + _GAP, 3), _PAPER, np.uint8)
    for number, (label, pixels) in enumerate(cells):
        # Down the columns, as one reads a list.
        column, row = divmod(number, rows)
        top, left = _GAP + row * down, _GAP + column * across
        sheet[top + _LABEL : top + _LABEL + height, left : left + width] = pixels
        strip = np.full((_LABEL, width, 3), _PAPER, np.uint8)
        cv2.putText(strip, label, (2, 15), cv2.FONT_HERSHEY_SIMPLEX, 0.45, _INK, 1, cv2.LINE_AA)
        sheet[top : top + _LABEL, left : left + width] = strip
    return sheet
