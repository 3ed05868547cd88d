"""From a checkpoint file to a network that is ready to run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path

from torch import Tensor

from vmatte.models.matteformer.network.model import MatteFormer
from vmatte.nets.loading import Blank, Signature, load_strict, read_checkpoint

# Spectral normalisation (Miyato et al., ICLR 2018) keeps a kernel and two vectors in the place of a convolution.
_KERNEL, _LEFT, _RIGHT = ".module.weight_bar", ".module.weight_u", ".module.weight_v"
# A formula, which the network computes by itself.
_INDEX = "*.attn.relative_position_index"


def load_network(path: Path, candidates: Sequence[Signature] = ()) -> MatteFormer:
    """The network with the weights of a file, on the CPU, in evaluation mode.

    Args:
        path: Checkpoint, as the authors publish it or as a training run saves it.
        candidates: Known models, of which an error names the nearest.

    Raises:
        WeightsError: The file cannot be read, or its keys or shapes differ; see `read_checkpoint`, `load_strict`.
    """
    return network_from(read_checkpoint(path), str(path), candidates)


def network_from(state: Mapping[str, Tensor], source: str, candidates: Sequence[Signature] = ()) -> MatteFormer:
    """As `load_network`, from a state dict that the user calls `source`."""
    with Blank():
        network = MatteFormer()
    own = {key: value for key, value in folded_kernels(state).items() if not fnmatchcase(key, _INDEX)}
    load_strict(network, own, source=source, may_lack=("*.num_batches_tracked",), candidates=candidates)
    return network.requires_grad_(False)


def folded_kernels(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The same entries, kernels under spectral normalisation over their largest singular value, as stored with them.

    That is u . W v for the stored vectors u and v, W the kernel with one row for each of its first dimension.
    """
    found = dict(state)
    for key in state:
        name = key.removesuffix(_KERNEL)
        parts = [name + ending for ending in (_KERNEL, _LEFT, _RIGHT)]
        if name == key or not all(part in state for part in parts):
            continue
        kernel, left, right = (found.pop(part).double() for part in parts)
        matrix = kernel.flatten(1)
        if (left.numel(), right.numel()) != tuple(matrix.shape):
            found |= {part: state[part] for part in parts}
            continue
        found[f"{name}.weight"] = (kernel / (left @ (matrix @ right))).to(state[key].dtype)
    return found
