import numpy as np
import pytest

from tests.ops.composites import hairy
from vmatte.ops.extend import extended


@pytest.mark.parametrize("kind", [np.uint8, np.uint16, np.float32])
def test_kept_inside_carried_in_the_ring_and_black_beyond(kind):
    rng = np.random.default_rng(0)
    alpha = hairy(rng, 80, 90)
    colour = (rng.random((80, 90, 3)) * 200 + 20).astype(kind)
    result = extended(colour, alpha, 4)
    rows, columns = np.nonzero(alpha > 0)
    grid = np.indices((80, 90))
    gap = np.full(alpha.shape, np.inf)
    for row, column in zip(rows, columns, strict=True):
        gap = np.minimum(gap, np.hypot(grid[0] - row, grid[1] - column))
    assert result.dtype == kind
    assert (result[alpha > 0] == colour[alpha > 0]).all()
    assert (result[gap > 5] == 0).all()
    ring = (gap > 0) & (gap <= 3.5)
    assert (result[ring].min(axis=1) > 0).all()


def test_the_ring_takes_the_nearest_trusted_colour():
    alpha = np.array([[0, 0, 0.02, 0.9, 1, 1]], np.float32)
    colour = np.array([[[1], [2], [3], [4], [5], [6]]], np.uint8).repeat(3, axis=2)
    assert extended(colour, alpha, 2)[0, :, 0].tolist() == [4, 4, 3, 4, 5, 6]


@pytest.mark.parametrize("level", [0.0, 0.05, 1.0])
@pytest.mark.parametrize("size", [(1, 1), (33, 47)])
@pytest.mark.parametrize("radius", [0, 3])
def test_flat_alpha(level, size, radius):
    colour = np.full((*size, 3), 77, np.uint8)
    result = extended(colour, np.full(size, level, np.float32), radius)
    assert (result == (77 if level else 0)).all()


def test_radius_0_and_the_input_is_left_alone():
    alpha = np.array([[0, 0.5]], np.float32)
    colour = np.full((1, 2, 3), 9, np.uint8)
    assert extended(colour, alpha, 0)[0, :, 0].tolist() == [0, 9]
    assert (colour == 9).all()
