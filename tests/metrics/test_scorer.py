"""Scores of everything at once: what is said, what is not, and that torch is no part of it."""

import subprocess
import sys
import tracemalloc

import numpy as np
import pytest
from scipy import ndimage

from tests import drawn
from vmatte import metrics
from vmatte.core.errors import ConfigError
from vmatte.metrics.colour import coverage, foreground_errors, halo
from vmatte.metrics.evaluators import evaluator
from vmatte.metrics.scorer import ScoreOptions, Scorer
from vmatte.metrics.unseen import Watcher


def test_metrics_need_no_torch_and_no_files():
    script = (
        "import sys; sys.modules['torch'] = None; import vmatte.metrics.scorer, vmatte.metrics.unseen;"
        "assert not {'av', 'hydra', 'click', 'scipy'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", script], check=True)


def test_the_public_names_are_exact_and_sorted():
    assert metrics.__all__ == sorted(metrics.__all__) == sorted(metrics._HOMES)
    for name in metrics.__all__:
        assert getattr(metrics, name) is not None
    assert metrics.grad(drawn.disc(0), drawn.disc(0)) == metrics.conn(drawn.disc(0), drawn.disc(0)) == 0


def test_single_frames_have_values_and_a_short_clip_no_lag():
    watcher, scorer = Watcher(), Scorer(ScoreOptions(reach=2))
    for index in range(4):
        scorer.update(drawn.disc(index), seen=watcher.see(drawn.picture(index)))
    found = scorer.result().metrics
    assert list(found) == ["TRF", "WE", "CF", "LAG", "LAG confidence", "PCE"]
    assert [value is not None for value in found["TRF"].per_frame] == [False, True, True, False]
    assert [value is not None for value in found["WE"].per_frame] == [False, True, True, True]
    assert found["PCE"].mean is None
    scorer.update(drawn.disc(4), seen=watcher.see(drawn.picture(4)))
    found = scorer.result().metrics
    assert [value for value in found["PCE"].per_frame if value is not None] == pytest.approx([found["PCE"].mean])
    assert found["PCE"].per_frame[2] is not None


def test_memory_does_not_grow_with_the_clip():
    watcher, scorer = Watcher(), Scorer(ScoreOptions(reach=1))
    held = {}
    tracemalloc.start()
    for index in range(24):
        alpha, frame = drawn.disc(index), drawn.picture(index)
        scorer.update(alpha, truth=drawn.disc(index + 1), seen=watcher.see(frame))
        held[index] = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert held[23] - held[7] < frame.nbytes


def test_a_matte_without_edges_has_no_figures():
    watcher, scorer = Watcher(), Scorer()
    for index in range(3):
        scorer.update(np.zeros((96, 128), np.float32), seen=watcher.see(drawn.picture(index)))
    data = scorer.result().as_data()
    assert {row["mean"] for row in data["metrics"].values()} == {None}


def test_what_comes_once_must_come_always():
    scorer = Scorer()
    scorer.update(drawn.disc(0), truth=drawn.disc(0))
    with pytest.raises(ValueError, match="frame 1"):
        scorer.update(drawn.disc(1))


def test_a_wrong_name_is_helped():
    with pytest.raises(ConfigError, match="did you mean 'rvm-lr'"):
        evaluator("rvm_lr")


def test_a_bright_rim_is_a_halo():
    alpha, dark = drawn.disc(0), drawn.picture(0) // 2
    rim = np.where((alpha > 0.3)[..., None], 255, dark).astype(np.uint8)
    assert halo(dark, alpha) < 0.05 < halo(rim, alpha)
    assert halo(rim, np.zeros_like(alpha)) == halo(rim, np.ones_like(alpha)) == 0


def test_a_halo_is_counted_as_by_popcon_matting_bench():
    rng = np.random.default_rng(2)
    alpha = np.rint(255 * np.clip(drawn.disc(0) * 1.2 - 0.1, 0, 1)).astype(np.uint8)
    alpha[:30, :9] = 255  # at the frame's edge too
    colour = np.where(rng.random(alpha.shape) > 0.6, 250, 90).astype(np.uint8)[..., None] * np.array(
        [1, 1, 1], np.uint8
    )
    shape = alpha > 0
    rim = shape & ~ndimage.binary_erosion(shape, iterations=3)
    luma = (colour * (alpha / 255)[..., None]) @ np.array([0.299, 0.587, 0.114]) / 255
    assert halo(colour, alpha) == pytest.approx((luma[rim] > 0.85).sum() / (rim.sum() / 3))
    assert halo(colour.astype(np.uint16) * 257, alpha) == halo(colour, alpha)


def test_area_and_foreground():
    alpha = drawn.disc(0)
    assert coverage(alpha * (np.arange(alpha.shape[1]) < 45), alpha) == pytest.approx(0.5, abs=0.05)
    assert np.isnan(coverage(alpha, 0 * alpha))
    picture = drawn.picture(0)
    deep = picture.astype(np.uint16) * 257
    assert foreground_errors(picture, deep, alpha) == (0, 0)
    assert np.isnan(foreground_errors(picture, deep, 0 * alpha)).all()
