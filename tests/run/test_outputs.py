"""Views of finished pictures and layers, names from templates, estimates."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from vmatte.core.errors import ConfigError
from vmatte.core.light import to_linear
from vmatte.core.types import Clip, Colour, Frame, Layer, Matte
from vmatte.ops.composite import composited
from vmatte.run.backdrop import backdrop
from vmatte.run.naming import check_template, named
from vmatte.run.views import Background, Foreground, Layers, Over, Rgba, compare


def clip_of(depth: int = 8, colour: Colour = Colour(), width: int = 40, height: int = 24) -> Clip:  # noqa: B008
    return Clip(Path("c.mp4"), width, height, Fraction(25), Fraction(1, 25), depth=depth, colour=colour)


def matte_of(clip: Clip, index: int = 0, objects: int = 1) -> Matte:
    """A bright subject over a dark ramp, with a soft edge, and the picture that both make."""
    kind: Any
    kind, top = (np.uint8, 255) if clip.depth == 8 else (np.uint16, 65535)
    ramp = np.linspace(0.1, 0.3, clip.width, dtype=np.float32)
    back = np.repeat(np.tile(ramp, (clip.height, 1))[..., None], 3, axis=2)
    layers = []
    picture = back
    for place in range(objects):
        x = np.arange(clip.width, dtype=np.float32)[None] - (10 + 20 * place)
        alpha = np.repeat(np.clip(5.5 - np.abs(x), 0, 1), clip.height, axis=0).astype(np.float32)
        front = np.full_like(back, 0.9 - 0.2 * place)
        picture = alpha[..., None] * front + (1 - alpha[..., None]) * picture
        layers.append(Layer(f"thing{place}", alpha, front))
    rgb = np.rint(picture * top).astype(kind)
    sdr = rgb if kind is np.uint8 else (rgb // 257).astype(np.uint8)
    return Matte(Frame(index, index, rgb, sdr, 1), tuple(layers))


@pytest.mark.parametrize("depth", [8, 16])
def test_layers_make_the_source_again(depth: int) -> None:
    clip = clip_of(depth)
    matte = matte_of(clip)
    front, back = Foreground(-1)(matte).colour, Background(clip)(matte).colour
    assert front is not None
    assert back is not None
    again = composited(front, matte.alpha, back)
    top = 255 if depth == 8 else 65535
    assert np.abs(again.astype(int) - matte.frame.rgb).max() <= 0.06 * top
    clear, solid = matte.alpha == 0, matte.alpha == 1
    assert np.array_equal(back[clear], matte.frame.rgb[clear])
    # Nothing of the subject is left behind it.
    assert back[solid].max() < 0.35 * top


def test_premultiplied_is_code_times_alpha() -> None:
    matte = matte_of(clip_of())
    picture = Rgba(8, premultiplied=True)(matte)
    assert picture.premultiplied
    assert picture.colour is not None
    meant = np.rint(np.rint(matte.layers[0].colour * 255) * matte.alpha[..., None])  # type: ignore[operator]
    assert np.abs(picture.colour - meant).max() <= 1


def test_objects_are_layers_of_one_picture() -> None:
    matte = matte_of(clip_of(), objects=2)
    picture = Layers(-1)(matte)
    assert [part.name for part in picture.others] == ["thing0", "thing1"]
    assert picture.alpha is not None
    assert np.allclose(picture.alpha, matte.layers[0].alpha + matte.layers[1].alpha)
    assert picture.colour is not None
    assert picture.colour.dtype == np.uint16
    assert abs(int(picture.colour[0, 10, 0]) - 0.9 * 65535) < 2


@pytest.mark.parametrize("light", [False, True])
def test_a_subject_over_a_colour(light: bool) -> None:
    clip = clip_of()
    matte = matte_of(clip)
    found = Over(backdrop("#203040", clip), 0, 1 if light else None)(matte).colour
    assert found is not None
    assert found[0, 0].tolist() == [32, 48, 64]
    share, front = float(matte.alpha[0, 5]), 230 / 255
    assert 0 < share < 1
    if light:
        wanted = share * to_linear(np.array(front), 1) + (1 - share) * to_linear(np.array(32 / 255), 1)
        assert abs(to_linear(np.array(found[0, 5, 0] / 255), 1) - wanted) < 0.01
    else:
        assert abs(int(found[0, 5, 0]) - (share * 230 + (1 - share) * 32)) <= 1


def test_pictures_and_clips_behind_fill_the_frame_and_play(tmp_path: Path) -> None:
    folder = tmp_path / "back"
    folder.mkdir()
    for number in range(3):
        cv2.imwrite(str(folder / f"{number:04d}.png"), np.full((30, 90, 3), 80 * number, np.uint8))
    clip = clip_of()
    behind = backdrop(str(folder), clip)  # 24 a second under a clip of 25, and over again after three
    shown = [int(behind.at(matte_of(clip, index).frame)[0, 0, 0]) for index in range(8)]
    behind.close()
    assert shown == [0, 0, 80, 160, 0, 80, 160, 0]
    still = backdrop(str(folder / "0002.png"), clip)
    assert {int(still.at(matte_of(clip, index).frame).max()) for index in range(3)} == {160}
    assert still.at(matte_of(clip).frame).shape == (24, 40, 3)
    still.close()
    with pytest.raises(ConfigError, match="no file, and no colour"):
        backdrop("chartreuse", clip)


def test_white_behind_hdr_is_reference_white() -> None:
    clip = clip_of(10, Colour(9, 16, 9))
    codes = backdrop("#ffffff", clip).at(matte_of(clip).frame)
    # ITU-R BT.2408-7, table 1: 58 % of PQ.
    assert np.abs(codes / 65535 - 0.58).max() < 0.005


def test_three_pictures_side_by_side_are_made_to_fit() -> None:
    clip = clip_of()
    view, shape = compare(Over(backdrop("", clip)), clip)
    picture = view(matte_of(clip))
    assert (shape.width, shape.height) == (120, 24)
    assert picture.colour is not None
    assert picture.colour.shape == (24, 120, 3)
    assert picture.colour[0, 40 + 10].tolist() == [255, 255, 255]
    assert compare(Over(backdrop("", clip)), clip_of(width=3840, height=2160))[1].width == 3840


def test_names_come_from_templates() -> None:
    assert named("", stem="a", output="prores", model="m") == "a.prores"
    assert named("", stem="a", output="prores", model="m", item="x") == "a.x.prores"
    assert named("{stem}_{model}_{output}", stem="a", output="prores", model="m") == "a_m_prores"
    for bad in ("{clip}", "{stem", "/tmp/{stem}", "../{stem}", "{stem!r}", "{stem:>9}", "{stem}/"):
        with pytest.raises(ConfigError, match="--name"):
            check_template(bad)
