"""What this machine can do, found by trying."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from vmatte.core.errors import VmatteError
from vmatte.io.writers import OUTPUTS
from vmatte.io.writers.probe import refusal
from vmatte.models.registry import cards
from vmatte.run.batch.outlook import free_bytes
from vmatte.run.batch.share import cores
from vmatte.run.report import versions
from vmatte.weights.home import home
from vmatte.weights.store import condition
from vmatte.weights.telling import amount

# Outputs whose encoders come with PyAV: without one of them something is broken, not just absent.
_EXPECTED = ("prores", "alpha", "png16")

_EXTRAS = {
    "exr": "OpenEXR",
    "onnx": "onnxruntime",
    "ray": "ray",
    "refine": "pymatting",
    "report": "matplotlib",
    "s3": "s3fs",
    "shots": "scenedetect",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing found.

    Attributes:
        subject: What was looked at.
        text: What was found.
        wrong: Whether that stops the usual runs.
    """

    subject: str
    text: str
    wrong: bool = False


def examined(out: Path) -> Iterator[Finding]:
    """Everything worth knowing, one thing at a time, as some take a second to find out.

    Args:
        out: The folder that results are to go to.
    """
    yield Finding("versions", ", ".join(f"{name} {text}" for name, text in versions().items()))
    yield Finding("extras", ", ".join(f"{name} {'here' if there else 'not here'}" for name, there in extras().items()))
    yield from _tried("devices", _devices)
    yield from _tried("memory", _memory)
    yield from _disk(out)
    for name in OUTPUTS:
        reason = refusal(name)
        text = "can be written" if reason is None else f"not here: {reason}"
        yield Finding(f"output {name}", text, reason is not None and name in _EXPECTED)
    yield from _weights()


def extras() -> dict[str, bool]:
    """Whether each of the optional packages is here, by the name of its extra; none is imported."""
    return {name: find_spec(package) is not None for name, package in _EXTRAS.items()}


def _tried(subject: str, look: Callable[[], str]) -> Iterator[Finding]:
    try:
        yield Finding(subject, look())
    except (ImportError, OSError, RuntimeError) as error:
        yield Finding(subject, f"PyTorch does not work here: {' '.join(str(error).split())}", wrong=True)


def _devices() -> str:
    from vmatte.nets.device import cuda_names, device_of

    names = [f"cuda:{place} {name}" for place, name in enumerate(cuda_names())]
    return ", ".join([f"cpu with {cores()} cores", *names, f"auto takes {device_of('auto').type}"])


def _memory() -> str:
    from vmatte.nets.device import device_of, free_memory

    free = {kind: free_memory(device_of(kind)) for kind in dict.fromkeys(("cpu", device_of("auto").type))}
    return ", ".join(f"{kind} {'unknown' if size is None else amount(size)} free" for kind, size in free.items())


def _disk(out: Path) -> Iterator[Finding]:
    for subject, folder in (("disk for results", out), ("disk for weights", home())):
        free = free_bytes(folder)
        yield Finding(subject, f"{folder}: {'unknown' if free is None else amount(free)} free")


def _weights() -> Iterator[Finding]:
    for name, known in cards().items():
        if known.weights is not None:
            try:
                state = condition(name, known.weights).value
            except (VmatteError, OSError) as error:
                state = " ".join(str(error).split())
            yield Finding(f"weights {name}", f"{state}, {amount(known.weights.bytes)}", state == "changed")
