"""A model of another package, found by the entry point that its installation left: listed, configured and run."""

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.cli.conftest import errors
from tests.cli.pictures import folder, matte
from vmatte.models import registry

MODULE = '''
from dataclasses import dataclass

import numpy as np

from vmatte.core.errors import ConfigError
from vmatte.core.types import Layer, Matte
from vmatte.models.registry import Card, ModelSettings


@dataclass(frozen=True)
class BrightSettings(ModelSettings):
    """Its settings.

    Attributes:
        above: Levels from here on are the subject.
    """

    above: int = 128

    def __post_init__(self) -> None:
        if not 0 <= self.above <= 255:
            raise ConfigError(f"model.above={self.above}: 0 to 255")


class Bright:
    size, overlap = 2, 0

    def __init__(self, above):
        self.above = above

    def infer(self, frames, hints):
        return [Matte(f, (Layer("subject", np.float32(f.rgb.mean(2) >= self.above)),)) for f in frames]


def build(settings, runtime):
    return Bright(settings.above)


CARDS = (
    Card(
        name="bright",
        summary="What is bright.",
        factory="bright_matte:build",
        settings=BrightSettings,
        licence="BSD-3-Clause",
    ),
)
'''


@pytest.fixture
def installed(tmp_path, monkeypatch) -> Iterator[Path]:
    """A folder on the path, as an installer leaves it: the module, and its metadata beside it."""
    site = tmp_path / "site"
    metadata = site / "bright_matte-1.0.dist-info"
    metadata.mkdir(parents=True)
    (site / "bright_matte.py").write_text(MODULE)
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: bright-matte\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text("[vmatte.models]\nbright = bright_matte:CARDS\n")
    monkeypatch.syspath_prepend(site)
    registry.cards.cache_clear()
    yield site
    monkeypatch.undo()
    sys.modules.pop("bright_matte", None)
    registry.cards.cache_clear()


def test_it_is_listed_configured_and_run(vmatte, tmp_path, installed):
    assert "What is bright." in vmatte("models").out
    assert "BSD-3-Clause" in vmatte("models", "show", "bright").out
    assert "above=128" in vmatte("models", "show", "bright").out
    picture = np.repeat(np.arange(0, 256, 4, dtype=np.uint8)[None, :, None], 48, 0).repeat(3, 2)
    folder(tmp_path / "shot", picture, picture[:, ::-1])
    told = vmatte("process", "shot", "--model", "bright", "--set", "model.above=200", "--set", "smooth=none", "--out",
                  "done", "--output", "png16")  # fmt: skip
    assert told.code == 0, told.err
    made = [matte(path) for path in sorted((tmp_path / "done/shot.png16").iterdir())]
    assert np.array_equal(made[0], picture[..., 0] >= 200)
    assert np.array_equal(made[1], made[0][:, ::-1])


def test_its_own_checks_hold(vmatte, installed):
    said = vmatte("process", "shot", "--model", "bright", "--set", "model.above=999")
    assert said.code == 2
    assert "0 to 255" in errors(said)[0]


def test_one_that_is_broken_is_named(vmatte, installed):
    (installed / "bright_matte.py").write_text("import nothing_of_the_kind\n")
    said = vmatte("models")
    assert said.code == 2
    assert "bright = bright_matte:CARDS" in errors(said)[0]


def test_one_that_brings_something_else_is_named(vmatte, installed):
    (installed / "bright_matte.py").write_text("CARDS = ('bright',)\n")
    assert "names something else than cards" in errors(vmatte("models"))[0]


def test_one_of_a_name_that_is_taken_is_refused(vmatte, installed):
    (installed / "bright_matte.py").write_text(MODULE.replace('"bright"', '"recall"'))
    assert "two models are called 'recall'" in errors(vmatte("models"))[0]
