"""From a torch module to an ONNX graph in a file."""

from __future__ import annotations

import io
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from vmatte.core.errors import ConfigError, OutputError
from vmatte.nets.session import MODEL, PRECISION

#: Version of the operators: the first with a resizing that ONNX Runtime 1.14 to today's and torch's exporter all know.
OPSET = 18


def library() -> Any:  # noqa: ANN401  only some of it has types
    """The package `onnx`.

    Raises:
        ConfigError: It is not installed.
    """
    try:
        import onnx
    except ImportError as error:
        raise ConfigError('exporting needs the package onnx: pip install "vmatte[onnx]"') from error
    return onnx


def traced(
    module: nn.Module, example: Sequence[Tensor], inputs: Sequence[str], outputs: Sequence[str], *, free: bool = False
) -> Any:  # noqa: ANN401
    """A module as an `onnx.ModelProto`.

    Args:
        module: In evaluation mode; tensors in, tensors out.
        example: Inputs to trace it with.
        inputs: Their names in the graph.
        outputs: Names of what comes out.
        free: Whether height and width of every input may be others than the example's.
    """
    onnx = library()
    free_sides = {name: {2: f"{name}_height", 3: f"{name}_width"} for name in inputs} if free else None
    # Any, as torch's own annotation knows only paths.
    written: Any = io.BytesIO()
    # The exporter by tracing: for RVM it took 1.4 s of CPU time, the one by torch.export 51 s, for the same function.
    # It warns that it is the older of the two, and of Python numbers that are meant to be constants.
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            module, tuple(example), written, input_names=list(inputs), output_names=list(outputs),
            dynamic_axes=free_sides, opset_version=OPSET, dynamo=False,
        )  # fmt: skip
    return onnx.load_model_from_string(written.getvalue())


def saved(proto: Any, path: Path, told: Mapping[str, str], model: str, precision: str = "float32") -> None:  # noqa: ANN401
    """Checks a graph and writes it as one file that appears when it is complete.

    Args:
        proto: The graph.
        path: The file; it must not exist.
        told: More to be kept beside it, by name.
        model: Name of the model it is of.
        precision: What it computes in.

    Raises:
        OutputError: The file cannot be written.
    """
    onnx = library()
    facts = {MODEL: model, PRECISION: precision} | dict(told)
    onnx.helper.set_model_props(proto, facts)
    proto.producer_name = "vmatte"
    onnx.checker.check_model(proto)
    part = path.with_name(path.name + ".part")
    try:
        part.write_bytes(proto.SerializeToString())
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise OutputError(f"{path}: cannot be written ({error.strerror})") from error
