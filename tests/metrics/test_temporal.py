"""dtSSD agrees with the published evaluators and has no opinion on errors that stay the same."""

from pathlib import Path

import numpy as np
import pytest

from vmatte.metrics.temporal import dtssd

SCORES = Path(__file__).with_name("published_scores.npz")


@pytest.mark.parametrize("program", ["rvm_hr", "matanyone_hr"])
def test_agrees_with_published_program(program):
    with np.load(SCORES) as arrays:
        alpha, truth, printed = arrays["pred_alpha"] / 255, arrays["true_alpha"] / 255, arrays[f"{program}.pha_dtssd"]
    scores = [0.0] + [100 * dtssd(alpha[t], alpha[t - 1], truth[t], truth[t - 1]) for t in range(1, len(alpha))]
    np.testing.assert_allclose(scores, printed, rtol=2e-6)


def test_a_constant_error_is_steady():
    truth = np.random.default_rng(1).random((2, 8, 9)) * 0.5
    assert dtssd(truth[1] + 0.25, truth[0] + 0.25, truth[1], truth[0]) == pytest.approx(0, abs=1e-12)


def test_a_matte_one_frame_late_is_not():
    truth = np.zeros((3, 8, 8))
    for t in range(3):
        truth[t, :, t : t + 3] = 1
    assert dtssd(truth[1], truth[0], truth[2], truth[1]) > 0.4
