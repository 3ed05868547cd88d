"""`recall` as a model: cards, hints and masks of frames."""

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from tests.models.recall.drawn import disc_clip, mask_of
from vmatte.core.errors import ConfigError, HintError
from vmatte.core.types import Clip, Frame, Hints
from vmatte.models.lift import lift
from vmatte.models.registry import build, card

CLIP = Clip(Path("drawn.mp4"), 128, 96, Fraction(30), Fraction(1, 30))


class Masks:
    """Masks of some frames."""

    def __init__(self, masks):
        self.masks = masks
        self.indices = tuple(sorted(masks))

    def at(self, index):
        return self.masks.get(index)


def frames_of(pictures):
    return [Frame(n, n, picture, picture) for n, picture in enumerate(pictures)]


def model():
    return build(card("recall").made())


def test_the_card_asks_for_a_mask():
    assert card("recall").needs == {"mask"}


def test_steps_through_a_clip_with_one_mask():
    pictures, truth = disc_clip(3)
    frames, hints = frames_of(pictures), Hints({"mask": Masks({0: mask_of(truth[0])})})
    recall = model()
    state = recall.start(CLIP, hints, frames[0])
    for frame in frames:
        state, matte = recall.step(state, frame, hints)
    assert matte.frame is frames[-1]
    assert np.abs(matte.alpha - truth[-1]).mean() < 0.012


def test_a_mask_of_a_later_frame_corrects():
    pictures, truth = disc_clip(3)
    frames = frames_of(pictures)
    wrong = np.zeros_like(mask_of(truth[0]))
    wrong[:20, :20] = 255
    hints = Hints({"mask": Masks({0: wrong, 2: mask_of(truth[2])})})
    *_, matte = lift(model(), anchored=True).mattes(CLIP, hints, iter(frames))
    assert np.abs(matte.alpha - truth[2]).mean() < 0.012


def test_names_the_frame_of_an_empty_mask():
    pictures, truth = disc_clip(1)
    hints = Hints({"mask": Masks({0: mask_of(truth[0]) * 0})})
    with pytest.raises(HintError, match="mask of frame 0 is empty"):
        model().start(CLIP, hints, frames_of(pictures)[0])


def test_names_the_frame_of_an_empty_later_mask():
    pictures, truth = disc_clip(2)
    frames, hints = frames_of(pictures), Hints({"mask": Masks({0: mask_of(truth[0]), 1: mask_of(truth[0]) * 0})})
    with pytest.raises(HintError, match="mask of frame 1 is empty"):
        list(lift(model(), anchored=True).mattes(CLIP, hints, iter(frames)))


def test_says_which_frame_has_no_mask():
    pictures, truth = disc_clip(2)
    with pytest.raises(HintError, match="no mask for frame 1"):
        model().start(CLIP, Hints({"mask": Masks({0: mask_of(truth[0])})}), frames_of(pictures)[1])


@pytest.mark.parametrize("name", ["recall", "difference"])
@pytest.mark.parametrize("change", [{"work_rows": -5}, {"work_rows": 5}, {"seed": -1}])
def test_settings_that_cannot_work_are_refused(name, change):
    with pytest.raises(ConfigError, match=next(iter(change))):
        card(name).made(**change)
