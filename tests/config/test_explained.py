"""Every setting says what it is for, and a near miss what was meant."""

from dataclasses import fields

import pytest
import yaml

from vmatte.config.explained import explanations, flat
from vmatte.config.load import composed_yaml, load
from vmatte.core.errors import ConfigError
from vmatte.models.registry import cards
from vmatte.run.plan import Plan


@pytest.mark.parametrize("name", ["auto", *cards()])
def test_every_key_of_every_model_is_explained(name):
    plan = load([f"model={name}"])
    told = explanations(plan)
    assert {key for key, text in told.items() if len(text) < 8} == set()
    assert len(told) > len(fields(Plan)) + len(fields(plan.model))


def test_the_printed_lines_carry_them_and_stay_yaml():
    text = composed_yaml(["model=matanyone", "input.rate=30"])
    assert set(flat(yaml.safe_load(text))) == set(explanations(load(["model=matanyone"])))
    lines = text.splitlines()
    assert all("  # " in line or " # " in line for line in lines if not line.startswith("- "))
    (deinterlace,) = (line for line in lines if "deinterlace:" in line)
    assert deinterlace.endswith("# What to do with interlaced material (frame, field, off, refuse)")
    (condensed,) = (line for line in lines if "num_prototypes:" in line)
    assert "condensation" in condensed


@pytest.mark.parametrize(
    ("overrides", "meant"),
    [
        (["model=matanyone", "model.max_sise=720"], "'model.max_size'"),
        (["inptu.rate=30"], "'input.rate'"),
        (["rate=30"], "'input.rate'"),
        (["foreground=estimat"], "'estimate'"),
        (["model=difference", "model.align=homgraphy"], "'homography'"),
    ],
)
def test_a_near_miss_is_answered_with_what_was_meant(overrides, meant):
    with pytest.raises(ConfigError, match=f"did you mean {meant}"):
        load(overrides)


def test_what_is_near_to_nothing_gets_no_guess():
    with pytest.raises(ConfigError) as caught:
        load(["qqqqqqqqqqq=1"])
    assert "did you mean" not in str(caught.value)
