from __future__ import annotations

import pickle
import sys
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.plate_scene import Scene, scene
from vmatte.core.errors import HintError
from vmatte.core.types import Clip, Frame, Hints
from vmatte.models.difference import CARDS, Align, DifferenceSettings
from vmatte.models.difference.matter import build
from vmatte.models.difference.preflight import preflight
from vmatte.models.registry import Runtime, card


class Maps:
    """A still hint, or one per frame."""

    def __init__(self, still: np.ndarray | None = None, own: dict[int, np.ndarray] | None = None) -> None:
        self._still, self._own = still, own

    @property
    def indices(self) -> Sequence[int] | None:
        return None if self._own is None else sorted(self._own)

    def at(self, index: int) -> np.ndarray | None:
        return self._still if self._own is None else self._own.get(index)


def matted(frames: list[np.ndarray], hints: Hints, state=None, first: int = 0, **settings):
    """Alphas of a clip, and the last state."""
    model = build(DifferenceSettings(**settings), Runtime())
    height, width = frames[0].shape[:2]
    clip = Clip(Path("drawn.mp4"), width, height, Fraction(25), Fraction(1, 25))
    alphas = []
    for index, rgb in enumerate(frames, first):
        frame = Frame(index, index, rgb, rgb)
        if state is None:
            state = model.start(clip, hints, frame)
        state, matte = model.step(state, frame, hints)
        alphas.append(matte.alpha)
    return alphas, state


def plated(clip: Scene, **maps: Maps) -> Hints:
    return Hints({"plate": Maps(clip.plate), **maps})


def error(alphas: list[np.ndarray], truth: list[np.ndarray]) -> float:
    return float(np.mean([np.abs(a - t).mean() for a, t in zip(alphas, truth, strict=True)]))


def shaken(pictures: list[np.ndarray], step: float) -> list[np.ndarray]:
    """The same pictures from a hand-held camera."""
    out = []
    for i, picture in enumerate(pictures):
        angle, x, y = 0.006 * np.sin(i), step * (i + 1), step * np.sin(2 * i)
        matrix = np.array([[np.cos(angle), -np.sin(angle), x], [np.sin(angle), np.cos(angle), y]])
        size = picture.shape[1::-1]
        out.append(cv2.warpAffine(picture, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT))
    return out


def test_the_card_is_found_and_its_settings_are_its_own():
    assert card("difference") is CARDS[0]
    assert CARDS[0].needs == {"plate"}
    assert DifferenceSettings().name == "difference"


def test_a_walker_is_cut_out_without_his_shadow():
    clip = scene(count=5, seed=0)
    alphas, _ = matted(clip.frames, plated(clip))
    plain = [(cv2.absdiff(f, clip.plate).max(2) > 30).astype(np.float32) for f in clip.frames]
    assert error(alphas, clip.alphas) < 0.4 * error(plain, clip.alphas)
    for alpha in alphas:
        assert alpha.shape == (180, 320)
        assert alpha.dtype == np.float32
        assert alpha.min() >= 0
        assert alpha.max() <= 1


def test_the_shadow_model_can_be_switched_off():
    clip = scene(count=2, seed=1)
    with_model = error(matted(clip.frames, plated(clip))[0], clip.alphas)
    assert error(matted(clip.frames, plated(clip), shadow=False)[0], clip.alphas) > 1.5 * with_model


def test_nothing_is_cut_out_before_the_subject_comes():
    clip = scene(count=5, seed=2, absent=2)
    alphas, state = matted(clip.frames, plated(clip))
    assert not alphas[0].any()
    assert not alphas[1].any()
    assert error(alphas[2:], clip.alphas[2:]) < 0.012
    left = plated(clip)
    wall = scene(count=3, seed=2, absent=3).frames
    gone, _ = matted(wall, left, state, first=5)
    assert not gone[-1].any()


def test_a_subject_that_walks_in_is_whole_when_it_is_in():
    clip = scene(count=6, seed=1)
    # Only the last strip of the figure shows in the first frame.
    frames = clip.frames
    start = int(np.argmax(clip.alphas[0].max(0) > 0.5)) + 14
    hidden = frames[0].copy()
    light = clip.frames[0][:, :10].mean() / max(1.0, clip.plate[:, :10].mean())
    hidden[:, start:] = np.clip(clip.plate[:, start:] * light, 0, 255)
    alphas, state = matted([hidden, *frames[1:]], plated(clip))
    assert error(alphas[1:], clip.alphas[1:]) < 0.012
    # The memory started over with the whole figure's colours.
    assert alphas[0].mean() > 0.002
    assert state.seeded > 0.8 * clip.alphas[-1].mean() > 2 * alphas[0].mean()


@pytest.mark.parametrize("size", [(97, 161), (144, 81), (361, 201)])
def test_odd_and_upright_sizes(size):
    clip = scene(height=size[0], width=size[1], count=2, seed=0)
    alphas, _ = matted(clip.frames, plated(clip))
    assert alphas[1].shape == size
    assert error(alphas, clip.alphas) < 0.025


def test_large_frames_are_matted_at_the_working_size():
    clip = scene(height=300, width=500, count=2, seed=0)
    alphas, state = matted(clip.frames, plated(clip), work_rows=150)
    assert state.laid.plate.shape == (150, 250, 3)
    assert alphas[0].shape == (300, 500)
    assert error(alphas, clip.alphas) < 0.015


def test_flat_frames_give_no_subject_and_no_nan():
    wall = np.full((90, 130, 3), 120, np.uint8)
    alphas, _ = matted([wall] * 3, Hints({"plate": Maps(wall)}))
    assert not np.any(alphas)


def test_a_still_camera_never_touches_the_plate():
    clip = scene(count=4, seed=3)
    _, state = matted(clip.frames[:1], plated(clip))
    before = state.laid
    _, state = matted(clip.frames[1:], plated(clip), state, first=1)
    assert state.laid is before
    assert np.array_equal(before.matrix, np.eye(3))


def test_a_hand_held_plate_is_moved_under_every_frame():
    clip = scene(count=5, seed=0)
    frames, truth = shaken(clip.frames, 2.5), shaken(clip.alphas, 2.5)
    aligned = error(matted(frames, plated(clip))[0], truth)
    assert aligned < 0.5 * error(matted(frames, plated(clip), align=Align.none)[0], truth)
    assert aligned < 0.02
    assert error(matted(frames, plated(clip), align=Align.homography)[0], truth) < 0.02


def test_where_the_plate_does_not_reach_nothing_is_claimed():
    clip = scene(count=3, seed=1)
    frames, truth = shaken(clip.frames, 14), shaken(clip.alphas, 14)
    alphas, state = matted(frames, plated(clip))
    assert state.laid.known is not None
    assert error(alphas, truth) < 0.02
    # The strip that came into view on the left shows wall, and nothing there was taken for the subject.
    assert alphas[2][:, :30].mean() < 0.02


def test_a_plate_of_another_place_is_refused_in_one_line():
    clip, other = scene(count=1, seed=0), scene(count=1, seed=9)
    with pytest.raises(HintError, match=r"does not belong to this clip: 0 of its \d+ landmarks.*align=none") as caught:
        matted(clip.frames, Hints({"plate": Maps(other.plate)}))
    assert "\n" not in str(caught.value)
    with pytest.raises(HintError, match="does not belong"):
        preflight(other.plate, clip.frames[0])


def test_a_close_up_still_finds_its_plate():
    clip, other = scene(height=240, width=426, count=1, seed=1), scene(height=240, width=426, count=1, seed=8)
    frame = np.roll(clip.frames[0], 5, axis=1)
    frame[:, 70:356] = other.frames[0][:, 70:356]  # two thirds of the picture
    report = preflight(clip.plate, frame)
    assert report.misalignment_px == pytest.approx(5, abs=0.3)


def test_a_plate_of_another_size_is_refused():
    clip = scene(count=1)
    with pytest.raises(HintError, match="plate is 180x320, the clip 320x180"):
        matted(clip.frames, Hints({"plate": Maps(np.zeros((320, 180, 3), np.uint8))}))
    with pytest.raises(HintError, match="8-bit RGB"):
        preflight(np.zeros((180, 320), np.uint8), clip.frames[0])


def test_no_plate_is_said_plainly():
    with pytest.raises(HintError, match="no plate for frame 0"):
        matted(scene(count=1).frames, Hints())


def test_a_mask_chooses_among_what_differs():
    clip = scene(count=3, seed=0)
    mask = np.where(clip.alphas[0] > 0.5, np.uint8(255), np.uint8(0))
    frames = [frame.copy() for frame in clip.frames]
    for frame in frames:
        frame[5:40, 270:300] = (250, 250, 20)
    alphas, _ = matted(frames, plated(clip, mask=Maps(mask)))
    assert alphas[0][8:38, 273:297].mean() < 0.1
    assert np.abs(alphas[0] - clip.alphas[0]).mean() < 0.012


def test_a_mask_for_a_later_frame_starts_over_there():
    clip = scene(count=3, seed=0)
    mask = np.where(clip.alphas[2] > 0.5, np.uint8(255), np.uint8(0))
    alphas, state = matted(clip.frames, plated(clip, mask=Maps(own={2: mask})))
    assert np.abs(alphas[2] - clip.alphas[2]).mean() < 0.012
    assert state.seeded == np.inf


def test_a_plate_per_frame_takes_over():
    clip = scene(count=3, seed=0, drift=0.0)
    frames, truth = shaken(clip.frames, 6), shaken(clip.alphas, 6)
    plates = dict(enumerate(shaken([clip.plate] * 3, 6)))
    alphas, state = matted(frames, Hints({"plate": Maps(own=plates)}))
    assert np.array_equal(state.laid.matrix, np.eye(3))
    assert error(alphas, truth) < 0.015


def test_the_state_is_a_value():
    clip = scene(count=4, seed=2)
    whole, _ = matted(clip.frames, plated(clip))
    begun, state = matted(clip.frames[:2], plated(clip))
    rest, _ = matted(clip.frames[2:], plated(clip), pickle.loads(pickle.dumps(state)), first=2)
    for a, b in zip(whole, begun + rest, strict=True):
        assert np.array_equal(a, b)


def test_preflight_measures_the_plate():
    clip = scene(count=1, seed=0, drift=0.0)
    report = preflight(clip.plate, clip.frames[0])
    assert report.misalignment_px is not None
    assert report.misalignment_px < 0.2
    assert report.inliers > 50
    assert not report.warnings
    assert -12 < report.colour_shift[0] < -3  # the plate is 5 % brighter
    moved = np.roll(clip.plate, 4, axis=1)
    report = preflight(moved, clip.frames[0])
    assert report.misalignment_px == pytest.approx(4, abs=0.2)
    assert report.residual_px is not None
    assert report.residual_px < 0.3
    assert "4.0 px off and is moved" in report.warnings[0]
    report = preflight(moved, clip.frames[0], DifferenceSettings(align=Align.none))
    assert "leaves it there" in report.warnings[0]
    dark = (clip.frames[0] * 0.7).astype(np.uint8)
    assert "light differs" in preflight(clip.plate, dark).warnings[0]


def test_a_featureless_plate_is_taken_on_trust_and_said_so():
    wall = np.full((120, 160, 3), 120, np.uint8)
    report = preflight(wall, wall)
    assert report.misalignment_px is None
    assert "was not checked" in report.warnings[0]


def test_cards_do_not_import_torch():
    import subprocess

    code = "import sys, vmatte.models.difference as d; assert d.CARDS and 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
