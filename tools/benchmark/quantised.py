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
# Ways that are asked about.
_GRAPH, _PT2E = "ONNX Runtime, float32", "torch.compile, int8 (torchao PT2E)"
# Which random weights, and how far the graph may be from torch.
_SEED, _EQUAL = 0, 1e-3
# Faster is by a tenth, as times scatter by that here; half a step of an 8-bit alpha is seen.
_FASTER, _SEEN = 0.9, 0.5 / 255


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
    parser.add_argument("--size", default="320x180", help="of the drawn clip, WIDTHxHEIGHT (default 320x180)")
    parser.add_argument("--count", type=int, default=6, help="frames (default 6)")
    parser.add_argument(
        "--pt2e", action="store_true", help="also torch.compile, in float32 and as int8 by torchao's PT2E"
    )
    parser.add_argument("--model", choices=["rvm", "bgmv2"], help="one of the two alone")
    parser.add_argument("--out", type=Path, help="Markdown file whose section on this is replaced")


def main(arguments: argparse.Namespace) -> int:
    """Runs it; 1 if ONNX Runtime in float32 is further than 1e-3 from torch."""
    torch.set_num_threads(1)
    torch.manual_seed(_SEED)
    equal = True
    with tempfile.TemporaryDirectory() as name:
        for subject in _subjects(arguments, Path(name)):
            rows = measured(subject, Path(name), pt2e=arguments.pt2e)
            text = _text(subject, rows)
            print(text)
            if arguments.out:
                put_section(arguments.out, f"ONNX Runtime and int8: {subject.settings.name}", text)
            equal &= all(row.most <= _EQUAL for row in rows if row.way == _GRAPH)
    return 0 if equal else 1


@dataclass(frozen=True)
class Subject:
    """A model with its clip, and what there is to say of both."""

    settings: ModelSettings
    shot: Shot
    told: str


@dataclass(frozen=True)
class Row:
    """One way to run a model: CPU time a frame in ms, as a share of torch's, and change of alpha."""

    way: str
    spent: float
    share: float
    mean: float
    most: float
    alphas: NDArray[np.float32]


def measured(subject: Subject, folder: Path, *, pt2e: bool) -> list[Row]:
    """Torch, the graph in float32, the graph in int8 in two extents, and on request what torch.compile makes."""
    settings, shot = subject.settings, subject.shot
    graph, int8 = folder / "graph.onnx", folder / "int8.onnx"
    exported(settings, graph, None)
    rows = [_row("torch, float32", build(settings, Runtime("cpu")), shot)]
    rows.append(_row(_GRAPH, build(replace(settings, weights=graph), Runtime("cpu")), shot, rows[0]))
    feeds = recorded(replace(settings, weights=graph), shot)
    for way, kept in (("ONNX Runtime, int8", ()), ("ONNX Runtime, int8, trunk only", _KEPT)):
        quantise(graph, int8, feeds, kept)
        rows.append(_row(way, build(replace(settings, weights=int8), Runtime("cpu")), shot, rows[0]))
    for way, low in ((_PT2E, True), ("torch.compile, float32", False)) if pt2e else ():
        built = build(settings, Runtime("cpu"))
        compiled(built, shot.frames[:: max(1, len(shot.frames) // _CALIBRATED)], shot.plate, int8=low)
        rows.append(_row(way, built, shot, rows[0]))
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


def _row(way: str, built: object, shot: Shot, base: Row | None = None) -> Row:
    # The first frames plan and compile.
    list(Shot(shot.frames[:2], shot.plate).by(built))
    started = time.process_time()
    alphas = np.array(list(shot.by(built)))
    spent = 1e3 * (time.process_time() - started) / len(alphas)
    apart = np.abs(alphas - (alphas if base is None else base.alphas))
    row = Row(way, spent, spent / (base.spent if base else spent), float(apart.mean()), float(apart.max()), alphas)
    print(f"{way}: {row.spent:.0f} ms, {row.mean:.1e}, {row.most:.1e}", file=sys.stderr, flush=True)
    return row


def _subjects(arguments: argparse.Namespace, folder: Path) -> Iterator[Subject]:
    """The models, each with its clip."""
    width, height = (int(part) for part in arguments.size.split("x"))
    drawn = scene("walker", "fixed", seed=1, size=(width, height), frames=arguments.count)
    if arguments.model != "bgmv2":
        frames: Sequence[Image8] = drawn.frames
        clip = "a drawn clip"
        if arguments.frames:
            with np.load(arguments.frames) as held:
                frames, clip = list(held["frames"][: arguments.count]), "a real clip"
        weights = arguments.real or _random(folder / "rvm.safetensors", RVM(Backbone.mobilenetv3))
        settings = RVMSettings(weights=weights, refiner=Refiner(arguments.refiner))
        kind = "published" if arguments.real else "random"
        yield Subject(settings, Shot(frames), f"{clip}, {kind} weights, {arguments.refiner}")
    if arguments.model != "rvm":
        weights = _random(folder / "bgm.safetensors", BackgroundMatting())
        # Every patch that may be refined is, so that all ways do the same work whatever they round.
        bgm = BGMv2Settings(weights=weights, align=Align.none, refine_prevent_oversampling=False)
        told = "a drawn clip, random weights, so what alphas change by says little; PT2E leaves the refiner as it is"
        yield Subject(bgm, Shot(drawn.frames, drawn.plate), told)


def _random(path: Path, network: torch.nn.Module) -> Path:
    safetensors.torch.save_file(network.state_dict(), path)
    return path


def _text(subject: Subject, rows: Sequence[Row]) -> str:
    height, width = subject.shot.frames[0].shape[:2]
    lines = [[row.way, f"{row.spent:.0f}", f"{row.share:.2f}", f"{row.mean:.1e}", f"{row.most:.1e}"] for row in rows]
    return "\n\n".join(
        [
            f"Written by `python -m tools.bench quantised`: {len(subject.shot.frames)} frames of {width}x{height}, "
            f"{subject.told}. One thread, CPU time (`process_time`) a frame, {_processor()}. int8 is weights and "
            f"activations of convolutions, ranges taken from up to {_CALIBRATED} frames of the clip.",
            table(["way", "ms a frame", "to torch", "mean change of alpha", "most"], lines),
            _verdict([row for row in rows if "int8" in row.way]),
        ]
    )


def _verdict(rows: Sequence[Row]) -> str:
    """What the numbers say of int8: worth it where it is clearly faster and changes no more than 8-bit alphas show."""
    told = [
        f"{row.way}: {row.share:.2f} of torch's time, alphas {row.mean:.1e} off"
        for row in sorted(rows, key=lambda row: row.share)
    ]
    pays = any(row.share < _FASTER and row.mean < _SEEN for row in rows)
    return f"int8 {'pays' if pays else 'does not pay'} here ({'; '.join(told)})."


def _processor() -> str:
    facts = Path("/proc/cpuinfo")
    dot = facts.exists() and "vnni" in facts.read_text(encoding="utf-8")
    return f"{torch.backends.cpu.get_cpu_capability()} {'with' if dot else 'without'} VNNI"
