"""The scores without truth: the stored reference values, and what each score is to see."""

from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest

from tests import drawn
from vmatte.metrics.flicker import Flicker
from vmatte.metrics.lag import Lag, colours
from vmatte.metrics.motion import Motion, motion, scored
from vmatte.metrics.unseen import Unseen, Watcher

# Frames, mattes and stored flows of a clip of 8 frames, scored with radius 3 and reach 2.
STORED = Path(__file__).parent / "data" / "reference.npz"
RADIUS, REACH = 3, 2


@pytest.fixture(scope="module")
def stored():
    with np.load(STORED) as arrays:
        return dict(arrays)


def mattes(stored, name):
    return stored["pred_alpha" if name == "pred" else "true_alpha"]


@pytest.mark.parametrize("name", ["pred", "truth"])
def test_flicker_with_the_stored_flows(stored, name):
    flicker = Flicker(RADIUS)
    for index, alpha in enumerate(mattes(stored, name)):
        since = Motion(stored["flow_fwd"][index - 1], stored["flow_bwd"][index - 1]) if index else None
        flicker.update(alpha.astype(np.float32) / np.float32(255), since)
    assert flicker.trf == pytest.approx(float(stored[f"proposed.{name}.TRF"]), abs=1e-4)
    assert flicker.we == pytest.approx(float(stored[f"proposed.{name}.WE"]), abs=1e-4)
    assert flicker.cf == pytest.approx(float(stored[f"proposed.{name}.CF"]), abs=1e-3)


@pytest.mark.parametrize("name", ["pred", "truth"])
def test_lag_and_photo_consistency(stored, name):
    lag = Lag(REACH)
    for frame, alpha in zip(stored["frames_rgb"], mattes(stored, name), strict=True):
        lag.update(alpha / 255, colours(frame))
    assert lag.residuals == pytest.approx(stored[f"proposed.{name}.Q"], abs=1e-6)
    assert lag.estimate == pytest.approx(float(stored[f"proposed.{name}.LAG"]), abs=1e-6)
    assert lag.confidence == pytest.approx(float(stored[f"proposed.{name}.LAGCONF"]), abs=1e-6)
    assert lag.pce == pytest.approx(float(stored[f"proposed.{name}.PCE"]), abs=1e-6)


@pytest.mark.parametrize("name", ["pred", "truth"])
def test_the_whole_with_flows_of_its_own(stored, name):
    """DIS differs a little between versions of OpenCV: 5 %."""
    judge = Unseen(RADIUS, REACH)
    for frame, alpha in zip(stored["frames_rgb"], mattes(stored, name), strict=True):
        judge.update(frame, alpha)
    found = judge.result()
    assert found.trf == pytest.approx(float(stored[f"proposed.{name}.TRF"]), rel=0.05)
    assert found.we == pytest.approx(float(stored[f"proposed.{name}.WE"]), rel=0.05)
    assert found.cf == pytest.approx(float(stored[f"proposed.{name}.CF"]), rel=0.05)
    assert found.lag == pytest.approx(float(stored[f"proposed.{name}.LAG"]), abs=1e-6)
    assert found.pce == pytest.approx(float(stored[f"proposed.{name}.PCE"]), abs=1e-6)


def scores(alphas, frames=None):
    judge = Unseen(RADIUS, REACH)
    for index, alpha in enumerate(alphas):
        judge.update(drawn.picture(index) if frames is None else frames[index], alpha)
    return judge.result()


@pytest.fixture(scope="module")
def truth():
    return [drawn.disc(index) for index in range(9)]


def test_gates_on_a_drawn_clip(truth):
    """The gates that the scores' definition suggests for regression tests."""
    found = scores(truth)
    assert found.trf < 0.06
    assert found.cf < 0.5
    assert abs(found.lag) < 0.15


def test_one_fault_each(truth):
    exact = scores(truth)
    gain = [alpha * np.float32(1 - 0.1 * (index % 2)) for index, alpha in enumerate(truth)]
    late = [truth[max(0, index - 1)] for index in range(9)]
    assert scores(gain).cf > 30
    assert scores(gain).trf > 5 * exact.trf
    assert scores(late).lag == pytest.approx(1, abs=0.2)
    assert scores(late).pce > 2 * exact.pce


@pytest.mark.parametrize("level", [0, 1])
def test_a_matte_without_edges_has_no_figure(level):
    found = scores([np.full((96, 128), level, np.float32)] * 6)
    assert (found.trf, found.we, found.lag, found.confidence, found.pce) == (None,) * 5
    assert found.cf == (0 if level else None)


def test_a_still_picture_gives_no_lag(truth):
    found = scores([truth[0]] * 6, [drawn.picture(0)] * 6)
    assert found.lag is None
    assert found.confidence == 0
    assert found.trf == 0


def test_a_clip_of_one_frame_has_no_figure(truth):
    assert scores(truth[:1]).trf is None


def test_a_shared_watch_gives_the_same(truth):
    watcher, judge = Watcher(), Unseen(RADIUS, REACH)
    for index, alpha in enumerate(truth):
        judge.update_seen(watcher.see(drawn.picture(index)), alpha)
    # Flow depends on how memory is aligned, in the last digits.
    assert asdict(judge.result()) == pytest.approx(asdict(scores(truth)), rel=1e-6)


def test_tall_frames_are_scored_reduced():
    """Twice the size reads twice the px, from a copy of half the size."""
    rng = np.random.default_rng(0)
    small = np.clip(np.cumsum(rng.normal(0, 0.3, (4, 440, 48)), axis=2), 0, 1).astype(np.float32)
    frames = rng.integers(0, 256, (4, 440, 48, 3), np.uint8)
    large = [np.kron(alpha, np.ones((2, 2), np.float32)) for alpha in small]
    twice = [frame.repeat(2, 0).repeat(2, 1) for frame in frames]
    assert scored(twice[0]).shape == (440, 48, 3)
    assert np.array_equal(scored(twice[0]), frames[0])
    one, two = scores(small, frames), scores(large, twice)
    assert two.trf == pytest.approx(2 * one.trf, rel=1e-3)
    assert two.we == pytest.approx(2 * one.we, rel=1e-3)
    assert two.cf == pytest.approx(one.cf, rel=1e-3)


def test_a_matte_of_another_size_is_refused():
    with pytest.raises(ValueError, match="scored at"):
        Unseen().update(drawn.picture(0), np.zeros((9, 9), np.float32))


def test_flow_of_a_tiny_frame():
    frame = np.zeros((5, 7, 3), np.uint8)
    assert motion(frame, frame).forward.shape == (5, 7, 2)
