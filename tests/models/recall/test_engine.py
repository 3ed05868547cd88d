"""The memory engine, through its front door, on drawn clips whose truth is known."""

import copy
import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.models.recall.drawn import disc_clip, mask_of, texture
from vmatte.core.errors import HintError
from vmatte.models.recall import RecallSettings
from vmatte.models.recall.engine import Engine
from vmatte.models.recall.evidence import Evidence


def run(frames, mask, **choices):
    engine = Engine(RecallSettings(**choices))
    state = engine.start(frames[0], mask)
    alphas = []
    for frame in frames:
        state, alpha = engine.step(state, frame)
        alphas.append(alpha)
    return alphas


def error(alpha, truth):
    return float(np.abs(alpha - truth).mean())


def test_follows_a_moving_subject():
    frames, truth = disc_clip(8)
    alphas = run(frames, mask_of(truth[0]))
    assert all(error(a, t) < 0.012 for a, t in zip(alphas, truth, strict=True))


def test_runs_backwards_in_time():
    frames, truth = disc_clip(6)
    alphas = run(frames[::-1], mask_of(truth[-1]))
    assert error(alphas[-1], truth[0]) < 0.012


def test_first_step_mattes_the_masked_frame():
    frames, truth = disc_clip(1)
    (alpha,) = run(frames, mask_of(truth[0]))
    assert alpha.shape == frames[0].shape[:2]
    assert alpha.dtype == np.float32
    assert error(alpha, truth[0]) < 0.012


def test_a_still_clip_stays_still():
    frames, truth = disc_clip(1)
    alphas = run(frames * 6, mask_of(truth[0]))
    assert error(alphas[-1], alphas[1]) < 0.003
    assert error(alphas[-1], truth[0]) < 0.012


def test_a_still_subject_is_kept_while_the_background_moves():
    frames, truth = disc_clip(6, speed=(0, 0))
    back = texture(96, 128, (60, 90, 150), 1)
    moved = [np.roll(back, 2 * n, 1) for n in range(6)]
    soft = truth[0][..., None]
    frames = [np.rint(soft * frames[0] + (1 - soft) * b).astype(np.uint8) for b in moved]
    alphas = run(frames, mask_of(truth[0]))
    assert error(alphas[-1], truth[0]) < 0.015


def test_the_same_seed_gives_the_same_matte():
    frames, truth = disc_clip(4)
    one, two = (run(frames, mask_of(truth[0]), seed=7) for _ in range(2))
    assert all(np.array_equal(a, b) for a, b in zip(one, two, strict=True))


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda state: pickle.loads(pickle.dumps(state))])
def test_a_saved_state_goes_on_bit_for_bit(copied):
    frames, truth = disc_clip(6)
    engine = Engine(RecallSettings())
    state = engine.start(frames[0], mask_of(truth[0]))
    for frame in frames[:3]:
        state, _ = engine.step(state, frame)
    saved = copied(state)
    first, second = [], []
    for frame in frames[3:]:
        state, alpha = engine.step(state, frame)
        first.append(alpha)
    other = Engine(RecallSettings())
    for frame in frames[3:]:
        saved, alpha = other.step(saved, frame)
        second.append(alpha)
    assert all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))


def test_a_later_mask_starts_the_memory_over():
    frames, truth = disc_clip(5)
    engine = Engine(RecallSettings())
    wrong = np.zeros_like(mask_of(truth[0]))
    wrong[5:20, 90:110] = 255
    state = engine.start(frames[0], wrong)
    for frame in frames[:3]:
        state, alpha = engine.step(state, frame)
    assert error(alpha, truth[2]) > 0.05
    state, alpha = engine.step(state, frames[3], anchor=mask_of(truth[3]))
    assert error(alpha, truth[3]) < 0.012
    state, alpha = engine.step(state, frames[4])
    assert error(alpha, truth[4]) < 0.012


def test_a_subject_that_leaves_the_frame_is_gone():
    frames, truth = disc_clip(9, speed=(14, 0))
    alphas = run(frames, mask_of(truth[0]))
    assert truth[-1].max() == 0
    assert error(alphas[-1], truth[-1]) < 0.01


def test_a_subject_comes_back_from_behind_a_pillar():
    frames, truth = disc_clip(16, width=200, speed=(8, 0), start=(30, 48), radius=18)
    pillar = texture(96, 44, (120, 120, 120), 5, 20).astype(np.uint8)
    for frame, alpha in zip(frames, truth, strict=True):
        frame[:, 70:114] = pillar
        alpha[:, 70:114] = 0
    alphas = run(frames, mask_of(truth[0]))
    assert error(alphas[-1], truth[-1]) < 0.02


def test_works_small_and_enlarges():
    frames, truth = disc_clip(4, height=192, width=256, radius=40, start=(90, 90))
    alphas = run(frames, mask_of(truth[0]), work_rows=96)
    assert alphas[-1].shape == (192, 256)
    assert error(alphas[-1], truth[-1]) < 0.012


@settings(max_examples=8, deadline=None)
@given(
    height=st.integers(1, 60),
    width=st.integers(1, 60),
    flat=st.booleans(),
    seed=st.integers(0, 100),
)
def test_alpha_stays_in_range_whatever_comes(height, width, flat, seed):
    rng = np.random.default_rng(seed)
    frames = [rng.integers(0, 256, (height, width, 3), np.uint8) for _ in range(3)]
    if flat:
        frames = [np.full_like(frame, 128) for frame in frames]
    mask = rng.integers(0, 256, (height, width), np.uint8)
    mask[0, 0] = 255
    for alpha in run(frames, mask):
        assert np.isfinite(alpha).all()
        assert alpha.min() >= 0
        assert alpha.max() <= 1


@pytest.mark.parametrize("grey", [False, True])
def test_odd_small_frames(grey):
    frames, truth = disc_clip(3, height=33, width=47, radius=9, start=(20, 16), speed=(1, 0))
    if grey:
        frames = [np.repeat(frame.mean(2, keepdims=True).astype(np.uint8), 3, 2) for frame in frames]
    alphas = run(frames, mask_of(truth[0]))
    assert alphas[-1].shape == (33, 47)
    assert error(alphas[-1], truth[-1]) < (0.15 if grey else 0.04)


def test_a_full_mask_is_all_subject():
    frames, _ = disc_clip(3)
    alphas = run(frames, np.full(frames[0].shape[:2], 255, np.uint8))
    assert min(alpha.min() for alpha in alphas) == 1


def test_the_soft_edge_of_a_matte_is_believed():
    frames, _ = disc_clip(1)
    soft = np.clip((24 - np.hypot(*(np.mgrid[:96, :128] - 45.0))) / 12, 0, 1)
    grey = np.full_like(frames[0], 100)
    (alpha,) = run([grey], np.rint(soft * 255).astype(np.uint8))
    assert error(alpha, soft) < 0.02


def test_refuses_an_empty_mask():
    frames, truth = disc_clip(1)
    with pytest.raises(HintError, match="mask is empty"):
        Engine(RecallSettings()).start(frames[0], np.full_like(mask_of(truth[0]), 127))


def test_refuses_a_mask_of_another_size():
    frames, _ = disc_clip(1)
    with pytest.raises(HintError, match="mask is 96x128, the frame 128x96"):
        Engine(RecallSettings()).start(frames[0], np.full((128, 96), 255, np.uint8))


def test_evidence_brings_a_second_part_in():
    frames, truth = disc_clip(4)
    plate = texture(96, 128, (60, 90, 150), 1)
    extra = np.zeros_like(truth[0])
    extra[70:90, 95:115] = 1
    frames = [frames[0]] + [np.where(extra[..., None] > 0, np.array((190, 90, 60), np.uint8), f) for f in frames[1:]]
    engine = Engine(RecallSettings())
    state = engine.start(frames[0], mask_of(truth[0]))
    state, _ = engine.step(state, frames[0])
    for frame, alpha in zip(frames[1:], truth[1:], strict=True):
        mask = np.maximum(alpha, extra)
        gap = np.abs(frame.astype(np.float32) - plate).mean(2) / 3
        state, got = engine.step(state, frame, Evidence(mask, plate / np.float32(255), gap))
    assert got[75:85, 100:110].min() > 0.9
    assert error(got, mask) < 0.02


def test_the_plate_clears_what_equals_it():
    frames, truth = disc_clip(2, speed=(0, 0))
    plate = frames[1].copy()
    blank = Evidence(mask=np.zeros_like(truth[1]), plate=plate)
    engine = Engine(RecallSettings())
    state = engine.start(frames[0], mask_of(truth[0]))
    state, before = engine.step(state, frames[0])
    state, after = engine.step(state, frames[1], blank)
    assert after.sum() < 0.2 * before.sum()
