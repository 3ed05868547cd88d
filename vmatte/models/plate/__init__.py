"""What models with a background plate share: laying it under each frame, and looking at it before a run."""

from __future__ import annotations

from enum import Enum


class Align(Enum):
    """How the plate is laid under the frames."""

    auto = "auto"
    none = "none"
    homography = "homography"
    flow = "flow"
