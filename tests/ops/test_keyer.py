import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from tests.ops.composites import hairy, over, texture
from vmatte.ops.chroma import sharpened_chroma
from vmatte.ops.despill import despilled
from vmatte.ops.keyer import gamut_bound, keyed
from vmatte.ops.plain import plain_keyed
from vmatte.ops.soft_edge import settled_colour
from vmatte.ops.unit import farthest

GREEN, BLUE = (0.15, 0.65, 0.25), (0.15, 0.3, 0.7)


def scene(colour, seed=0, size=(120, 160)):
    """Picture, screen, alpha and foreground: neutral to warm colours before a screen."""
    rng = np.random.default_rng(seed)
    alpha = hairy(rng, *size)
    front = (texture(rng, *size).mean(axis=2, keepdims=True) * np.array([0.9, 0.75, 0.65])).astype(np.float32)
    screen = np.broadcast_to(np.array(colour, np.float32), front.shape).copy()
    return over(alpha, front, screen), screen, alpha, front


@pytest.mark.parametrize(("colour", "channel"), [(GREEN, 1), (BLUE, 2), ((0.7, 0.1, 0.15), 0)])
def test_alpha_and_colour_of_a_known_composite(colour, channel):
    picture, screen, alpha, front = scene(colour)
    found = keyed(picture, screen, channel, 0.0)
    band = alpha > 0.1
    assert np.abs(found.alpha - alpha).mean() < 0.02
    assert np.abs(found.colour - front)[band].mean() < 0.5 * np.abs(picture - front)[band].mean()


def test_the_bare_screen_is_clear_and_the_core_is_the_picture():
    picture, screen, alpha, _ = scene(GREEN)
    assert (keyed(screen, screen, 1, 0.0).alpha == 0).all()
    found = keyed(picture, screen, 1, 0.0)
    core = cv2.erode(alpha, np.ones((25, 25))) == 1
    assert core.any()
    assert (found.alpha[core] == 1).all()
    assert (found.colour[found.alpha == 1] == picture[found.alpha == 1]).all()
    assert (found.colour[found.alpha == 0] == 0).all()


@settings(max_examples=20, deadline=None)
@given(data=st.data(), key=st.booleans())
def test_whatever_comes_alpha_and_colour_are_legal(data, key):
    size = data.draw(st.tuples(st.integers(1, 24), st.integers(1, 24)))
    parts = st.floats(0, 1, width=32)
    picture = data.draw(arrays.arrays(np.float32, (*size, 3), elements=parts))
    screen = np.broadcast_to(data.draw(arrays.arrays(np.float32, 3, elements=parts)), picture.shape).copy()
    found = keyed(picture, screen, 1, 0.01) if key else plain_keyed(picture, screen, 0.01, 3.0, True)
    for values in found.alpha, found.colour:
        assert np.isfinite(values).all()
        assert values.min() >= 0
        assert values.max() <= 1
        assert values.dtype == np.float32


def test_the_bound_is_what_legal_foregrounds_need():
    rng = np.random.default_rng(0)
    screen = rng.random((40, 40, 3)).astype(np.float32)
    front, alpha = rng.random((40, 40, 3)).astype(np.float32), np.full((40, 40), 0.5, np.float32)
    picture = over(alpha, front, screen)
    assert (gamut_bound(picture, screen, farthest(picture, screen)) <= 0.5).all()


def eyed(backdrop, fill, outline=None):
    """A disc with two eyes of the backdrop's colour, antialiased."""
    size = (200, 200)
    picture = np.empty((*size, 3), np.float32)
    picture[:] = backdrop
    drawn = np.zeros(size, np.uint8)
    cv2.circle(drawn, (100, 100), 70, 255, -1, cv2.LINE_AA)
    alpha = drawn.astype(np.float32) / 255
    front = np.empty_like(picture)
    front[:] = fill
    if outline is not None:
        inner = np.zeros(size, np.uint8)
        cv2.circle(inner, (100, 100), 67, 255, -1, cv2.LINE_AA)
        front = over(inner.astype(np.float32) / 255, front, np.broadcast_to(np.float32(outline), front.shape))
    for centre in (75, 125):
        eye = np.zeros(size, np.uint8)
        cv2.circle(eye, (centre, 85), 14, 255, -1, cv2.LINE_AA)
        front = over(eye.astype(np.float32) / 255, picture, front)
    return over(alpha, front, picture), picture, alpha


@pytest.mark.parametrize(
    ("backdrop", "fill", "outline"),
    [
        ((1, 1, 1), (1, 0.8, 0.1), None),
        ((1, 1, 1), (0.85, 0.85, 0.85), (0.1, 0.05, 0)),
        ((0, 0, 0), (1, 0.8, 0.1), None),
        ((0.5, 0.5, 0.5), (0.9, 0.3, 0.3), (0, 0, 0)),
    ],
)
def test_plain_backdrops_keep_eyes_and_soft_edges(backdrop, fill, outline):
    picture, screen, alpha = eyed(backdrop, fill, outline)
    found = plain_keyed(picture, screen, 0.0, 3.0, True)
    assert np.abs(found.alpha - alpha).mean() < 0.002
    assert found.alpha[85, 75] == 1
    assert np.abs(found.alpha - alpha)[(alpha > 0.1) & (alpha < 0.9)].mean() < 0.15


def test_enclosed_regions_become_background_on_request():
    picture, screen, _ = eyed((1, 1, 1), (1, 0.8, 0.1))
    assert plain_keyed(picture, screen, 0.0, 3.0, False).alpha[85, 75] == 0


def test_despill_takes_the_key_channel_down_and_nothing_else():
    rng = np.random.default_rng(0)
    colour = rng.random((30, 30, 3)).astype(np.float32)
    for channel in range(3):
        clean = despilled(colour, channel)
        others = np.delete(colour, channel, axis=2)
        assert (np.delete(clean, channel, axis=2) == others).all()
        assert (clean[..., channel] <= np.maximum(others.max(axis=2), others.mean(axis=2)) + 1e-6).all()
        low = colour[..., channel] < others.min(axis=2)
        assert (clean[low] == colour[low]).all()
    grey = np.full((3, 3, 3), 0.4, np.float32)
    assert np.allclose(despilled(grey, 1), grey)


def test_chroma_edges_return_to_luma_edges():
    picture, _, alpha, _ = scene(GREEN, size=(128, 160))
    packed = cv2.cvtColor(picture, cv2.COLOR_RGB2YCrCb)
    small = cv2.resize(packed[..., 1:], (80, 64), interpolation=cv2.INTER_AREA)
    packed[..., 1:] = cv2.resize(small, (160, 128), interpolation=cv2.INTER_LINEAR)
    stored = np.clip(cv2.cvtColor(packed, cv2.COLOR_YCrCb2RGB), 0, 1)
    edge = (alpha > 0) & (alpha < 1)
    sharp = sharpened_chroma(stored)
    assert np.abs(sharp - picture)[edge].mean() < 0.9 * np.abs(stored - picture)[edge].mean()


def test_settled_colour_solves_the_mixture_where_there_is_enough_of_it():
    rng = np.random.default_rng(0)
    front, screen = rng.random((2, 50, 3)).astype(np.float32)
    cover = np.linspace(0.5, 1, 50, dtype=np.float32)
    seen = cover[:, None] * front + (1 - cover[:, None]) * screen
    assert np.allclose(settled_colour(seen, cover, screen, np.full_like(front, 0.5)), front, atol=1e-5)
