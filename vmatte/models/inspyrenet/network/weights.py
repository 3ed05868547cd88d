"""From a checkpoint file to a network that is ready to run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from torch import Tensor

from vmatte.models.inspyrenet.network.model import InSPyReNet
from vmatte.nets.loading import Blank, Signature, load_strict, read_checkpoint

# Follows from the window's size, and is computed from it.
_DERIVED = ".relative_position_index"


def load_network(path: Path, base: int, candidates: Sequence[Signature] = ()) -> InSPyReNet:
    """The network with the weights of a file, on the CPU, in evaluation mode.

    Args:
        path: Checkpoint, as the authors publish it or as a training run saves it.
        base: Side in px of the squares it was trained on, which nothing in the file says.
        candidates: Known models, of which an error names the nearest.

    Raises:
        WeightsError: The file cannot be read, or its keys or shapes differ; see `read_checkpoint`, `load_strict`.
    """
    return network_from(read_checkpoint(path), str(path), base, candidates)


def network_from(
    state: Mapping[str, Tensor], source: str, base: int, candidates: Sequence[Signature] = ()
) -> InSPyReNet:
    """As `load_network`, from a state dict that the user calls `source`."""
    kept = {key: value for key, value in state.items() if not key.endswith(_DERIVED)}
    with Blank():
        network = InSPyReNet(base)
    load_strict(network, kept, source=source, may_lack=("*.num_batches_tracked",), candidates=candidates)
    return network.requires_grad_(False)
