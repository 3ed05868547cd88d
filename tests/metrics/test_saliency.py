"""Segmentation scores: values of the public toolbox (PySODMetrics 1.6.2) on drawn maps, and the ends of the scale."""

import cv2
import numpy as np
import pytest

from vmatte.metrics import Judge


def maps(seed):
    rng = np.random.default_rng(seed)
    field = cv2.GaussianBlur(rng.normal(size=(60, 80)), (0, 0), 5)
    truth = (field / field.std() > 0.3).astype(np.uint8) * 255
    soft = np.clip(np.rint(truth * 0.7 + 40 * rng.random(truth.shape)), 0, 255).astype(np.uint8)
    return np.roll(soft, 2, axis=1), truth


def scored(alpha, truth):
    judge = Judge("dis")
    judge.update(alpha, truth)
    return {name: found.mean for name, found in judge.result().items()}


STORED = {
    0: {"S": 0.7913035039, "wF": 0.768852, "MAE": 0.1661659021, "mean E": 0.7874814913},
    1: {"S": 0.838202732, "wF": 0.784791, "MAE": 0.1565691896, "mean E": 0.7953510598},
    2: {"S": 0.7945789271, "wF": 0.771744, "MAE": 0.1736945719, "mean E": 0.7791050912},
}


@pytest.mark.parametrize("seed", STORED)
def test_as_the_public_toolbox_prints_them(seed):
    found = scored(*maps(seed))
    for name, value in STORED[seed].items():
        assert found[name] == pytest.approx(value, abs=2e-4 if name == "wF" else 1e-9), name


def test_the_ends_of_the_scale():
    _, truth = maps(0)
    empty, full = np.zeros_like(truth), np.full_like(truth, 255)
    assert scored(truth, truth) == pytest.approx({"S": 1, "wF": 1, "MAE": 0, "mean E": 1}, abs=5e-3)
    assert scored(empty, empty)["S"] == scored(full, full)["S"] == 1
    assert scored(empty, empty)["wF"] == 0
