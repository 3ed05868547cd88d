"""MatAnyone's recurrence: one step takes a frame's features and a target's state to its matte and the next state.

Nothing in a step waits for the device: which way it goes follows from counters and shapes on the host.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from vmatte.core.errors import ModelError
from vmatte.models.matanyone.geometry import Geometry
from vmatte.models.matanyone.memory import Memory, Tokens
from vmatte.models.matanyone.network.model import ImageFeatures, MatAnyone
from vmatte.models.matanyone.settings import RecurrenceSettings
from vmatte.models.matanyone.state import State

# What full scale is in each unsigned type a picture or mask may come in.
_FULL = {torch.uint8: 255.0, torch.uint16: 65535.0}


@dataclass(frozen=True, slots=True, eq=False)
class Features:
    """A frame as the network sees it, the same for every target in it.

    Attributes:
        image: What the image encoder made of it.
        geometry: How the frame lies inside the network.
    """

    image: ImageFeatures
    geometry: Geometry


@dataclass(frozen=True, slots=True, eq=False)
class Prediction:
    """What a step says about its frame.

    Attributes:
        alpha: (height, width) float32 in 0..1, at the frame's own size.
        logits: (H, W) float32 before cutting to 0..1, at the network's own size with padding; None where a
            mask was given.
        uncertainty: (h, w) float32, 1 where the frame has changed so that memory was read rather than the last matte
            carried on; None where neither happened.
    """

    alpha: Tensor
    logits: Tensor | None = None
    uncertainty: Tensor | None = None


class Recurrence:
    """Runs a network over a clip, frame by frame, for any number of targets that each have a state."""

    def __init__(
        self, network: MatAnyone, settings: RecurrenceSettings | None = None, dtype: torch.dtype = torch.float32
    ) -> None:
        """Takes the network as it is: its device and memory format are the caller's choice.

        Args:
            network: In evaluation mode.
            settings: The published ones by default.
            dtype: float32 is exact; bfloat16 and float16 run under autocast, all but the published float32 parts
                and the memory search.
        """
        self.network = network
        self.settings = settings or RecurrenceSettings()
        self.dtype = dtype
        self._device = network.mean.device
        self._moves = stagger(self.settings.mem_every, self.settings.stagger_updates)

    @torch.inference_mode()
    def encode(self, image: Tensor) -> Features:
        """What every step on this frame needs, for all its targets and for every warm-up of the first frame.

        Args:
            image: (3, height, width) RGB, float32 in 0..1, uint8 or uint16; brought to the network's device.
        """
        image = image.to(self._device, non_blocking=True)
        full = _FULL.get(image.dtype)
        picture = image.float() if full is None else image.to(torch.float32) / full
        geometry = Geometry.of(picture.shape[1], picture.shape[2], self.settings.max_internal_size)
        with self._precision():
            return Features(self.network.encode(geometry.fitted(picture.unsqueeze(0))), geometry)

    @torch.inference_mode()
    def step(
        self, state: State, features: Features, mask: Tensor | None = None, first: bool = False
    ) -> tuple[State, Prediction]:
        """One frame for one target; `state` stays valid.

        Args:
            state: `State()` before the first step, which needs a mask; then what the last step returned.
            features: Of this frame, from `encode`.
            mask: (height, width) known matte of this frame in 0..255, or boolean; it is the frame's matte then, and
                is remembered.
            first: Whether to predict the frame that was just given with its mask, or just predicted so, once more,
                and forget all that was remembered before it.

        Raises:
            ModelError: There is nothing to go on from, or the frame has another size than those before.
        """
        self._check(state, features, mask)
        time, memory_time = (0, 0) if first else (state.time + 1, state.memory_time)
        remember = mask is not None or first or time - memory_time >= self.settings.mem_every
        with self._precision():
            if mask is None:
                move = first or time - memory_time in self._moves
                state, prediction = self._predict(state, features, fresh=time == 0, move=move)
            else:
                state, prediction = self._given(state, features, mask)
            value = self.network.value(features.image, _held(state.alpha))
            state = replace(state, time=time, memory_time=memory_time, pixels=features.image.pixels, value=value)
            if remember:
                state = self._remembered(self._forgotten(state) if first else state, features)
        return state, prediction

    def warm_up(self, state: State, features: Features, mask: Tensor) -> tuple[State, Prediction]:
        """The published start of a clip: the mask, then first-frame predictions that each refine the last.

        Anywhere in a clip, it anchors the target anew.

        Args:
            state: `State()` to know nothing of what was before; or that of the frame before, whose sensory memory
                then goes on, whose object memory has a say in the first prediction, and whose long-term memory stays.
            features: Of the frame that the mask is for.
            mask: As in `step`, processed as the settings ask.
        """
        state, prediction = self.step(state, features, mask)
        for _ in range(1 + self.settings.n_warmup):
            state, prediction = self.step(state, features, first=True)
        return state, prediction

    def _check(self, state: State, features: Features, mask: Tensor | None) -> None:
        if state.alpha is None:
            if mask is None:
                raise ModelError("the first step of a target needs its mask: give one with --mask")
            return
        inside = features.image.f1.shape[2:]
        if state.alpha.shape[2:] != inside:
            sizes = ", not ".join("x".join(map(str, reversed(size))) for size in (inside, state.alpha.shape[2:]))
            raise ModelError(f"the frame has another size than those before ({sizes} inside the network)")

    def _given(self, state: State, features: Features, mask: Tensor) -> tuple[State, Prediction]:
        """The mask is the matte."""
        geometry = features.geometry
        if tuple(mask.shape) != geometry.source:
            raise ModelError(f"the mask is {tuple(mask.shape)} and the frame {geometry.source} (height, width)")
        scale = 1.0 if mask.dtype == torch.bool else 255.0
        level = mask.to(self._device, non_blocking=True).float()[None, None]
        alpha = geometry.fitted(level) / scale
        return replace(state, alpha=alpha), Prediction(geometry.restored(alpha)[0, 0])

    def _predict(self, state: State, features: Features, fresh: bool, move: bool) -> tuple[State, Prediction]:
        """The network's own matte.

        Args:
            state: Of the step before.
            features: Of this frame.
            fresh: Whether it is a first-frame prediction, which reads no memory.
            move: Whether the sensory memory moves on.
        """
        network, sensory, before = self.network, _held(state.sensory), _held(state.alpha)
        readout, memory, uncertainty = _held(state.value), state.memory, None
        if not fresh:
            readout, memory, uncertainty = self._recall(state, features)
        readout = network.readout(features.image, readout, sensory, before, _held(state.objects))
        logits, moved = network.decode(features.image, readout, sensory if move else None)
        alpha = logits.clamp(0, 1)
        state = replace(state, alpha=alpha, sensory=sensory if moved is None else moved, memory=memory)
        shown = features.geometry.restored(alpha)[0, 0]
        return state, Prediction(shown, logits[0, 0], uncertainty)

    def _recall(self, state: State, features: Features) -> tuple[Tensor, Memory, Tensor]:
        """Memory readout blended with the last mask value, the memory after that, and the share of the readout."""
        image, value = features.image, _held(state.value)
        counted = self.settings.long_term if self.settings.use_long_term else None
        rows, memory = state.memory.read(_rows(image.key), _rows(image.selection), self.settings.top_k, counted)
        readout = rows.T.reshape(value.shape)
        share = self.network.uncertainty(_held(state.pixels), image, _held(state.alpha), readout - value)
        return share * readout + (1 - share) * value, memory, share[0, 0].float()

    def _forgotten(self, state: State) -> State:
        """Without working and object memory; sensory memory stays."""
        return replace(state, objects=None, memory=state.memory.emptied())

    def _remembered(self, state: State, features: Features) -> State:
        """With this frame in all memories."""
        network, image = self.network, features.image
        value, alpha, sensory = _held(state.value), _held(state.alpha), state.sensory
        if sensory is None:
            sensory = torch.zeros(value.shape, device=value.device)
        summary = network.summary(value, alpha)
        return replace(
            state,
            memory_time=state.time,
            sensory=network.refreshed(value, sensory),
            objects=summary if state.objects is None else state.objects + summary,
            memory=self._bounded(state.memory.with_frame(self._tokens(image, value))),
        )

    def _tokens(self, image: ImageFeatures, value: Tensor) -> Tokens:
        selection = _rows(image.selection) if self.settings.use_long_term else None
        return Tokens.fresh(_rows(image.key), _rows(image.shrinkage), _rows(value), selection)

    def _bounded(self, memory: Memory) -> Memory:
        """Old frames evicted, or condensed into long-term memory; `permanent` is the number of tokens of a frame."""
        cells = memory.permanent
        if self.settings.use_long_term:
            return memory.condensed(cells, self.settings.long_term)
        return memory.newest((self.settings.max_mem_frames - 1) * cells)

    def _precision(self) -> torch.autocast:
        return torch.autocast(self._device.type, self.dtype, enabled=self.dtype != torch.float32)


def stagger(every: int, updates: int) -> frozenset[int]:
    """After how many steps since the last remembered frame the sensory memory moves.

    >>> sorted(stagger(5, 5)), sorted(stagger(5, 4)), sorted(stagger(5, 9))
    ([1, 2, 3, 4, 5], [1, 2, 4, 5], [1, 2, 3, 4, 5])
    """
    if updates >= every:
        return frozenset(range(1, every + 1))
    return frozenset(np.round(np.linspace(1, every, updates)).astype(int).tolist())


def _rows(plane: Tensor) -> Tensor:
    """(1, C, h, w) as (n, C), row by row of the map."""
    return plane[0].flatten(1).T.contiguous()


def _held(part: Tensor | None) -> Tensor:
    """A part that every state has after its first step."""
    assert part is not None
    return part
