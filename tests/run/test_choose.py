"""Which model is taken, by the hints and by what the clip looks like."""

from collections.abc import Sequence

import numpy as np
import pytest

from tools.synth import Camera, scene
from vmatte.core.errors import HintError
from vmatte.core.types import Image8
from vmatte.run.choose import Choice, Sampled, choose


def never(count: int) -> Sequence[Image8]:
    raise AssertionError("no frame is needed to choose")


def frames_of(camera: Camera) -> Sampled:
    frames = scene("walker", camera, 1, (320, 180), 15).frames

    def sampled(count: int) -> Sequence[Image8]:
        return [frames[round(place)] for place in np.linspace(0, len(frames) - 1, count)]

    return sampled


def test_hints_decide_without_a_look():
    assert choose(frozenset({"mask"}), never).model == "recall"
    assert choose(frozenset({"plate"}), never).model == "difference"
    both = choose(frozenset({"plate", "mask"}), never)
    assert both.model == "difference"
    assert "mask" in both.why
    assert choose(frozenset({"plate", "mask", "trimap"}), never).model == "closed-form"


@pytest.mark.parametrize(("camera", "model"), [("screen", "chroma"), ("fixed", "difference")])
def test_without_hints_the_picture_decides(camera: Camera, model: str):
    choice: Choice = choose(frozenset(), frames_of(camera))
    assert choice.model == model
    assert choice.scores


def test_a_moving_camera_needs_a_hint():
    with pytest.raises(HintError, match="--mask, or a picture of the empty scene with --plate"):
        choose(frozenset(), frames_of("moving"))
