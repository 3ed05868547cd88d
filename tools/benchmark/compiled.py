"""RVM and BackgroundMattingV2 through torch.compile, in int8 by torchao's PT2E: what `bench quantised` compares with.

That is PyTorch's maintained way to quantise for a processor: activations and weights of convolutions, ranges taken from
frames of the clip, lowered by Inductor. It needs a C++ compiler.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from vmatte.core.types import Image8
from vmatte.models.bgmv2.network.base import Coarse as Look
from vmatte.models.bgmv2.network.base import resized
from vmatte.models.bgmv2.sizing import sizing
from vmatte.models.rvm.export import Coarsely, channels
from vmatte.models.rvm.network.model import Coarse, reduced
from vmatte.run.batch.share import cores


def compiled(model: Any, frames: Sequence[Image8], plate: Image8 | None, *, int8: bool) -> None:  # noqa: ANN401
    """Replaces the network of a model by its compiled form for frames of this size.

    Args:
        model: An `RVMModel`, or a `BackgroundMattingModel`, of which the refiner stays as it is: how many patches it
            sees changes from frame to frame.
        frames: Of the clip; int8 takes its ranges from all of them.
        plate: For the second kind.
        int8: Whether weights and activations of convolutions are quantised first.
    """
    import torch._inductor.config as inductor

    inductor.freezing = True  # constants are packed, without which int8 is slower
    # A file for each kernel: all of RVM in one (cpp_wrapper) keeps the C++ compiler busy for more than a quarter of an
    # hour, its kernels take seven minutes.
    inductor.compile_threads = cores()
    if plate is None:
        _rvm(model, frames, int8)
    else:
        _bgm(model, frames, plate, int8)


def _rvm(model: Any, frames: Sequence[Image8], int8: bool) -> None:  # noqa: ANN401
    ratio = model.settings.ratio(*frames[0].shape[:2])
    small = [reduced(_tensor(frame), ratio) for frame in frames]
    empty = [
        torch.zeros(1, count, -(-small[0].shape[2] // 2**n), -(-small[0].shape[3] // 2**n))
        for n, count in enumerate(channels(model.network), 1)
    ]
    network: Any = Coarsely(model.network).eval()

    def seen(prepared: Any) -> None:  # noqa: ANN401
        maps = list(empty)
        for picture in small:
            _, _, *maps = prepared(picture, *maps)

    if int8:
        network = _int8(network, (small[0], *empty), seen)
    model.network = _Network(torch.compile(network), empty)


def _bgm(model: Any, frames: Sequence[Image8], plate: Image8, int8: bool) -> None:  # noqa: ANN401
    height, width = frames[0].shape[:2]
    chosen = sizing(height, width, model.settings.backbone_scale)
    side = tuple(max(1, int(length * chosen.scale)) for length in chosen.padded)
    small = [resized(torch.cat((_tensor(frame), _tensor(plate)), 1), (side[0], side[1])) for frame in frames]
    network: Any = _Looking(model.network).eval()

    def seen(prepared: Any) -> None:  # noqa: ANN401
        for pair in small:
            prepared(pair)

    if int8:
        network = _int8(network, (small[0],), seen)
    call: Any = torch.compile(network)
    model.network.look = lambda pair: Look(*call(pair))


def _int8(network: nn.Module, example: tuple[Tensor, ...], seen: Any) -> Any:  # noqa: ANN401
    from torchao.quantization.pt2e.quantize_pt2e import convert_pt2e, prepare_pt2e
    from torchao.quantization.pt2e.quantizer import x86_inductor_quantizer as x86

    with torch.no_grad():
        program = torch.export.export(network, example, strict=False).module()
        quantizer = x86.X86InductorQuantizer()
        quantizer.set_global(x86.get_default_x86_inductor_quantization_config())
        prepared = prepare_pt2e(program, quantizer)
        seen(prepared)
        return convert_pt2e(prepared)


class _Looking(nn.Module):
    """The coarse look alone, as a module."""

    def __init__(self, network: Any) -> None:  # noqa: ANN401
        super().__init__()
        self.network = network
        # As it is now: the compiled one takes its place.
        self._look = network.look

    def forward(self, pair: Tensor) -> tuple[Tensor, ...]:
        """Alpha, foreground, error and features."""
        return tuple(self._look(pair))


class _Network:
    """What an `RVMModel` asks of its network, by a compiled graph."""

    def __init__(self, call: Any, empty: Sequence[Tensor]) -> None:  # noqa: ANN401
        self.call, self.empty = call, empty

    def coarse(self, small: Tensor, maps: Any, *, refined: bool, clips: int = 1) -> Coarse:  # noqa: ANN401
        """As `RVM.coarse`, one frame at a time."""
        matte, linear, r1, r2, r3, r4 = self.call(small, *(maps or self.empty))
        return Coarse(matte, linear if refined else None, (r1, r2, r3, r4))


def _tensor(frame: Image8) -> Tensor:
    return torch.from_numpy(frame).permute(2, 0, 1)[None].float() / 255
