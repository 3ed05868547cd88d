"""From a checkpoint file to a network that is ready to run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from torch import Tensor

from vmatte.core.errors import WeightsError
from vmatte.models.u2net.network.model import WIDTHS, U2Net, Width
from vmatte.nets.loading import Signature, filled, from_file

_INSIDE, _SIDE = "stage1.rebnconv1.conv_s1.weight", "side1.weight"
# Published beside the others, of the same keys and shapes; it cannot be told from them by its content.
_DRAWINGS = "u2net_portrait"


def network_from(state: Mapping[str, Tensor], source: str, width: Width, candidates: Sequence[Signature] = ()) -> U2Net:
    """The network with these weights, on the CPU, in evaluation mode.

    Args:
        state: As `read_checkpoint` gives it.
        source: What the user calls it.
        width: What it must be, full or small.
        candidates: Known models, of which an error names the nearest.

    Raises:
        WeightsError: It is the checkpoint that draws portraits or of the other width, or its keys or shapes differ; see
            `load_strict`.
    """
    if _DRAWINGS in Path(source).name.lower():
        raise WeightsError(
            f"{source}: this checkpoint makes pencil drawings of faces, not mattes: take u2net.human-seg"
        )
    inside = state.get(_INSIDE)
    found = None if inside is None else WIDTHS.get(inside.shape[0])
    if found is not None and found != width and "outconv.weight" in state:
        model = "u2net" if found == "full" else "u2net.small"
        raise WeightsError(f"{source}: weights of the {found} network, not the {width} one: take --model {model}")
    side = state.get(_SIDE)
    sides = 1 if side is None or side.ndim != 4 else side.shape[0]
    return filled(lambda: U2Net(width, sides), state, source, candidates)


load_network = from_file(network_from)
