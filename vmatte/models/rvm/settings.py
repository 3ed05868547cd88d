"""What a user may change about RVM, under its published names; checked when made."""

from __future__ import annotations

from dataclasses import dataclass

from vmatte.core.errors import ConfigError
from vmatte.models.registry import ModelSettings
from vmatte.models.rvm.variants import Refiner

AUTO = "auto"
# The longer side that the published converter leaves by itself.
_LONG_SIDE = 512
# Frames of one chunk. The published example takes 12; beyond that there is only more memory and delay to be had.
_MOST = 64


@dataclass(frozen=True)
class RVMSettings(ModelSettings):
    """What a user may change about RVM.

    Attributes:
        downsample_ratio: By which the network sees frames smaller, in (0, 1], or `auto` (or nothing), as published: its
            longer side is then 512 px at most. The authors advise 0.375 (upper body) or 0.6 (whole body) at 1280x720,
            0.25 or 0.4 at 1920x1080, 0.125 or 0.2 at 3840x2160.
        refiner: What brings the matte back to the frame's size.
        seq_chunk: Frames computed at once; 0 takes 1 on a processor, which gains nothing by more, and 4 elsewhere.
    """

    name: str = "rvm.mobilenetv3"
    downsample_ratio: float | int | str | None = AUTO
    refiner: Refiner = Refiner.deep_guided_filter
    seq_chunk: int = 0

    def __post_init__(self) -> None:
        """Checks the values."""
        self.ratio(1, 1)
        if not 0 <= self.seq_chunk <= _MOST:
            raise ConfigError(f"model.seq_chunk={self.seq_chunk}: 0 (automatic) to {_MOST} frames")

    def ratio(self, height: int, width: int) -> float:
        """The ratio for frames of this size.

        >>> RVMSettings().ratio(1024, 2048), RVMSettings(downsample_ratio=0.4).ratio(9, 9)
        (0.25, 0.4)
        """
        if self.downsample_ratio in (AUTO, None):
            return min(_LONG_SIDE / max(height, width), 1.0)
        try:
            ratio = float(self.downsample_ratio or 0)
        except ValueError:
            ratio = 0.0
        if not 0 < ratio <= 1:
            raise ConfigError(f"model.downsample_ratio={self.downsample_ratio}: auto, or a number in (0, 1]")
        return ratio
