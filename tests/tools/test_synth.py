"""Drawn clips are only as good as their truth: these tests hold the truth to what the pictures show."""

import numpy as np
import pytest

from tools.synth import cached, load, save, scene

TINY, SHORT = (160, 90), 4
KINDS = ["walker", "fur", "veil", "blur", "camouflage", "occluder"]


@pytest.fixture(scope="module", params=[(kind, "moving") for kind in KINDS] + [("walker", "fixed"), ("fur", "screen")])
def clip(request):
    kind, camera = request.param
    return scene(kind, camera, 1, TINY, SHORT)


def test_shapes_types_and_range(clip):
    assert len(clip.frames) == len(clip.alpha) == len(clip.foreground) == SHORT
    for frame, alpha, foreground in zip(clip.frames, clip.alpha, clip.foreground, strict=True):
        assert frame.shape == foreground.shape == (90, 160, 3)
        assert frame.dtype == foreground.dtype == np.uint8
        assert alpha.shape == (90, 160)
        assert alpha.dtype == np.float32
        assert alpha.min() == 0
        assert alpha.max() <= 1


def test_edges_are_soft(clip):
    soft = np.mean([np.mean((a > 0.02) & (a < 0.98)) for a in clip.alpha])
    solid = np.mean([np.mean(a) for a in clip.alpha])
    assert soft > 0.1 * solid


def test_pristine_frames_are_the_composite(clip):
    for index in range(SHORT):
        weight = clip.alpha[index][..., None]
        composite = weight * clip.foreground[index] + (1 - weight) * clip.background[index]
        assert np.abs(composite - clip.pristine[index]).max() <= 0.5 + 1e-3


def test_recording_adds_noise_but_no_shift(clip):
    error = np.stack(clip.frames).astype(float) - np.stack(clip.pristine)
    assert abs(error.mean()) < 1.5
    assert 0.5 < error.std() < 8


def test_same_seed_same_clip_and_another_seed_another():
    first, again, other = (scene("walker", "moving", seed, TINY, 2) for seed in (5, 5, 6))
    np.testing.assert_array_equal(first.frames, again.frames)
    np.testing.assert_array_equal(first.alpha, again.alpha)
    assert np.abs(first.alpha[0] - other.alpha[0]).mean() > 0.01


def test_geometry_scales_with_the_frame():
    small, large = scene("fur", "fixed", 2, TINY, 2), scene("fur", "fixed", 2, (320, 180), 2)
    halved = large.alpha[0].reshape(90, 2, 160, 2).mean((1, 3))
    assert large.alpha[0].shape == (180, 320)
    assert np.abs(halved - small.alpha[0]).mean() < 0.02
    assert abs(halved.mean() / small.alpha[0].mean() - 1) < 0.1


def test_plate_is_brighter_and_free_of_the_subject():
    clip = scene("walker", "fixed", 1, TINY, 2)
    assert clip.plate is not None
    ratio = clip.plate.astype(float).mean() / clip.clean.mean()
    assert 1.03 < ratio < 1.06
    away = clip.alpha[0] == 0
    assert np.abs(clip.background[0][away].astype(float) - clip.clean[away]).mean() < 6
    assert clip.alpha[0].mean() > 0.03


def test_shadow_dims_the_background_to_two_thirds():
    clip = scene("walker", "fixed", 1, TINY, 2)
    gain = clip.background[0].astype(float).sum(-1) / np.maximum(clip.clean.astype(float).sum(-1), 1)
    assert 0.6 < gain.min() < 0.72
    assert np.median(gain) == pytest.approx(1, abs=0.01)


def test_a_crossing_subject_uncovers_every_pixel_most_of_the_time():
    clip = scene("walker", "crossing", 1, TINY, 30)
    assert np.mean(np.stack(clip.alpha) > 0.02, axis=0).max() < 0.5


def test_only_screens_carry_despilled_colour_and_spill_is_screen_coloured():
    clip = scene("walker", "screen", 1, TINY, 2)
    solid = clip.alpha[0] > 0.9
    assert clip.despilled is not None
    added = clip.foreground[0][solid].astype(float) - clip.despilled[0][solid]
    assert added.mean(0).argmax() == 1
    assert scene("walker", "moving", 1, TINY, 2).despilled is None


def test_the_whites_of_the_emojis_eyes_are_exactly_the_paper():
    clip = scene("emoji", "screen", 1, TINY, 2, noise=0, crf=None)
    alpha, frame = clip.alpha[0], clip.frames[0]
    paper = frame[0, 0]
    assert (paper == 255).all()
    assert alpha[0, 0] == 0
    kept_white = (alpha == 1) & (frame == paper).all(-1)
    assert kept_white.sum() > 40


def test_the_veil_lets_half_the_background_through():
    clip = scene("veil", "moving", 1, TINY, 2)
    histogram, _ = np.histogram(clip.alpha[0], bins=20, range=(0, 1))
    assert histogram[1:-1].argmax() + 1 in (8, 9)  # the bin around 0.45


def test_a_cached_clip_is_the_drawn_one(tmp_path):
    drawn = scene("walker", "fixed", 3, TINY, 2)
    save(drawn, tmp_path / "clip.npz")
    back = load(tmp_path / "clip.npz")
    for name in ("frames", "alpha", "foreground", "plate", "clean"):
        np.testing.assert_array_equal(getattr(back, name), getattr(drawn, name))
    first = cached(tmp_path, "walker", "fixed", 3, TINY, 2)
    np.testing.assert_array_equal(cached(tmp_path, "walker", "fixed", 3, TINY, 2).frames, first.frames)
    assert len(list(tmp_path.glob("*.npz"))) == 2
