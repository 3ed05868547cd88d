"""What the published networks differ in. Torch-free."""

from __future__ import annotations

from enum import Enum


class Backbone(Enum):
    """The trunk."""

    mobilenetv3 = "mobilenetv3"
    resnet50 = "resnet50"


class Refiner(Enum):
    """What brings a matte back to the frame's size; the published weights were trained with the deep one."""

    deep_guided_filter = "deep_guided_filter"
    fast_guided_filter = "fast_guided_filter"
