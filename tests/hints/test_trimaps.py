"""Trimaps as users have them: pictures, numbered or not, and videos."""

from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from vmatte.core.errors import HintError
from vmatte.core.types import Clip
from vmatte.hints.doubts import trimap_doubts
from vmatte.hints.trimaps import read_trimaps

TRIMAP = np.zeros((48, 64), np.uint8)
TRIMAP[:, 16:] = 128
TRIMAP[:, 40:] = 255


def clip(first: int = 0) -> Clip:
    return Clip(Path("shot"), 64, 48, Fraction(24), Fraction(1, 24), frames=3, first_number=first)


def folder(path: Path, *names: str) -> Path:
    path.mkdir()
    for place, name in enumerate(names):
        cv2.imwrite(str(path / name), np.roll(TRIMAP, place, 1))
    return path


@pytest.mark.parametrize("kind", ["grey", "colour", "deep", "worn", "see-through"])
def test_one_for_every_frame(tmp_path, kind):
    shown = {
        "grey": TRIMAP,
        "colour": cv2.cvtColor(TRIMAP, cv2.COLOR_GRAY2BGR),
        "deep": TRIMAP.astype(np.uint16) * 257,
        "worn": np.clip(TRIMAP.astype(int) + np.random.default_rng(0).integers(-40, 40, TRIMAP.shape), 0, 255).astype(
            np.uint8
        ),
        "see-through": np.dstack([np.full((48, 64, 3), 255, np.uint8), TRIMAP]),
    }[kind]
    cv2.imwrite(str(tmp_path / "t.png"), shown)
    found, _ = read_trimaps(tmp_path / "t.png", clip(), 0, 3)
    assert found.indices is None
    np.testing.assert_array_equal(found.at(2), TRIMAP)


def test_numbers_are_the_clips_own_and_places_stand_in(tmp_path):
    named = folder(tmp_path / "named", "t_1001.png", "t_1002.png", "t_1003.png")
    found, told = read_trimaps(named, clip(1001), 0, 3)
    assert "numbers" in told
    np.testing.assert_array_equal(found.at(2), np.roll(TRIMAP, 2, 1))
    found, told = read_trimaps(named, clip(0), 0, 3)
    assert "order" in told
    np.testing.assert_array_equal(found.at(1), np.roll(TRIMAP, 1, 1))
    found, _ = read_trimaps(named / "t_%04d.png", clip(1001), 1, 3)
    assert list(found.indices or ()) == [0, 1, 2]
    with pytest.raises(HintError, match="no trimap for frame 1004 and 1 others"):
        read_trimaps(named, clip(1001), 0, 5)


def test_a_video_after_its_codec(tmp_path):
    path = tmp_path / "t.mp4"
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=24)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for place in range(3):
            frame = av.VideoFrame.from_ndarray(np.repeat(np.roll(TRIMAP, 8 * place, 1)[..., None], 3, 2), "rgb24")
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    found, told = read_trimaps(path, clip(), 0, 3)
    assert "video" in told
    for place in (0, 2, 1):
        wrong = np.mean(found.at(place) != np.roll(TRIMAP, 8 * place, 1))
        assert wrong < 0.05
    assert found.at(3) is None
    with pytest.raises(HintError, match="for 3 frames, and the run ends at frame 8"):
        read_trimaps(path, clip(), 0, 9)


def test_a_trimap_that_leaves_nothing_to_find_is_doubted_and_one_that_leaves_all_is_refused(tmp_path):
    path = tmp_path / "t.png"
    cv2.imwrite(str(path), TRIMAP)
    assert trimap_doubts(read_trimaps(path, clip(), 0, 3)[0], path, 0) == []
    cv2.imwrite(str(path), np.where(TRIMAP == 128, 0, TRIMAP).astype(np.uint8))
    (said,) = trimap_doubts(read_trimaps(path, clip(), 0, 3)[0], path, 0)
    assert "nothing in the trimap is unknown" in said
    cv2.imwrite(str(path), np.full_like(TRIMAP, 128))
    with pytest.raises(HintError, match="unknown everywhere"):
        read_trimaps(path, clip(), 0, 3)
