"""RVM through torchao's PT2E quantisation and torch.compile: what `bench quantised` compares with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from vmatte.core.types import Image8
from vmatte.models.rvm.export import Coarsely, channels
from vmatte.models.rvm.network.model import Coarse, reduced


def compiled(model: Any, frames: Sequence[Image8], *, int8: bool, calibrated: int) -> None:  # noqa: ANN401
    """Replaces the network of an `RVMModel` by its compiled form for frames of this size; needs a C++ compiler.

    Args:
        model: In float32.
        frames: Of the clip.
        int8: Whether weights and activations of convolutions are quantised first.
        calibrated: On so many of the frames.
    """
    import torch._inductor.config as inductor

    inductor.freezing = True  # constants are packed, without which int8 is slower
    ratio = model.settings.ratio(*frames[0].shape[:2])
    small = [_small(frame, ratio) for frame in frames[:: max(1, len(frames) // calibrated)]]
    network: Any = Coarsely(model.network).eval()
    empty = [
        torch.zeros(1, count, -(-small[0].shape[2] // 2**n), -(-small[0].shape[3] // 2**n))
        for n, count in enumerate(channels(model.network), 1)
    ]
    if int8:
        network = _int8(network, small, empty)
    model.network = _Network(torch.compile(network), empty)


def _int8(network: Any, small: Sequence[Tensor], empty: Sequence[Tensor]) -> Any:  # noqa: ANN401
    from torchao.quantization.pt2e.quantize_pt2e import convert_pt2e, prepare_pt2e
    from torchao.quantization.pt2e.quantizer import x86_inductor_quantizer as x86

    with torch.no_grad():
        program = torch.export.export(network, (small[0], *empty), strict=False).module()
        quantizer = x86.X86InductorQuantizer()
        quantizer.set_global(x86.get_default_x86_inductor_quantization_config())
        prepared = prepare_pt2e(program, quantizer)
        maps = list(empty)
        for picture in small:
            _, _, *maps = prepared(picture, *maps)
        return convert_pt2e(prepared)


class _Network:
    """What an `RVMModel` asks of its network, by a compiled graph."""

    def __init__(self, call: Any, empty: Sequence[Tensor]) -> None:  # noqa: ANN401
        self.call, self.empty = call, empty

    def coarse(self, small: Tensor, maps: Any, *, refined: bool, clips: int = 1) -> Coarse:  # noqa: ANN401
        """As `RVM.coarse`, one frame at a time."""
        matte, linear, r1, r2, r3, r4 = self.call(small, *(maps or self.empty))
        return Coarse(matte, linear if refined else None, (r1, r2, r3, r4))


def _small(frame: Image8, ratio: float) -> Tensor:
    return reduced(torch.from_numpy(frame).permute(2, 0, 1)[None].float() / 255, ratio)
