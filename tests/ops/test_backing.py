import pickle

import numpy as np
import pytest

from tests.ops.composites import hairy, over
from vmatte.ops.backing import Backing, followed, rooted, spread
from vmatte.ops.inpaint import inpainted

GREEN = np.array([0.15, 0.65, 0.25], np.float32)


def plate(state):
    assert state.plate is not None
    return state.plate


def lit(level):
    """A screen that is `level` darker on its right."""
    return (GREEN * (1 - level * np.linspace(0, 1, 200, dtype=np.float32)[None, :, None])).repeat(120, axis=0)


def test_the_local_model_beats_one_colour_behind_the_subject_too():
    screen = lit(0.35)
    alpha = hairy(np.random.default_rng(0), 120, 200)
    picture = over(alpha, np.full_like(screen, 0.4), screen)
    found = spread(plate(followed(Backing(screen.mean(axis=(0, 1)), 1), picture)), screen.shape)
    assert np.abs(found - screen).mean() < 0.3 * np.abs(screen.mean(axis=(0, 1)) - screen).mean()


def test_the_model_follows_the_light_slowly_and_settles():
    state = followed(Backing(GREEN, 1), lit(0.0))
    after = followed(state, lit(0.0) * np.float32(0.95))
    assert GREEN[1] * 0.97 < plate(after)[..., 1].mean() < GREEN[1]
    for _ in range(30):
        after = followed(after, lit(0.0) * np.float32(0.95))
    assert np.abs(plate(after) - lit(0.0)[::4, ::4] * 0.95).max() < 0.005


def test_noise_is_measured():
    rng = np.random.default_rng(0)
    picture = (np.broadcast_to(GREEN, (240, 320, 3)) + rng.normal(size=(240, 320, 3)) * 0.01).astype(np.float32)
    green, plain = (followed(Backing(GREEN, channel), picture).noise for channel in (1, None))
    assert green == pytest.approx(0.01 * np.sqrt(1 + 0.75**2 + 0.25**2) / 0.425, rel=0.25)
    assert 0.005 < plain < 0.03


@pytest.mark.parametrize("size", [(1, 1), (2, 9), (33, 47)])
@pytest.mark.parametrize("channel", [1, None])
def test_odd_sizes_and_frames_without_screen(size, channel):
    red = np.full((*size, 3), (0.8, 0.1, 0.1), np.float32)
    state = followed(followed(Backing(GREEN, channel), red), red)
    assert np.isfinite(plate(state)).all()
    assert state.share == 0
    again = pickle.loads(pickle.dumps(state))
    assert (plate(again) == plate(state)).all()


def test_rooted_keeps_what_touches_the_border():
    mask = np.zeros((6, 6), bool)
    mask[0:2, 0:2] = True
    mask[3, 3] = True
    assert rooted(mask).sum() == 4
    assert not rooted(np.zeros((3, 3), bool)).any()
    assert rooted(np.ones((3, 3), bool)).all()


def test_inpainting_keeps_what_is_known_and_continues_a_slope():
    slope = np.linspace(0, 1, 64, dtype=np.float32)[None, :, None].repeat(64, axis=0)
    known = np.ones((64, 64), np.float32)
    known[24:40, 24:40] = 0
    filled = inpainted(slope * known[..., None], known)
    assert (filled[known == 1] == slope[known == 1]).all()
    assert np.abs(filled - slope).max() < 0.1
    assert (inpainted(slope, np.zeros((64, 64), np.float32)) == 0).all()
