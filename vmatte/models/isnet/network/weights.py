"""From a checkpoint file to a network that is ready to run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from torch import Tensor

from vmatte.models.isnet.network.model import ISNet
from vmatte.nets.loading import Signature, filled, from_file

# Training checkpoints of the anime weights hold the network under the first, and one that only training needs.
_PREFIX, _TRAINING = "net.", "gt_encoder."


def network_from(state: Mapping[str, Tensor], source: str, candidates: Sequence[Signature] = ()) -> ISNet:
    """The network with these weights, on the CPU, in evaluation mode.

    Args:
        state: As `read_checkpoint` gives it.
        source: What the user calls it.
        candidates: Known models, of which an error names the nearest.

    Raises:
        WeightsError: Its keys or shapes differ; see `load_strict`.
    """
    kept = {key: value for key, value in state.items() if not key.startswith(_TRAINING)}
    if kept and all(key.startswith(_PREFIX) for key in kept):
        kept = {key.removeprefix(_PREFIX): value for key, value in kept.items()}
    return filled(ISNet, kept, source, candidates)


load_network = from_file(network_from)
