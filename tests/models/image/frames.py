"""Frames for tests of image models."""

from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import torch

from tests import drawn
from vmatte.core.types import Clip, Frame, Hints
from vmatte.models.image.matter import ImageModel


def framed(*pictures: Any) -> list[Frame]:
    """Frames of (H, W, 3) uint8 pictures."""
    return [Frame(index, index, picture, picture) for index, picture in enumerate(pictures)]


def discs(count: int, size: tuple[int, int] = (64, 48)) -> list[Frame]:
    """Drawn frames of a (width, height)."""
    return framed(*(drawn.picture(index, size) for index in range(count)))


def alphas(model: Any, frames: list[Frame]) -> np.ndarray:
    """(T, H, W) mattes."""
    assert isinstance(model, ImageModel)
    return np.stack([matte.alpha for matte in model.infer(frames, Hints())])


#: Of no file.
CLIP = Clip(Path("drawn"), 64, 48, Fraction(24), Fraction(1, 24))


def tensor(pictures: Any) -> torch.Tensor:
    """(T, H, W, 3) uint8 as (T, 3, H, W) float32."""
    return torch.from_numpy(pictures).permute(0, 3, 1, 2).float()
