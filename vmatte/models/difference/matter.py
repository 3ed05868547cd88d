"""`difference` as a model: lays the plate, measures what differs and hands it to the memory engine as evidence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from vmatte.core.errors import HintError
from vmatte.core.types import Alpha, Clip, Frame, Hints, Image8, Layer, Matte
from vmatte.models.difference import DifferenceSettings
from vmatte.models.plate.laying import Laid, follow, lay
from vmatte.models.plate.preflight import check_size
from vmatte.models.recall import RecallSettings
from vmatte.models.recall.engine import Engine
from vmatte.models.recall.evidence import Evidence
from vmatte.models.recall.state import State as Memory
from vmatte.models.registry import ModelSettings, Runtime
from vmatte.ops.difference import difference, hard_mask
from vmatte.ops.light import match_light
from vmatte.ops.morphology import erode
from vmatte.ops.shrink import shrunk

Floats = NDArray[np.float32]

# Share of the frame a subject must cover to be one; less is noise or a leaf.
_SUBJECT = 0.002
# The memory starts over when the subject has grown by this much: the first frame may show no more than a hand
# (MAD 9.1 against 9.7 over the first 12 frames of a drawn clip whose subject walks in).
_GROWN = 1.6
# Away from the mask's edge, px at 360 rows, nothing is mixed: a difference counts this many times as much there, so
# trousers of the wall's colour stay on (a factor of 2: MAD 13.8 over 16 frames of seven drawn clips; 3 was picked by
# eye).
_INSIDE, _CERTAINTY = 3.0, 3.0
# Alpha below which a pixel taught the light of the background.
_CLEAR = 0.05


@dataclass
class State:
    """Everything `difference` knows between two frames; picklable.

    Attributes:
        laid: The plate, as it lay under the last frame.
        still: Whether one plate serves every frame.
        background: (h, w) float32, 1 where the last frame showed background; None before the first frame.
        memory: The memory engine's state; None until there is a subject.
        anchor: The mask of the next frame, if the user gave one.
        seeded: Share of the frame that the subject covered when the memory last started; infinite with a user's mask.
    """

    laid: Laid
    still: bool
    background: Floats | None = None
    memory: Memory | None = None
    anchor: NDArray[np.uint8] | None = None
    seeded: float = 0.0


class Difference:
    """A RecurrentModel; runs on the processor only."""

    def __init__(self, settings: DifferenceSettings) -> None:
        self.settings = settings
        self._engine = Engine(RecallSettings(work_rows=settings.work_rows, seed=settings.seed))

    def start(self, clip: Clip, hints: Hints, frame: Frame) -> State:
        """The memory before `frame`.

        Raises:
            HintError: There is no plate, or it does not belong to the clip.
        """
        source = hints.maps.get("plate")
        plate = None if source is None else source.at(frame.index)
        if source is None or plate is None:
            raise HintError(f"no plate for frame {frame.index}: difference needs one, give it with --plate")
        check_size(plate, frame.sdr)
        mask = hints.maps.get("mask")
        anchor = None if mask is None else mask.at(frame.index)
        laid = lay(self._small(plate), self._small(frame.sdr), self.settings.align)
        return State(laid, source.indices is None, anchor=anchor)

    def step(self, state: State, frame: Frame, hints: Hints) -> tuple[State, Matte]:
        """The memory after `frame`, and its matte."""
        small = self._small(frame.sdr)
        state.laid = self._plate(state, frame, small, hints)
        evidence = self._evidence(state, small)
        anchor = _own_mask(hints, frame) if state.anchor is None else state.anchor
        state.anchor = None
        alpha = self._matte(state, frame.sdr, evidence, anchor)
        return state, Matte(frame, (Layer("subject", alpha),))

    def _small(self, picture: Image8) -> Image8:
        return shrunk(picture, self._engine.working_size(*picture.shape[:2]))

    def _plate(self, state: State, frame: Frame, small: Image8, hints: Hints) -> Laid:
        """The plate under this frame; one given for this very frame takes over."""
        own: NDArray[Any] | None = None if state.still else hints.maps["plate"].at(frame.index)
        if own is None:
            return follow(state.laid, small, self.settings.align)
        check_size(own, frame.sdr)
        return lay(self._small(own), small, self.settings.align, state.laid)

    def _evidence(self, state: State, small: Image8) -> Evidence:
        unit = small * np.float32(1 / 255)
        known, background = state.laid.known, state.background
        if known is not None:
            background = known if background is None else known * background
        matched = match_light(state.laid.picture, unit, background)
        found = difference(unit, matched, background, self.settings.shadow)
        distance = found.distance if known is None else found.distance * known
        mask = hard_mask(distance)
        inside = erode(mask, max(1.0, _INSIDE * min(mask.shape) / 360))
        distance = np.where(inside, np.float32(_CERTAINTY) * distance, distance)
        return Evidence(mask.astype(np.float32), found.background, distance, known)

    def _matte(self, state: State, rgb: Image8, seen: Evidence, anchor: NDArray[np.uint8] | None) -> Alpha:
        assert seen.mask is not None
        share = float(seen.mask.mean())
        if anchor is not None:
            state.seeded = np.inf  # the user's word stands, however the subject grows
        elif share < _SUBJECT and _gone(state):
            state.memory, state.seeded, state.background = None, 0.0, 1 - seen.mask
            return np.zeros(rgb.shape[:2], np.float32)
        elif state.memory is None or (seen.known is None and share > _GROWN * state.seeded):
            anchor, state.seeded = _enlarged(seen.mask, rgb), share
        if state.memory is None:
            assert anchor is not None
            state.memory, anchor = self._engine.start(rgb, anchor), None
        state.memory, alpha = self._engine.step(state.memory, rgb, seen, anchor)
        assert state.memory.alpha is not None
        state.background = ((state.memory.alpha < _CLEAR) & (seen.mask < 0.5)).astype(np.float32)
        return alpha


def build(settings: ModelSettings, runtime: Runtime) -> Difference:
    """The factory the card names; every device is served by the processor."""
    return Difference(cast("DifferenceSettings", settings))


def _gone(state: State) -> bool:
    """Whether there is no subject left that the memory should go on following."""
    if state.memory is None:
        return True
    return state.seeded < np.inf and float(cast("Floats", state.memory.alpha).mean()) < _SUBJECT


def _own_mask(hints: Hints, frame: Frame) -> NDArray[np.uint8] | None:
    """The mask given for this very frame."""
    source = hints.maps.get("mask")
    if source is None or source.indices is None or frame.index not in source.indices:
        return None
    return source.at(frame.index)


def _enlarged(mask: Floats, rgb: Image8) -> NDArray[np.uint8]:
    large = cv2.resize(mask, rgb.shape[1::-1], interpolation=cv2.INTER_LINEAR)
    return np.where(large >= 0.5, np.uint8(255), np.uint8(0))
