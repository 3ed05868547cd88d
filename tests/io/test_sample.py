"""A few frames from anywhere: the right ones, in the right colours, by whichever reader can be trusted."""

import sys

import numpy as np
import pytest

from tests.clips import UNTAGGED, Recipe, number_in, numbered, write_clip
from tests.io.conftest import B_FRAMES, OPEN_GOP, images
from vmatte.io import sample
from vmatte.io.open import open_source
from vmatte.io.sample import sample_frames


@pytest.fixture
def plain(tmp_path):
    recipe = Recipe(options={**B_FRAMES, "x264-params": "open-gop=0"})
    return write_clip(tmp_path / "a.mp4", [numbered(index) for index in range(24)], recipe)


@pytest.fixture
def by_hand(monkeypatch):
    """Records which numbers were fetched by PyAV."""
    fetched = []
    real = sample._by_seeking

    def seeking(source, wanted):
        fetched.append(list(wanted))
        return real(source, wanted)

    monkeypatch.setattr(sample, "_by_seeking", seeking)
    return fetched


def test_numbers_match_pictures(plain):
    found = sample_frames(plain, 6)
    assert [index for index, _ in found] == [0, 5, 9, 14, 18, 23]
    assert [number_in(rgb) for _, rgb in found] == [index for index, _ in found]
    chosen = sample_frames(plain, indices=[7, 3, 99, -1, 7])
    assert [(index, number_in(rgb)) for index, rgb in chosen] == [(3, 3), (7, 7)]


def test_both_readers_agree(plain, by_hand):
    pytest.importorskip("decord")
    indices = [2, 8, 13, 20]
    fast = sample_frames(plain, indices=indices)
    assert by_hand == [[2, 20]], "decord was trusted after a look at both ends"
    slow = sample._by_seeking(open_source(plain), indices)
    for (one, quick), (other, exact) in zip(fast, slow, strict=True):
        assert one == other
        assert np.abs(quick.astype(int) - exact).mean() < 2.0


@pytest.mark.parametrize(
    ("recipe", "options"),
    [
        (Recipe(tags=UNTAGGED, matrix=6), B_FRAMES),
        (Recipe(), OPEN_GOP),
        (Recipe("ffv1", "yuv422p10le"), {"level": "3"}),
        (Recipe(hflip=True, rotation=0), B_FRAMES),
    ],
    ids=["untagged", "open-gop", "10-bit", "mirrored"],
)
def test_decord_is_not_trusted_where_it_is_wrong(tmp_path, by_hand, recipe, options):
    from dataclasses import replace

    name = "a.mkv" if recipe.codec == "ffv1" else "a.mp4"
    path = write_clip(tmp_path / name, [numbered(i) for i in range(20)], replace(recipe, options=options))
    whole = {frame.index: frame.sdr for frame in open_source(path).frames()}
    found = sample_frames(path, 5)
    assert [index for index, _ in found] in by_hand
    for index, rgb in found:
        assert np.array_equal(rgb, whole[index])


def test_it_works_without_decord(plain, monkeypatch):
    monkeypatch.setitem(sys.modules, "decord", None)
    assert [number_in(rgb) for _, rgb in sample_frames(plain, 4)] == [0, 8, 15, 23]


def test_it_survives_a_decord_that_fails(plain, monkeypatch):
    decord = pytest.importorskip("decord")

    def broken(*arguments, **options):
        raise decord.DECORDError("as it does on many files")

    monkeypatch.setattr(decord, "VideoReader", broken)
    assert [number_in(rgb) for _, rgb in sample_frames(plain, 4)] == [0, 8, 15, 23]


def test_sequences_and_short_clips(tmp_path):
    folder = images(tmp_path / "shot", "f%02d.png", range(7))
    assert [(index, number_in(rgb)) for index, rgb in sample_frames(folder, 3)] == [(0, 0), (3, 3), (6, 6)]
    assert [index for index, _ in sample_frames(folder, 1)] == [3]
    assert [index for index, _ in sample_frames(folder, 50)] == list(range(7))
    assert sample_frames(folder, indices=[]) == []


def test_importing_does_not_load_decord():
    import subprocess

    code = "import sys, vmatte.io.sample, vmatte.io.open; sys.exit('decord' in sys.modules or 'torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
