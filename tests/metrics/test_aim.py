"""AIM-500's own Grad and Conn, against its formulas written out with scipy, as its program does."""

import cv2
import numpy as np
import pytest
from scipy import ndimage

from vmatte.metrics import Judge


def grad(alpha, truth):
    lengths = [
        np.hypot(*(ndimage.gaussian_filter(each, 1.4, order) for order in ((1, 0), (0, 1)))) for each in (alpha, truth)
    ]
    return np.square(lengths[0] - lengths[1]).sum() / 10


def conn(alpha, truth):
    steps, level = np.arange(0, 1.1, 0.1), np.full(alpha.shape, -1.0)
    for step in range(1, 11):
        labels, count = ndimage.label((alpha >= steps[step]) & (truth >= steps[step]))
        if count:
            largest = labels == 1 + np.bincount(labels.ravel())[1:].argmax()
            level[(level == -1) & ~largest] = steps[step - 1]
    level[level == -1] = 1
    shares = [1 - (each - level) * (each - level >= 0.15) for each in (alpha, truth)]
    return np.abs(shares[0] - shares[1]).sum() / 1000


@pytest.mark.parametrize("seed", range(6))
def test_as_its_program_prints_it(seed):
    rng = np.random.default_rng(seed)
    field = cv2.GaussianBlur(rng.normal(size=(60, 80)), (0, 0), 5)
    # Every other matte does not reach 1: a threshold without pixels is where its Conn goes its own way.
    truth = np.rint(np.clip(0.6 * field / field.std() + 0.4, 0, 0.73 if seed % 2 else 1) * 255) / 255
    alpha = truth.copy()
    alpha[10:30, 20:50] = np.rint(rng.random((20, 30)) * (180 if seed % 2 else 255)) / 255
    judge = Judge("aim", "none")
    judge.update(alpha, truth)
    found = judge.result()
    assert found["Grad"].mean == pytest.approx(grad(alpha, truth), rel=1e-9)
    assert found["Conn"].mean == pytest.approx(conn(alpha, truth), rel=1e-9)
    assert found["SAD"].mean == pytest.approx(np.abs(alpha - truth).sum() / 1000)
