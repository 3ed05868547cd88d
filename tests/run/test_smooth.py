"""The smoother in a whole run: models without memory get one, the others only when asked, and the report says so."""

import json
from dataclasses import replace

import cv2
import numpy as np
import pytest

import vmatte
from tests import drawn
from vmatte.core.types import Layer, Matte
from vmatte.models import registry
from vmatte.models.registry import Card, ModelSettings


class Forgetful:
    """Finds the drawn disc in each frame by itself, and nothing at all in the fourth."""

    size, overlap = 2, 0

    def infer(self, frames, hints):
        found = [drawn.disc(frame.index) * np.float32(frame.index != 3) for frame in frames]
        return [Matte(frame, (Layer("subject", alpha),)) for frame, alpha in zip(frames, found, strict=True)]


def build(settings, runtime):
    return Forgetful()


@pytest.fixture
def forgetful(monkeypatch):
    """A model without memory, known by its card."""
    card = Card("forgetful", "Forgets.", "tests.run.test_smooth:build", ModelSettings)
    known = {**registry.cards(), "forgetful": replace(card)}
    monkeypatch.setattr(registry, "cards", lambda: known)
    monkeypatch.setattr("vmatte.config.load.cards", lambda: known)


def run(folder, *overrides):
    clip = drawn.clip(folder / "disc.mp4", 8)
    out = folder / "done"
    settings = ["model.name=forgetful", *overrides]
    report = vmatte.process(clip, model="forgetful", out=out, outputs=["png16"], overrides=settings)
    stored = json.loads((out / "disc.report.json").read_text())
    assert stored["smoother"] == report.smoother
    return report


@pytest.mark.usefixtures("forgetful")
@pytest.mark.parametrize(
    ("asked", "used"), [((), "auto"), (("smooth=none",), "none"), (("smooth=flow-ema",), "flow-ema")]
)
def test_a_model_without_memory_is_smoothed(tmp_path, asked, used):
    report = run(tmp_path, *asked)
    assert (report.smoother, report.frames) == (used, 8)
    (missing,) = (tmp_path / "done").glob("*/*3.png")
    found = cv2.imread(str(missing), cv2.IMREAD_UNCHANGED)
    assert found is not None
    filled = found.sum(dtype=np.float64) / 65535 / drawn.disc(3).sum(dtype=np.float64)
    assert filled == 0 if used == "none" else 0.9 < filled < 1.1


@pytest.mark.parametrize(("asked", "used"), [([], "none"), (["smooth=median"], "median")])
def test_a_model_with_memory_is_smoothed_when_asked(tmp_path, asked, used):
    clip, mask = drawn.clip(tmp_path / "disc.mp4"), drawn.mask(tmp_path / "first.png")
    report = vmatte.process(clip, masks=[mask], out=tmp_path / "done", outputs=["alpha"], overrides=asked)
    assert (report.model, report.smoother, report.frames) == ("recall", used, 6)


def test_every_model_of_ours_with_memory_says_so():
    assert all(registry.card(name).steady for name in ("recall", "matanyone", "matanyone2"))
