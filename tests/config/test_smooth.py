"""What a user can say about smoothing."""

import pytest

from vmatte.config.load import composed_yaml, load, plan_as_data
from vmatte.core.errors import ConfigError
from vmatte.run.plan import Smooth
from vmatte.stages.smooth import SMOOTHERS


def test_the_default_suits_the_model():
    assert load().smooth is Smooth.auto


@pytest.mark.parametrize("name", ["none", *SMOOTHERS])
def test_every_smoother_can_be_asked_for(name):
    plan = load([f"smooth={name}", "smoothing.keep=0.8", "smoothing.reach=1"])
    assert plan.smooth.value == name
    assert (plan.smoothing.keep, plan.smoothing.reach) == (0.8, 1)
    assert plan_as_data(plan)["smooth"] == name
    assert f"smooth: {name} " in composed_yaml([f"smooth={name}"])


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("smooth=flow_ema", "smooth=flow_ema.*flow-ema"),
        ("smoothing.keep=1", "smoothing.keep=1"),
        ("smoothing.reach=3", "smoothing.reach=3: 1 or 2"),
    ],
)
def test_what_makes_no_sense_is_refused(override, said):
    with pytest.raises(ConfigError, match=said):
        load([override])
