"""The drift alarm: silent on mattes that move with the picture, awake when one does not."""

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from tests import drawn
from vmatte.core.types import Clip, Frame, Layer, Matte
from vmatte.stages.watch import Watch

CLIP = Clip(Path("clip.mp4"), 128, 96, Fraction(24), Fraction(1, 24))


def watched(alphas, confidences=None, dispute=0.0):
    watch = Watch()
    mattes = []
    for index, alpha in enumerate(alphas):
        picture = drawn.picture(index)
        sure = None if confidences is None else confidences[index]
        layer = Layer("subject", alpha.astype(np.float32), confidence=sure, dispute=dispute)
        mattes.append(Matte(Frame(index + 10, index, picture, picture), (layer,)))
    assert list(watch(CLIP, iter(mattes))) == mattes
    return watch


def true(count=20):
    return [drawn.disc(index) for index in range(count)]


def test_the_truth_raises_no_alarm():
    watch = watched(true())
    assert watch.findings() == []
    assert watch.confidence() == {}


@pytest.mark.parametrize("wrong", ["lost", "leak"])
def test_a_jump_is_found_where_it_happens(wrong):
    alphas = true()
    for index in (8, 9, 10):
        alphas[index] = alphas[index].copy()
        if wrong == "lost":
            alphas[index][:40] = 0
        else:
            alphas[index][60:, :30] = 1
    (found,) = watched(alphas).findings()
    assert (found.layer, found.first, found.last) == ("subject", 18, 21)
    assert "where the picture did not" in str(found)


def test_a_model_that_becomes_unsure_is_heard():
    sure = [0.9] * 20
    sure[5], sure[6] = 0.5, 0.4
    watch = watched(true(), sure)
    (found,) = watch.findings()
    assert (found.first, found.last, found.worst) == (15, 16, 16)
    assert watch.confidence()["subject"] == pytest.approx({"median": 0.9, "lowest": 0.4, "at": 16})


def test_far_findings_stay_apart():
    alphas = true(30)
    for index in (5, 20):
        alphas[index] = np.zeros_like(alphas[index])
    assert [(found.first, found.last) for found in watched(alphas).findings()] == [(15, 16), (30, 31)]


def test_masks_that_contradict_each_other_are_told():
    (found,) = watched(true(5), dispute=0.4).findings()
    assert (found.first, found.last) == (10, 14)
    assert "40% of the matte differs" in str(found)
