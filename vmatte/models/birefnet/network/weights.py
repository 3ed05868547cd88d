"""From a checkpoint file to a network that is ready to run.

The decoder cuts the picture into a grid of tiles and stacks them as channels. On 2024-11-05 the authors' code changed
the order of the stack without converting any weights: checkpoints come in two orders with the same keys and shapes.
The network here stacks as the new code does; older checkpoints have the channels of four convolutions put in order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from torch import Tensor

from vmatte.models.birefnet.network.decoder import GRIDS
from vmatte.models.birefnet.network.model import WIDTHS, Backbone, BiRefNet
from vmatte.models.birefnet.variants import PatchOrder
from vmatte.nets.loading import Signature, filled, from_file, refuse_trunk

# Training heads and counters: inference needs none of them from the file.
MAY_LACK = ("decoder.conv_ms_spvn_*", "decoder.gdt_convs_pred_*", "*.num_batches_tracked")
# Follows from the window's size, and is computed from it.
_DERIVED = ".relative_position_index"
_FIRST = "bb.patch_embed.proj.weight"


def network_from(
    state: Mapping[str, Tensor],
    source: str,
    backbone: Backbone,
    order: PatchOrder,
    candidates: Sequence[Signature] = (),
) -> BiRefNet:
    """The network with these weights, on the CPU, in evaluation mode.

    Args:
        state: As `read_checkpoint` gives it.
        source: What the user calls it.
        backbone: The trunk it must have.
        order: Of the tiles with which it was trained.
        candidates: Known models, of which an error names the nearest.

    Raises:
        WeightsError: It has the other trunk, or its keys or shapes differ; see `load_strict`.
    """
    refuse_trunk(backbone_of(state), backbone, state, source, candidates)
    fitted = {key: value for key, value in state.items() if not key.endswith(_DERIVED)}
    if order is PatchOrder.wg_hg_c:
        fitted |= reordered(fitted)
    return filled(lambda: BiRefNet(backbone), fitted, source, candidates, MAY_LACK)


load_network = from_file(network_from)


def backbone_of(state: Mapping[str, Tensor]) -> Backbone | None:
    """Which trunk a checkpoint has; None when it is neither."""
    weight = state.get(_FIRST)
    return None if weight is None or weight.ndim != 4 else WIDTHS.get(weight.shape[0])


def reordered(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The weights that see the tiles, from (tile column, tile row, colour) to (colour, tile row, tile column)."""
    found = {}
    for number, grid in GRIDS.items():
        key = f"decoder.ipt_blk{number}.conv1.weight"
        weight = state.get(key)
        if grid > 1 and weight is not None and weight.ndim == 4 and weight.shape[1] == 3 * grid * grid:
            tiles = weight.reshape(weight.shape[0], grid, grid, 3, *weight.shape[2:]).transpose(1, 3)
            found[key] = tiles.flatten(1, 3).contiguous()
    return found
