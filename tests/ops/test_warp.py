"""Warps against shifts written out by hand."""

import numpy as np

from vmatte.ops.warp import grid, inverted, sample, warp


def test_a_constant_flow_is_a_shift():
    image = np.random.default_rng(0).random((12, 15)).astype(np.float32)
    flow = np.zeros((12, 15, 2), np.float32)
    flow[...] = (2, -1)
    assert np.allclose(warp(image, flow)[1:, :-2], image[:-1, 2:], atol=1e-5)


def test_sampling_at_every_place_gives_the_picture_back():
    image = np.random.default_rng(0).random((70, 80, 3)).astype(np.float32)
    read = sample(image, grid(70, 80).reshape(-1, 2))
    assert read.shape == (5600, 3)
    assert np.allclose(read.reshape(image.shape), image, atol=1e-6)


def test_sampling_nowhere_gives_nothing():
    assert sample(np.zeros((4, 4, 2), np.float32), np.zeros((0, 2), np.float32)).shape == (0, 2)


def test_there_and_back():
    rows, columns = np.mgrid[:60, :80].astype(np.float32)
    flow = np.stack([3 + np.sin(rows / 15), 2 * np.cos(columns / 20)], axis=-1).astype(np.float32)
    back = inverted(flow, rounds=6)
    assert np.abs(warp(flow, back) + back)[10:-10, 10:-10].max() < 0.02
