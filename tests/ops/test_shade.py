"""Shaded patches of a screen."""

import cv2
import numpy as np
import pytest

from vmatte.ops.shade import relit

GREEN = np.array([0.1, 0.7, 0.2], np.float32)


def screen(height=180, width=320):
    return np.tile(GREEN, (height, width, 1))


@pytest.mark.parametrize("size", [(180, 320), (101, 75), (720, 1280)])
def test_a_stand_in_shadow_is_the_screen(size):
    cloth = screen(*size)
    image = cloth.copy()
    patch = np.zeros(size, np.float32)
    patch[:, size[1] // 3 : size[1] // 2] = 1
    image *= 1 - 0.35 * patch[..., None]
    inside = cv2.erode(patch, np.ones((7, 7))) > 0
    assert np.abs(relit(image, cloth)[inside] - image[inside]).max() < 0.02
    np.testing.assert_array_equal(relit(image, cloth)[:, : size[1] // 4], cloth[:, : size[1] // 4])


def test_thin_dark_hair_is_not_shade():
    cloth = screen()
    image = cloth.copy()
    for column in range(40, 280, 12):
        cv2.line(image, (column, 0), (column + 8, 179), (0.05, 0.35, 0.1), 2)
    assert relit(image, cloth) is cloth


def test_another_colour_is_not_shade():
    cloth = screen()
    image = cloth.copy()
    image[40:140, 60:200] = (0.4, 0.45, 0.15)
    assert relit(image, cloth) is cloth


def test_nothing_to_look_at():
    empty = np.zeros((1, 1, 3), np.float32)
    assert relit(empty, empty) is empty
