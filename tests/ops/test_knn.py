"""Reading banks, against distances written out."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from vmatte.ops.knn import grouped_nearest, read


@settings(max_examples=15, deadline=None)
@given(st.integers(1, 150), st.integers(1, 40), st.integers(1, 6))
def test_each_group_gives_its_nearest(queries, keys, groups):
    rng = np.random.default_rng(queries + keys)
    asked, known = rng.normal(0, 3, (queries, 5)).astype(np.float32), rng.normal(0, 3, (keys, 5)).astype(np.float32)
    index, distance = grouped_nearest(asked, known, groups)
    every = np.square(asked[:, None] - known[None]).sum(2)
    assert index.shape == (queries, groups)
    assert np.allclose(distance, np.take_along_axis(every, index, 1), atol=1e-3)
    assert np.allclose(distance.min(1), every.min(1), atol=1e-3)


def test_one_group_is_the_nearest():
    rng = np.random.default_rng(1)
    asked, known = rng.random((9, 3)).astype(np.float32), rng.random((30, 3)).astype(np.float32)
    index, _ = grouped_nearest(asked, known, 1)
    assert np.array_equal(index[:, 0], np.square(asked[:, None] - known[None]).sum(2).argmin(1))


def test_near_values_outweigh_far_ones():
    keys = np.array([[0], [10], [0.1], [11]], np.float32)
    found = read(np.array([[0]], np.float32), keys, keys, groups=2)
    assert abs(found.value[0, 0] - 0.05) < 0.01
    assert found.distance[0] < 0.01
