"""From a checkpoint file to a network that is ready to run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase

from torch import Tensor

from vmatte.models.matteformer.network.model import MatteFormer
from vmatte.nets.loading import Signature, filled, from_file

# Spectral normalisation (Miyato et al., ICLR 2018) keeps a kernel and two vectors in the place of a convolution.
_KERNEL, _LEFT, _RIGHT = ".module.weight_bar", ".module.weight_u", ".module.weight_v"
# A formula, which the network computes by itself.
_INDEX = "*.attn.relative_position_index"


def network_from(state: Mapping[str, Tensor], source: str, candidates: Sequence[Signature] = ()) -> MatteFormer:
    """The network with these weights, on the CPU, in evaluation mode.

    Args:
        state: As `read_checkpoint` gives it.
        source: What the user calls it.
        candidates: Known models, of which an error names the nearest.

    Raises:
        WeightsError: Its keys or shapes differ; see `load_strict`.
    """
    own = {key: value for key, value in folded_kernels(state).items() if not fnmatchcase(key, _INDEX)}
    return filled(MatteFormer, own, source, candidates)


load_network = from_file(network_from)


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
