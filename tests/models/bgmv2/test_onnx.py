"""BackgroundMattingV2 as an ONNX graph: equal to torch, where it samples and where it refines everything."""

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from tests.parity.seeded import vectors
from vmatte.core.errors import ConfigError, ModelError
from vmatte.core.types import Clip, Frame, Hints
from vmatte.hints.arrays import Maps
from vmatte.models.bgmv2 import BGMv2Settings, RefineMode
from vmatte.models.plate import Align
from vmatte.models.registry import Runtime, build, exported

# Sides that are no multiples of 4.
HEIGHT, WIDTH = 130, 170


def shot(height: int = HEIGHT) -> tuple[list[Frame], Hints]:
    held = vectors("bgmv2_mobilenetv2")
    src, bgr = (np.ascontiguousarray(held[key][:height, :WIDTH]) for key in ("src", "bgr"))
    turned = [(src, bgr), (src[:, ::-1].copy(), bgr[:, ::-1].copy())]
    frames = [Frame(n, n, rgb, rgb) for n, (rgb, _) in enumerate(turned)]
    return frames, Hints({"plate": Maps({n: plate for n, (_, plate) in enumerate(turned)})})


def run(weights: Path, frames: list[Frame], hints: Hints, **settings):
    clip = Clip(Path("shot"), WIDTH, HEIGHT, Fraction(24), Fraction(1, 24))
    model = build(BGMv2Settings(weights=weights, align=Align.none, **settings), Runtime("cpu"))
    return list(model.mattes(clip, hints, iter(frames)))


@pytest.mark.parametrize(
    "settings",
    [
        {"refine_sample_pixels": 2688, "backbone_scale": 0.25},
        {"refine_mode": RefineMode.full, "refine_sample_pixels": 0},
    ],
)
def test_mattes_and_colours_are_torchs(weights, tmp_path, settings):
    path = tmp_path / "bgm.onnx"
    assert exported(BGMv2Settings(weights=weights, **settings), path, (WIDTH, HEIGHT)) == "frames of 170x130"
    for ours, theirs in zip(run(weights, *shot(), **settings), run(path, *shot()), strict=True):
        assert np.abs(ours.alpha - theirs.alpha).max() <= 1e-4
        assert np.abs(ours.layers[0].colour - theirs.layers[0].colour).max() <= 1e-4
    with pytest.raises(ModelError, match=r"for frames of 170x130, not 170x120.*--size 170x120"):
        run(path, *shot(120))


def test_what_has_no_graph_is_refused(weights, tmp_path):
    with pytest.raises(ConfigError, match="--size"):
        exported(BGMv2Settings(weights=weights), tmp_path / "bgm.onnx", None)
    with pytest.raises(ConfigError, match="sampling or full"):
        exported(BGMv2Settings(weights=weights, refine_mode=RefineMode.thresholding), tmp_path / "b.onnx", (64, 64))
    assert not list(tmp_path.iterdir())
