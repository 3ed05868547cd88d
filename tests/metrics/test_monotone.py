"""What the scores without truth are for: the truth scores lowest, more of a fault scores higher, lateness is seen."""

from itertools import pairwise

import cv2
import numpy as np
import pytest

from tests.metrics import moving
from vmatte.metrics.scorer import ScoreOptions, Scorer
from vmatte.metrics.unseen import Watcher
from vmatte.ops.warp import warp

FRAMES = 13


@pytest.fixture(scope="module")
def clip():
    watcher = Watcher()
    seen = [watcher.see(moving.picture(index)) for index in range(FRAMES)]
    return seen, [moving.alpha(index) for index in range(FRAMES)]


@pytest.fixture(scope="module")
def scores(clip):
    seen, truth = clip
    kept: dict[str, dict[str, float | None]] = {}

    def of(name, alphas):
        if name not in kept:
            scorer = Scorer(ScoreOptions())
            for alpha, true, moment in zip(alphas, truth, seen, strict=True):
                scorer.update(alpha, truth=true, seen=moment)
            kept[name] = {key: found.mean for key, found in scorer.result().metrics.items()}
        return kept[name]

    return of


def jittered(truth, rms):
    rng = np.random.default_rng(7)
    out = []
    for alpha in truth:
        field = np.asarray(cv2.GaussianBlur(rng.normal(size=(*alpha.shape, 2)), (0, 0), 6), np.float32)
        field *= rms / np.sqrt((field**2).sum(2).mean())
        out.append(warp(alpha, field))
    return out


def gained(truth, deviation):
    factors = np.random.default_rng(8).normal(0, deviation, FRAMES)
    return [np.clip(alpha * np.float32(1 - abs(factor)), 0, 1) for alpha, factor in zip(truth, factors, strict=True)]


def holed(truth, count):
    rng = np.random.default_rng(9)
    out = []
    for alpha in truth:
        spoilt = alpha.copy()
        inside = np.argwhere(cv2.erode(alpha, np.ones((13, 13))) > 0.95)
        for row, column in inside[rng.choice(len(inside), count, replace=False)]:
            cv2.circle(spoilt, (int(column), int(row)), 3, 0.0, -1)
        out.append(spoilt)
    return out


def averaged(truth, keep):
    out = [truth[0]]
    for alpha in truth[1:]:
        out.append(keep * out[-1] + (1 - keep) * alpha)
    return [np.asarray(each, np.float32) for each in out]


@pytest.mark.parametrize(
    ("spoil", "amounts", "metrics"),
    [
        (jittered, (0.5, 1, 2), "TRF WE PCE MAD dtSSD"),
        (gained, (0.02, 0.05, 0.1), "TRF WE CF MAD dtSSD"),
        (holed, (1, 4), "TRF CF PCE MAD dtSSD"),
    ],
)
def test_more_of_a_fault_scores_higher(clip, scores, spoil, amounts, metrics):
    truth = clip[1]
    rows = [scores("truth", truth), *(scores(f"{spoil.__name__}{n}", spoil(truth, n)) for n in amounts)]
    for metric in metrics.split():
        values = [row[metric] for row in rows]
        assert all(before < after for before, after in pairwise(values)), (metric, values)


def test_gates_of_the_truth_and_of_jitter(clip, scores):
    truth = scores("truth", clip[1])
    assert truth["TRF"] < 0.06
    assert truth["WE"] < 0.35
    assert truth["CF"] < 0.5
    assert abs(truth["LAG"]) < 0.15
    assert scores("jittered1", jittered(clip[1], 1))["TRF"] > 5 * truth["TRF"]


def test_lateness_is_seen(clip, scores):
    truth, half, most = scores("truth", clip[1]), *(scores(f"ema{k}", averaged(clip[1], k)) for k in (0.5, 0.8))
    assert truth["LAG"] < half["LAG"] < most["LAG"]
    assert most["LAG"] > 1
    assert most["PCE"] > 2 * truth["PCE"]
    for metric in ("TRF", "WE", "PCE"):
        assert truth[metric] < min(half[metric], most[metric])
    frozen = scores("frozen", [clip[1][0]] * FRAMES)
    assert frozen["LAG"] > 1
    assert frozen["PCE"] > 2 * truth["PCE"]
