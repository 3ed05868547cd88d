"""RVM as an ONNX graph: equal to torch over a clip, at any size and ratio, in every state; errors in words."""

import sys
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import onnxruntime
import pytest

from tests.parity.seeded import vectors
from vmatte.core.errors import ConfigError, WeightsError
from vmatte.core.types import Clip, Colour, Frame, Hints
from vmatte.models.lift import lift
from vmatte.models.recognise import recognised
from vmatte.models.registry import Runtime, build, exported
from vmatte.models.rvm import RVMSettings

CLIP = Clip(Path("shot"), 118, 90, Fraction(24), Fraction(1, 24))
FRAMES = [Frame(n, n, picture, picture) for n, picture in enumerate(vectors("rvm_mobilenetv3")["frames"])]
SMALL = [Frame(f.index, f.pts, f.sdr[:61, :83], f.sdr[:61, :83]) for f in FRAMES]


@pytest.fixture(scope="module")
def graph(weights, tmp_path_factory) -> Path:
    path = Path(tmp_path_factory.mktemp("graph") / "rvm.onnx")
    assert exported(RVMSettings(weights=weights), path, None) == "frames of any size"
    return path


def run(weights: Path, frames, clip=CLIP, **settings):
    model = build(RVMSettings(weights=weights, **settings), Runtime("cpu", "auto"))
    return list(lift(model).mattes(clip, Hints(), iter(frames)))


@pytest.mark.parametrize(("frames", "ratio"), [(FRAMES, 0.5), (FRAMES[:3], 1), (SMALL[:4], 0.37)])
def test_mattes_and_colours_are_torchs(weights, graph, frames, ratio):
    pairs = zip(*(run(file, frames, downsample_ratio=ratio) for file in (weights, graph)), strict=True)
    for ours, theirs in pairs:
        assert np.abs(ours.alpha - theirs.alpha).max() <= 1e-4
        assert np.abs(ours.layers[0].colour - theirs.layers[0].colour).max() <= 1e-4
        assert theirs.alpha.shape == theirs.frame.sdr.shape[:2]


def test_colours_are_of_the_clips_depth(graph):
    rgb = FRAMES[0].sdr
    deep = Frame(0, 0, (rgb * 257.0 + 100 * (rgb < 255)).astype(np.uint16), rgb)
    (shallow,), (fine,) = run(graph, FRAMES[:1]), run(graph, [deep])
    inside = (fine.layers[0].colour > 0) & (fine.layers[0].colour < 1) & (rgb < 255) & (shallow.layers[0].colour > 0)
    apart = (fine.layers[0].colour - shallow.layers[0].colour)[inside]
    assert np.abs(apart - 100 / 65535).max() < 1e-5
    hdr = replace(CLIP, colour=Colour(transfer=16))
    assert run(graph, [deep], hdr)[0].layers[0].colour is None


def test_the_graph_alone_says_which_model_it_is_of(graph):
    assert recognised(graph).card.name == "rvm.mobilenetv3"


def test_the_graph_speaks_as_the_published_ones(graph):
    session = onnxruntime.InferenceSession(str(graph))
    names = [[each.name for each in ports] for ports in (session.get_inputs(), session.get_outputs())]
    assert names == [
        ["src", "r1i", "r2i", "r3i", "r4i", "downsample_ratio"],
        ["fgr", "pha", "r1o", "r2o", "r3o", "r4o"],
    ]


def test_a_graph_of_another_model_is_refused(graph, tmp_path):
    with pytest.raises(WeightsError, match=r"a graph of rvm\.mobilenetv3, not of rvm\.resnet50"):
        build(RVMSettings(name="rvm.resnet50", weights=graph))
    broken = tmp_path / "broken.onnx"
    broken.write_bytes(graph.read_bytes()[:5000])
    with pytest.raises(WeightsError, match="not an ONNX graph"):
        build(RVMSettings(weights=broken))
    with pytest.raises(WeightsError, match="vmatte export"):
        build(RVMSettings(weights=tmp_path / "none.onnx"))


def test_what_a_graph_cannot_do_is_said(graph, monkeypatch):
    with pytest.raises(ConfigError, match="precision=bf16"):
        build(RVMSettings(weights=graph), Runtime("cpu", "bf16"))
    with pytest.raises(ConfigError, match="--device cpu"):
        build(RVMSettings(weights=graph), Runtime("mps"))
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(ConfigError, match=r'pip install "vmatte\[onnx\]"'):
        build(RVMSettings(weights=graph))
