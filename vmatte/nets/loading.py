"""Puts a state dict into a network, strictly: what does not belong is an error that says which model is nearest."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from vmatte.core.errors import WeightsError
from vmatte.nets.checkpoint import PREFIXES, WRAPPERS, read_checkpoint
from vmatte.nets.signature import Signature, nearest

__all__ = [
    "PREFIXES",
    "WRAPPERS",
    "Blank",
    "Signature",
    "channels_last",
    "filled",
    "from_file",
    "load_strict",
    "nearest",
    "read_checkpoint",
    "refuse_trunk",
]

P = ParamSpec("P")
ModuleT = TypeVar("ModuleT", bound=nn.Module)

#: Entries of normalisations that only training needs.
COUNTERS = ("*.num_batches_tracked",)

# Keys of each kind that an error names; the rest are counted.
NAMED = 3


def from_file(
    made: Callable[Concatenate[Mapping[str, Tensor], str, P], ModuleT],
) -> Callable[Concatenate[Path, P], ModuleT]:
    """What makes a network of a checkpoint, as its authors publish it or as a training run saves it.

    Args:
        made: Makes it of a state dict and what the user calls that.

    Returns:
        Takes the path of a file in their place, and what `made` takes beside them. The network is on the CPU, in
        evaluation mode. Raises WeightsError as `read_checkpoint` and `made` do.
    """

    def load_network(path: Path, /, *args: P.args, **kwargs: P.kwargs) -> ModuleT:
        return made(read_checkpoint(path), str(path), *args, **kwargs)

    return load_network


def filled(
    make: Callable[[], ModuleT],
    state: Mapping[str, Tensor],
    source: str,
    candidates: Sequence[Signature],
    may_lack: Sequence[str] = COUNTERS,
) -> ModuleT:
    """A new network with these weights, not to be trained.

    Args:
        make: Builds it.
        state: As `read_checkpoint` gives it.
        source: As for `load_strict`.
        candidates: As for `load_strict`.
        may_lack: As for `load_strict`.

    Raises:
        WeightsError: As `load_strict`.
    """
    with Blank():
        network = make()
    return load_strict(network, state, source=source, may_lack=may_lack, candidates=candidates).requires_grad_(False)


def load_strict(
    module: ModuleT,
    state: Mapping[str, Tensor],
    *,
    source: str,
    may_lack: Sequence[str] = (),
    candidates: Sequence[Signature] = (),
) -> ModuleT:
    """Copies `state` into `module` and returns it in evaluation mode.

    Args:
        module: Built with the shapes expected.
        state: As `read_checkpoint` gives it.
        source: What the user calls the checkpoint, for errors.
        may_lack: Shell patterns of keys whose absence is no error; they keep the value the module was built with.
        candidates: Known models, of which an error names the nearest.

    Raises:
        WeightsError: Keys are missing or unexpected, shapes differ, or values are not finite.
    """
    own = module.state_dict()
    lacking = [key for key in own if key not in state]
    missing = [key for key in lacking if not any(fnmatchcase(key, pattern) for pattern in may_lack)]
    unexpected = [key for key in state if key not in own]
    shapes = [
        f"{key} is {_size(state[key])}, not {_size(own[key])}"
        for key in own
        if key in state and state[key].shape != own[key].shape
    ]
    faults = [
        _listed(kind, keys)
        for kind, keys in (("missing", missing), ("unexpected", unexpected), ("of another shape", shapes))
        if keys
    ]
    if faults:
        raise WeightsError(f"{source}: not this model's weights: {'; '.join(faults)}{_hint(state, own, candidates)}")
    broken = [key for key, value in state.items() if not bool(torch.isfinite(value).all())]
    if broken:
        raise WeightsError(f"{source}: {_listed('with values that are not finite', broken)}: fetch it again")
    module.load_state_dict(state, strict=False)
    return module.eval()


def refuse_trunk(
    found: str | None, wanted: str, state: Mapping[str, Tensor], source: str, candidates: Sequence[Signature] = ()
) -> None:
    """Stops at weights of another trunk than the model was asked for with.

    Args:
        found: What the keys say; None when they say nothing.
        wanted: What the model has.
        state: The weights.
        source: What the user calls them.
        candidates: Known models, of which the error names the nearest.

    Raises:
        WeightsError: They are of another one.
    """
    if found is not None and found != wanted:
        near = nearest(state, candidates)
        model = f"; the nearest known model is {near.model}" if near else ""
        raise WeightsError(f"{source}: weights of a network with the {found} trunk, not the {wanted} one{model}")


def channels_last(module: ModuleT) -> ModuleT:
    """The module with its two-dimensional kernels laid out pixel by pixel, and whatever it computes from then on.

    On one AVX-512 core the MatAnyone network takes a fifth less time so.
    """
    module.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # torch's own stubs lack it
    return module


class Blank(TorchFunctionMode):
    """A context in which new modules leave their parameters as memory happens to be, for weights to be loaded into.

    Drawing random values first takes 4.4 s of 4.6 s for the 220 million parameters of BiRefNet.
    """

    def __torch_function__(
        self,
        function: Callable[..., Any],
        types: Any,  # noqa: ANN401
        args: Any = (),  # noqa: ANN401
        kwargs: Any = None,  # noqa: ANN401
    ) -> Any:  # noqa: ANN401  torch's own signature
        """Calls everything but the functions of `torch.nn.init`."""
        kwargs = kwargs or {}
        if getattr(function, "__module__", None) == "torch.nn.init":
            return args[0] if args else kwargs["tensor"]
        return function(*args, **kwargs)


def _hint(state: Mapping[str, Tensor], own: Mapping[str, Tensor], candidates: Sequence[Signature]) -> str:
    if not candidates:
        return ""
    near = nearest(state, candidates)
    known = ", ".join(candidate.model for candidate in candidates)
    if near is None:
        return f"; it is near to none of the known models ({known})"
    if near.share(own) == 1:
        return f"; this model is the nearest known one ({near.model}): the file may be of a relative or another version"
    return f"; the nearest known model is {near.model}"


def _listed(kind: str, keys: Sequence[str]) -> str:
    more = f" and {len(keys) - NAMED} more" if len(keys) > NAMED else ""
    return f"{len(keys)} {'key' if len(keys) == 1 else 'keys'} {kind} ({', '.join(keys[:NAMED])}{more})"


def _size(tensor: Tensor) -> str:
    return "x".join(map(str, tensor.shape)) or "a scalar"
