"""Settings, geometry and the first mask: what is accepted, and what becomes of it."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from omegaconf import OmegaConf

from vmatte.core.errors import ConfigError, HintError
from vmatte.models.matanyone.geometry import Geometry
from vmatte.models.matanyone.mask import levels, prepared
from vmatte.models.matanyone.settings import LongTerm, RecurrenceSettings


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("n_warmup", -1),
        ("erode_kernel", -1),
        ("dilate_kernel", -2),
        ("mem_every", 0),
        ("max_mem_frames", 0),
        ("stagger_updates", 0),
        ("top_k", 0),
        ("max_internal_size", 0),
        ("max_internal_size", -2),
    ],
)
def test_impossible_settings_are_refused_by_name(name, value):
    with pytest.raises(ConfigError, match=f"model.{name}={value}"):
        RecurrenceSettings(**{name: value})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("min_mem_frames", 0),
        ("max_mem_frames", 5),
        ("num_prototypes", 0),
        ("max_num_tokens", 2127),
        ("buffer_tokens", -1),
    ],
)
def test_impossible_long_term_settings_are_refused_by_name(name, value):
    with pytest.raises(ConfigError, match=f"long_term.{name}={value}"):
        LongTerm(**{name: value})


def test_settings_go_through_a_configuration():
    node = OmegaConf.structured(RecurrenceSettings())
    OmegaConf.set_readonly(node, False)
    OmegaConf.set_readonly(node.long_term, False)
    node.long_term.num_prototypes = 7
    assert OmegaConf.to_object(node) == RecurrenceSettings(long_term=LongTerm(num_prototypes=7))


@given(height=st.integers(1, 200), width=st.integers(1, 200))
def test_padding_comes_off_again(height, width):
    geometry = Geometry.of(height, width)
    plane = torch.arange(1, height * width + 1, dtype=torch.float64).view(1, 1, height, width)
    fitted = geometry.fitted(plane)
    assert tuple(fitted.shape[2:]) == tuple(16 * cells for cells in geometry.cells)
    assert fitted.sum() == plane.sum()
    assert torch.equal(geometry.restored(fitted), plane)
    left, right, top, bottom = geometry.padding
    assert 0 <= right - left <= 1
    assert 0 <= bottom - top <= 1


def test_the_inner_size_is_cut_to_whole_pixels():
    assert Geometry.of(110, 150, 80).inner == (80, 109)
    assert Geometry.of(80, 150, 80).inner == (80, 150)
    assert Geometry.of(110, 150, 80).restored(torch.ones(1, 1, 80, 112)).shape == (1, 1, 110, 150)


@pytest.mark.parametrize(
    ("mask", "scaled"),
    [
        (np.eye(4, dtype=bool), False),
        (np.eye(4, dtype=np.uint8), True),
        (np.eye(4, dtype=np.int64), True),
        (np.eye(4, dtype=np.float64), True),
        (np.eye(4, dtype=np.uint8) * np.uint8(255), False),
        (np.eye(4, dtype=np.float32) * 255, False),
        (np.eye(4, dtype=np.uint16) * np.uint16(65535), False),
    ],
)
def test_masks_of_every_range_become_0_to_255(mask, scaled):
    found = levels(mask)
    np.testing.assert_allclose(found.values, np.eye(4) * 255)
    assert found.scaled == scaled


def test_an_empty_mask_is_not_scaled():
    assert not levels(np.zeros((3, 3), np.float32)).scaled


@pytest.mark.parametrize(
    "mask",
    [
        np.zeros((2, 2, 3), np.uint8),
        np.zeros((0, 2), np.uint8),
        np.full((2, 2), 300, np.int32),
        np.full((2, 2), -1, np.int32),
        np.full((2, 2), np.nan),
        np.full((2, 2), 256.0),
        np.full((2, 2), "a"),
    ],
)
def test_masks_of_no_known_range_are_refused(mask):
    with pytest.raises(HintError, match="mask"):
        levels(mask)


def test_soft_masks_pass_when_nothing_is_asked():
    soft = np.linspace(0, 255, 100).astype(np.uint8).reshape(10, 10)
    np.testing.assert_array_equal(prepared(soft, 0, 0), soft)
    assert set(np.unique(prepared(soft, 0, 3))) <= {0, 255}


def test_noise_counts_when_a_mask_is_grown_and_not_when_it_is_only_shrunk():
    faint = np.zeros((40, 40), np.uint8)
    faint[10:30, 10:30] = 3
    assert prepared(faint, 5, 0).sum() > 400 * 255
    assert not prepared(faint, 0, 5).any()
