"""From file to file through the whole command: times, sound, orientation, aspect and depth arrive as they were."""

from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from tests import drawn
from tests.clips import Recipe, write_clip
from vmatte.io.open import open_source


def packets(path: Path, kind: str) -> list[tuple[Fraction, bytes]]:
    """Times in seconds and bytes of one stream's packets."""
    found = []
    with av.open(str(path)) as container:
        stream = next(stream for stream in container.streams if stream.type == kind)
        for packet in container.demux(stream):
            if packet.size:
                assert packet.pts is not None
                found.append((packet.pts * packet.time_base, bytes(packet)))
    return found


def times(path: Path) -> list[Fraction]:
    return sorted(time for time, _ in packets(path, "video"))


def test_variable_rate_offset_b_frames_and_sound(vmatte, tmp_path, mask):
    pts = [45000, 48000, 54000, 55500, 60000, 69000, 70500, 75000]
    recipe = Recipe(time_base=Fraction(1, 90000), pts=pts, options={"bf": "2", "crf": "10"}, sound=True)
    clip = write_clip(tmp_path / "phone.mp4", [drawn.picture(index) for index in range(8)], recipe)
    assert vmatte("process", clip, "--mask", mask).code == 0
    made = tmp_path / "phone.prores.mov"
    assert times(made) == times(clip) == [Fraction(tick, 90000) for tick in pts]
    assert packets(made, "audio") == packets(clip, "audio")
    # Matroska counts in milliseconds.
    for found, meant in zip(times(tmp_path / "phone.alpha.mkv"), times(clip), strict=True):
        assert abs(found - meant) <= Fraction(1, 2000)


@pytest.mark.parametrize("rotation", [90, 180, 270])
def test_a_mask_drawn_on_the_displayed_picture_lands_on_the_subject(vmatte, tmp_path, rotation):
    recipe = Recipe(rotation=rotation, options={"crf": "10"})
    clip = write_clip(tmp_path / "turned.mp4", [drawn.picture(index) for index in range(3)], recipe)
    with open_source(clip) as source:
        shown = next(source.frames(0, 1)).rgb
    candidates = {k: np.rot90(drawn.picture(0), k).astype(int) for k in range(4)}
    turns = [k for k, picture in candidates.items() if picture.shape == shown.shape and abs(picture - shown).mean() < 6]
    assert len(turns) == 1
    truth = np.rot90(drawn.disc(0), turns[0])
    cv2.imwrite(str(tmp_path / "upright.png"), np.where(truth >= 0.5, 255, 0).astype(np.uint8))
    assert vmatte("process", clip, "--mask", "upright.png", "--output", "png16", "--output", "prores").code == 0
    alpha = cv2.imread(str(tmp_path / "turned.png16/000000.png"), cv2.IMREAD_UNCHANGED)
    assert alpha is not None
    assert np.abs(alpha / 65535 - truth).mean() < 0.03
    with open_source(tmp_path / "turned.prores.mov") as made:
        assert (made.clip.width, made.clip.height, made.clip.rotation) == (shown.shape[1], shown.shape[0], 0)


def test_pixel_aspect_and_ten_bits_arrive(vmatte, tmp_path, mask):
    recipe = Recipe(codec="ffv1", pix_fmt="yuv420p10le", aspect=Fraction(4, 3))
    clip = write_clip(tmp_path / "deep.mkv", [drawn.picture(index) for index in range(2)], recipe)
    outputs = ("--output", "prores", "--output", "rgba-png")
    assert vmatte("process", clip, "--mask", mask, *outputs, "--set", "foreground=source").code == 0
    with open_source(clip) as source, open_source(tmp_path / "deep.prores.mov") as made:
        assert made.clip.sample_aspect == source.clip.sample_aspect
        first, again = next(source.frames(0, 1)).rgb, next(made.frames(0, 1)).rgb
    assert first.dtype == again.dtype == np.uint16
    assert np.abs(first.astype(int) - again).mean() < 65535 / 1023
    with open_source(tmp_path / "deep.rgba-png") as stills:
        np.testing.assert_array_equal(next(stills.frames(0, 1)).rgb, first)
