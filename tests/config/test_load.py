"""Composing the configuration: defaults, overrides, and complaints a user can act on."""

import subprocess
import sys

import pytest
import yaml

from vmatte.config.load import composed_yaml, load, plan_as_data
from vmatte.core.errors import ConfigError
from vmatte.models.registry import cards
from vmatte.run.plan import Deinterlace, Foreground


def test_defaults():
    plan = load()
    assert plan.model.name == "auto"
    assert plan.outputs == ["prores", "alpha"]
    assert plan.foreground is Foreground.estimate


def test_overrides_reach_nested_values():
    plan = load(["input.deinterlace=off", "prores.bits_per_mb=1600", "outputs=[alpha,png16]", "foreground=source"])
    assert plan.input.deinterlace is Deinterlace.off
    assert plan.prores.bits_per_mb == 1600
    assert plan.outputs == ["alpha", "png16"]


@pytest.mark.parametrize("name", list(cards()))
def test_every_card_has_a_yaml_and_its_own_settings(name):
    plan = load([f"model={name}"])
    assert isinstance(plan.model, cards()[name].settings)
    assert plan.model.name == name


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("nonsense=1", "nonsense"),
        ("stream.depth=many", "stream.depth=many.*Integer"),
        ("stream.depth=0", "stream.depth=0: 1 to 64"),
        ("model=recal", "unknown model 'recal': did you mean 'recall'.*vmatte models"),
        ("model.x=3", "model.x=3"),
        ("foreground=none", "expected one of .*source"),
        ("extend=-2", "extend=-2"),
        ("input.rate=0", "input.rate"),
        ("outputs=[]", "outputs is empty"),
        ("outputs=[alpha,alpha]", "alpha twice"),
        ("a b=[", "key=value"),
    ],
)
def test_a_bad_override_is_explained_in_one_line(override, said):
    with pytest.raises(ConfigError, match=said) as caught:
        load([override])
    assert "\n" not in str(caught.value)


def test_the_printed_yaml_is_the_plan():
    text = composed_yaml(["model=recall", "extend=3"])
    data = yaml.safe_load(text)
    assert data["model"]["name"] == "recall"
    assert data == plan_as_data(load(["model=recall", "extend=3"]))


def test_a_hydra_of_the_host_application_is_left_alone(tmp_path):
    (tmp_path / "host.yaml").write_text("x: 1\n")
    script = (
        "from hydra import initialize_config_dir, compose\n"
        "from vmatte.config.load import load\n"
        f"with initialize_config_dir({str(tmp_path)!r}, version_base=None):\n"
        "    load(['extend=3'])\n"
        "    assert compose('host').x == 1\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True)
