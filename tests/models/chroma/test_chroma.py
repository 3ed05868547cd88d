import logging
import pickle
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.ops.composites import codes, hairy, over, texture
from vmatte.core.errors import ConfigError
from vmatte.core.types import Clip, Frame, Hints
from vmatte.models.chroma import ChromaSettings
from vmatte.models.chroma.matter import subsampled
from vmatte.models.registry import build, card

GREEN, BLUE, WHITE = (0.15, 0.65, 0.25), (0.15, 0.3, 0.7), (1.0, 1.0, 1.0)


class Masks:
    """A mask for some frames."""

    def __init__(self, maps):
        self.maps = maps
        self.indices = sorted(maps)

    def at(self, index):
        return self.maps.get(index)


def clip_of(size, pixel_format="yuv444p"):
    return Clip(Path("drawn"), size[1], size[0], Fraction(25), Fraction(1, 25), pixel_format=pixel_format)


def run(images, hints=None, pixel_format="yuv444p", **settings):
    model = build(ChromaSettings(**settings))
    hints = hints or Hints()
    frames = [
        Frame(index, index, image, image if image.dtype == np.uint8 else (image >> 8).astype(np.uint8))
        for index, image in enumerate(images)
    ]
    state = model.start(clip_of(images[0].shape[:2], pixel_format), hints, frames[0])
    mattes = []
    for frame in frames:
        state, matte = model.step(pickle.loads(pickle.dumps(state)), frame, hints)
        mattes.append(matte)
    return mattes, state


def scene(colour, seed=0, size=(120, 160)):
    rng = np.random.default_rng(seed)
    alpha = hairy(rng, *size)
    front = (texture(rng, *size).mean(axis=2, keepdims=True) * np.array([0.9, 0.75, 0.65])).astype(np.float32)
    return over(alpha, front, np.broadcast_to(np.float32(colour), front.shape)), alpha, front


def disc(size, radius, value=255):
    mask = np.zeros(size, np.uint8)
    cv2.circle(mask, (size[1] // 2, size[0] // 2), radius, value, -1)
    return mask


def test_the_card_is_found_and_says_what_it_gives():
    found = card("chroma")
    assert found.gives == {"alpha", "colour"}
    assert not found.needs
    assert found.weights is None


@pytest.mark.parametrize("colour", [GREEN, BLUE])
@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
def test_finds_the_screen_and_the_truth(colour, kind):
    picture, alpha, front = scene(colour)
    mattes, _ = run([codes(picture, kind, noise=2 / 255, seed=i) for i in range(3)], despill=False)
    layer = mattes[-1].layers[0]
    assert np.abs(layer.alpha - alpha).mean() < 0.03
    assert np.abs(layer.colour - front)[alpha > 0.1].mean() < 0.6 * np.abs(picture - front)[alpha > 0.1].mean()


def test_ten_bits_survive_in_solid_pixels():
    picture, _, _ = scene(GREEN)
    image = codes(picture, np.uint16)
    mattes, _ = run([image], despill=False, pixel_format="yuv420p10le")
    solid = mattes[0].alpha == 1
    assert solid.any()
    assert (np.rint(mattes[0].layers[0].colour[solid].astype(float) * 65535) == image[solid]).all()


def test_despill_can_be_switched_off():
    picture, alpha, _ = scene(GREEN)
    spilled = picture + 0.15 * alpha[..., None] * np.array([0, 1, 0], np.float32)
    image = codes(np.clip(spilled, 0, 1))
    with_spill, without = (run([image], despill=choice)[0][0].layers[0] for choice in (False, True))
    assert (with_spill.alpha == without.alpha).all()
    core = with_spill.alpha == 1
    assert with_spill.colour[core][:, 1].mean() > without.colour[core][:, 1].mean() + 0.05
    assert (with_spill.colour[..., ::2] == without.colour[..., ::2]).all()


def ring(backdrop):
    picture = np.empty((120, 160, 3), np.float32)
    picture[:] = backdrop
    picture[disc((120, 160), 45) > 0] = (0.9, 0.6, 0.2)
    picture[disc((120, 160), 18) > 0] = backdrop
    return codes(picture)


@pytest.mark.parametrize(
    ("backdrop", "interior", "solid"),
    [
        (WHITE, "auto", True),
        (WHITE, "key", False),
        (GREEN, "auto", False),
        (GREEN, "keep", True),
        ((0.0, 0.0, 0.0), "auto", True),
    ],
)
def test_what_enclosed_regions_are(backdrop, interior, solid):
    alpha = run([ring(backdrop)], interior=interior)[0][0].alpha
    assert alpha[60, 80] == float(solid)
    assert alpha[60, 50] == 1
    assert alpha[2, 2] == 0


def test_a_given_colour_is_used_and_a_plain_one_is_not_keyed_by_channel():
    assert run([ring(GREEN)], screen="green")[1].backing.channel == 1
    assert run([ring(BLUE)], screen="#264db3")[1].backing.channel == 2
    grey, state = run([ring((0.5, 0.5, 0.5))], screen="#808080")
    assert state.backing.channel is None
    assert grey[0].alpha[60, 50] == 1
    assert grey[0].alpha[2, 2] == 0


def test_a_mask_is_a_core_on_its_own_frame():
    picture = np.full((120, 160, 3), GREEN, np.float32)
    picture[disc((120, 160), 40) > 0] = (0.8, 0.5, 0.4)
    picture[50:70, 70:90] = (0.2, 0.62, 0.3)  # clothing of nearly the screen's hue
    image = codes(picture)
    hints = Hints({"mask": Masks({0: disc((120, 160), 40)})})
    held, free = run([image, image], hints)[0]
    assert held.alpha[60, 80] == 1
    assert free.alpha[60, 80] < 0.5
    assert held.alpha[2, 2] == 0


def test_a_clip_that_begins_without_its_screen_finds_it_later(caplog):
    picture, alpha, _ = scene(GREEN)
    scenery = codes(texture(np.random.default_rng(3), 120, 160))
    with caplog.at_level(logging.WARNING):
        mattes, state = run([scenery, codes(picture), codes(picture)])
    assert "model.screen" in caplog.text
    assert state.believed
    assert state.backing.channel == 1
    assert np.abs(mattes[-1].alpha - alpha).mean() < 0.03


def test_a_fade_in_from_black_turns_to_the_screen():
    picture, alpha, _ = scene(BLUE)
    mattes, state = run([np.zeros((120, 160, 3), np.uint8)] + 2 * [codes(picture)])
    assert state.backing.channel == 2
    assert np.abs(mattes[-1].alpha - alpha).mean() < 0.03


@pytest.mark.parametrize("size", [(1, 1), (1, 9), (33, 47), (64, 65)])
@pytest.mark.parametrize("colour", [GREEN, WHITE, (0.0, 0.0, 0.0), (0.4, 0.4, 0.4)])
@pytest.mark.parametrize("pixel_format", ["yuv420p", "gbrp"])
def test_a_bare_screen_of_any_size_is_clear(size, colour, pixel_format):
    image = codes(np.broadcast_to(np.float32(colour), (*size, 3)))
    mattes, _ = run([image, image], pixel_format=pixel_format)
    for matte in mattes:
        assert (matte.alpha == 0).all()
        assert matte.layers[0].colour.shape == (*size, 3)


@pytest.mark.parametrize("screen", ["auto", "green", "#ffffff"])
def test_scenery_gives_a_legal_matte(screen):
    images = [codes(texture(np.random.default_rng(seed), 33, 47)) for seed in range(2)]
    for matte in run(images, screen=screen)[0]:
        assert np.isfinite(matte.layers[0].colour).all()
        assert matte.alpha.min() >= 0
        assert matte.alpha.max() <= 1


def test_a_still_clip_gives_a_still_matte():
    image = codes(scene(GREEN)[0])
    mattes, _ = run(12 * [image])
    assert np.abs(mattes[-1].alpha - mattes[-2].alpha).max() < 0.01


@pytest.mark.parametrize(
    ("settings", "key"),
    [
        ({"screen": "purple"}, "screen"),
        ({"screen": "#12345"}, "screen"),
        ({"interior": "x"}, "interior"),
        ({"edge": 0}, "edge"),
    ],
)
def test_wrong_settings_are_named(settings, key):
    with pytest.raises(ConfigError, match=f"model.{key}"):
        ChromaSettings(**settings)


@pytest.mark.parametrize(
    ("name", "expected"),
    [("yuv420p", True), ("yuv422p10le", True), ("nv12", True), ("", True), ("yuva444p12le", False), ("rgb24", False)],
)
def test_which_formats_store_less_chroma(name, expected):
    assert subsampled(name) is expected
