"""RVM as a model: frames become tensors a chunk at a time, predictions become mattes with colours."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Any, cast

import torch
from torch import Tensor

from vmatte.core.errors import ModelError
from vmatte.core.types import Clip, Frame, Hints, Matte
from vmatte.models.placing import placed, weights_of
from vmatte.models.registry import ModelSettings, Runtime, signatures
from vmatte.models.rvm.engine import RVMGraph
from vmatte.models.rvm.enlarge import enlarged, layer
from vmatte.models.rvm.network.model import Coarse, reduced
from vmatte.models.rvm.network.weights import load_network
from vmatte.models.rvm.settings import RVMSettings
from vmatte.models.rvm.state import State
from vmatte.models.rvm.variants import Backbone
from vmatte.nets.device import exact, is_out_of_memory, release
from vmatte.nets.fold import folded
from vmatte.nets.loading import channels_last
from vmatte.nets.session import is_graph

logger = logging.getLogger(__name__)

Later = Callable[[], Matte]

# Frames at once, unless said. A processor gains nothing by several: 246, 239, 238 and 285 ms a frame for 1, 2, 4 and 8
# of 512x288 on one core. A GPU waits less for small kernels to be launched (not measured), but more frames than the
# queue behind the model holds, and one, would keep the writers waiting.
_CHUNK, _CHUNK_GPU = 1, 4


class RVMModel:
    """A RecurrentModel that may be given several frames at once, `chunk` of them at best."""

    def __init__(self, settings: RVMSettings, runtime: Runtime) -> None:
        """Loads the weights.

        Raises:
            ConfigError, WeightsError: As in `placed`, `weights_of` and `load_network`.
        """
        self.settings = settings
        self.device, self.dtype = self.place = placed(runtime)
        backbone = Backbone(settings.name.rpartition(".")[2])
        network = load_network(weights_of(settings), backbone, settings.refiner, signatures())
        self.network = channels_last(folded(network)).to(self.device)
        self.chunk = settings.seq_chunk or (_CHUNK if self.device.type == "cpu" else _CHUNK_GPU)
        self._seen: dict[str, Any] = {}

    def start(self, clip: Clip, hints: Hints, frame: Frame) -> State:
        """The memory before the first frame: empty."""
        return State(hdr=clip.colour.hdr)

    def step(self, state: State, frame: Frame, hints: Hints) -> tuple[State, Matte]:
        """The memory after `frame`, and its matte."""
        state, (matte,) = self.steps(state, [frame], hints)
        return state, matte

    def steps(self, state: State, frames: Sequence[Frame], hints: Hints) -> tuple[State, list[Matte]]:
        """The memory after the last of consecutive frames, and their mattes: equal to one step after the other."""
        state, mattes = self.launch(state, frames, hints)
        return state, [matte() for matte in mattes]

    def launch(self, state: State, frames: Sequence[Frame], hints: Hints) -> tuple[State, list[Later]]:
        """As `steps`, but each matte is had, or on a processor first made, by calling what comes back.

        Raises:
            ModelError: Memory does not suffice for a single frame, or the state is of frames of another size.
        """
        try:
            with torch.inference_mode(), exact():
                return self._launched(state.on(self.device), frames)
        except Exception as error:
            if not is_out_of_memory(error):
                raise
            self._shrink(frames, error)
        half = (len(frames) + 1) // 2
        state, first = self.launch(state, frames[:half], hints)
        state, second = self.launch(state, frames[half:], hints)
        return state, first + second

    @property
    def ahead(self) -> bool:
        """Whether the device works on by itself, so that the next chunk should be launched before mattes are had."""
        return self.device.type == "cuda"

    def facts(self) -> dict[str, Any]:
        """Device, precision, and ratio, size and chunk as they turned out, for the report."""
        return {**self.place.facts(), "seq_chunk": self.chunk, **self._seen}

    def _launched(self, state: State, frames: Sequence[Frame]) -> tuple[State, list[Later]]:
        height, width = frames[0].sdr.shape[:2]
        ratio = self.settings.ratio(height, width)
        if min(height, width) * ratio < 1:
            raise ModelError(f"nothing is left of {width}x{height} at a ratio of {ratio:g}: set model.downsample_ratio")
        pictures = [self._picture(frame) for frame in frames]
        small = torch.cat([reduced(_shown(picture), ratio) for picture in pictures])
        self._seen = {"downsample_ratio": ratio, "working_size": tuple(small.shape[2:])}
        maps = None
        if state.maps is not None:
            _check(state.maps[0], small)
            r1, r2, r3, r4 = (part.contiguous(memory_format=torch.channels_last) for part in state.maps)
            maps = (r1, r2, r3, r4)
        low = self.dtype is not torch.float32
        with torch.autocast(self.device.type, dtype=self.dtype if low else None, enabled=low):
            coarse = self.network.coarse(small, maps, refined=ratio != 1)
        there = zip(frames, pictures, strict=True)
        mattes = [self._later(coarse, number, *pair, state.hdr) for number, pair in enumerate(there)]
        return State(coarse.maps, state.hdr), mattes

    def _picture(self, frame: Frame) -> Tensor:
        """(1, 3, H, W) uint8 on the device, pixel by pixel in memory."""
        picture = torch.from_numpy(frame.sdr)
        if self.device.type == "cuda":
            picture = picture.pin_memory()
        return picture.to(self.device, non_blocking=True).permute(2, 0, 1)[None]

    def _later(self, coarse: Coarse, number: int, frame: Frame, picture: Tensor, hdr: bool) -> Later:
        """The matte of one frame at its own size.

        A processor makes it when it is asked for, so that one frame's is in memory at a time. Other devices start at
        once, a GPU with the copy to the host as well, and the call waits for it.
        """
        # The network sees a tone-mapped copy of HDR: its colours are none of the frame's.
        channels = 1 if hdr else 4
        if self.device.type == "cpu" and coarse.model is not None:
            model = coarse.model[number].numpy()
            return lambda: Matte(frame, (layer(frame, enlarged(model, frame.sdr, channels)),))
        made = coarse.full(number, _shown(picture))[0, 4 - channels :].to("cpu", non_blocking=self.ahead)
        if not self.ahead:
            return lambda: Matte(frame, (layer(frame, list(made.numpy())),))
        event = torch.cuda.Event()  # type: ignore[no-untyped-call]
        event.record()

        def matte() -> Matte:
            event.synchronize()
            return Matte(frame, (layer(frame, list(made.numpy())),))

        return matte

    def _shrink(self, frames: Sequence[Frame], error: Exception) -> None:
        """After memory ran out: half the frames at once.

        Raises:
            ModelError: It was a single one.
        """
        release(self.device)
        height, width = frames[0].sdr.shape[:2]
        if len(frames) == 1:
            raise ModelError(
                f"out of memory at frame {frames[0].index}, {width}x{height} at a ratio of "
                f"{self.settings.ratio(height, width):g}: free some, or set model.downsample_ratio to less"
            ) from error
        self.chunk = (len(frames) + 1) // 2
        logger.warning("out of memory at frame %d: going on with %d frames at once", frames[0].index, self.chunk)


def build(settings: ModelSettings, runtime: Runtime) -> RVMModel | RVMGraph:
    """The factory the cards name: weights that are a graph of ONNX run by ONNX Runtime."""
    if is_graph(settings.weights):
        return RVMGraph(cast("RVMSettings", settings), runtime)
    return RVMModel(cast("RVMSettings", settings), runtime)


def _shown(picture: Tensor) -> Tensor:
    """uint8 as float32 in 0..1."""
    return picture.float().div_(255)


def _check(last: Tensor, small: Tensor) -> None:
    """Raises ModelError unless the recurrent map at stride 2 belongs to pictures of this size."""
    expected = tuple((side + 1) // 2 for side in small.shape[2:])
    if tuple(last.shape[2:]) != expected:
        raise ModelError(
            f"the memory is of pictures of another size or downsample_ratio ({tuple(last.shape[2:])}, not {expected} "
            "at stride 2): start anew"
        )
