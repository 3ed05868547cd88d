"""From a checkpoint file to a network that is ready to run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from torch import Tensor

from vmatte.models.isnet.network.model import ISNet
from vmatte.nets.loading import Blank, Signature, load_strict, read_checkpoint

# Training checkpoints of the anime weights hold the network under the first, and one that only training needs.
_PREFIX, _TRAINING = "net.", "gt_encoder."


def load_network(path: Path, candidates: Sequence[Signature] = ()) -> ISNet:
    """The network with the weights of a file, on the CPU, in evaluation mode.

    Args:
        path: Checkpoint, as the authors publish it, as a training run saves it, or as anime-segmentation does.
        candidates: Known models, of which an error names the nearest.

    Raises:
        WeightsError: The file cannot be read, or its keys or shapes differ; see `read_checkpoint`, `load_strict`.
    """
    return network_from(read_checkpoint(path), str(path), candidates)


def network_from(state: Mapping[str, Tensor], source: str, candidates: Sequence[Signature] = ()) -> ISNet:
    """As `load_network`, from a state dict that the user calls `source`."""
    kept = {key: value for key, value in state.items() if not key.startswith(_TRAINING)}
    if kept and all(key.startswith(_PREFIX) for key in kept):
        kept = {key.removeprefix(_PREFIX): value for key, value in kept.items()}
    with Blank():
        network = ISNet()
    load_strict(network, kept, source=source, may_lack=("*.num_batches_tracked",), candidates=candidates)
    return network.requires_grad_(False)
