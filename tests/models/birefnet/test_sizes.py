"""Settings, sizes and tiles: what is accepted, and that what goes in comes out where it was."""

from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from vmatte.core.errors import ConfigError
from vmatte.models.birefnet.budget import affordable_batch, affordable_tile, bytes_needed
from vmatte.models.birefnet.fitting import fitted, restored
from vmatte.models.birefnet.settings import BiRefNetSettings
from vmatte.models.birefnet.sizing import Sizing, dynamic_size, sizing
from vmatte.models.birefnet.tiles import spans, tiled
from vmatte.models.birefnet.variants import VARIANTS

SIDES = st.integers(1, 5000)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("size", "big"),
        ("size", "1000"),
        ("size", "1024x"),
        ("size", "0"),
        ("size", "-32"),
        ("batch", -1),
        ("batch", 65),
        ("tile", -2),
        ("tile", 96),
        ("tile", 1000),
    ],
)
def test_impossible_settings_are_refused_by_name(name, value):
    with pytest.raises(ConfigError, match=f"model.{name}={value}"):
        BiRefNetSettings(**{name: value})


def test_sizes_are_the_published_ones():
    assert sizing("auto", VARIANTS["birefnet"].size, 720, 1280).inner == (1024, 1024)
    assert sizing("auto", VARIANTS["birefnet.lite-2k"].size, 720, 1280).inner == (1440, 2560)
    assert sizing("512", VARIANTS["birefnet.hr"].size, 720, 1280).inner == (512, 512)
    native = sizing("native", VARIANTS["birefnet"].size, 1080, 1919)
    assert (native.inner, native.padded) == ((1080, 1919), (1088, 1920))


@given(height=SIDES, width=SIDES)
def test_dynamic_sizes_stay_in_range_and_near(height, width):
    found = dynamic_size(height, width)
    assert all(256 <= side <= 2304 and side % 32 == 0 for side in found)
    if min(height, width) >= 256 and max(height, width) <= 2304:
        assert abs(found[0] - height) <= 16
        assert abs(found[1] - width) <= 16


@pytest.mark.parametrize(("size", "inner"), [((90, 130), (64, 96)), ((50, 40), (96, 64))])
def test_shrinking_and_growing_equal_pillow(size, inner):
    frame = np.random.default_rng(0).integers(0, 256, (*size, 3), np.uint8)
    found = fitted([frame], Sizing(size, inner))[0].permute(1, 2, 0).numpy()
    wanted = np.asarray(Image.fromarray(frame).resize(inner[::-1], Image.Resampling.BILINEAR))
    assert np.abs(found.astype(int) - wanted).max() <= 1


@given(height=st.integers(1, 70), width=st.integers(1, 70))
@settings(max_examples=20)
def test_padding_repeats_the_edge_and_comes_off_again(height, width):
    frame = np.random.default_rng(height * 71 + width).integers(0, 256, (height, width, 3), np.uint8)
    sizes = sizing("native", None, height, width)
    found = fitted([frame], sizes)
    assert found.shape[2] % 32 == found.shape[3] % 32 == 0
    assert np.array_equal(found[0, :, -1, -1], frame[-1, -1])
    back = restored(found[:, :1].float() / 255, sizes)
    assert np.array_equal((back[0] * 255).round().numpy(), frame[..., 0])


def test_a_matte_keeps_its_place_when_scaled():
    ramp = torch.linspace(0, 1, 64).view(1, 1, 1, 64).expand(1, 1, 64, 64)
    found = restored(ramp, Sizing((128, 96), (64, 64)))[0]
    assert found.shape == (128, 96)
    wanted = (torch.arange(96) + 0.5) / 96 * (64 / 63) - 0.5 / 63
    assert (found[5] - wanted)[2:-2].abs().max() <= 1e-6


@given(length=st.integers(1, 80).map(lambda n: 32 * n), side=st.integers(4, 40).map(lambda n: 32 * n))
def test_tiles_cover_with_a_quarter_in_common(length, side):
    found = spans(length, side)
    assert (found[0][0], found[-1][1]) == (0, length)
    assert all(stop - start == min(side, length) and start % 32 == 0 for start, stop in found)
    assert all(a[1] - b[0] >= side // 4 for a, b in pairwise(found))


@pytest.mark.parametrize("size", [(256, 416), (128, 320), (96, 96)])
def test_what_depends_on_nothing_around_is_the_same_in_tiles(size):
    picture = torch.rand(2, 3, *size, generator=torch.Generator().manual_seed(0))
    found = tiled(lambda part: part[:, :1] * part[:, 1:2], picture, 128)
    assert (found - picture[:, :1] * picture[:, 1:2]).abs().max() <= 1e-6


def test_tiles_that_disagree_meet_without_a_step():
    picture = torch.zeros(1, 3, 128, 512)
    level = iter(range(9))
    found = tiled(lambda part: torch.full_like(part[:, :1], float(next(level))), picture, 128)
    # A ramp of a quarter of a tile: a step of one over 32 px, twice as steep where three tiles meet.
    assert found.diff(dim=3).abs().max() <= 2.5 / 32


@given(free=st.integers(0, 200 * 2**30))
def test_more_memory_never_means_less(free):
    variant, size = VARIANTS["birefnet"], (2176, 3840)
    batch, tile = affordable_batch(variant, size, free), affordable_tile(variant, size, free)
    assert (batch == 0) == (tile > 0)
    assert affordable_batch(variant, size, free + 2**30) >= batch
    assert not batch or bytes_needed(variant, size, batch) <= free


def test_unknown_memory_is_taken_for_enough_for_one():
    assert affordable_batch(VARIANTS["birefnet"], (1024, 1024), None) == 1
    assert affordable_tile(VARIANTS["birefnet"], (1024, 1024), None) == 0
