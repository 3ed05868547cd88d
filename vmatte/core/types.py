"""The records that travel through vmatte, and the protocols its parts answer to.

Pixels are the file's own display RGB at full range: uint8 (white 255) for 8-bit sources, uint16 (white 65535)
for anything deeper. Frames and layers are written to by nobody but their maker.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from vmatte.core.grading import Grading

Image8 = NDArray[np.uint8]
Image = NDArray[np.uint8] | NDArray[np.uint16]
Alpha = NDArray[np.float32]

T = TypeVar("T")
StateT = TypeVar("StateT")
Stream = Generator[T, None, None]

PQ, HLG = 16, 18


@dataclass(frozen=True, slots=True)
class Colour:
    """How the numbers of a clip become light, as ITU-T H.273 code points.

    Attributes:
        primaries: 1 BT.709, 5 BT.601 625 lines, 6 BT.601 525 lines, 9 BT.2020.
        transfer: 1 BT.709, 8 linear, 13 sRGB, 16 PQ, 18 HLG.
        matrix: 0 RGB, 1 BT.709, 5 and 6 BT.601, 9 BT.2020 non-constant luminance.
        full_range: Whether luma uses all codes.
        guessed: Names of the attributes above that the file did not state.
    """

    primaries: int = 1
    transfer: int = 1
    matrix: int = 1
    full_range: bool = False
    guessed: tuple[str, ...] = ()

    @property
    def hdr(self) -> bool:
        """Whether the transfer function is PQ or HLG."""
        return self.transfer in (PQ, HLG)


@dataclass(frozen=True, slots=True)
class Clip:
    """Facts about a clip; no open handles.

    Attributes:
        path: The video file, or the folder, pattern or glob of an image sequence, as given.
        width: Columns as displayed (after rotation).
        height: Rows as displayed.
        rate: Nominal frame rate. A label only: time is always `pts * time_base`.
        time_base: Seconds per unit of `pts`.
        frames: Number of frames if the container claims one. Containers lie; count what was decoded.
        depth: Bits per component in the file.
        colour: Colour description, gaps filled by rule.
        sample_aspect: Width over height of one pixel as displayed; 1 for square.
        rotation: Degrees counter-clockwise that the decoder turns coded pixels by to display them.
        duration: Seconds, if the container states them.
        has_alpha: Whether frames carry an alpha plane of their own.
        audio_streams: How many audio streams there are.
        interlaced: Whether frames are two woven fields.
        codec: Short name of the codec, such as `h264`.
        pixel_format: FFmpeg's name of the pixel format.
        is_sequence: Whether this is a sequence of images.
        first_number: Number in the first image's file name, for a sequence.
        notes: What had to be assumed about the file, in plain words, for the report.
        warnings: What about the file, or how it is read, may harm the result.
        grading: What an HDR file states of its mastering display and brightness.
    """

    path: Path
    width: int
    height: int
    rate: Fraction
    time_base: Fraction
    frames: int | None = None
    depth: int = 8
    colour: Colour = field(default_factory=Colour)
    sample_aspect: Fraction = Fraction(1)
    rotation: int = 0
    duration: Fraction | None = None
    has_alpha: bool = False
    audio_streams: int = 0
    interlaced: bool = False
    codec: str = ""
    pixel_format: str = ""
    is_sequence: bool = False
    first_number: int = 0
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    grading: Grading | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One picture of a clip, upright.

    Attributes:
        index: Position in the clip in display order, from 0 at the clip's first frame, also in a trimmed run.
        pts: Presentation time exactly as decoded, in `Clip.time_base`.
        rgb: (H, W, 3) display RGB at native depth, C-contiguous.
        sdr: (H, W, 3) uint8 copy for models: `rgb` itself for 8-bit SDR, rounded for deeper, tone-mapped for HDR.
        duration: In `Clip.time_base`; 0 when the file does not say.
        alpha: (H, W) the file's own alpha, if it has one.
    """

    index: int
    pts: int
    rgb: Image
    sdr: Image8
    duration: int = 0
    alpha: Alpha | None = None

    def __post_init__(self) -> None:
        if self.rgb.ndim != 3 or self.rgb.shape[2] != 3 or self.rgb.dtype not in (np.uint8, np.uint16):
            raise ValueError(f"Frame.rgb must be (H, W, 3) uint8 or uint16, not {self.rgb.shape} {self.rgb.dtype}")
        if self.sdr.shape != self.rgb.shape or self.sdr.dtype != np.uint8:
            raise ValueError(f"Frame.sdr must be {self.rgb.shape} uint8, not {self.sdr.shape} {self.sdr.dtype}")
        if self.alpha is not None:
            _check_alpha("Frame.alpha", self.alpha, self.rgb.shape[:2])

    def __repr__(self) -> str:
        return f"Frame({self.index}, pts={self.pts}, {self.rgb.shape[1]}x{self.rgb.shape[0]} {self.rgb.dtype})"


@dataclass(frozen=True, slots=True, eq=False)
class Layer:
    """One object's matte.

    Attributes:
        name: What it is, `subject` for the only one.
        alpha: (H, W) float32 coverage in [0, 1].
        colour: (H, W, 3) float32 straight foreground colour, display RGB in [0, 1]; None when not estimated.
        confidence: How sure the model is of this frame, in [0, 1] by its own measure; None when it cannot tell.
        dispute: Share of the matte on which two passes, one from either side, contradict each other; 0 with one.
        background: (H, W, 3) float32 colour of what is behind it, as `colour`; None when not estimated.
    """

    name: str
    alpha: Alpha
    colour: NDArray[np.float32] | None = None
    confidence: float | None = None
    dispute: float = 0.0
    background: NDArray[np.float32] | None = None

    def __post_init__(self) -> None:
        _check_alpha("Layer.alpha", self.alpha, self.alpha.shape)
        wanted = (*self.alpha.shape, 3)
        for name, colour in (("colour", self.colour), ("background", self.background)):
            if colour is not None and (colour.dtype != np.float32 or colour.shape != wanted):
                raise ValueError(f"Layer.{name} must be {wanted} float32, not {colour.shape} {colour.dtype}")

    def __repr__(self) -> str:
        return f"Layer({self.name!r}, {self.alpha.shape[1]}x{self.alpha.shape[0]}, colour={self.colour is not None})"


@dataclass(frozen=True, slots=True, eq=False)
class Matte:
    """A frame and what was found in it; `layers[0]` is the subject."""

    frame: Frame
    layers: tuple[Layer, ...]

    def __post_init__(self) -> None:
        if not self.layers:
            raise ValueError("a Matte has at least one layer")
        size = self.frame.rgb.shape[:2]
        for layer in self.layers:
            if layer.alpha.shape != size:
                raise ValueError(f"layer {layer.name!r} is {layer.alpha.shape}, its frame {size}")

    @property
    def alpha(self) -> Alpha:
        """The subject's alpha."""
        return self.layers[0].alpha


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """What a writer stores: colour, alpha or both, at one time.

    Attributes:
        index: Number of the source frame.
        pts: In `Clip.time_base`.
        duration: In `Clip.time_base`; 0 when unknown.
        colour: (H, W, 3) uint8 or uint16 display RGB, straight unless `premultiplied`; None for a matte alone.
        alpha: (H, W) float32 in [0, 1]; None for an opaque picture.
        premultiplied: Whether `colour` was multiplied by `alpha`.
        name: What is shown, for files that hold several layers.
        others: Further layers of the same frame.
    """

    index: int
    pts: int
    duration: int = 0
    colour: Image | None = None
    alpha: Alpha | None = None
    premultiplied: bool = False
    name: str = ""
    others: tuple[Picture, ...] = ()


class MapSource(Protocol):
    """A mask, plate, trimap or other per-pixel hint, still or per frame, behind one question."""

    @property
    def indices(self) -> Sequence[int] | None:
        """Source frame numbers that have a map of their own, ascending; None for one map that serves every frame."""

    def at(self, index: int) -> NDArray[Any] | None:
        """The map of frame `index`, uint8: (H, W) a mask or trimap, (H, W, 3) RGB a plate; None if there is none."""


@dataclass(frozen=True, slots=True, eq=False)
class Hints:
    """Everything the user gave besides the clip.

    Attributes:
        maps: By name: `mask`, `plate` and `trimap` are in use.
        objects: Masks of several objects by name, each to have a matte of its own; empty for the usual one subject.
            `maps["mask"]` then shows all of them together.
    """

    maps: Mapping[str, MapSource] = field(default_factory=dict)
    objects: Mapping[str, MapSource] = field(default_factory=dict)

    def given(self) -> frozenset[str]:
        """Names of the hints that are present."""
        return frozenset(self.maps)

    def of(self, name: str) -> Hints:
        """What there is to know about one of the objects alone."""
        return Hints({**self.maps, "mask": self.objects[name]})


class Matter(Protocol):
    """The only thing the pipeline knows about a model: frames in, mattes out, in the same order and number."""

    def mattes(self, clip: Clip, hints: Hints, frames: Iterator[Frame]) -> Stream[Matte]: ...


class BatchModel(Protocol):
    """A model without memory between calls.

    `size` is the number of frames of one call. `overlap` is 0 for an image model; windows of a video model overlap
    by that many frames and are cross-faded.
    """

    @property
    def size(self) -> int: ...
    @property
    def overlap(self) -> int: ...
    def infer(self, frames: Sequence[Frame], hints: Hints) -> Sequence[Matte]: ...


class RecurrentModel(Protocol[StateT]):
    """A model with memory, the memory being a value that the caller owns: it can be tested, saved and restored."""

    def start(self, clip: Clip, hints: Hints, frame: Frame) -> StateT:
        """The memory before `frame`, the first one of a run in either direction of time."""

    def step(self, state: StateT, frame: Frame, hints: Hints) -> tuple[StateT, Matte]:
        """The memory after `frame`, and its matte. May update `state` in place and return it."""


@dataclass(frozen=True, slots=True)
class Band:
    """How wide the unknown part is of trimaps that are made from mattes.

    Attributes:
        scale: Multiples of the usual radius that it grows by.
        union: Whether it also holds what the trimaps of the frames before and after, moved along, disagree on.
    """

    scale: float = 1.0
    union: bool = False


class Refiner(Protocol):
    """Finds the matte of one object inside the unknown part of a trimap, frame by frame."""

    @property
    def band(self) -> Band:
        """What suits it."""

    def refine(self, clip: Clip, frame: Frame, trimap: Image8, layer: Layer | None) -> Layer:
        """The matte of one frame.

        Args:
            clip: That the frame is of.
            frame: The frame.
            trimap: (H, W) uint8 of 0 (background), 128 (unknown) and 255 (foreground).
            layer: The matte that the trimap was made from; None where somebody drew it.
        """


class Stage(Protocol):
    """A smoother, refiner, foreground estimator or clean-up: mattes in, mattes out."""

    def __call__(self, clip: Clip, mattes: Iterator[Matte]) -> Stream[Matte]: ...


class Source(AbstractContextManager["Source"], Protocol):
    """An opened clip."""

    @property
    def clip(self) -> Clip: ...
    def frames(self, start: int = 0, stop: int | None = None) -> Stream[Frame]:
        """Frames `start` up to but not including `stop`, in display order; may be called again, each from scratch."""

    def span(self, start: float | None, end: float | None) -> tuple[int, int | None]:
        """Frame numbers of a time range in seconds, counted from the first frame's own time."""


class View(Protocol):
    """What to show of a matte."""

    def __call__(self, matte: Matte) -> Picture: ...


class Writer(AbstractContextManager["Writer"], Protocol):
    """How to store pictures. Everything happens under a partial name until `publish`.

    Leaving the context without `publish` having been called removes whatever was written.
    """

    @property
    def path(self) -> Path:
        """The final name: a file, or a folder for a sequence."""

    def write(self, picture: Picture) -> None:
        """Stores one picture; pictures come in display order. May return before it is encoded."""

    def finish(self) -> None:
        """Flushes, closes and checks the partial file by decoding it; raises OutputError if the check fails."""

    def publish(self) -> None:
        """Gives the finished file its final name."""


def _check_alpha(name: str, alpha: NDArray[Any], size: tuple[int, ...]) -> None:
    if alpha.ndim != 2 or alpha.shape != size or alpha.dtype != np.float32:
        raise ValueError(f"{name} must be {size} float32, not {alpha.shape} {alpha.dtype}")
