"""The refiner that a plan names: built in, or any model that works over a trimap."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace
from typing import Any

from vmatte.core.errors import ConfigError
from vmatte.core.near import meant
from vmatte.core.types import MapSource, Refiner
from vmatte.models.checkpoint import Checkpoint
from vmatte.models.lift import load_refiner
from vmatte.models.registry import ModelSettings, card, cards
from vmatte.run.plan import Plan, Union
from vmatte.stages.refine.guided import Guided
from vmatte.stages.refine.stage import Refine

NONE, GUIDED = "none", "guided"


def check_refiner(name: str) -> None:
    """Raises ConfigError when nothing is called so."""
    known = [NONE, GUIDED, *(each.name for each in cards().values() if "trimap" in each.needs)]
    if name not in known:
        raise ConfigError(f"refine={name}: {meant(name, known)}known refiners are {', '.join(known)}")


def refiner_settings(plan: Plan) -> ModelSettings | None:
    """Settings of the model that refines; None where none does.

    Raises:
        ConfigError: Nothing is called so, or it has no such setting.
    """
    check_refiner(plan.refine)
    if plan.refine in (NONE, GUIDED):
        return None
    settings = card(plan.refine).made()
    told = {"weights": plan.refining.weights, "max_size": plan.refining.max_size or None}
    wanted: dict[str, Any] = {name: value for name, value in told.items() if value is not None}
    if unknown := sorted(wanted.keys() - {field.name for field in fields(settings)}):
        raise ConfigError(f"refining.{unknown[0]} is of no use to refine={plan.refine}")
    return replace(settings, **wanted)


def refining(
    plan: Plan, weighed: Callable[[ModelSettings], Checkpoint | None], drawn: MapSource | None
) -> tuple[Refine | None, Checkpoint | None]:
    """The stage, and the weights it runs with; no stage where none is wanted, or where its weights are not to be had.

    Args:
        plan: The plan.
        weighed: Gives the weights of a model; None for one without, and in a dry run where they are not here.
        drawn: Trimaps by the user that are not the model's own hint.

    Raises:
        ConfigError, WeightsError: The refiner cannot run.
    """
    settings = refiner_settings(plan)
    if plan.refine == NONE:
        return None, None
    found = None if settings is None else weighed(settings)
    if settings is not None and found is None and card(settings.name).weights is not None:
        return None, None
    ready = settings if settings is None or found is None else replace(settings, weights=found.path)
    refiner: Refiner = Guided()
    if ready is not None:
        refiner = load_refiner(ready, plan.device.value, plan.precision.value)
    radius = None if plan.refining.radius < 0 else plan.refining.radius
    union = None if plan.refining.union is Union.auto else plan.refining.union is Union.yes
    return Refine(refiner, radius, union, drawn), found
