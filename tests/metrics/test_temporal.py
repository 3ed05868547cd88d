"""dtSSD has no opinion on errors that stay the same."""

import numpy as np
import pytest

from vmatte.metrics.temporal import dtssd


def test_a_constant_error_is_steady():
    truth = np.random.default_rng(1).random((2, 8, 9)) * 0.5
    assert dtssd(truth[1] + 0.25, truth[0] + 0.25, truth[1], truth[0]) == pytest.approx(0, abs=1e-12)


def test_a_matte_one_frame_late_is_not():
    truth = np.zeros((3, 8, 8))
    for t in range(3):
        truth[t, :, t : t + 3] = 1
    assert dtssd(truth[1], truth[0], truth[2], truth[1]) > 0.4
