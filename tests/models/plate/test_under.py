"""Plates laid at full size under the frames of a clip."""

import numpy as np
import pytest

from tests.models.difference.test_difference import shaken
from tests.ops.test_bend import wavy
from tests.plate_scene import scene
from vmatte.core.errors import HintError
from vmatte.core.types import Frame, Hints
from vmatte.hints.arrays import Maps
from vmatte.hints.read import Plate
from vmatte.models.plate import Align
from vmatte.models.plate.preflight import measure
from vmatte.models.plate.under import Underlay
from vmatte.ops.unit import unit
from vmatte.ops.warp import warp


def laid(frames, hints: Hints, align: Align, rows: int = 720) -> list[np.ndarray]:
    """Plates as floats in [0, 1]."""
    underlay = Underlay(align, rows)
    found = [underlay.under(Frame(i, i, rgb, rgb), hints) for i, rgb in enumerate(frames)]
    return [plate / 255 if plate.dtype == np.uint8 else plate for plate in found]


def error(plates, truths, alphas) -> float:
    """Mean distance from the true background, outside the subject and away from the picture's edge, in codes."""
    inner = np.s_[20:-20, 30:-30]
    pairs = zip(plates, truths, alphas, strict=True)
    return float(np.mean([255 * np.abs(p - t / 255)[inner][a[inner] < 0.02].mean() for p, t, a in pairs]))


def test_as_it_is_means_bit_for_bit():
    clip = scene(count=1, plate_gain=1.3)
    underlay = Underlay(Align.none, 720)
    assert (
        underlay.under(Frame(0, 0, clip.frames[0], clip.frames[0]), Hints({"plate": Plate(clip.plate)})) is clip.plate
    )


@pytest.mark.parametrize("rows", [720, 90])
def test_a_hand_held_plate_follows_in_place_and_light(rows):
    clip = scene(count=3, shadow=1.0, drift=0.0)
    empty = scene(count=3, shadow=1.0, drift=0.0, absent=3, noise=0.0)
    frames, truth, alphas = (shaken(each, 2.5) for each in (clip.frames, empty.frames, clip.alphas))
    hints = Hints({"plate": Plate(clip.plate)})
    as_shot = error(laid(frames, hints, Align.none), truth, alphas)
    for align in (Align.auto, Align.homography, Align.flow) if rows == 720 else (Align.auto,):
        assert error(laid(frames, hints, align, rows), truth, alphas) < (0.3 if rows == 720 else 0.45) * as_shot


def test_depth_is_bent_away_by_itself():
    clip = scene(count=2, shadow=1.0, drift=0.0, plate_gain=1.0)
    empty = scene(count=2, shadow=1.0, drift=0.0, absent=2, noise=0.0)
    hints = Hints({"plate": Plate(np.asarray(warp(clip.plate, wavy(180, 320, 3.0)), np.uint8))})
    flat = error(laid(clip.frames, hints, Align.homography), empty.frames, clip.alphas)
    assert error(laid(clip.frames, hints, Align.auto), empty.frames, clip.alphas) < 0.7 * flat
    assert error(laid(clip.frames, hints, Align.flow), empty.frames, clip.alphas) < 0.7 * flat


def test_where_the_plate_does_not_reach_the_frame_stands():
    clip = scene(count=1)
    moved = shaken(clip.frames, 40)[0]
    (plate,) = laid([moved], Hints({"plate": Plate(clip.plate)}), Align.auto)
    assert np.array_equal(plate[:, :20], unit(moved)[:, :20])
    assert not np.array_equal(plate[:, 100:], unit(moved)[:, 100:])


def test_a_still_camera_is_laid_once_and_a_plate_for_each_frame_each_time():
    clip = scene(count=3, drift=0.0)
    underlay, hints = Underlay(Align.auto, 720), Hints({"plate": Plate(clip.plate)})
    for index, rgb in enumerate(clip.frames):
        underlay.under(Frame(index, index, rgb, rgb), hints)
        if index == 0:
            first = underlay._laid
    assert underlay._laid is first
    own = dict(enumerate(shaken([clip.plate] * 3, 6)))
    frames = shaken(clip.frames, 6)
    plates = laid(frames, Hints({"plate": Maps(own)}), Align.auto)
    truth = shaken(scene(count=3, drift=0.0, absent=3, noise=0.0).frames, 6)
    assert error(plates, truth, shaken(clip.alphas, 6)) < 4


def test_a_plate_of_another_place_is_told_of_but_used():
    clip, other = scene(count=1, seed=0), scene(count=1, seed=9)
    report = measure(other.plate, clip.frames[0], Align.auto, 720, refuse=False)
    assert report.misalignment_px is None
    (told,) = report.warnings
    for word in ("does not seem to belong", "landmarks", "explains", "codes (R G B)"):
        assert word in told
    assert measure(other.plate, clip.frames[0], Align.none, 720).warnings == (told,)
    plates = laid(clip.frames, Hints({"plate": Plate(other.plate)}), Align.auto)
    assert plates[0].shape == clip.plate.shape
    with pytest.raises(HintError, match="does not belong"):
        measure(other.plate, clip.frames[0], Align.auto, 720)
