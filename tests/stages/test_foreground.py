from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from tests.ops.composites import codes, hairy, over, texture
from vmatte.core.errors import ConfigError
from vmatte.core.types import Clip, Frame, Layer, Matte
from vmatte.ops.foreground import multilevel_foreground
from vmatte.stages.foreground import Foreground

CLIP = Clip(Path("drawn"), 100, 80, Fraction(25), Fraction(1, 25))


def matte(index, image, alpha, colour=None):
    sdr = image if image.dtype == np.uint8 else (image >> 8).astype(np.uint8)
    return Matte(Frame(index, index, image, sdr), (Layer("subject", alpha, colour),))


def drawn(seed=0):
    rng = np.random.default_rng(seed)
    alpha = hairy(rng, 80, 100)
    front = texture(rng, 80, 100)
    return over(alpha, front, texture(rng, 80, 100)), alpha, front


def colours(stage, mattes):
    return [done.layers[0].colour for done in stage(CLIP, iter(mattes))]


def test_fills_what_is_missing_and_leaves_what_the_model_gave():
    picture, alpha, _ = drawn()
    given = np.full((80, 100, 3), 0.25, np.float32)
    filled, kept = colours(
        Foreground(steady=0), [matte(0, codes(picture), alpha), matte(1, codes(picture), alpha, given)]
    )
    assert (filled == multilevel_foreground(codes(picture), alpha)).all()
    assert kept is given


@pytest.mark.parametrize("method", ["multilevel", "blur"])
def test_a_still_clip_has_a_still_foreground(method):
    picture, alpha, _ = drawn()
    first, second, third = colours(Foreground(method), [matte(i, codes(picture, np.uint16), alpha) for i in range(3)])
    assert (first == second).all()
    assert (second == third).all()


def test_noise_flickers_less_than_frame_by_frame():
    picture, alpha, _ = drawn()
    mattes = [matte(i, codes(picture, noise=2 / 255, seed=i), alpha) for i in range(6)]
    band = (alpha > 0.05) & (alpha < 0.98)

    def flicker(stage):
        found = colours(stage, mattes)
        return np.mean([np.abs(later - now)[band].mean() for now, later in pairwise(found)])

    assert flicker(Foreground()) < 0.7 * flicker(Foreground(steady=0))


def test_what_moves_is_not_held_back():
    first, alpha, _ = drawn(1)
    second, _, _ = drawn(2)
    free = colours(Foreground(steady=0), [matte(0, codes(second), alpha)])[0]
    held = colours(Foreground(steady=0.9), [matte(0, codes(first), alpha), matte(1, codes(second), alpha)])[1]
    assert np.abs(held - free).mean() < 2 / 255


def test_solid_pixels_are_the_picture_also_after_holding():
    picture, alpha, _ = drawn()
    images = [codes(picture, np.uint16, noise=1 / 255, seed=i) for i in range(3)]
    last = colours(Foreground(), [matte(i, image, alpha) for i, image in enumerate(images)])[-1]
    solid = alpha == 1
    assert (np.rint(last[solid].astype(float) * 65535) == images[-1][solid]).all()


@pytest.mark.parametrize("settings", [{"method": "magic"}, {"steady": 1.0}, {"steady": -0.1}])
def test_wrong_settings_are_named(settings):
    with pytest.raises(ConfigError, match=next(iter(settings))):
        Foreground(**settings)
