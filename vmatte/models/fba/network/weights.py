"""From a checkpoint file to a network that is ready to run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from torch import Tensor

from vmatte.models.fba.network.model import FBA, standardised
from vmatte.nets.loading import Signature, filled, from_file


def network_from(state: Mapping[str, Tensor], source: str, candidates: Sequence[Signature] = ()) -> FBA:
    """The network with these weights, on the CPU, in evaluation mode.

    Args:
        state: As `read_checkpoint` gives it.
        source: What the user calls it.
        candidates: Known models, of which an error names the nearest.

    Raises:
        WeightsError: Its keys or shapes differ; see `load_strict`.
    """
    return standardised(filled(FBA, state, source, candidates))


load_network = from_file(network_from)
