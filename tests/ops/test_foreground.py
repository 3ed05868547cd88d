import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from tests.ops.composites import codes, hairy, over, texture
from vmatte.ops.foreground import blur_foreground, multilevel_foreground, soft

METHODS = [multilevel_foreground, blur_foreground]


def scene(seed, height=120, width=160):
    rng = np.random.default_rng(seed)
    alpha = hairy(rng, height, width)
    front, back = texture(rng, height, width), texture(rng, height, width)
    return codes(over(alpha, front, back), noise=2 / 255, seed=seed), alpha, front


def error(colour, alpha, front):
    band = (alpha > 0.05) & (alpha < 0.98)
    return float(np.abs(colour - front)[band].mean())


# Issue: F error over the error of using the picture must stay within 0.65; the prototype reached 0.49 and 0.65.
@pytest.mark.parametrize(("method", "bar"), [(multilevel_foreground, 0.6), (blur_foreground, 0.65)])
def test_error_against_using_the_picture(method, bar):
    scenes = [scene(seed) for seed in range(3)]
    solved = np.mean([error(method(image, alpha), alpha, front) for image, alpha, front in scenes])
    unsolved = np.mean([error(image / 255, alpha, front) for image, alpha, front in scenes])
    assert solved <= bar * unsolved


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
def test_where_alpha_is_0_or_1_the_colour_is_the_picture_to_the_bit(method, kind):
    rng = np.random.default_rng(3)
    alpha = hairy(rng, 90, 110)
    image = rng.integers(0, np.iinfo(kind).max, (90, 110, 3), kind, endpoint=True)
    back = np.rint(method(image, alpha).astype(np.float64) * np.iinfo(kind).max).astype(kind)
    hard = (alpha == 0) | (alpha == 1)
    assert (back[hard] == image[hard]).all()
    assert (back[~hard] != image[~hard]).any()


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("size", [(1, 1), (1, 7), (33, 47), (64, 64)])
@pytest.mark.parametrize("level", [0.0, 0.4, 1.0])
def test_flat_alpha_and_odd_sizes(method, size, level):
    image = np.full((*size, 3), 200, np.uint8)
    colour = method(image, np.full(size, level, np.float32))
    assert colour.dtype == np.float32
    assert colour.shape == image.shape
    assert np.abs(colour - 200 / 255).max() < 1e-3


@settings(max_examples=25, deadline=None)
@given(data=st.data(), method=st.sampled_from(METHODS))
def test_colour_is_legal_whatever_the_alpha(data, method):
    size = data.draw(st.tuples(st.integers(1, 20), st.integers(1, 20)))
    alpha = data.draw(arrays.arrays(np.float32, size, elements=st.floats(0, 1, width=32)))
    image = data.draw(arrays.arrays(np.uint8, (*size, 3)))
    colour = method(image, alpha)
    assert np.isfinite(colour).all()
    assert colour.min() >= 0
    assert colour.max() <= 1


@pytest.mark.parametrize("method", METHODS)
def test_the_inputs_are_left_alone(method):
    image, alpha, _ = scene(1, 40, 50)
    kept = image.copy(), alpha.copy()
    unit_image = (image / 255).astype(np.float32)
    unit_kept = unit_image.copy()
    method(image, alpha)
    method(unit_image, alpha)
    assert (image == kept[0]).all()
    assert (alpha == kept[1]).all()
    assert (unit_image == unit_kept).all()


def test_soft_is_what_ten_bits_keep_apart():
    alpha = np.linspace(0, 1, 4097, dtype=np.float32)
    stored = np.rint(alpha * 1023)
    assert (soft(alpha) == ((stored > 0) & (stored < 1023))).all()
