"""`bench quantised`: ONNX Runtime and int8 against torch in float32, for RVM and BackgroundMattingV2 on a processor."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import safetensors.torch
import torch
from numpy.typing import NDArray

from tools.benchmark.compiled import compiled
from tools.benchmark.report import put_section, table
from tools.synth import scene
from vmatte.core.types import Clip, Frame, Hints, Image8
from vmatte.hints.arrays import Maps
from vmatte.models.bgmv2 import BGMv2Settings
from vmatte.models.bgmv2.network.model import BackgroundMatting
from vmatte.models.lift import lift
from vmatte.models.plate import Align
from vmatte.models.registry import ModelSettings, Runtime, build, exported
from vmatte.models.rvm import RVMSettings
from vmatte.models.rvm.network.model import RVM
from vmatte.models.rvm.variants import Backbone, Refiner

# Frames of the clip that the ranges of activations are taken from, spread over it.
_CALIBRATED = 6
# Parts of RVM whose values decide alpha directly or come back with every frame; left in float32 by `int8, trunk only`.
_KEPT = ("decoder", "project_mat", "refiner")


@dataclass(frozen=True)
class Shot:
    """A clip in memory."""

    frames: Sequence[Image8]
    plate: Image8 | None = None

    def mattes(self, settings: ModelSettings) -> Iterator[NDArray[np.float32]]:
        """Alphas by the pipeline's own door."""
        yield from self.by(build(settings, Runtime("cpu")))

    def by(self, model: object) -> Iterator[NDArray[np.float32]]:
        """Alphas by a model that is built already."""
        height, width = self.frames[0].shape[:2]
        clip = Clip(Path("clip"), width, height, Fraction(30), Fraction(1, 30))
        count = len(self.frames)
        hints = Hints() if self.plate is None else Hints({"plate": Maps(dict.fromkeys(range(count), self.plate))})
        frames = (Frame(n, n, rgb, rgb) for n, rgb in enumerate(self.frames))
        for matte in lift(model).mattes(clip, hints, frames):
            yield matte.alpha


def options(parser: argparse.ArgumentParser) -> None:
    """Declares the command's options."""
    parser.add_argument(
        "--real", type=Path, help="weights of rvm.mobilenetv3; without, random ones, whose alphas mean little"
    )
    parser.add_argument("--frames", type=Path, help=".npz with `frames`, a real clip; without, a drawn one")
    parser.add_argument("--refiner", choices=[each.value for each in Refiner], default="deep_guided_filter")
    parser.add_argument("--size", default="512x288", help="of the drawn clip, WIDTHxHEIGHT (default 512x288)")
    parser.add_argument("--count", type=int, default=12, help="frames (default 12)")
    parser.add_argument("--pt2e", action="store_true", help="also torchao's PT2E with a compiled graph: takes minutes")
    parser.add_argument("--out", type=Path, help="Markdown file whose section on this is replaced")


def main(arguments: argparse.Namespace) -> int:
    """Runs it; 1 if ONNX Runtime in float32 is further than 1e-3 from torch."""
    torch.set_num_threads(1)
    shot = _shot(arguments)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rvm = RVMSettings(weights=_weights(folder, arguments.real), refiner=Refiner(arguments.refiner))
        rows = measured("rvm.mobilenetv3", rvm, Shot(shot.frames), folder)
        if arguments.pt2e:
            rows += _compiled_rows(rvm, Shot(shot.frames), rows[0])
        if shot.plate is not None:
            bgm = BGMv2Settings(weights=_random(folder / "bgm.safetensors", BackgroundMatting()), align=Align.none)
            rows += measured("bgmv2.mobilenetv2", bgm, shot, folder)
    text = _text(rows, shot, arguments)
    print(text)
    if arguments.out:
        put_section(arguments.out, "ONNX Runtime and int8", text)
    return 0 if all(row.most <= 1e-3 for row in rows if row.way == "ONNX Runtime, float32") else 1


@dataclass(frozen=True)
class Row:
    """One way to run a model: CPU time a frame in ms, as a share of torch's, and change of alpha."""

    model: str
    way: str
    spent: float
    share: float
    mean: float
    most: float
    alphas: NDArray[np.float32]


def measured(model: str, settings: ModelSettings, shot: Shot, folder: Path) -> list[Row]:
    """Torch, the graph in float32, and the graph in int8 in two extents."""
    graph, int8 = folder / f"{model}.onnx", folder / f"{model}.int8.onnx"
    height, width = shot.frames[0].shape[:2]
    exported(settings, graph, None if shot.plate is None else (width, height))
    rows = [_row(model, "torch, float32", build(settings, Runtime("cpu")), shot)]
    rows.append(
        _row(model, "ONNX Runtime, float32", build(replace(settings, weights=graph), Runtime("cpu")), shot, rows[0])
    )
    feeds = recorded(replace(settings, weights=graph), shot)
    for way, kept in (("ONNX Runtime, int8", ()), ("ONNX Runtime, int8, trunk only", _KEPT)):
        quantise(graph, int8, feeds, kept)
        rows.append(_row(model, way, build(replace(settings, weights=int8), Runtime("cpu")), shot, rows[0]))
    return rows


def recorded(settings: ModelSettings, shot: Shot) -> list[Mapping[str, NDArray[Any]]]:
    """What a graph is fed with on some frames of a clip, states included."""
    model = build(settings, Runtime("cpu"))
    session, seen = model.session, []

    class Recorder:
        inputs = session.inputs
        facts = session.facts
        foreign = session.foreign

        @staticmethod
        def run(outputs: Sequence[str], feeds: Mapping[str, NDArray[Any]]) -> list[NDArray[np.float32]]:
            seen.append(feeds)
            made: list[NDArray[np.float32]] = session.run(outputs, feeds)
            return made

    model.session = Recorder
    list(shot.by(model))
    return seen[:: max(1, len(seen) // _CALIBRATED)]


def quantise(graph: Path, out: Path, feeds: Sequence[Mapping[str, NDArray[Any]]], kept: Sequence[str] = ()) -> None:
    """Writes a graph whose convolutions have int8 weights, by channel, and 8-bit activations (QDQ).

    Weights take 7 bits: processors without VNNI add pairs of products in 16 bits, which 8 would overflow, see ONNX
    Runtime's documentation on quantisation.

    Args:
        graph: In float32.
        out: The file.
        feeds: To find the ranges of activations with.
        kept: Convolutions with one of these in their names stay as they are.
    """
    import onnx
    from onnxruntime import quantization
    from onnxruntime.quantization.shape_inference import quant_pre_process

    class Reader(quantization.CalibrationDataReader):  # type: ignore[misc]
        def __init__(self) -> None:
            self.left = iter(feeds)

        def get_next(self) -> Mapping[str, NDArray[Any]] | None:
            return next(self.left, None)

    ready = out.with_suffix(".ready.onnx")
    quant_pre_process(str(graph), str(ready), skip_symbolic_shape=True)
    named = [node.name for node in onnx.load(ready).graph.node if node.op_type == "Conv"]
    quantization.quantize_static(
        str(ready), str(out), Reader(), op_types_to_quantize=["Conv"], per_channel=True, reduce_range=True,
        activation_type=quantization.QuantType.QUInt8, weight_type=quantization.QuantType.QInt8,
        nodes_to_exclude=[name for name in named if any(part in name for part in kept)],
    )  # fmt: skip


def _compiled_rows(settings: RVMSettings, shot: Shot, base: Row) -> list[Row]:
    rows = []
    for way, int8 in (("torch.compile, float32", False), ("torch.compile, int8 (torchao PT2E)", True)):
        model = build(settings, Runtime("cpu"))
        compiled(model, shot.frames, int8=int8, calibrated=_CALIBRATED)
        rows.append(_row(base.model, way, model, shot, base))
    return rows


def _row(model: str, way: str, built: object, shot: Shot, base: Row | None = None) -> Row:
    # The first frames plan and compile.
    list(Shot(shot.frames[:2], shot.plate).by(built))
    started = time.process_time()
    alphas = np.array(list(shot.by(built)))
    spent = 1e3 * (time.process_time() - started) / len(alphas)
    apart = np.abs(alphas - (alphas if base is None else base.alphas))
    row = Row(
        model, way, spent, spent / (base.spent if base else spent), float(apart.mean()), float(apart.max()), alphas
    )
    print(f"{model}, {way}: {row.spent:.0f} ms, {row.mean:.1e}, {row.most:.1e}", file=sys.stderr, flush=True)
    return row


def _shot(arguments: argparse.Namespace) -> Shot:
    if arguments.frames:
        with np.load(arguments.frames) as held:
            return Shot(list(held["frames"][: arguments.count]))
    width, height = (int(part) for part in arguments.size.split("x"))
    drawn = scene("walker", "fixed", seed=1, size=(width, height), frames=arguments.count)
    return Shot(drawn.frames, drawn.plate)


def _weights(folder: Path, real: Path | None) -> Path:
    return real or _random(folder / "rvm.safetensors", RVM(Backbone.mobilenetv3))


def _random(path: Path, network: torch.nn.Module) -> Path:
    safetensors.torch.save_file(network.state_dict(), path)
    return path


def _text(rows: Sequence[Row], shot: Shot, arguments: argparse.Namespace) -> str:
    height, width = shot.frames[0].shape[:2]
    weights = "published weights for RVM" if arguments.real else "random weights"
    lines = [
        [row.model, row.way, f"{row.spent:.0f}", f"{row.share:.2f}", f"{row.mean:.1e}", f"{row.most:.1e}"]
        for row in rows
    ]
    clip = "a real clip" if arguments.frames else "a drawn clip"
    return "\n\n".join(
        [
            f"Written by `python -m tools.bench quantised`: {len(shot.frames)} frames of {clip}, {width}x{height}, "
            f"{weights}, one thread, CPU time (`process_time`) a frame.",
            table(["model", "way", "ms a frame", "to torch", "mean change of alpha", "most"], lines),
        ]
    )
