"""From a checkpoint file to a network that is ready to run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from torch import Tensor

from vmatte.core.errors import WeightsError
from vmatte.models.u2net.network.model import WIDTHS, U2Net, Width
from vmatte.nets.loading import Blank, Signature, load_strict, read_checkpoint

_INSIDE, _SIDE = "stage1.rebnconv1.conv_s1.weight", "side1.weight"
# Published beside the others, of the same keys and shapes; it cannot be told from them by its content.
_DRAWINGS = "u2net_portrait"


def load_network(path: Path, width: Width, candidates: Sequence[Signature] = ()) -> U2Net:
    """The network with the weights of a file, on the CPU, in evaluation mode.

    Args:
        path: Checkpoint, as the authors publish it or as a training run saves it.
        width: What it must be, full or small.
        candidates: Known models, of which an error names the nearest.

    Raises:
        WeightsError: The file cannot be read, is of the other width, or its keys or shapes differ; see
            `read_checkpoint`, `load_strict`. Or it is the checkpoint that draws portraits.
    """
    if _DRAWINGS in path.name.lower():
        raise WeightsError(f"{path}: this checkpoint makes pencil drawings of faces, not mattes: take u2net.human-seg")
    return network_from(read_checkpoint(path), str(path), width, candidates)


def network_from(state: Mapping[str, Tensor], source: str, width: Width, candidates: Sequence[Signature] = ()) -> U2Net:
    """As `load_network`, from a state dict that the user calls `source`."""
    inside = state.get(_INSIDE)
    found = None if inside is None else WIDTHS.get(inside.shape[0])
    if found is not None and found != width and "outconv.weight" in state:
        model = "u2net" if found == "full" else "u2net.small"
        raise WeightsError(f"{source}: weights of the {found} network, not the {width} one: take --model {model}")
    side = state.get(_SIDE)
    with Blank():
        network = U2Net(width, 1 if side is None or side.ndim != 4 else side.shape[0])
    load_strict(network, state, source=source, may_lack=("*.num_batches_tracked",), candidates=candidates)
    return network.requires_grad_(False)
