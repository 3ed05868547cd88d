"""What this machine has to run models on."""

from __future__ import annotations

from collections.abc import Sequence

from vmatte.models.registry import card
from vmatte.run.batch.share import visible_gpus
from vmatte.run.plan import Device, Plan


def gpus_for(plans: Sequence[Plan]) -> list[str]:
    """The GPUs that these plans could use, as CUDA_VISIBLE_DEVICES names them; torch is asked only if need be."""
    if not any(wants_gpu(plan) for plan in plans):
        return []
    from vmatte.nets.device import cuda_names

    return visible_gpus(len(cuda_names()))


def wants_gpu(plan: Plan) -> bool:
    """Whether a plan could use a GPU: a learned model that is not told to keep away from it."""
    name = plan.model.name
    # Weights without a name are of some learned model.
    learned = plan.model.weights is not None if name == "auto" else card(name).weights is not None
    return learned and plan.device in (Device.auto, Device.cuda)
