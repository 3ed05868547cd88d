"""Runs ONNX graphs by ONNX Runtime, the optional engine beside torch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from vmatte.core.errors import ConfigError, WeightsError

#: What files of the engine end in; other checkpoints are torch's.
SUFFIX = ".onnx"
#: Under these names a graph of vmatte's says what it is.
MODEL, PRECISION = "vmatte.model", "vmatte.precision"

_PROVIDERS = {"cpu": "CPUExecutionProvider", "cuda": "CUDAExecutionProvider"}
# Of ONNX Runtime's levels the one from which on only errors are told.
_ERRORS = 3
_SINGLE, _HALF = "tensor(float)", "tensor(float16)"


@dataclass(frozen=True, slots=True, eq=False)
class Session:
    """A graph that is ready to run.

    Attributes:
        path: Its file.
        facts: Device, precision and engine, for a report.
        inputs: Name and shape of each input; sides that may be any are text.
        halves: Names of the inputs that are float16, as in some published graphs.
        foreign: Whether it was exported by others.
        held: ONNX Runtime's own object.
    """

    path: Path
    facts: Mapping[str, str]
    inputs: Mapping[str, Sequence[int | str]]
    halves: frozenset[str]
    foreign: bool
    held: Any

    def run(self, outputs: Sequence[str], feeds: Mapping[str, NDArray[Any]]) -> list[NDArray[np.float32]]:
        """The outputs of these names, in float32 as what they are fed with, whatever the graph computes in."""
        fed = {name: each.astype(np.float16) if name in self.halves else each for name, each in feeds.items()}
        return [np.asarray(made, np.float32) for made in self.held.run(list(outputs), fed)]


def is_graph(path: Path | None) -> bool:
    """Whether a file is for this engine.

    >>> is_graph(Path("rvm.onnx")), is_graph(Path("rvm.pth")), is_graph(None)
    (True, False, False)
    """
    return path is not None and path.suffix.lower() == SUFFIX


def opened(
    path: Path, model: str, device: str, precision: str, inputs: Sequence[str], outputs: Sequence[str]
) -> Session:
    """The graph in a file, on as many threads as torch takes.

    Args:
        path: The file.
        model: Name of the model that it must be of. Graphs of others do not say; their inputs and outputs tell.
        device: As a user names it; `auto` takes CUDA if this build of ONNX Runtime has it.
        precision: As a user names it: a graph has its own, so only `auto` and `fp32` can be asked for.
        inputs: Names of floating-point inputs that it must have.
        outputs: Likewise.

    Raises:
        ConfigError: ONNX Runtime is not installed, has no such device, or the precision is a torch one.
        WeightsError: The file is missing, damaged, or another model's.
    """
    runtime = library()
    provider = provider_of(runtime, device)
    refuse_precision(precision, path)
    if not path.is_file():
        raise WeightsError(f"{path}: no such graph file: `vmatte export {model}` makes one")
    held = _started(runtime, path, provider)
    _check(held, path, model, inputs, outputs)
    told = held.get_modelmeta().custom_metadata_map
    halves = frozenset(each.name for each in held.get_inputs() if each.type == _HALF)
    facts = {
        "engine": f"onnxruntime {runtime.__version__}",
        "device": "cuda" if provider == _PROVIDERS["cuda"] else "cpu",
        "precision": told.get(PRECISION, "float16" if halves else "float32"),
    }
    shapes = {each.name: each.shape for each in held.get_inputs()}
    return Session(path, facts, shapes, halves, MODEL not in told, held)


def refuse_precision(precision: str, path: Path) -> None:
    """Stops at what only torch can do.

    Raises:
        ConfigError: Another precision than float32 is asked for.
    """
    if precision not in ("auto", "fp32"):
        raise ConfigError(
            f"precision={precision}: {path.name} computes in what it was exported in; take precision=auto"
        )


def model_of(path: Path) -> str | None:
    """The model that a graph says it is of; None if it says nothing.

    Raises:
        ConfigError: ONNX Runtime is not installed.
        WeightsError: The file is damaged.
    """
    told: str | None = _started(library(), path, _PROVIDERS["cpu"]).get_modelmeta().custom_metadata_map.get(MODEL)
    return told


def session_options(runtime: Any) -> Any:  # noqa: ANN401  the package has no types
    """On as many threads as torch takes, and silent but for errors."""
    options = runtime.SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    options.log_severity_level = _ERRORS
    return options


def _started(runtime: Any, path: Path, provider: str) -> Any:  # noqa: ANN401
    try:
        return runtime.InferenceSession(str(path), session_options(runtime), providers=[provider])
    # ONNX Runtime's errors share no ancestor of their own.
    except Exception as error:
        raise WeightsError(f"{path}: not an ONNX graph that can be run ({error}): export it again") from error


def library() -> Any:  # noqa: ANN401  the package has no types
    """ONNX Runtime.

    Raises:
        ConfigError: It is not installed.
    """
    try:
        import onnxruntime
    except ImportError as error:
        raise ConfigError('graphs of ONNX need the package onnxruntime: pip install "vmatte[onnx]"') from error
    return onnxruntime


def provider_of(runtime: Any, device: str) -> str:  # noqa: ANN401
    """What ONNX Runtime calls a device.

    Raises:
        ConfigError: This build of it has none.
    """
    there = runtime.get_available_providers()
    if device == "auto":
        device = "cuda" if _PROVIDERS["cuda"] in there else "cpu"
    if _PROVIDERS.get(device) not in there:
        raise ConfigError(f"device {device}: this build of ONNX Runtime has none; take --device cpu")
    return _PROVIDERS[device]


def _check(held: Any, path: Path, model: str, inputs: Sequence[str], outputs: Sequence[str]) -> None:  # noqa: ANN401
    """Raises WeightsError unless the graph is the model's."""
    own = held.get_modelmeta().custom_metadata_map.get(MODEL, model)
    if own != model:
        raise WeightsError(f"{path}: a graph of {own}, not of {model}")
    for kind, wanted, found in (("input", inputs, held.get_inputs()), ("output", outputs, held.get_outputs())):
        types = {each.name: each.type for each in found}
        bad = [name for name in wanted if types.get(name) not in (_SINGLE, _HALF)]
        if bad:
            raise WeightsError(
                f"{path}: not a graph of {model}: no float {kind} called {', '.join(bad)}: export it with vmatte"
            )
