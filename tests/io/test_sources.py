"""The contract of every source, whatever it reads: add a kind in conftest and it is tested."""

import threading
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from tests.clips import number_in
from vmatte.core.errors import InputError
from vmatte.io.sample import sample_frames


def _same(ones, others):
    assert [frame.index for frame in ones] == [frame.index for frame in others]
    assert [frame.pts for frame in ones] == [frame.pts for frame in others]
    for one, other in zip(ones, others, strict=True):
        assert np.array_equal(one.rgb, other.rgb)
        assert np.array_equal(one.sdr, other.sdr)
        assert (one.alpha is None) == (other.alpha is None)
        assert one.alpha is None or np.array_equal(one.alpha, other.alpha)


def _open_files():
    return len(list(Path("/proc/self/fd").iterdir()))


class TestEverySource:
    def test_frames_are_complete_and_in_order(self, kind):
        wanted, source, frames = kind
        assert len(frames) == wanted.count == source.count()
        assert [frame.index for frame in frames] == list(range(wanted.count))
        fields = 2 if wanted.name == "woven-fields" else 1
        assert [number_in(frame.rgb) for frame in frames] == [index // fields for index in range(wanted.count)]

    def test_times_are_exact_and_ascend(self, kind):
        wanted, _, frames = kind
        pts = [frame.pts for frame in frames]
        assert all(after > before for before, after in pairwise(pts))
        if wanted.pts:
            assert pts == list(wanted.pts)

    def test_pixels_are_as_the_clip_says(self, kind):
        wanted, source, frames = kind
        clip = source.clip
        assert (clip.depth, clip.has_alpha, clip.rotation) == (wanted.depth, wanted.alpha, wanted.rotation)
        for frame in frames:
            assert frame.rgb.shape == frame.sdr.shape == (clip.height, clip.width, 3)
            assert frame.rgb.dtype == (np.uint8 if clip.depth == 8 else np.uint16)
            assert frame.rgb.flags.c_contiguous
            assert frame.sdr.flags.c_contiguous
            assert frame.rgb.flags.owndata or frame.rgb.base.flags.owndata, "pixels must not point into the decoder"
            assert (frame.sdr is frame.rgb) == (clip.depth == 8)
            if clip.has_alpha:
                assert frame.alpha is not None
                assert 0.0 <= frame.alpha.min() <= frame.alpha.max() <= 1.0

    def test_any_range_equals_the_slice_of_the_whole(self, kind):
        _, source, frames = kind
        count = len(frames)
        for start, stop in {(0, 2), (1, None), (2, 5), (count // 2, count // 2 + 1), (count - 1, None), (3, 3)}:
            _same(list(source.frames(start, stop)), frames[start:stop])
        assert list(source.frames(count + 5)) == []

    def test_reading_twice_at_once_gives_the_same(self, kind):
        _, source, frames = kind
        for one, other, first in zip(source.frames(), source.frames(), frames, strict=True):
            assert np.array_equal(one.rgb, first.rgb)
            assert np.array_equal(other.rgb, first.rgb)

    def test_spans_follow_the_frames_own_times(self, kind):
        _, source, frames = kind
        base, start = source.clip.time_base, frames[0].pts
        assert source.span(None, None) == (0, None)
        for index, frame in enumerate(frames):
            at = float((frame.pts - start) * base)
            assert source.span(at - 1e-4, None)[0] == index
            if index:
                assert source.span(None, at - 1e-4) == (0, index)
        with pytest.raises(InputError, match="no frame between"):
            source.span(10000.0, None)
        with pytest.raises(InputError, match="no frame between"):
            source.span(0.0, 0.0)

    def test_closing_early_leaves_nothing_behind(self, kind):
        _, source, _ = kind
        for _ in range(2):
            threads, files = threading.active_count(), _open_files()
            frames = source.frames()
            next(frames)
            frames.close()
            assert (threading.active_count(), _open_files()) == (threads, files)

    def test_samples_are_the_frames_asked_for(self, kind):
        _, source, frames = kind
        found = sample_frames(source, count=4)
        assert len(found) == min(4, len(frames))
        assert {0, len(frames) - 1} <= {index for index, _ in found} or len(frames) == 1
        for index, rgb in found:
            assert rgb.dtype == np.uint8
            # decord rounds down, by 1.1 of 255 in the mean
            assert np.abs(rgb.astype(int) - frames[index].sdr).mean() < 2.0
