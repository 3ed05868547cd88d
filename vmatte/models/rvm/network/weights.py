"""From a checkpoint file to a network that is ready to run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from torch import Tensor

from vmatte.core.errors import WeightsError
from vmatte.models.rvm.network.model import RVM
from vmatte.models.rvm.variants import Backbone, Refiner
from vmatte.nets.loading import Signature, filled, nearest, read_checkpoint

# The head of training's segmentation pass, and counters: inference needs neither from the file.
MAY_LACK = ("project_seg.*", "*.num_batches_tracked")
_REFINER = "refiner."
# One convolution of each trunk that the other has not.
_TRUNKS = {
    "backbone.features.16.0.weight": Backbone.mobilenetv3,
    "backbone.layer4.2.conv3.weight": Backbone.resnet50,
}


def load_network(path: Path, backbone: Backbone, refiner: Refiner, candidates: Sequence[Signature] = ()) -> RVM:
    """The network with the weights of a file, on the CPU, in evaluation mode.

    Args:
        path: Checkpoint, as the authors publish it or as a training run saves it.
        backbone: The trunk it must have.
        refiner: The guided filter to use. The weights of a deep one stay unused with the other.
        candidates: Known models, of which an error names the nearest.

    Raises:
        WeightsError: The file cannot be read, has the other trunk, no deep guided filter where one is asked for, or its
            keys or shapes differ; see `read_checkpoint`, `load_strict`.
    """
    return network_from(read_checkpoint(path, candidates=candidates), str(path), backbone, refiner, candidates)


def network_from(
    state: Mapping[str, Tensor], source: str, backbone: Backbone, refiner: Refiner, candidates: Sequence[Signature] = ()
) -> RVM:
    """As `load_network`, from a state dict that the user calls `source`."""
    found = {trunk for key, trunk in _TRUNKS.items() if key in state}
    if found and backbone not in found:
        near = nearest(state, candidates)
        model = f"; the nearest known model is {near.model}" if near else ""
        raise WeightsError(f"{source}: weights of a network with another trunk than {backbone.value}{model}")
    deep = any(key.startswith(_REFINER) for key in state)
    if refiner is Refiner.deep_guided_filter and found and not deep:
        raise WeightsError(
            f"{source}: weights without a deep guided filter: say --set model.refiner=fast_guided_filter"
        )
    if refiner is Refiner.fast_guided_filter:
        state = {key: value for key, value in state.items() if not key.startswith(_REFINER)}
    return filled(lambda: RVM(backbone, refiner), state, source, candidates, MAY_LACK)
