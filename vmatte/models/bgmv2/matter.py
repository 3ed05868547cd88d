"""BackgroundMattingV2 as a model: plates are laid under frames, pairs become tensors, and mattes come back."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, cast

import torch
from numpy.typing import NDArray
from torch import Tensor

from vmatte.core.errors import ModelError
from vmatte.core.types import Clip, Frame, Hints, Matte, Stream
from vmatte.models.bgmv2.budget import affordable_batch
from vmatte.models.bgmv2.engine import BackgroundMattingGraph
from vmatte.models.bgmv2.feeding import layers, padded, stacked
from vmatte.models.bgmv2.network.selection import Select, above, largest
from vmatte.models.bgmv2.network.weights import load_network
from vmatte.models.bgmv2.preflight import ROWS
from vmatte.models.bgmv2.settings import BGMv2Settings, RefineMode
from vmatte.models.bgmv2.sizing import Sizing, sizing
from vmatte.models.naming import naming
from vmatte.models.placing import placed, weights_of
from vmatte.models.plate.under import Underlay
from vmatte.models.registry import ModelSettings, Runtime, signatures
from vmatte.nets.device import exact, free_memory, is_out_of_memory, release
from vmatte.nets.fold import folded
from vmatte.nets.loading import channels_last
from vmatte.nets.session import is_graph

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, eq=False)
class Pair:
    """A frame and the plate that was laid under it, (H, W, 3) integer codes or floats in [0, 1]."""

    frame: Frame
    plate: NDArray[Any]


class BackgroundMattingModel:
    """A Matter: frames know nothing of each other, but the plate is followed from one to the next."""

    def __init__(self, settings: BGMv2Settings, runtime: Runtime) -> None:
        """Loads the weights.

        Raises:
            ConfigError, WeightsError: As in `placed`, `weights_of` and `load_network`.
        """
        self.settings = settings
        self.backbone = settings.name.partition(".")[2]
        self.device, self.dtype = self.place = placed(runtime)
        network = folded(load_network(weights_of(settings), self.backbone, signatures()))
        self.network = channels_last(network).to(self.device)
        self._sizing: Sizing | None = None
        self._batch = max(1, settings.batch)

    def facts(self) -> dict[str, Any]:
        """Device, precision, and scale, pixels and batch as they turned out, for the report."""
        return {
            **self.place.facts(),
            "backbone_scale": None if self._sizing is None else self._sizing.scale,
            "refine_sample_pixels": None if self._sizing is None else self._sizing.pixels,
            "batch": self._batch,
        }

    def mattes(self, clip: Clip, hints: Hints, frames: Iterator[Frame]) -> Stream[Matte]:
        """One matte a frame, with the foreground's colour unless the clip is HDR, which the network cannot see.

        Raises:
            HintError: A frame has no plate, or one of another size.
            ModelError: The model failed; names the frame.
        """
        underlay = Underlay(self.settings.align, ROWS)
        held: list[Pair] = []
        for frame in frames:
            with naming(frame):
                held.append(Pair(frame, underlay.under(frame, hints)))
                self._plan(*frame.sdr.shape[:2])
            if len(held) >= self._batch:
                yield from self._matted(held, clip)
                held = []
            del frame
        yield from self._matted(held, clip)

    def _matted(self, pairs: Sequence[Pair], clip: Clip) -> Iterator[Matte]:
        """Their mattes, as many at once as memory allows."""
        done = 0
        while done < len(pairs):
            part = pairs[done : done + self._batch]
            with naming(part[0].frame):
                try:
                    found = self._found(part, coloured=not clip.colour.hdr)
                except Exception as error:
                    if not is_out_of_memory(error):
                        raise
                    self._shrink(part[0].frame, error)
                    continue
            done += len(part)
            yield from found
            del found

    def _found(self, pairs: Sequence[Pair], *, coloured: bool) -> list[Matte]:
        sizing = self._sizing
        assert sizing is not None
        frames = [pair.frame for pair in pairs]
        with torch.inference_mode(), exact():
            # Deeper pictures than 8 bits keep their depth; those of HDR clips are shown as SDR to the network.
            seen = stacked([frame.rgb if coloured else frame.sdr for frame in frames], self.device)
            alpha, residual = self._asked(seen, stacked([pair.plate for pair in pairs], self.device), sizing)
            made = layers(alpha, residual, seen if coloured else None, sizing)
        return [Matte(frame, (layer,)) for frame, layer in zip(frames, made, strict=True)]

    def _asked(self, frames: Tensor, plates: Tensor, sizing: Sizing) -> tuple[Tensor, Tensor]:
        """Alpha and what is to be added to the frames, at the padded size."""
        pair = padded(torch.cat((frames, plates), 1), sizing).contiguous(memory_format=torch.channels_last)
        low = self.dtype is not torch.float32
        with torch.autocast(self.device.type, dtype=self.dtype if low else None, enabled=low):
            found = self.network(pair, sizing.scale, self._select(sizing))
        return found.alpha.float(), found.foreground.float()

    def _select(self, sizing: Sizing) -> Select | None:
        if self.settings.refine_mode is RefineMode.full:
            return None
        if self.settings.refine_mode is RefineMode.thresholding:
            return above(self.settings.refine_threshold)
        return largest(sizing.pixels, prevent_oversampling=self.settings.refine_prevent_oversampling)

    def _plan(self, height: int, width: int) -> None:
        """Scale and pixels by the frame's size, the batch by the memory that is free, where the user leaves it open."""
        if self._sizing is not None and self._sizing.source == (height, width):
            return
        settings, gpu = self.settings, self.device.type != "cpu"
        self._sizing = sizing(height, width, settings.backbone_scale, settings.refine_sample_pixels)
        if settings.batch == 0 and gpu:
            free = free_memory(self.device)
            fitting = affordable_batch(self.backbone, self._sizing, settings.refine_mode, free, gpu=gpu)
            self._batch = max(1, fitting)

    def _shrink(self, frame: Frame, error: Exception) -> None:
        """After memory ran out: half the batch.

        Raises:
            ModelError: It was one frame.
        """
        release(self.device)
        if self._batch > 1:
            self._batch //= 2
            logger.warning("out of memory at frame %d: going on with %d frames at once", frame.index, self._batch)
            return
        height, width = frame.sdr.shape[:2]
        scale = self._sizing.scale if self._sizing else 0.0
        refined = "set model.refine_mode=sampling" if self.settings.refine_mode is RefineMode.full else ""
        advice = refined or f"set model.backbone_scale to less than {scale:g}"
        raise ModelError(f"out of memory at frame {frame.index} of {width}x{height}: free some, or {advice}") from error


def build(settings: ModelSettings, runtime: Runtime) -> BackgroundMattingModel | BackgroundMattingGraph:
    """The factory the cards name: weights that are a graph of ONNX run by ONNX Runtime."""
    if is_graph(settings.weights):
        return BackgroundMattingGraph(cast("BGMv2Settings", settings), runtime)
    return BackgroundMattingModel(cast("BGMv2Settings", settings), runtime)
