"""Shapes of masks, against distances and counts written out."""

import numpy as np
import pytest

from vmatte.ops.morphology import FAR, closed, dilate, distance_to, erode, labelled, opened, signed_distance, tally


def blob(size=41, radius=10):
    rows, columns = np.mgrid[:size, :size] - size // 2
    return rows**2 + columns**2 <= radius**2


def test_growing_and_shrinking_a_disc():
    assert abs(int(dilate(blob(), 4).sum()) - int(blob(radius=14).sum())) < 20
    assert abs(int(erode(blob(), 4).sum()) - int(blob(radius=6).sum())) < 20


def test_opening_drops_specks_and_closing_fills_cracks():
    mask = blob()
    mask[2, 2] = True
    mask[20] = False
    assert not opened(mask, 1.5)[2, 2]
    assert closed(mask, 1.5)[20, 20]


def test_distances():
    mask = np.zeros((9, 9), bool)
    mask[4, 4] = True
    assert distance_to(mask)[4, 8] == pytest.approx(4, abs=0.05)
    assert distance_to(np.zeros((3, 3), bool)).min() == FAR


def test_signed_distance_is_zero_between_in_and_out():
    mask = np.zeros((5, 10), bool)
    mask[:, :5] = True
    assert signed_distance(mask)[2].round(2).tolist() == [4.5, 3.5, 2.5, 1.5, 0.5, -0.5, -1.5, -2.5, -3.5, -4.5]
    assert signed_distance(np.ones((3, 3), bool)).min() > 1e5
    assert signed_distance(np.zeros((3, 3), bool)).max() < -1e5


def test_parts_are_counted():
    mask = np.array([[1, 1, 0, 1], [0, 0, 0, 1]], bool)
    labels, count = labelled(mask)
    assert sorted(tally(labels, count)[1:].tolist()) == [2, 2]
    assert tally(labels, count, np.array([[1, 0, 0, 0], [0, 0, 0, 0]], bool)).sum() == 1
