"""Refiners: nearer to the truth and steadier than the soft, wandering matte they are given."""

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from tools.benchmark.wandering import wandering
from tools.synth import scene
from vmatte.core.errors import ConfigError, ModelError
from vmatte.core.types import Band, Clip, Frame, Layer, Matte
from vmatte.hints.arrays import Maps
from vmatte.metrics.temporal import dtssd
from vmatte.models.classical.matter import Classical
from vmatte.ops.solvers import SOLVERS
from vmatte.ops.trimap import UNKNOWN, band_radius, trimap
from vmatte.run.refining import check_refiner
from vmatte.stages.refine.guided import Guided
from vmatte.stages.refine.stage import Refine

METHODS = ("guided", *SOLVERS)
CLIP = Clip(Path("clip.mp4"), 320, 180, Fraction(24), Fraction(1, 24))


@pytest.fixture(scope="module")
def drawn_clip():
    clip = scene("walker", "moving", 1, (320, 180), 8)
    return clip.frames, list(clip.alpha), wandering(list(clip.alpha))


def refiner(method):
    return Guided() if method == "guided" else Classical(method)


def refined(frames, alphas, method):
    mattes = [
        Matte(Frame(n, n, rgb, rgb), (Layer("subject", alpha),))
        for n, (rgb, alpha) in enumerate(zip(frames, alphas, strict=True))
    ]
    found = list(Refine(refiner(method))(CLIP, iter(mattes)))
    assert [matte.frame.index for matte in found] == list(range(len(mattes)))
    return [matte.alpha for matte in found]


def mad(found, truth):
    return float(np.mean([np.abs(a - b).mean() for a, b in zip(found, truth, strict=True)]))


def flicker(found, truth):
    return float(np.mean([dtssd(a, b, c, d) for a, b, c, d in zip(found[1:], found, truth[1:], truth, strict=False)]))


@pytest.mark.timeout(600)
@pytest.mark.parametrize("method", METHODS)
def test_a_soft_wandering_matte_gets_nearer_and_steadier(drawn_clip, method):
    frames, truth, given = drawn_clip
    if method == "large-kernel":
        # A few seconds a frame at full size.
        frames, truth, given = (
            [np.ascontiguousarray(each[40:140, 90:230]) for each in part[:4]] for part in drawn_clip
        )
    found = refined(frames, given, method)
    assert mad(found, truth) < mad(given, truth)
    assert flicker(found, truth) < flicker(given, truth)


def test_the_band_holds_what_is_fractional():
    """At most 8 % missed, as the rule was measured at this size."""
    truth = [scene(kind, "moving", 1, (640, 360), 1).alpha[0] for kind in ("walker", "fur", "veil")]
    missed = []
    radius = band_radius(360)
    for alpha, real in zip(wandering(truth), truth, strict=True):
        fractional = (real > 0.02) & (real < 0.98)
        missed.append((trimap(alpha, radius)[fractional] != UNKNOWN).mean())
    assert np.mean(missed) < 0.08


@pytest.mark.timeout(600)
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("value", [0.0, 1.0])
def test_nothing_unknown_changes_nothing(method, value):
    alpha = np.full((20, 30), value, np.float32)
    rgb = np.zeros((20, 30, 3), np.uint8)
    np.testing.assert_array_equal(refined([rgb], [alpha], method)[0], alpha)


def test_a_slip_of_one_frame_is_forgotten_before_the_solver_sees_it():
    rgb = np.random.default_rng(0).integers(0, 255, (64, 64, 3), np.uint8)
    alpha = np.zeros((64, 64), np.float32)
    alpha[16:48, 16:48] = 1
    slip = alpha.copy()
    slip[20:30, 20:30] = 0
    found = refined([rgb] * 3, [alpha, slip, alpha], "guided")
    assert found[1][24, 24] == 1


def test_unknown_names_and_missing_libraries_are_said(monkeypatch):
    with pytest.raises(ConfigError, match=r"refine=cf: known refiners are none, guided, .*vitmatte\.s"):
        check_refiner("cf")
    monkeypatch.setitem(__import__("sys").modules, "pymatting", None)
    with pytest.raises(ConfigError, match=r"vmatte\[refine\]"):
        Classical("closed-form")


class Kept:
    """A refiner that gives the trimap back."""

    band = Band(scale=2, union=True)

    def refine(self, clip, frame, trimap, layer):
        return replace(layer, alpha=(trimap / np.float32(255)).astype(np.float32))


def test_bands_are_as_wide_as_suits_the_refiner_and_united_with_their_neighbours():
    rgb = np.random.default_rng(0).integers(0, 255, (360, 64, 3), np.uint8)
    alphas = [np.zeros((360, 64), np.float32) for _ in range(5)]
    for alpha in alphas:
        alpha[100:, :] = 1
        alpha[100] = 0.5
    # For longer than a median forgets.
    alphas[3][200:220] = alphas[4][200:220] = 0
    mattes = [Matte(Frame(n, n, rgb, rgb), (Layer("subject", alpha),)) for n, alpha in enumerate(alphas)]
    united, apart = ([m.alpha for m in Refine(Kept(), union=union)(CLIP, iter(mattes))] for union in (None, False))
    for found in (united, apart):
        # 2 px for 360 rows, twice that for this one.
        np.testing.assert_array_equal(np.flatnonzero(found[0][:, 9] == np.float32(128 / 255)), np.arange(96, 105))
    for number, expected in enumerate((0, 0, 20, 20, 0)):
        assert ((united[number] != apart[number]).sum(0) == expected).all(), number


def test_a_drawn_trimap_comes_first():
    rgb, alpha = np.zeros((20, 30, 3), np.uint8), np.full((20, 30), 0.5, np.float32)
    drawn = np.full((20, 30), 255, np.uint8)
    matte = Matte(Frame(0, 0, rgb, rgb), (Layer("subject", alpha),))
    (found,) = Refine(Kept(), drawn=Maps({0: drawn}))(CLIP, iter([matte]))
    assert found.alpha.min() == 1


def test_what_a_refiner_raises_names_the_frame():
    class Broken(Kept):
        def refine(self, clip, frame, trimap, layer):
            raise ValueError("no")

    rgb = np.zeros((20, 30, 3), np.uint8)
    matte = Matte(Frame(7, 7, rgb, rgb), (Layer("subject", np.zeros((20, 30), np.float32)),))
    with pytest.raises(ModelError, match="the refiner failed at frame 7: ValueError: no"):
        list(Refine(Broken())(CLIP, iter([matte])))
