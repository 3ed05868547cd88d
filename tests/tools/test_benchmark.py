"""The benchmark's judging: a perfect matte scores nothing, bars compare what they say, reports keep their sections."""

import numpy as np
import pytest

from tools.benchmark.bars import BARS, Bar
from tools.benchmark.quality import reached, report
from tools.benchmark.report import put_section
from tools.benchmark.scoring import judged, mean
from tools.synth import baselines, scene

TINY = (160, 90)


def test_the_truth_scores_no_more_than_its_rounding():
    clip = scene("walker", "moving", 1, TINY, 3)
    figures = judged(clip.alpha, clip.alpha)
    assert figures["MAD"] < 1
    assert figures["dtSSD"] < 0.2
    assert judged([1 - a for a in clip.alpha], clip.alpha)["MAD"] > 800


def test_a_missing_matte_is_an_error():
    clip = scene("walker", "moving", 1, TINY, 2)
    with pytest.raises(ValueError, match="argument"):
        judged(clip.alpha[:1], clip.alpha)


@pytest.mark.parametrize(
    ("camera", "names"),
    [
        ("moving", ["warped_mask", "grabcut"]),
        ("fixed", ["hard_difference", "soft_difference", "primed_mog2"]),
        ("screen", ["hue_threshold", "chroma_ramp"]),
        ("crossing", ["median_difference", "learning_mog2"]),
    ],
)
def test_simple_methods_find_the_subject(camera, names):
    clip = scene("walker", camera, 1, TINY, 6)
    empty = judged([np.zeros_like(a) for a in clip.alpha], clip.alpha)["MSE"]
    for name in names:
        alphas = getattr(baselines, name)(clip)
        assert len(alphas) == 6
        assert all(a.dtype == np.float32 and a.min() >= 0 and a.max() <= 1 for a in alphas)
        assert judged(alphas, clip.alpha)["MSE"] < (6 if "mog2" in name else 1) * empty


def test_bars_are_means_over_seeds_of_ratios():
    seeds = [{"choose": {"right": right}} for right in (1.0, 0.5)]
    [(bar, value)] = reached({"M": seeds})
    assert value == 0.75
    assert not bar.holds(value)
    assert "**FAIL**" in report({"M": seeds}, TINY)


def test_a_bar_can_be_a_ceiling_or_a_floor():
    ceiling = Bar("A", "", "", 0.3, lambda r: 0.0)
    floor = Bar("A", "", "", 1.1, lambda r: 0.0, at_least=True)
    assert ceiling.holds(0.3)
    assert not ceiling.holds(0.31)
    assert floor.holds(1.2)
    assert not floor.holds(1.0)
    assert len({(bar.group, bar.text) for bar in BARS}) == len(BARS)


def test_means_go_figure_by_figure():
    assert mean([{"MAD": 1.0, "CPU": 4.0}, {"MAD": 3.0, "CPU": 0.0}]) == {"MAD": 2.0, "CPU": 2.0}


def test_a_section_is_replaced_and_its_neighbours_stay(tmp_path):
    path = tmp_path / "bench.md"
    put_section(path, "Quality", "old")
    put_section(path, "Speed", "fast")
    put_section(path, "Quality", "### A\n\nnew")
    text = path.read_text(encoding="utf-8")
    assert "old" not in text
    assert text.index("new") < text.index("## Speed") < text.index("fast")
