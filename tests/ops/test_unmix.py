"""Unmixing, against mixtures made by the compositing equation."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from vmatte.ops.unmix import unmix


@given(st.floats(0, 1))
def test_a_mixture_is_taken_apart(alpha):
    fore, back = np.array([[80, 20, -10]], np.float32), np.array([[20, -5, 30]], np.float32)
    mixed = unmix(np.float32(alpha) * fore + np.float32(1 - alpha) * back, fore, back)
    assert abs(mixed.alpha[0] - alpha) < 1e-4
    assert mixed.residual[0] < 1e-3


def test_what_is_beside_the_line_leaves_a_residual():
    mixed = unmix(*(np.array([c], np.float32) for c in ((5, 3, 0), (10, 0, 0), (0, 0, 0))))
    assert mixed.residual[0] == 9
    assert mixed.span[0] == 100


def test_equal_sources_make_no_trouble():
    same = np.array([[1, 2, 3]], np.float32)
    assert np.isfinite(unmix(same + 1, same, same).alpha).all()
