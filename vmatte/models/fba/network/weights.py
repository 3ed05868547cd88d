"""From a checkpoint file to a network that is ready to run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from torch import Tensor

from vmatte.models.fba.network.model import FBA, standardised
from vmatte.nets.loading import Blank, Signature, load_strict, read_checkpoint


def load_network(path: Path, candidates: Sequence[Signature] = ()) -> FBA:
    """The network with the weights of a file, on the CPU, in evaluation mode.

    Args:
        path: Checkpoint, as the authors publish it or as a training run saves it.
        candidates: Known models, of which an error names the nearest.

    Raises:
        WeightsError: The file cannot be read, or its keys or shapes differ; see `read_checkpoint`, `load_strict`.
    """
    return network_from(read_checkpoint(path), str(path), candidates)


def network_from(state: Mapping[str, Tensor], source: str, candidates: Sequence[Signature] = ()) -> FBA:
    """As `load_network`, from a state dict that the user calls `source`."""
    with Blank():
        network = FBA()
    load_strict(network, state, source=source, candidates=candidates)
    return standardised(network).requires_grad_(False)
