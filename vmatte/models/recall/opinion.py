"""What the memory says about each pixel of a frame: how much subject, and how sure."""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from vmatte.models.recall.memory import Pair
from vmatte.models.recall.ruler import Ruler
from vmatte.ops.knn import read
from vmatte.ops.morphology import Mask
from vmatte.ops.unmix import unmix
from vmatte.ops.warp import sample

Floats = NDArray[np.float32]

#: Weights of Lab and of px in the distance between two examples. Place: the prototype had 0.07; with 0.05 three drawn
#: clips score MAD 22.8 instead of 26.0.
COLOUR, PLACE = 0.14, 0.05
#: Between queries on the coarse grid, px.
STRIDE = 3


class Opinion(NamedTuple):
    """The memory's view of a frame.

    Attributes:
        asked: (H, W) where it was asked.
        alpha: (H, W) in [0, 1]; 0 where not asked.
        sure: (H, W) in [0, 1]; 0 where not asked.
    """

    asked: Mask
    alpha: Floats
    sure: Floats


class Coarse(NamedTuple):
    """The read-out on the grid: channels F' (3), B' (3), p0, c0."""

    fields: Floats
    stride: int


def opinion(
    asked: Mask, banks: Pair, colours: Floats, ruler: Ruler, plate: Floats | None = None, known: Mask | None = None
) -> Opinion:
    """Asks the memory about the pixels of `asked`.

    Args:
        asked: (H, W).
        banks: Everything known, in random order, neither bank empty.
        colours: (H, W, 3) Lab.
        ruler: Of the picture.
        plate: (H, W, 3) Lab of the background where it is known; replaces the remembered background.
        known: (H, W) where the plate holds; None for everywhere.
    """
    rows, columns = np.nonzero(asked)
    coarse = _coarse(asked, banks, colours, ruler)
    at: Floats = (np.stack([columns, rows], axis=1).astype(np.float32) + np.float32(0.5)) / np.float32(coarse.stride)
    at -= np.float32(0.5)
    fore, back, rest = (sample(coarse.fields[..., part], at) for part in (slice(0, 3), slice(3, 6), slice(6, 8)))
    colour = colours[rows, columns]
    if plate is not None:
        holds = np.ones(len(rows), bool) if known is None else known[rows, columns]
        back = np.where(holds[:, None], plate[rows, columns], back)
    alpha, sure = _mixed(colour, fore, back, rest[:, 0], rest[:, 1])
    if plate is not None:
        # A pixel that equals the plate is background whatever the memory says.
        equal = np.exp(np.square(colour - back).sum(1) * np.float32(-1 / (2 * 3.5**2)))
        alpha = alpha * (1 - equal * holds)
    out = Opinion(asked, np.zeros(asked.shape, np.float32), np.zeros(asked.shape, np.float32))
    out.alpha[rows, columns], out.sure[rows, columns] = alpha, sure
    return out


def keys(colour: Floats, place: Floats, ruler: Ruler) -> Floats:
    """What examples are compared by: (N, 5) Lab and place, weighted."""
    return np.concatenate([colour * np.float32(COLOUR), place * np.float32(PLACE / ruler.scale)], axis=1)


def _coarse(asked: Mask, banks: Pair, colours: Floats, ruler: Ruler) -> Coarse:
    stride = max(1, round(STRIDE * ruler.scale))
    height, width = asked.shape
    down, across = -(-height // stride), -(-width // stride)
    padded = np.pad(asked, ((0, down * stride - height), (0, across * stride - width)))
    cells: Mask = np.any(padded.reshape(down, stride, across, stride), axis=(1, 3))
    i, j = np.nonzero(cells)
    place = np.stack(
        [np.minimum(j * stride + stride // 2, width - 1), np.minimum(i * stride + stride // 2, height - 1)], 1
    )
    fields = np.zeros((down, across, 8), np.float32)
    if len(i):
        fields[i, j] = _read(colours[place[:, 1], place[:, 0]], place.astype(np.float32), banks, ruler)
    return Coarse(_spread(fields, cells), stride)


def _read(colour: Floats, place: Floats, banks: Pair, ruler: Ruler) -> Floats:
    """F', B', p0 and c0 at each query: (Q, 8)."""
    asked = keys(colour, place, ruler)
    fore, back = (read(asked, keys(bank.colour, bank.place, ruler), bank.colour) for bank in banks)
    nearer = np.minimum(fore.distance, back.distance) + np.float32(0.6)
    lead = (back.distance - fore.distance) / nearer
    odds = 1 / (1 + np.exp(np.clip(-lead / np.float32(0.35), -60, 60)))
    return np.column_stack([fore.value, back.value, odds, np.minimum(np.abs(lead), 1)]).astype(np.float32)


def _spread(fields: Floats, known: Mask) -> Floats:
    """Fills cells beside known ones with the mean of their known neighbours."""
    weight = cv2.blur(known.astype(np.float32), (3, 3), borderType=cv2.BORDER_CONSTANT)
    mean = cv2.blur(fields, (3, 3), borderType=cv2.BORDER_CONSTANT) / np.maximum(weight, 1e-6)[..., None]
    return np.where(known[..., None], fields, mean).astype(np.float32)


def _mixed(colour: Floats, fore: Floats, back: Floats, odds: Floats, lead: Floats) -> tuple[Floats, Floats]:
    """Alpha and certainty of each pixel from its two likely sources and the memory's odds."""
    mixture = unmix(colour, fore, back)
    apart = np.clip(mixture.span / 144, 0, 1)
    # Explained by one class alone: then it is no mixture (prototype: 5 % MAD for 4 % MSE).
    single = np.exp(np.minimum(mixture.to_foreground, mixture.to_background) * np.float32(-1 / (2 * 5**2)))
    weight = np.exp(mixture.residual * np.float32(-1 / (2 * 6**2))) * apart * (1 - single)
    share = mixture.to_background / np.maximum(mixture.to_foreground + mixture.to_background, 1e-6)
    nearer = share * share * (3 - 2 * share)
    alpha = weight * mixture.alpha + (1 - weight) * (odds + nearer) * np.float32(0.5)
    return alpha.astype(np.float32), np.maximum(lead * apart, np.float32(0.8) * weight).astype(np.float32)
