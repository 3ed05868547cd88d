import numpy as np
import pytest

from tests.ops.composites import codes, hairy, over, texture
from vmatte.ops.screen import keyed_score, screen_score


def scene(colour, seed=0, light=0.0):
    """A subject before a backdrop whose brightness falls by `light` from left to right."""
    rng = np.random.default_rng(seed)
    alpha = hairy(rng, 180, 320)
    fall = 1 - light * np.linspace(0, 1, 320)[:, None]
    back = np.broadcast_to(np.array(colour) * fall, (180, 320, 3))
    return codes(over(alpha, texture(rng, 180, 320), back), noise=2 / 255, seed=seed)


@pytest.mark.parametrize(
    ("colour", "kind"), [((0.2, 0.65, 0.3), "green"), ((0.15, 0.3, 0.7), "blue"), ((0.05, 0.3, 0.1), "green")]
)
def test_studio_screens_are_known_in_uneven_light(colour, kind):
    score = screen_score([scene(colour, seed, light=0.3) for seed in range(3)])
    assert score.kind == kind
    assert score.confidence > 0.7
    assert np.abs(np.array(score.colour) - np.array(colour) * 0.85).max() < 0.1


@pytest.mark.parametrize("colour", [(1, 1, 1), (0, 0, 0), (0.5, 0.5, 0.5), (0.9, 0.5, 0.5)])
def test_plain_backdrops_of_any_colour_are_known(colour):
    score = screen_score([scene(colour)])
    assert score.channel is None
    assert score.confidence > 0.8
    assert np.abs(np.array(score.colour) - colour).max() < 0.02


@pytest.mark.parametrize("seed", range(4))
def test_scenery_is_no_screen(seed):
    rng = np.random.default_rng(seed)
    assert screen_score([codes(texture(rng, 180, 320)) for _ in range(3)]).confidence < 0.45


def test_letterbox_bars_are_no_backdrop():
    picture = codes(texture(np.random.default_rng(1), 180, 320))
    picture[:24] = picture[-24:] = 0
    assert screen_score([picture]).confidence < 0.45


def test_a_subject_may_stand_on_the_lower_border():
    picture = np.full((180, 320, 3), 255, np.uint8)
    picture[60:, 40:280] = (90, 60, 30)
    assert screen_score([picture]).confidence > 0.8


def test_depth_does_not_matter():
    frame = scene((0.2, 0.65, 0.3))
    one, other = screen_score([frame]), screen_score([frame.astype(np.uint16) * 257])
    assert other.confidence == pytest.approx(one.confidence, abs=0.01)


@pytest.mark.parametrize("size", [(1, 1), (33, 47)])
def test_flat_frames_of_odd_sizes(size):
    assert screen_score([np.zeros((*size, 3), np.uint8)]).confidence == pytest.approx(1)


def test_a_channel_nobody_has_gets_a_usual_colour():
    score = keyed_score([np.zeros((9, 16, 3), np.uint8)], 2)
    assert score.confidence == 0
    assert score.colour[2] == max(score.colour)
