"""From a checkpoint file to a network that is ready to run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from torch import Tensor

from vmatte.models.inspyrenet.network.model import InSPyReNet
from vmatte.nets.loading import Signature, filled, from_file

# Follows from the window's size, and is computed from it.
_DERIVED = ".relative_position_index"


def network_from(
    state: Mapping[str, Tensor], source: str, base: int, candidates: Sequence[Signature] = ()
) -> InSPyReNet:
    """The network with these weights, on the CPU, in evaluation mode.

    Args:
        state: As `read_checkpoint` gives it.
        source: What the user calls it.
        base: Side in px of the squares it was trained on, which nothing in the file says.
        candidates: Known models, of which an error names the nearest.

    Raises:
        WeightsError: Its keys or shapes differ; see `load_strict`.
    """
    kept = {key: value for key, value in state.items() if not key.endswith(_DERIVED)}
    return filled(lambda: InSPyReNet(base), kept, source, candidates)


load_network = from_file(network_from)
