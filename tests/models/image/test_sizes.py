"""Settings, sizes and tiles: what is accepted, and that what goes in comes out where it was."""

from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from vmatte.core.errors import ConfigError
from vmatte.models.image.budget import Appetite, affordable_batch, affordable_tile, bytes_needed
from vmatte.models.image.fitting import repeated, restored, squashed
from vmatte.models.image.settings import TiledSettings
from vmatte.models.image.sizing import Sizing, grown
from vmatte.models.image.tiles import spans, tiled

APPETITE = Appetite(900)


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
        TiledSettings(**{name: value})


def stacked(frame: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(frame).permute(2, 0, 1)[None]


@pytest.mark.parametrize(("size", "inner"), [((90, 130), (64, 96)), ((50, 40), (96, 64))])
def test_shrinking_and_growing_equal_pillow(size, inner):
    frame = np.random.default_rng(0).integers(0, 256, (*size, 3), np.uint8)
    found = squashed(stacked(frame), inner)[0].permute(1, 2, 0).numpy()
    wanted = np.asarray(Image.fromarray(frame).resize(inner[::-1], Image.Resampling.BILINEAR))
    assert np.abs(found.astype(int) - wanted).max() <= 1


@given(height=st.integers(1, 70), width=st.integers(1, 70))
@settings(max_examples=20)
def test_padding_repeats_the_edge_and_comes_off_again(height, width):
    frame = np.random.default_rng(height * 71 + width).integers(0, 256, (height, width, 3), np.uint8)
    sizes = grown((height, width), (height, width), 32)
    found = repeated(stacked(frame), sizes)
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
    size = (2176, 3840)
    batch, tile = affordable_batch(APPETITE, size, free), affordable_tile(APPETITE, size, free)
    assert (batch == 0) == (tile > 0)
    assert affordable_batch(APPETITE, size, free + 2**30) >= batch
    assert not batch or bytes_needed(APPETITE, size, batch) <= free


def test_unknown_memory_is_taken_for_enough_for_one():
    assert affordable_batch(APPETITE, (1024, 1024), None) == 1
    assert affordable_tile(APPETITE, (1024, 1024), None) == 0
