"""RVM as an ONNX graph for frames of any size: inputs and outputs as in the published graphs.

The network is traced by torch at the small size. What surrounds it, making frames smaller by a ratio that is an input
and applying the guided filter's linear model at the frame's size, is written out here operator by operator, because a
traced program has its ratio fixed.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor, nn

from vmatte.models.placing import weights_of
from vmatte.models.registry import ModelSettings, signatures
from vmatte.models.rvm.engine import INPUTS, OUTPUTS
from vmatte.models.rvm.network.model import RVM
from vmatte.models.rvm.network.weights import load_network
from vmatte.models.rvm.settings import RVMSettings
from vmatte.models.rvm.variants import Backbone
from vmatte.nets.fold import folded
from vmatte.nets.graph import library, saved, traced

_MAPS = ("r1", "r2", "r3", "r4")
# Sides to trace with: unequal, odd at several strides, so that nothing is taken for a constant.
_EXAMPLE = (90, 118)


class Coarsely(nn.Module):
    """What is traced: one picture at the small size."""

    def __init__(self, network: RVM) -> None:
        super().__init__()
        self.network = network

    def forward(self, small: Tensor, r1: Tensor, r2: Tensor, r3: Tensor, r4: Tensor) -> tuple[Tensor, ...]:
        """The matte, the linear model, and the maps after it."""
        coarse = self.network.coarse(small, (r1, r2, r3, r4), refined=True)
        assert coarse.model is not None
        return coarse.matte, coarse.model, *coarse.maps


def export(settings: ModelSettings, out: Path, size: tuple[int, int] | None) -> str:
    """Writes the graph, as `models.registry.exported` asks; what frames it takes, in words."""
    own = cast("RVMSettings", settings)
    library()
    backbone = Backbone(own.name.rpartition(".")[2])
    network = folded(load_network(weights_of(own), backbone, own.refiner, signatures()))
    saved(graph(network, size), out, {"vmatte.refiner": own.refiner.value}, own.name)
    return "frames of any size" if size is None else f"frames of {size[0]}x{size[1]}"


def graph(network: RVM, size: tuple[int, int] | None = None) -> Any:  # noqa: ANN401  an untyped library
    """The `onnx.ModelProto` of a network whose normalisations are folded."""
    height, width = _EXAMPLE
    widths = channels(network)
    sides = [(-(-height // 2**n), -(-width // 2**n)) for n in range(1, 5)]
    maps = [torch.zeros(1, count, *side) for count, side in zip(widths, sides, strict=True)]
    small = torch.zeros(1, 3, height, width)
    proto = traced(Coarsely(network), [small, *maps], ["small", *_MAPS], ["matte", "model", *OUTPUTS[2:]], free=True)
    onnx = library()
    before, after = _before(onnx, widths), _after(onnx)
    inner = list(proto.graph.node)
    del proto.graph.node[:], proto.graph.input[:], proto.graph.output[:], proto.graph.value_info[:]
    proto.graph.node.extend([*before, *inner, *after])
    proto.graph.initializer.extend(_numbers(onnx))
    proto.graph.input.extend(_ports(onnx, INPUTS[:5], widths, size))
    proto.graph.input.append(onnx.helper.make_tensor_value_info(INPUTS[5], onnx.TensorProto.FLOAT, [1]))
    proto.graph.output.extend(_results(onnx, widths, size))
    return proto


def channels(network: RVM) -> list[int]:
    """Of the four recurrent maps, the finest first."""
    decoder = network.decoder
    blocks = (decoder.decode1, decoder.decode2, decoder.decode3, decoder.decode4)
    return [cast("nn.Conv2d", block.gru.hh[0]).out_channels for block in blocks]


def _numbers(onnx: Any) -> list[Any]:  # noqa: ANN401
    """Constants that the surroundings use."""
    held = {
        "one_one": np.ones(2, np.float32),
        "whole": np.ones(1, np.float32),
        "low": np.zeros((), np.float32),
        "high": np.ones((), np.float32),
        "two_1": np.array([1], np.int64),
        "two_2": np.array([2], np.int64),
        "eight": np.array([8], np.int64),
        "colour_alpha": np.array([3, 1], np.int64),
    }
    return [onnx.numpy_helper.from_array(value, name) for name, value in held.items()]


def _before(onnx: Any, widths: list[int]) -> list[Any]:  # noqa: ANN401
    """From frame, ratio and any maps to what was traced; maps of one pixel are stretched, as all that begin are."""
    node = onnx.helper.make_node
    made = [
        node("Concat", ["one_one", INPUTS[5], INPUTS[5]], ["scales"], axis=0),
        node("Resize", ["src", "", "scales"], ["small"], mode="linear", coordinate_transformation_mode="half_pixel"),
        node("Shape", ["small"], ["side_0"], start=2),
    ]
    for number, (name, width) in enumerate(zip(_MAPS, widths, strict=True), 1):
        # Half of the side before, rounded up.
        made += [
            node("Add", [f"side_{number - 1}", "two_1"], [f"more_{number}"]),
            node("Div", [f"more_{number}", "two_2"], [f"side_{number}"]),
            node("Constant", [], [f"front_{number}"], value_ints=[1, width]),
            node("Concat", [f"front_{number}", f"side_{number}"], [f"shape_{number}"], axis=0),
            node("Expand", [f"{name}i", f"shape_{number}"], [name]),
        ]
    return made


def _after(onnx: Any) -> list[Any]:  # noqa: ANN401
    """From matte and linear model to colours and alpha at the frame's size; see `network.refiner.applied`."""
    node, helper = onnx.helper.make_node, onnx.helper
    refined = [
        node("Shape", ["src"], ["frame_side"], start=2),
        node("Concat", ["two_1", "eight", "frame_side"], ["model_shape"], axis=0),
        node(
            "Resize", ["model", "", "", "model_shape"], ["wide"], mode="linear",
            coordinate_transformation_mode="half_pixel",
        ),
        node("Split", ["wide"], ["slope", "offset"], axis=1, num_outputs=2),
        node("ReduceMean", ["src", "two_1"], ["grey"], keepdims=1),
        node("Concat", ["src", "grey"], ["guide"], axis=1),
        node("Mul", ["slope", "guide"], ["sloped"]),
        node("Add", ["sloped", "offset"], ["applied"]),
    ]  # fmt: skip
    shown = [helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, None) for name in ("plain", "applied")]
    plain = helper.make_graph([node("Identity", ["matte"], ["plain"])], "as_it_is", [], shown[:1])
    filtered = helper.make_graph(refined, "refined", [], shown[1:])
    return [
        node("Equal", [INPUTS[5], "whole"], ["unscaled"]),
        node("If", ["unscaled"], ["made"], then_branch=plain, else_branch=filtered),
        node("Split", ["made", "colour_alpha"], ["residual", "alpha"], axis=1),
        node("Add", ["residual", "src"], ["colours"]),
        node("Clip", ["colours", "low", "high"], ["fgr"]),
        node("Clip", ["alpha", "low", "high"], ["pha"]),
    ]


def _ports(onnx: Any, names: tuple[str, ...], widths: list[int], size: tuple[int, int] | None) -> list[Any]:  # noqa: ANN401
    width, height = size or ("width", "height")
    shapes: list[list[int | str]] = [[1, 3, height, width]]
    shapes += [[1, f"c{n}i", f"h{n}i", f"w{n}i"] for n, _ in enumerate(widths, 1)]
    port = onnx.helper.make_tensor_value_info
    return [port(name, onnx.TensorProto.FLOAT, shape) for name, shape in zip(names, shapes, strict=True)]


def _results(onnx: Any, widths: list[int], size: tuple[int, int] | None) -> list[Any]:  # noqa: ANN401
    width, height = size or ("width", "height")
    shapes: list[list[int | str]] = [[1, 3, height, width], [1, 1, height, width]]
    shapes += [[1, count, f"h{n}", f"w{n}"] for n, count in enumerate(widths, 1)]
    port = onnx.helper.make_tensor_value_info
    return [port(name, onnx.TensorProto.FLOAT, shape) for name, shape in zip(OUTPUTS, shapes, strict=True)]
