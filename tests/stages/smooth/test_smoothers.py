"""The smoothers: what must not change does not, what flickers is calmed, nothing trails, nothing is lost."""

import threading
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests import drawn
from tools.benchmark.degrade import spoilt
from tools.synth import scene
from vmatte.core.errors import ConfigError
from vmatte.core.types import Clip, Frame, Layer, Matte
from vmatte.metrics.alpha import mad
from vmatte.metrics.unseen import Unseen
from vmatte.stages.smooth import SMOOTHERS, Ema
from vmatte.stages.smooth.estimate import middle
from vmatte.stages.smooth.flow import Flow
from vmatte.stages.smooth.window import windows

COMPENSATED = ["flow-ema", "median", "auto"]
CLIP = Clip(Path("clip.mp4"), 128, 96, Fraction(24), Fraction(1, 24))


def mattes(alphas, pictures=None):
    made = []
    for index, alpha in enumerate(alphas):
        picture = drawn.picture(index) if pictures is None else pictures[index]
        made.append(
            Matte(Frame(index + 10, 7 * index, picture, picture), (Layer("subject", np.asarray(alpha, np.float32)),))
        )
    return made


def smoothed(name, given_mattes, keep=0.7, reach=2):
    return list(SMOOTHERS[name](keep, reach)(CLIP, iter(given_mattes)))


def alphas(name, given_alphas, pictures=None):
    return [matte.alpha for matte in smoothed(name, mattes(given_alphas, pictures))]


def error(made, truth):
    return 1e3 * float(np.mean([mad(a, g) for a, g in zip(made, truth, strict=True)]))


@pytest.fixture(scope="module")
def walk():
    return scene("walker", "moving", 1, (160, 90), 24)


@pytest.fixture(scope="module")
def discs():
    return [drawn.disc(index) for index in range(12)]


@pytest.mark.parametrize("name", list(SMOOTHERS))
def test_a_still_clip_comes_out_unchanged(name):
    rng = np.random.default_rng(3)
    alpha = cv2.GaussianBlur(rng.random((96, 128), np.float32), (0, 0), 2)
    made = alphas(name, [alpha] * 6, [drawn.picture(0)] * 6)
    assert all(np.array_equal(one, alpha) for one in made)


@pytest.mark.parametrize("name", list(SMOOTHERS))
@pytest.mark.parametrize("level", [0, 1])
def test_empty_and_full_mattes_come_out_unchanged(name, level):
    made = alphas(name, [np.full((96, 128), level, np.float32)] * 5)
    assert all((one == level).all() for one in made)


@pytest.mark.parametrize("name", list(SMOOTHERS))
@pytest.mark.parametrize("count", [0, 1, 2, 3])
def test_short_clips(name, count, discs):
    made = alphas(name, discs[:count])
    assert len(made) == count
    if count:
        assert np.array_equal(made[0], discs[0])


@pytest.mark.parametrize("name", COMPENSATED)
def test_a_perfect_matte_stays_perfect(name, walk):
    assert error(alphas(name, walk.alpha, walk.frames), walk.alpha) < 0.1


@settings(max_examples=6, deadline=None)
@given(st.sampled_from(COMPENSATED), st.integers(0, 99), st.floats(0.5, 3))
def test_a_perfect_matte_of_any_smooth_motion_stays(name, seed, speed):
    """A textured blob that drifts before a textured wall."""
    rng = np.random.default_rng(seed)
    wall, coat = (cv2.GaussianBlur(rng.integers(0, 256, (64, 96, 3)).astype(np.float32), (0, 0), 2) for _ in range(2))
    truth, pictures = [], []
    for index in range(7):
        y, x = np.mgrid[:64, :96].astype(np.float32)
        alpha = np.clip(16 - np.hypot(x - 36 - speed * index, y - 32), 0, 1)
        shift = np.array([[1, 0, speed * index], [0, 1, 0]], np.float32)
        moved = cv2.warpAffine(coat, shift, (96, 64), borderMode=cv2.BORDER_REPLICATE)
        truth.append(alpha)
        pictures.append(np.uint8(moved * alpha[..., None] + wall * (1 - alpha[..., None])))
    assert error(alphas(name, truth, pictures), truth) < 0.1


@pytest.mark.parametrize("name", COMPENSATED)
def test_density_that_jumps_is_levelled_and_a_fade_is_not(name, discs):
    jumpy = [disc * np.float32(0.9 if index % 3 == 1 else 1) for index, disc in enumerate(discs)]
    assert error(alphas(name, jumpy)[2:-2], discs[2:-2]) < 0.2 * error(jumpy[2:-2], discs[2:-2])
    fading = [disc * np.float32(1 - index / 50) for index, disc in enumerate(discs)]
    assert error(alphas(name, fading), fading) < 0.1


@pytest.mark.parametrize("name", ["flow-ema", "auto"])
def test_spoilt_mattes_are_calmed_and_do_not_trail(name, walk):
    rough = spoilt(walk.alpha, "all", 3)
    made = alphas(name, rough, walk.frames)
    assert error(made, walk.alpha) < error(rough, walk.alpha)
    before, after = (Unseen(reach=2) for _ in range(2))
    for frame, one, other in zip(walk.frames, rough, made, strict=True):
        before.update(frame, one)
        after.update(frame, other)
    raw, found = before.result(), after.result()
    assert raw.trf is not None
    assert found.trf is not None
    assert found.lag is not None
    assert found.trf < 0.6 * raw.trf
    assert abs(found.lag) < 0.1


def test_the_plain_average_trails(discs):
    made = alphas("ema", discs)
    judge = Unseen(reach=2)
    for index, alpha in enumerate(made):
        judge.update(drawn.picture(index), alpha)
    assert (judge.result().lag or 0) > 0.5


@pytest.mark.parametrize("name", COMPENSATED)
def test_a_missing_frame_and_a_hole_are_filled(name, discs):
    rough = [alpha.copy() for alpha in discs]
    rough[4][:] = 0
    rough[8][40:56, 45:60] = 0
    made = alphas(name, rough)
    assert mad(made[4], discs[4]) < 0.1 * mad(rough[4], discs[4])
    assert mad(made[8], discs[8]) < 0.1 * mad(rough[8], discs[8])


@pytest.mark.parametrize("name", COMPENSATED)
def test_a_cut_is_not_smeared(name):
    """Two scenes with nothing in common: neither leaves a trace in the other."""
    rng = np.random.default_rng(1)
    other = rng.integers(0, 256, (12, 16, 3), np.uint8).repeat(8, 0).repeat(8, 1)
    away = np.zeros((96, 128), np.float32)
    away[:, :30] = 1
    truth = [drawn.disc(index) for index in range(5)] + [away] * 5
    pictures = [drawn.picture(index) for index in range(5)] + [other] * 5
    made = alphas(name, truth, pictures)
    assert max(1e3 * mad(a, g) for a, g in zip(made, truth, strict=True)) < 0.1


@pytest.mark.parametrize("name", list(SMOOTHERS))
def test_frames_times_layers_and_colours_are_kept(name, discs):
    given_mattes = []
    for matte in mattes(spoilt(discs, "gain", 1)):
        colour = np.full((96, 128, 3), matte.frame.index / 99, np.float32)
        second = Layer("shadow", 1 - matte.alpha, confidence=0.5)
        given_mattes.append(replace(matte, layers=(replace(matte.layers[0], colour=colour), second)))
    made = smoothed(name, given_mattes)
    assert [matte.frame for matte in made] == [matte.frame for matte in given_mattes]
    for one, other in zip(made, given_mattes, strict=True):
        assert [layer.name for layer in one.layers] == ["subject", "shadow"]
        assert one.layers[0].colour is other.layers[0].colour
        assert one.layers[1].confidence == 0.5
        assert all(layer.alpha.dtype == np.float32 for layer in one.layers)
        assert all(layer.alpha.min() >= 0 and layer.alpha.max() <= 1 for layer in one.layers)
    # A layer does not depend on the others.
    alone = smoothed(name, [replace(matte, layers=matte.layers[:1]) for matte in given_mattes])
    assert all(np.allclose(a.alpha, b.alpha, atol=1e-5) for a, b in zip(made, alone, strict=True))


@pytest.mark.parametrize("name", list(SMOOTHERS))
def test_a_layer_may_come_and_go(name, discs):
    given_mattes = mattes(spoilt(discs, "holes", 2))
    for index in (3, 4, 8):
        given_mattes[index] = replace(given_mattes[index], layers=(Layer("other", discs[index]),))
    made = smoothed(name, given_mattes)
    assert [matte.layers[0].name for matte in made] == [matte.layers[0].name for matte in given_mattes]


@pytest.mark.parametrize("size", [(1, 1), (7, 5), (300, 16), (16, 300)])
@pytest.mark.parametrize("name", COMPENSATED)
def test_odd_sizes(name, size):
    rng = np.random.default_rng(0)
    pictures = list(rng.integers(0, 256, (5, *size, 3), np.uint8))
    made = alphas(name, list(rng.random((5, *size), np.float32)), pictures)
    assert all(np.isfinite(one).all() and one.shape == size for one in made)


def test_no_thread_outlives_a_reader_that_stops(discs):
    stream = SMOOTHERS["auto"](0.5, 2)(CLIP, iter(mattes(discs)))
    next(stream)
    stream.close()
    assert not any(thread.name == "vmatte-flow" for thread in threading.enumerate())


def test_an_error_upstream_arrives(discs):
    def failing():
        yield from mattes(discs[:4])
        raise RuntimeError("the model failed")

    with pytest.raises(RuntimeError, match="the model failed"):
        list(SMOOTHERS["median"](0.5, 1)(CLIP, failing()))


def test_settings_out_of_range_are_refused():
    with pytest.raises(ConfigError, match="keep"):
        Ema(1.0)
    with pytest.raises(ConfigError, match="reach"):
        Flow(lambda alpha, others: alpha, reach=3)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 9), st.integers(1, 3))
def test_windows_hold_the_neighbours(count, reach):
    found = list(windows(iter(range(count)), reach))
    expected = [{k: n + k for k in range(-reach, reach + 1) if 0 <= n + k < count} for n in range(count)]
    assert found == expected


@settings(max_examples=20, deadline=None)
@given(st.lists(st.floats(0, 1, width=32), min_size=3, max_size=5).filter(lambda values: len(values) % 2))
def test_the_median_is_the_median(values):
    stack = [np.full(1, value, np.float32) for value in values]
    assert float(middle(stack)[0]) == float(np.float32(np.median(values)))
