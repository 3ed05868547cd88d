"""What a user may change about BackgroundMattingV2, under its published names; checked when made."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from vmatte.core.errors import ConfigError
from vmatte.models.plate import Align
from vmatte.models.registry import ModelSettings

# Frames computed at once: the refiner alone fills a GPU with fewer.
_MOST = 64


class RefineMode(Enum):
    """Which parts the refiner works on: the most doubtful ones up to a number, all above a threshold, or everything."""

    sampling = "sampling"
    thresholding = "thresholding"
    full = "full"


@dataclass(frozen=True)
class BGMv2Settings(ModelSettings):
    """What a user may change about BackgroundMattingV2.

    Attributes:
        backbone_scale: Share of the frame's size that the base network works at, up to 0.5; 0 chooses by the frame's
            size: 0.25 for HD, 0.125 for 4K.
        refine_mode: Which parts are refined.
        refine_sample_pixels: Pixels that `sampling` refines in each frame; 0 chooses by the frame's size: 80000 up to
            HD, 320000 for 4K.
        refine_prevent_oversampling: Whether `sampling` leaves alone what the base network is sure of.
        refine_threshold: Expected error from which on `thresholding` refines; below 0 that is everything.
        align: `auto` moves the plate when the camera has moved, bends it where that is not enough, and leaves it alone
            while the camera stands still; `homography` fits it anew in every frame; `flow` bends it as well; `none`
            feeds it as it is, its light included.
        batch: Frames computed at once; 0 takes what free memory allows, 1 on a CPU.
    """

    name: str = "bgmv2.mobilenetv2"
    backbone_scale: float = 0.0
    refine_mode: RefineMode = RefineMode.sampling
    refine_sample_pixels: int = 0
    refine_prevent_oversampling: bool = True
    refine_threshold: float = 0.1
    align: Align = Align.auto
    batch: int = 0

    def __post_init__(self) -> None:
        """Checks the values."""
        _require(
            0 <= self.backbone_scale <= 0.5,
            f"backbone_scale={self.backbone_scale}: 0 (automatic), or a share of the frame's size up to 0.5",
        )
        _require(
            self.refine_sample_pixels >= 0,
            f"refine_sample_pixels={self.refine_sample_pixels}: 0 (automatic), or a number of pixels",
        )
        _require(
            -1 <= self.refine_threshold <= 1,
            f"refine_threshold={self.refine_threshold}: expected errors lie in 0 to 1; below 0 refines everything",
        )
        _require(0 <= self.batch <= _MOST, f"batch={self.batch}: 0 (automatic) to {_MOST} frames")


def _require(held: bool, message: str) -> None:
    if not held:
        raise ConfigError(f"model.{message}")
