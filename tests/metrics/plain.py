"""Conn the plain way: one labelling of the frame for each threshold."""

import numpy as np
from scipy import ndimage


def connectivity(alpha, truth, background=False, mask=None):
    """The error, unscaled; with `background` it is what the Python port prints: the largest label, 0 included."""
    low = np.minimum(alpha, truth)
    level, alive = np.zeros(low.shape), np.ones(low.shape, bool)
    for step in range(1, 11):
        labels, count = ndimage.label(low >= step / 10)
        areas = np.bincount(labels.ravel(), minlength=count + 1)
        if background:
            largest = labels == areas.argmax()
        else:
            largest = labels == 1 + areas[1:].argmax() if count else np.zeros(low.shape, bool)
        alive &= largest
        level[alive] = step / 10
    shares = [np.where(each - level >= 0.15, 1 - (each - level), 1) for each in (alpha, truth)]
    error = np.abs(shares[1] - shares[0])
    return float((error if mask is None else error[mask]).sum())
