"""Wide Gaussians are OpenCV's, whatever the size of the picture."""

import cv2
import numpy as np
import pytest

from vmatte.ops.wide_blur import wide_blur


@pytest.mark.parametrize("size", [(130, 75), (40, 300), (5, 7), (1, 9)])
@pytest.mark.parametrize("sigma", [12, 24])
def test_it_is_a_gaussian_mirrored_at_the_edges(size, sigma):
    rng = np.random.default_rng(1)
    plane = (rng.random(size) * (rng.random(size) > 0.5)).astype(np.float32)
    # OpenCV's kernel ends at four sigma, where 6e-5 of the weight is left out.
    np.testing.assert_allclose(wide_blur(plane, sigma), cv2.GaussianBlur(plane, (0, 0), sigma), atol=2e-5)
