"""From a checkpoint file to a network that is ready to run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from torch import Tensor

from vmatte.models.matanyone.network.model import MatAnyone
from vmatte.nets.loading import Signature, filled, read_checkpoint

# Training heads, counters, and buffers that follow from the shape: inference needs none of them from the file.
MAY_LACK = ("aux_computer.*", "mask_decoder.pred_seg.*", "*.num_batches_tracked", "*.inv_freq")

# Input convolutions, and how many channels they have here: variants for several objects have one more, at the end.
_INPUTS = {"mask_encoder.conv1.weight": 4, "pixel_fuser.sensory_compress.weight": 257}


def load_network(path: Path, candidates: Sequence[Signature] = ()) -> MatAnyone:
    """The network with the weights of a file, on the CPU, in evaluation mode.

    Args:
        path: Checkpoint, as the authors publish it or as a training run saves it.
        candidates: Known models, of which an error names the nearest.

    Raises:
        WeightsError: The file cannot be read, or its keys or shapes differ; see `read_checkpoint`, `load_strict`.
    """
    return network_from(read_checkpoint(path, candidates=candidates), str(path), candidates)


def network_from(state: Mapping[str, Tensor], source: str, candidates: Sequence[Signature] = ()) -> MatAnyone:
    """As `load_network`, from a state dict that the user calls `source`."""
    fitted = single_object(state)
    return filled(MatAnyone, fitted, source, candidates, MAY_LACK)


def single_object(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The same weights, without the input channel for other objects that multi-object variants have."""
    fitted = dict(state)
    for key, channels in _INPUTS.items():
        weight = fitted.get(key)
        if weight is not None and weight.ndim == 4 and weight.shape[1] == channels + 1:
            fitted[key] = weight[:, :channels]
    return fitted
