"""From a checkpoint file to a network that is ready to run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from torch import Tensor

from vmatte.models.bgmv2.network.model import BackgroundMatting
from vmatte.nets.loading import PREFIXES, Signature, filled, read_checkpoint, refuse_trunk

# Counters: inference needs none of them from the file.
MAY_LACK = ("*.num_batches_tracked",)
# What the published wrapper for TorchScript puts before every key.
_WRAPPED = "model."


def load_network(path: Path, backbone: str, candidates: Sequence[Signature] = ()) -> BackgroundMatting:
    """The network with the weights of a file, on the CPU, in evaluation mode.

    Args:
        path: Checkpoint, as the authors publish it or as a training run saves it.
        backbone: The trunk it must have.
        candidates: Known models, of which an error names the nearest.

    Raises:
        WeightsError: The file cannot be read, has another trunk, or its keys or shapes differ; see `read_checkpoint`,
            `load_strict`.
    """
    state = read_checkpoint(path, prefixes=(*PREFIXES, _WRAPPED), candidates=candidates)
    return network_from(state, str(path), backbone, candidates)


def network_from(
    state: Mapping[str, Tensor], source: str, backbone: str, candidates: Sequence[Signature] = ()
) -> BackgroundMatting:
    """As `load_network`, from a state dict that the user calls `source`."""
    refuse_trunk(backbone_of(state), backbone, state, source, candidates)
    return filled(lambda: BackgroundMatting(backbone, kernel_of(state)), state, source, candidates, MAY_LACK)


def backbone_of(state: Mapping[str, Tensor]) -> str | None:
    """Which trunk a checkpoint of this network has; None when it is no such checkpoint."""
    if "refiner.conv1.weight" not in state:
        return None
    if "backbone.features.0.0.weight" in state:
        return "mobilenetv2"
    if "backbone.layer3.0.conv1.weight" not in state:
        return None
    return "resnet101" if "backbone.layer3.22.conv1.weight" in state else "resnet50"


def kernel_of(state: Mapping[str, Tensor]) -> int:
    """Side of the refiner's kernels: 3 in everything published, 1 as a training option."""
    weight = state.get("refiner.conv1.weight")
    return 1 if weight is not None and tuple(weight.shape[2:]) == (1, 1) else 3
