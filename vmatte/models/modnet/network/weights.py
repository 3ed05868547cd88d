"""From a checkpoint file to a network that is ready to run."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from vmatte.models.modnet.network.model import MODNet
from vmatte.nets.loading import Signature, filled, from_file

logger = logging.getLogger(__name__)

# The authors register the trunk twice; their files hold each of its tensors under both names.
_AGAIN = "lr_branch."
_TRUNK = "lr_branch.backbone."


def network_from(state: Mapping[str, Tensor], source: str, candidates: Sequence[Signature] = ()) -> MODNet:
    """The network with these weights, on the CPU, in evaluation mode.

    Args:
        state: As `read_checkpoint` gives it.
        source: What the user calls it.
        candidates: Known models, of which an error names the nearest.

    Raises:
        WeightsError: Its keys or shapes differ; see `load_strict`.
    """
    return filled(MODNet, once(state, source), source, candidates)


load_network = from_file(network_from)


def once(state: Mapping[str, Tensor], source: str) -> dict[str, Tensor]:
    """The same entries, those of the trunk only under `backbone.`; where both differ, the second name's are in force.

    The reference copies the file's entries in order, into the same tensors: the last one stays.
    """
    again = {key: value for key, value in state.items() if key.startswith(_TRUNK)}
    found = {key: value for key, value in state.items() if key not in again}
    for key, value in again.items():
        name = key.removeprefix(_AGAIN)
        if name in found and not torch.equal(found[name], value):
            logger.warning("%s: %s and %s differ; the second is taken, as its authors' code does", source, name, key)
        found[name] = value
    return found
