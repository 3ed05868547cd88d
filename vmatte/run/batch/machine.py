"""What this machine has to run models on."""

from __future__ import annotations

from collections.abc import Sequence

from vmatte.models.registry import card
from vmatte.run.batch.share import visible_gpus
from vmatte.run.plan import Device, Plan


def gpus_for(plans: Sequence[Plan]) -> list[str]:
    """The GPUs that these plans could use, as CUDA_VISIBLE_DEVICES names them; torch is asked only if need be."""
    if not any(_learned(plan) and plan.device in (Device.auto, Device.cuda) for plan in plans):
        return []
    from vmatte.nets.device import cuda_names

    return visible_gpus(len(cuda_names()))


def _learned(plan: Plan) -> bool:
    name = plan.model.name
    if name == "auto":
        # Weights without a name are of some learned model.
        return plan.model.weights is not None
    return card(name).weights is not None
