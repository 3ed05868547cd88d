"""What an output shows of a matte: its alpha, its colours with alpha, one layer of the picture, or the finished one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from vmatte.core.colour import to_bits16, unit
from vmatte.core.light import from_linear
from vmatte.core.types import Clip, Image, Layer, MapSource, Matte, Picture
from vmatte.ops.composite import behind, composited
from vmatte.ops.extend import extended
from vmatte.ops.inpaint import inpainted
from vmatte.run.backdrop import Backdrop, recoded

# What players decode smoothly; three pictures side by side are made smaller to fit.
_WIDEST = 3840


@dataclass(frozen=True, slots=True)
class Alpha:
    """The alpha of one layer alone.

    Attributes:
        layer: Which, by its place in the matte.
    """

    layer: int = 0

    def __call__(self, matte: Matte) -> Picture:
        frame = matte.frame
        return Picture(frame.index, frame.pts, frame.duration, alpha=matte.layers[self.layer].alpha)


@dataclass(frozen=True, slots=True)
class Rgba:
    """Colours with alpha of one layer, at the clip's own depth.

    Attributes:
        extend: Colours reach this many px beyond the matte and are black further out, which gives lossy codecs and
            scalers clean edges at nearly the size of black everywhere; -1 keeps all colours.
        layer: Which layer, by its place in the matte.
        premultiplied: Whether colours are multiplied by alpha, code by code.
        deep: Whether they have 16 bits whatever the clip has, for what is computed with further.
    """

    extend: int
    layer: int = 0
    premultiplied: bool = False
    deep: bool = False

    def __call__(self, matte: Matte) -> Picture:
        frame, layer = matte.frame, matte.layers[self.layer]
        colour = _colour(matte, layer, self.deep)
        if self.premultiplied:
            colour = _multiplied(colour, layer)
        elif self.extend >= 0:
            colour = extended(colour, layer.alpha, self.extend)
        return Picture(frame.index, frame.pts, frame.duration, colour, layer.alpha, self.premultiplied, name=layer.name)


@dataclass(frozen=True, slots=True)
class Layers:
    """Straight colours with alpha of all layers together, and of each, at 16 bits.

    Attributes:
        extend: As for `Rgba`.
    """

    extend: int

    def __call__(self, matte: Matte) -> Picture:
        parts = tuple(Rgba(self.extend, place, deep=True)(matte) for place in range(len(matte.layers)))
        if len(parts) == 1:
            return parts[0]
        alphas = [layer.alpha for layer in matte.layers]
        total = np.sum(alphas, axis=0, dtype=np.float32)
        share = np.maximum(total, np.float32(1e-6))
        mixed = sum(_codes(part) * (alpha / share)[..., None] for part, alpha in zip(parts, alphas, strict=True))
        colour = np.rint(np.asarray(mixed, np.float32)).astype(np.uint16)
        return replace(parts[0], colour=colour, alpha=np.minimum(total, 1), name="", others=parts)


@dataclass(frozen=True, slots=True)
class Foreground:
    """The colours of one layer as an opaque picture: `alpha foreground + (1 - alpha) background` is the source.

    Attributes:
        extend: As for `Rgba`.
        layer: Which layer, by its place in the matte.
    """

    extend: int
    layer: int = 0

    def __call__(self, matte: Matte) -> Picture:
        return replace(Rgba(self.extend, self.layer)(matte), alpha=None)


@dataclass(frozen=True, slots=True)
class Background:
    """What is behind one layer as an opaque picture.

    That is what the model says; else what is seen where it can be, and elsewhere the plate or a smooth guess.

    Attributes:
        clip: Whose codes these are.
        layer: Which layer, by its place in the matte.
        plate: Picture of the empty scene; None when there is none.
    """

    clip: Clip
    layer: int = 0
    plate: MapSource | None = None

    def __call__(self, matte: Matte) -> Picture:
        frame, layer = matte.frame, matte.layers[self.layer]
        if layer.background is not None:
            told = _integers(layer.background, frame.rgb.dtype)
            return Picture(frame.index, frame.pts, frame.duration, told)
        seen, weight = behind(frame.rgb, _colour(matte, layer), layer.alpha)
        plate = None if self.plate is None else self.plate.at(frame.index)
        if plate is None:
            filled = inpainted(seen, weight)
        else:
            fill = recoded(plate, self.clip).astype(np.float32)
            filled = fill + weight[..., None] * (seen - fill)
        colour: Any = np.rint(np.clip(filled, 0, unit(frame.rgb))).astype(frame.rgb.dtype)
        return Picture(frame.index, frame.pts, frame.duration, colour)


@dataclass(frozen=True, slots=True)
class Over:
    """One layer over a backdrop, opaque.

    Attributes:
        backdrop: What is behind.
        layer: Which layer, by its place in the matte.
        transfer: H.273 code point of the clip's codes, to add light; None adds codes.
    """

    backdrop: Backdrop
    layer: int = 0
    transfer: int | None = None

    def __call__(self, matte: Matte) -> Picture:
        frame, layer = matte.frame, matte.layers[self.layer]
        colour = composited(_colour(matte, layer), layer.alpha, self.backdrop.at(frame), self.transfer)
        return Picture(frame.index, frame.pts, frame.duration, colour)


@dataclass(frozen=True, slots=True)
class Compare:
    """Source, alpha and result side by side, opaque.

    Attributes:
        over: Makes the result.
        size: Width and height of one of the three.
        white: The code that stands for alpha 1, as a share of the highest: less than all of it in HDR.
    """

    over: Over
    size: tuple[int, int]
    white: float = 1.0

    def __call__(self, matte: Matte) -> Picture:
        frame, result = matte.frame, self.over(matte)
        grey = np.rint(matte.layers[self.over.layer].alpha * np.float32(self.white * unit(frame.rgb)))
        alpha = np.repeat(grey.astype(frame.rgb.dtype)[..., None], 3, axis=2)
        parts: list[Any] = [frame.rgb, alpha, result.colour]
        if self.size != (frame.rgb.shape[1], frame.rgb.shape[0]):
            parts = [cv2.resize(part, self.size, interpolation=cv2.INTER_AREA) for part in parts]
        return replace(result, colour=np.concatenate(parts, axis=1))


def compare(over: Over, clip: Clip) -> tuple[Compare, Clip]:
    """The view, and the clip that its pictures make."""
    scale = min(1.0, _WIDEST / (3 * clip.width))
    size = (max(1, round(clip.width * scale)), max(1, round(clip.height * scale)))
    white = float(from_linear(np.array(1.0), clip.colour.transfer)) if clip.colour.hdr else 1.0
    return Compare(over, size, white), replace(clip, width=3 * size[0], height=size[1])


def _colour(matte: Matte, layer: Layer, deep: bool = False) -> Image:
    """Straight colours in the clip's codes, or at 16 bits."""
    rgb = matte.frame.rgb
    if deep and rgb.dtype == np.uint8:
        return to_bits16(rgb) if layer.colour is None else _integers(layer.colour, np.dtype(np.uint16))  # type: ignore[arg-type]
    return rgb if layer.colour is None else _integers(layer.colour, rgb.dtype)


def _multiplied(colour: Image, layer: Layer) -> Image:
    product = colour * np.clip(layer.alpha, 0, 1)[..., None]
    rounded: Any = np.rint(product).astype(colour.dtype)
    return rounded  # type: ignore[no-any-return]


def _codes(picture: Picture) -> NDArray[np.float32]:
    assert picture.colour is not None
    return picture.colour.astype(np.float32)


def _integers(colour: NDArray[np.float32], kind: np.dtype[Any]) -> Image:
    """Colours in [0, 1] as codes, rounded and clipped."""
    if kind == np.uint8:
        return np.asarray(cv2.convertScaleAbs(colour, alpha=255.0), np.uint8)
    scaled = colour * np.float32(65535)
    np.rint(scaled, out=scaled)
    np.clip(scaled, 0, 65535, out=scaled)
    return scaled.astype(np.uint16)
