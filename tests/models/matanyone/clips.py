"""Runs the published clip procedure, and says how far two results may lie apart."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch

from tests.parity.seeded import vectors
from vmatte.models.matanyone.mask import prepared
from vmatte.models.matanyone.recurrence import Prediction, Recurrence
from vmatte.models.matanyone.settings import LongTerm, RecurrenceSettings
from vmatte.models.matanyone.state import State

# What the vectors were measured to need is a fifth of this; every mistake in a rule costs a hundred times as much.
ALPHA = 5e-5
# Means are over whole clips: two correct float32 networks differ by 5e-7 in alpha and 2e-6 in logits.
ALPHA_MEAN = 2e-6
LOGITS_MEAN = 3e-6
FEATURE = 1e-4


def settings_of(meta: dict[str, Any]) -> RecurrenceSettings:
    """The settings a vector file was made with."""
    given = meta.get("config_overrides", {})
    nested = {key.removeprefix("long_term."): value for key, value in given.items() if "." in key}
    plain = {key: value for key, value in given.items() if "." not in key}
    kernels = {key: meta[key] for key in ("n_warmup", "erode_kernel", "dilate_kernel")}
    return RecurrenceSettings(**kernels, **plain, long_term=LongTerm(**nested))


def picture(frame: np.ndarray) -> torch.Tensor:
    """(H, W, 3) uint8 as (3, H, W)."""
    return torch.from_numpy(frame).permute(2, 0, 1)


def started(recurrence: Recurrence, frames: np.ndarray, mask: np.ndarray) -> tuple[State, Prediction]:
    """State and prediction after the warm-up on the first frame."""
    return recurrence.warm_up(State(), recurrence.encode(picture(frames[0])), torch.from_numpy(mask))


def run(recurrence: Recurrence, frames: np.ndarray, mask: np.ndarray) -> Iterator[tuple[State, Prediction]]:
    """State and prediction of every frame."""
    state, prediction = started(recurrence, frames, mask)
    yield state, prediction
    for frame in frames[1:]:
        state, prediction = recurrence.step(state, recurrence.encode(picture(frame)))
        yield state, prediction


def loaded(name: str) -> tuple[dict[str, Any], RecurrenceSettings, np.ndarray]:
    """A vector file, its settings, and the first mask made from the raw one."""
    held = vectors(name)
    settings = settings_of(held["meta"])
    raw = held["mask_raw"]
    masks = [prepared(m, settings.dilate_kernel, settings.erode_kernel) for m in raw.reshape(-1, *raw.shape[-2:])]
    return held, settings, np.stack(masks).reshape(raw.shape)


def known(part: torch.Tensor | None) -> torch.Tensor:
    """A part that is there."""
    assert part is not None
    return part


def assert_near(found: torch.Tensor, wanted: np.ndarray, most: float = ALPHA, mean: float | None = None) -> None:
    """Same shape, and nowhere further apart than `most`, nor `mean` on average."""
    assert tuple(found.shape) == wanted.shape
    apart = np.abs(found.numpy() - wanted)
    assert apart.max() <= most
    assert mean is None or apart.mean() <= mean
