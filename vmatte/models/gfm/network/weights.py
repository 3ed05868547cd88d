"""From a checkpoint file to a network that is ready to run."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from vmatte.models.gfm.network.encoder import Trunk
from vmatte.models.gfm.network.fusion import Kind
from vmatte.models.gfm.network.model import GFM
from vmatte.nets.loading import Signature, filled, from_file, refuse_trunk

logger = logging.getLogger(__name__)

# The authors register the trunk twice; their files hold each of its tensors under both names.
_AGAIN = ("resnet.", "densenet.")
_NAMES = (
    (r"resnet\.conv1\.", "encoder0.0."),
    (r"resnet\.bn1\.", "encoder0.1."),
    (r"resnet\.layer1\.", "encoder1.1."),
    (r"resnet\.layer(\d)\.", r"encoder\1."),
    (r"densenet\.features\.conv0\.", "encoder0.0."),
    (r"densenet\.features\.norm0\.", "encoder0.1."),
    (r"densenet\.features\.denseblock(\d)\.", r"encoder\1.0."),
    (r"densenet\.features\.transition(\d)\.", r"encoder\1.1."),
)
# Keys of one trunk alone, in the order they are looked for: r34-2b has most of what r34 has.
_TRUNKS: dict[str, Trunk] = {
    "encoder5.1.conv1.weight": "r34-2b",
    "encoder1.0.denselayer1.conv1.weight": "d121",
    "encoder1.1.0.conv3.weight": "r101",
    "encoder1.1.0.conv1.weight": "r34",
}


def network_from(
    state: Mapping[str, Tensor], source: str, trunk: Trunk, kinds: Sequence[Kind], candidates: Sequence[Signature] = ()
) -> GFM:
    """The network with these weights, on the CPU, in evaluation mode.

    Args:
        state: As `read_checkpoint` gives it.
        source: What the user calls it.
        trunk: The trunk it must have.
        kinds: What its heads must have been trained for; nothing in a file tells `ft` from `bt`.
        candidates: Known models, of which an error names the nearest.

    Raises:
        WeightsError: It has another trunk, or its keys or shapes differ; see `load_strict`.
    """
    refuse_trunk(trunk_of(state), trunk, state, source, candidates)
    return filled(lambda: GFM(trunk, kinds), once(state, source), source, candidates)


load_network = from_file(network_from)


def trunk_of(state: Mapping[str, Tensor]) -> Trunk | None:
    """Which trunk a checkpoint has; None when it is no checkpoint of this network."""
    if "bridge_block.0.weight" not in state:
        return None
    return next((trunk for key, trunk in _TRUNKS.items() if key in state), None)


def once(state: Mapping[str, Tensor], source: str) -> dict[str, Tensor]:
    """The same entries, those of the trunk only under `encoder`; where both differ, these are in force and it is said.

    The authors' loader copies a file's entries in order into the same tensors: the last one stays, which is this.
    """
    kept = {key: value for key, value in state.items() if not key.startswith(_AGAIN)}
    for key in state.keys() - kept.keys():
        name = _encoder_name(key)
        if name in kept and kept[name].shape == state[key].shape and not torch.equal(kept[name], state[key]):
            logger.warning("%s: %s and %s differ; the second is taken, as its authors do", source, key, name)
            break
    return kept


def _encoder_name(key: str) -> str:
    for pattern, name in _NAMES:
        renamed, count = re.subn(f"^{pattern}", name, key)
        if count:
            return renamed
    return key
