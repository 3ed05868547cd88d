"""BackgroundMattingV2 as an ONNX graph: equal to torch at any size, however it refines."""

from fractions import Fraction
from pathlib import Path

import numpy as np
import onnx
import pytest

from tests.parity.seeded import vectors
from vmatte.core.errors import ModelError
from vmatte.core.types import Clip, Frame, Hints
from vmatte.hints.arrays import Maps
from vmatte.models.bgmv2 import BGMv2Settings, RefineMode
from vmatte.models.bgmv2.export import graph as graph_of
from vmatte.models.bgmv2.network.weights import load_network
from vmatte.models.plate import Align
from vmatte.models.registry import Runtime, build, exported
from vmatte.nets.fold import folded

# Sides that are no multiples of 4.
HEIGHT, WIDTH = 130, 170


def shot(height: int = HEIGHT, width: int = WIDTH) -> tuple[list[Frame], Hints]:
    held = vectors("bgmv2_mobilenetv2")
    src, bgr = (np.ascontiguousarray(held[key][:height, :width]) for key in ("src", "bgr"))
    turned = [(src, bgr), (src[:, ::-1].copy(), bgr[:, ::-1].copy())]
    frames = [Frame(n, n, rgb, rgb) for n, (rgb, _) in enumerate(turned)]
    return frames, Hints({"plate": Maps({n: plate for n, (_, plate) in enumerate(turned)})})


def run(weights: Path, frames: list[Frame], hints: Hints, **settings):
    clip = Clip(Path("shot"), WIDTH, HEIGHT, Fraction(24), Fraction(1, 24))
    model = build(BGMv2Settings(weights=weights, align=Align.none, **settings), Runtime("cpu"))
    return list(model.mattes(clip, hints, iter(frames)))


@pytest.fixture(scope="module")
def graph(weights, tmp_path_factory) -> Path:
    path = Path(tmp_path_factory.mktemp("graph") / "bgm.onnx")
    settings = BGMv2Settings(weights=weights, refine_sample_pixels=2688)
    assert exported(settings, path, None) == "frames of any size"
    return path


def assert_equal(ours, theirs) -> None:
    for one, other in zip(ours, theirs, strict=True):
        assert other.alpha.shape == other.frame.sdr.shape[:2]
        assert np.abs(one.alpha - other.alpha).max() <= 1e-4
        assert np.abs(one.layers[0].colour - other.layers[0].colour).max() <= 1e-4


@pytest.mark.parametrize("size", [(130, 170), (132, 172), (97, 61), (5, 7), (1, 1)])
def test_one_graph_is_torch_at_any_size(weights, graph, size):
    frames, hints = shot(*size)
    assert_equal(run(weights, frames, hints, refine_sample_pixels=2688), run(graph, frames, hints))


@pytest.mark.parametrize(
    "settings",
    [
        {"refine_mode": RefineMode.full, "backbone_scale": 0.25},
        {"refine_mode": RefineMode.thresholding, "refine_threshold": 0.2, "backbone_scale": 0.125},
        {"refine_sample_pixels": 15, "refine_prevent_oversampling": False},
    ],
)
def test_every_way_to_refine(weights, tmp_path, settings):
    exported(BGMv2Settings(weights=weights, **settings), tmp_path / "bgm.onnx", None)
    assert_equal(run(weights, *shot(), **settings), run(tmp_path / "bgm.onnx", *shot()))


def test_the_size_can_be_fixed(weights, tmp_path):
    path = tmp_path / "bgm.onnx"
    assert exported(BGMv2Settings(weights=weights), path, (WIDTH, HEIGHT)) == "frames of 170x130"
    assert_equal(run(weights, *shot()), run(path, *shot()))
    with pytest.raises(ModelError, match=r"for frames of 170x130, not 170x120.*without --size"):
        run(path, *shot(120))


def test_a_graph_of_others_is_fed_as_the_published_ones_want_it(weights, tmp_path):
    """Sides that are multiples of 4, and float16 where the graph takes it."""
    network = folded(load_network(weights, "mobilenetv2"))
    settings = BGMv2Settings(refine_mode=RefineMode.full, backbone_scale=0.25)
    proto = graph_of(network, settings)
    for port in [*proto.graph.input, *proto.graph.output]:
        port.type.tensor_type.elem_type = onnx.TensorProto.FLOAT16
    wide = [onnx.helper.make_node("Cast", [f"{name}_half"], [name], to=1) for name in ("src", "bgr")]
    narrow = [onnx.helper.make_node("Cast", [name], [f"{name}_half"], to=10) for name in ("fgr", "pha")]
    nodes = [*wide, *proto.graph.node, *narrow]
    for port in [*proto.graph.input, *proto.graph.output]:
        port.name += "_half"
    proto.graph.node.clear()
    proto.graph.node.extend(nodes)
    # The names are the published ones on the outside.
    for node in proto.graph.node:
        node.input[:] = [renamed(name) for name in node.input]
        node.output[:] = [renamed(name) for name in node.output]
    for port in [*proto.graph.input, *proto.graph.output]:
        port.name = renamed(port.name)
    onnx.save(proto, tmp_path / "published.onnx")
    ours = run(weights, *shot(), refine_mode=RefineMode.full, backbone_scale=0.25)
    theirs = run(tmp_path / "published.onnx", *shot())
    for one, other in zip(ours, theirs, strict=True):
        assert np.abs(one.alpha - other.alpha).max() <= 0.02
        assert other.alpha.dtype == np.float32


def renamed(name: str) -> str:
    """`src_half` is called `src` and the other way round."""
    if name in ("src", "bgr", "fgr", "pha"):
        return f"{name}_wide"
    return name.removesuffix("_half")
