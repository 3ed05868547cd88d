"""MatAnyone as a model: masks and frames become tensors, predictions become mattes.

Frames are handed to the device and their mattes are fetched one frame later (`launch`), so that the processor never
waits for the device in the middle of its work.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, TypeVar, cast

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from vmatte.core.errors import HintError, ModelError
from vmatte.core.types import Alpha, Clip, Frame, Hints, Image8, Layer, Matte
from vmatte.models.matanyone import MatAnyoneSettings
from vmatte.models.matanyone.mask import levels, prepared
from vmatte.models.matanyone.network.weights import load_network
from vmatte.models.matanyone.recurrence import Features, Prediction, Recurrence
from vmatte.models.matanyone.scale import affordable, smaller, working_size
from vmatte.models.matanyone.state import State
from vmatte.models.placing import placed, weights_of
from vmatte.models.registry import ModelSettings, Runtime, signatures
from vmatte.nets.device import exact, free_memory, is_out_of_memory, release
from vmatte.nets.fold import folded
from vmatte.nets.loading import channels_last
from vmatte.ops.guided import lifted, upsample

logger = logging.getLogger(__name__)

R = TypeVar("R")
Later = Callable[[], Matte]

# A cell of the uncertainty map belongs to the subject from this coverage on.
_COVERED = 0.05


@dataclass(frozen=True, slots=True, eq=False)
class Track:
    """One target between two frames: the recurrence's state, and what a restart would need. It is never changed.

    Attributes:
        state: Of the recurrence.
        frame: The last frame, or the one to come when `ahead` is set.
        last: What was predicted for it, at the working size.
        ahead: Whether it was only warmed up on, so that its matte has yet to be given out.
    """

    state: State
    frame: Frame
    last: Prediction
    ahead: bool = False

    def __deepcopy__(self, _: dict[int, object]) -> Track:
        return self

    def save(self) -> dict[str, Any]:
        """Plain values, arrays and CPU tensors, for `torch.save`; what `load` gives continues bit for bit."""
        frame = (self.frame.index, self.frame.pts, self.frame.sdr, self.frame.duration)
        names = ("alpha", "logits", "uncertainty")
        held = {name: getattr(self.last, name) for name in names}
        last = {name: part.cpu() for name, part in held.items() if part is not None}
        return {"state": self.state.save(), "frame": frame, "last": last, "ahead": self.ahead}

    @classmethod
    def load(cls, saved: dict[str, Any], device: str | torch.device = "cpu") -> Track:
        """What `save` gave, on a device."""
        index, pts, sdr, duration = saved["frame"]
        last = Prediction(**{name: part.to(device) for name, part in saved["last"].items()})
        return cls(State.load(saved["state"], device), Frame(index, pts, sdr, sdr, duration), last, saved["ahead"])

    def __reduce__(self) -> tuple[Callable[[dict[str, Any]], Track], tuple[dict[str, Any]]]:
        return Track.load, (self.save(),)


class MatAnyoneModel:
    """A RecurrentModel with one track a target; targets of one clip share what depends on the picture alone."""

    def __init__(self, settings: MatAnyoneSettings, runtime: Runtime) -> None:
        """Loads the weights.

        Raises:
            ConfigError, WeightsError: As in `placed`, `weights_of` and `load_network`.
        """
        self.settings = settings
        self.device, dtype = self.place = placed(runtime)
        network = channels_last(folded(load_network(weights_of(settings), signatures()))).to(self.device)
        self.recurrence = Recurrence(network, settings, dtype)
        self._side: int | None = None
        self._fell_back = False
        self._seen: _Seen | None = None

    def start(self, clip: Clip, hints: Hints, frame: Frame) -> Track:
        """The memory before `frame`, warmed up on its mask as published.

        Raises:
            HintError: The frame has no mask, or one of another size.
        """
        mask = self._mask(hints, frame)
        if self._side is None:
            self._side = self._chosen_side(*frame.sdr.shape[:2])
        return self._trying(lambda: self._anchored(frame, mask), frame)

    def step(self, track: Track, frame: Frame, hints: Hints) -> tuple[Track, Matte]:
        """The memory after `frame`, and its matte."""
        track, later = self.launch(track, frame, hints)
        return track, later()

    def launch(self, track: Track, frame: Frame, hints: Hints) -> tuple[Track, Later]:
        """As `step`, but the matte is fetched from the device by calling what comes back."""
        if track.ahead and track.frame.index == frame.index:
            return replace(track, ahead=False), self._later(frame, track.last)
        track = self._trying(lambda: self._stepped(track, frame), frame)
        return track, self._later(frame, track.last)

    def facts(self) -> dict[str, Any]:
        """Device, precision, and the shorter side worked at, for the report."""
        return {**self.place.facts(), "short_side": self._side}

    def _stepped(self, track: Track, frame: Frame) -> Track:
        if track.last.alpha.shape != self._size(frame):
            track = self._rescaled(track)
        state = self._here(track.state)
        state, prediction = self.recurrence.step(state, self._look(frame).features)
        return Track(state, frame, prediction)

    def _anchored(self, frame: Frame, mask: NDArray[Any]) -> Track:
        """A track that starts over on a frame with its mask, (H, W) in 0..255 at the clip's size."""
        features = self._look(frame).features
        height, width = self._size(frame)
        if mask.shape != (height, width):
            mask = cv2.resize(mask.astype(np.float32), (width, height), interpolation=cv2.INTER_AREA)
        state, prediction = self.recurrence.warm_up(State(), features, torch.from_numpy(np.ascontiguousarray(mask)))
        return Track(state, frame, prediction, ahead=True)

    def _rescaled(self, track: Track) -> Track:
        """The track at the working size of now, started over from its last frame and matte."""
        height, width = track.frame.sdr.shape[:2]
        last = track.last.alpha.float().cpu().numpy() * np.float32(255)
        return self._anchored(track.frame, cv2.resize(last, (width, height), interpolation=cv2.INTER_LINEAR))

    def _look(self, frame: Frame) -> _Seen:
        """What is computed from a picture alone; the last picture's is kept for the other targets in it."""
        seen, size = self._seen, self._size(frame)
        if seen is None or seen.index != frame.index or seen.small.shape[:2] != size:
            small = frame.sdr
            if small.shape[:2] != size:
                small = cast("Image8", cv2.resize(frame.sdr, size[::-1], interpolation=cv2.INTER_AREA))
            picture = torch.from_numpy(small.transpose(2, 0, 1))
            if self.device.type == "cuda":
                picture = picture.contiguous().pin_memory()
            # The old features go before the new ones come: they are the larger part of the memory.
            self._seen = seen = None
            self._seen = seen = _Seen(frame.index, small, self.recurrence.encode(picture))
        return seen

    def _size(self, frame: Frame) -> tuple[int, int]:
        height, width = frame.sdr.shape[:2]
        return working_size(height, width, self._side or 0)

    def _here(self, state: State) -> State:
        """A restored state may lie on another device."""
        if state.alpha is not None and state.alpha.device.type != self.device.type:
            return State.load(state.save(), self.device)
        return state

    def _later(self, frame: Frame, prediction: Prediction) -> Later:
        """Starts the copy to the host; the call waits for it and makes the matte."""
        alpha, sure = prediction.alpha, _confidence(prediction)
        small = None if alpha.shape == frame.sdr.shape[:2] else self._look(frame).small
        done: Callable[[], object] = lambda: None  # noqa: E731
        if self.device.type == "cuda":
            alpha = alpha.to("cpu", non_blocking=True)
            sure = None if sure is None else sure.to("cpu", non_blocking=True)
            event = torch.cuda.Event()  # type: ignore[no-untyped-call]
            event.record()
            done = event.synchronize

        def matte() -> Matte:
            done()
            found: Alpha = alpha.float().cpu().numpy()
            if small is not None:
                found = upsample(found, lifted(small), frame.sdr)
            return Matte(frame, (Layer("subject", found, confidence=None if sure is None else float(sure)),))

        return matte

    def _mask(self, hints: Hints, frame: Frame) -> NDArray[Any]:
        source = hints.maps.get("mask")
        mask = None if source is None else source.at(frame.index)
        if mask is None:
            raise HintError(f"no mask for frame {frame.index}: {self.settings.name} starts from a frame that has one")
        height, width = frame.sdr.shape[:2]
        if mask.shape != (height, width):
            given = "x".join(str(side) for side in reversed(mask.shape))
            raise HintError(f"mask of frame {frame.index} is {given}, the frame {width}x{height}: give one of its size")
        return prepared(levels(mask).values, self.settings.dilate_kernel, self.settings.erode_kernel)

    def _chosen_side(self, height: int, width: int) -> int:
        """The shorter side to work at, and a word about it when it is not the clip's."""
        short, asked = min(height, width), self.settings.max_size
        if asked:
            return short if asked < 0 else min(short, asked)
        inner = self.settings.max_internal_size
        free = free_memory(self.device)
        side = affordable(*working_size(height, width, inner), free, self._memory_frames())
        if side < min(short, inner if inner > 0 else short):
            assert free is not None
            logger.warning(
                "working at %d of %d rows, as %.1f GiB of memory are free on %s; set model.max_size to choose",
                side, short, free / 2**30, self.device.type,
            )  # fmt: skip
            return side
        return short

    def _memory_frames(self) -> int:
        settings = self.settings
        return settings.long_term.max_mem_frames if settings.use_long_term else settings.max_mem_frames

    def _trying(self, work: Callable[[], R], frame: Frame) -> R:
        """Does it; out of memory, once at a smaller size.

        Raises:
            ModelError: Memory does not suffice for the smaller size either.
        """
        try:
            with exact():
                return work()
        except Exception as error:
            if not is_out_of_memory(error):
                raise
            side = smaller(min(self._size(frame)))
            if self._fell_back or side is None:
                rows = min(self._size(frame))
                raise ModelError(
                    f"out of memory at frame {frame.index}, working at {rows} rows: free some, or set model.max_size="
                    f"{side or 'less'}"
                ) from error
        logger.warning("out of memory at frame %d: going on at %d rows from there", frame.index, side)
        self._fell_back, self._side, self._seen = True, side, None
        release(self.device)
        with exact():
            return work()


def build(settings: ModelSettings, runtime: Runtime) -> MatAnyoneModel:
    """The factory the cards name."""
    return MatAnyoneModel(cast("MatAnyoneSettings", settings), runtime)


@dataclass(frozen=True, slots=True, eq=False)
class _Seen:
    """A frame at the working size, and its features."""

    index: int
    small: Image8
    features: Features


def _confidence(prediction: Prediction) -> Tensor | None:
    """One minus the mean uncertainty over the cells that the subject covers; a number still on the device."""
    uncertainty = prediction.uncertainty
    if uncertainty is None:
        return None
    with torch.inference_mode():
        share = F.adaptive_avg_pool2d(prediction.alpha[None], (uncertainty.shape[0], uncertainty.shape[1]))[0]
        inside = (share > _COVERED).float()
        return 1 - (uncertainty * inside).sum() / inside.sum().clamp(min=1)
