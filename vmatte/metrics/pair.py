"""A predicted matte beside the true one, in codes when both are 8 bit: exact sums, an eighth of the memory."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]
Wide = NDArray[np.float64]

#: How mattes are brought to 8 bits before they are scored.
QUANTISE = ("round", "truncate", "none")


def quantised(matte: NDArray[Any], how: str = "round") -> NDArray[Any]:
    """A matte as it is scored: uint8 codes, or float64 for `none`.

    Args:
        matte: (H, W) uint8 codes, which pass as they are, or floats in [0, 1].
        how: `round` to the nearest code, halves to even, as vmatte and MatAnyone write; `truncate`, as RVM writes;
            `none`.

    >>> import numpy as np
    >>> soft = np.array([[0.0, 0.5, 0.999, 1.2]], np.float32)
    >>> quantised(soft).tolist(), quantised(soft, "truncate").tolist()
    ([[0, 128, 255, 255]], [[0, 127, 254, 255]])
    """
    if how not in QUANTISE:
        raise ValueError(f"quantise must be one of {', '.join(QUANTISE)}, not {how!r}")
    if how == "none":
        exact: Wide = np.divide(matte, 255 if matte.dtype == np.uint8 else 1, dtype=np.float64)
        return exact
    if matte.dtype == np.uint8:
        return matte
    # In single precision, as the programs do: every code of an 8-bit file comes back as itself (all were tried).
    scaled = np.multiply(matte, np.float32(255), dtype=np.float32)
    np.clip(scaled, 0, 255, out=scaled)
    if how == "round":
        np.rint(scaled, out=scaled)
    return np.asarray(scaled, np.uint8)


@dataclass(frozen=True, eq=False)
class Pair:
    """One frame's prediction and truth.

    Attributes:
        alpha: (H, W) the prediction, uint8 codes or float64 in [0, 1].
        truth: (H, W) likewise, of the same type.
    """

    alpha: NDArray[Any]
    truth: NDArray[Any]

    def __post_init__(self) -> None:
        if self.alpha.shape != self.truth.shape or self.alpha.ndim != 2 or self.alpha.dtype != self.truth.dtype:
            raise ValueError(
                f"the matte is {self.alpha.shape} {self.alpha.dtype}, the truth {self.truth.shape} {self.truth.dtype}"
            )

    @classmethod
    def of(cls, alpha: NDArray[Any], truth: NDArray[Any], how: str = "round") -> Pair:
        """Of mattes of any kind, both brought to codes by one rule, so a truth set against itself scores nothing."""
        return cls(quantised(alpha, how), quantised(truth, how))

    @property
    def white(self) -> int:
        """The value that stands for 1."""
        return 255 if self.alpha.dtype == np.uint8 else 1

    @cached_property
    def error(self) -> NDArray[Any]:
        """Prediction less truth, times `white`: int16 for codes, else float64."""
        if self.white == 1:
            return np.asarray(self.alpha - self.truth)
        return np.asarray(cv2.subtract(self.alpha, self.truth, dtype=cv2.CV_16S))

    def total(self, mask: Mask | None = None) -> float:
        """Sum of |a - g| over the mask; None is everywhere."""
        return _norm(self.error, cv2.NORM_L1, mask) / self.white

    def squared(self, mask: Mask | None = None) -> float:
        """Sum of (a - g)^2 over the mask."""
        return squares(self.error, mask) / self.white**2

    def change(self, before: Pair, mask: Mask | None = None) -> float:
        """Sum of ((a_t - a_{t-1}) - (g_t - g_{t-1}))^2 over the mask."""
        return squares(cv2.subtract(self.error, before.error), mask) / self.white**2

    def count(self, mask: Mask | None) -> int:
        """How many pixels the mask holds."""
        return self.alpha.size if mask is None else int(np.count_nonzero(mask))


def squares(values: NDArray[Any], mask: Mask | None = None) -> float:
    """Sum of squares over the mask, in double precision."""
    return _norm(values, cv2.NORM_L2SQR, mask)


def _norm(values: NDArray[Any], kind: int, mask: Mask | None) -> float:
    return float(cv2.norm(values, kind) if mask is None else cv2.norm(values, kind, mask.view(np.uint8)))
