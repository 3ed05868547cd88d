"""From a checkpoint file to a network that is ready to run."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
from torch import Tensor

from vmatte.models.modnet.network.model import MODNet
from vmatte.nets.loading import Blank, Signature, load_strict, read_checkpoint

logger = logging.getLogger(__name__)

# The authors register the trunk twice; their files hold each of its tensors under both names.
_AGAIN = "lr_branch."
_TRUNK = "lr_branch.backbone."


def load_network(path: Path, candidates: Sequence[Signature] = ()) -> MODNet:
    """The network with the weights of a file, on the CPU, in evaluation mode.

    Args:
        path: Checkpoint, as the authors publish it or as a training run saves it.
        candidates: Known models, of which an error names the nearest.

    Raises:
        WeightsError: The file cannot be read, or its keys or shapes differ; see `read_checkpoint`, `load_strict`.
    """
    return network_from(read_checkpoint(path), str(path), candidates)


def network_from(state: Mapping[str, Tensor], source: str, candidates: Sequence[Signature] = ()) -> MODNet:
    """As `load_network`, from a state dict that the user calls `source`."""
    with Blank():
        network = MODNet()
    load_strict(network, once(state, source), source=source, may_lack=("*.num_batches_tracked",), candidates=candidates)
    return network.requires_grad_(False)


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
