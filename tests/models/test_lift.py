"""The lift: every kind of model becomes frames in, mattes out."""

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from vmatte.core.errors import HintError, ModelError
from vmatte.core.types import Clip, Frame, Hints, Layer, Matte
from vmatte.models.lift import lift

CLIP = Clip(Path("clip.mp4"), 4, 3, Fraction(24), Fraction(1, 24))


def frames(count, start=0):
    for index in range(start, start + count):
        rgb = np.full((3, 4, 3), index, np.uint8)
        yield Frame(index, index, rgb, rgb)


class Masks:
    def __init__(self, *indices):
        self.indices = indices

    def at(self, index):
        return np.full((3, 4), 255, np.uint8) if index in self.indices else None


def hints(*indices):
    return Hints({"mask": Masks(*indices)})


class Steps:
    """Writes the number of steps since its start into the alpha, and keeps which frames each start led to."""

    def __init__(self):
        self.seen = []

    def start(self, clip, hints, frame):
        assert hints.maps["mask"].at(frame.index) is not None
        self.seen.append([])
        return len(self.seen) - 1, 0

    def step(self, state, frame, hints):
        run, steps = state
        self.seen[run].append(frame.index)
        alpha = np.full((3, 4), steps / 100, np.float32)
        return (run, steps + 1), Matte(frame, (Layer("subject", alpha),))


def steps_of(mattes):
    return [round(float(matte.alpha[0, 0]) * 100) for matte in mattes]


def test_a_mask_on_the_first_frame_runs_forwards():
    model = Steps()
    mattes = list(lift(model, anchored=True).mattes(CLIP, hints(0), frames(4)))
    assert [matte.frame.index for matte in mattes] == [0, 1, 2, 3]
    assert model.seen == [[0, 1, 2, 3]]


def test_a_later_mask_runs_both_ways_and_comes_out_in_order():
    model = Steps()
    mattes = list(lift(model, anchored=True).mattes(CLIP, hints(3), frames(7)))
    assert [matte.frame.index for matte in mattes] == list(range(7))
    assert [int(matte.frame.rgb[0, 0, 0]) for matte in mattes] == list(range(7))
    assert steps_of(mattes) == [3, 2, 1, 0, 1, 2, 3]


def test_between_two_masks_both_ways_are_cross_faded():
    mattes = list(lift(Steps(), anchored=True).mattes(CLIP, hints(1, 5), frames(8)))
    assert [matte.frame.index for matte in mattes] == list(range(8))
    # Steps since the mask before are 0 1 2 3, to the mask after 4 3 2 1.
    mixed = [(1 - share) * ahead + share * back for share, ahead, back in [(0.25, 1, 3), (0.5, 2, 2), (0.75, 3, 1)]]
    np.testing.assert_allclose([matte.alpha[0, 0] * 100 for matte in mattes], [1, 0, *mixed, 0, 1, 2], atol=0.1)
    assert all(matte.layers[0].dispute == 0 for matte in mattes)


class Loses(Steps):
    """Solid when it goes forwards; lost, when it goes backwards."""

    def step(self, state, frame, hints):
        run, steps = state
        alpha = np.full((3, 4), 1 if self.seen[run][-1:] < [frame.index] else 0, np.float32)
        self.seen[run].append(frame.index)
        return (run, steps + 1), Matte(frame, (Layer("subject", alpha),))


def test_what_one_side_lost_is_no_ghost_all_the_way_and_is_told():
    mattes = list(lift(Loses(), anchored=True).mattes(CLIP, hints(0, 20), frames(21)))[1:20]
    values = [float(matte.alpha[0, 0]) for matte in mattes]
    assert values == sorted(values, reverse=True)
    assert sum(0.1 < value < 0.9 for value in values) <= 3
    assert all(matte.layers[0].dispute == 1 for matte in mattes)


def test_masks_on_every_frame_start_over_on_every_frame():
    model = Steps()
    mattes = list(lift(model, anchored=True).mattes(CLIP, hints(0, 1, 2), frames(3)))
    assert steps_of(mattes) == [0, 0, 0]
    assert model.seen == [[0], [1], [2]]


def test_a_last_mask_that_the_clip_never_reaches_is_left_out():
    mattes = list(lift(Steps(), anchored=True).mattes(CLIP, hints(0, 9), frames(4)))
    assert steps_of(mattes) == [0, 1, 2, 3]


def test_a_trimmed_run_starts_at_the_first_mask_inside_it():
    model = Steps()
    mattes = list(lift(model, anchored=True).mattes(CLIP, hints(2, 12), frames(5, start=10)))
    assert [matte.frame.index for matte in mattes] == [10, 11, 12, 13, 14]
    assert model.seen == [[12, 11, 10, 12, 13, 14]]


@pytest.mark.parametrize(("given", "said"), [(hints(9), "for frame 9, but the clip ends"), (Hints(), "--mask")])
def test_a_mask_that_never_comes_is_said(given, said):
    with pytest.raises(HintError, match=said):
        list(lift(Steps(), anchored=True).mattes(CLIP, given, frames(5)))


def test_every_mask_before_the_run_is_said():
    with pytest.raises(HintError, match="before"):
        list(lift(Steps(), anchored=True).mattes(CLIP, hints(2), frames(5, start=10)))


def test_no_frames_no_mattes():
    assert list(lift(Steps(), anchored=True).mattes(CLIP, hints(0), frames(0))) == []


def test_objects_go_side_by_side_and_keep_their_names():
    model = Steps()
    given = Hints({"mask": Masks(0)}, {"anna": Masks(0), "ben": Masks(2)})
    mattes = list(lift(model, anchored=True).mattes(CLIP, given, frames(20)))
    assert [matte.frame.index for matte in mattes] == list(range(20))
    assert {tuple(layer.name for layer in matte.layers) for matte in mattes} == {("anna", "ben")}
    assert steps_of(mattes) == list(range(20))
    assert [round(float(matte.layers[1].alpha[0, 0]) * 100) for matte in mattes] == [2, 1, *range(18)]


def test_an_object_whose_mask_comes_late_reads_its_frames_from_disk():
    given = Hints({"mask": Masks(0)}, {"anna": Masks(0), "ben": Masks(15)})
    mattes = list(lift(Steps(), anchored=True).mattes(CLIP, given, frames(20)))
    assert [int(matte.frame.rgb[0, 0, 0]) for matte in mattes] == list(range(20))
    assert [round(float(matte.layers[1].alpha[0, 0]) * 100) for matte in mattes] == [*range(15, 0, -1), *range(5)]


class Failing(Steps):
    def __init__(self, error):
        super().__init__()
        self.error = error

    def step(self, state, frame, hints):
        if frame.index == 2:
            raise self.error
        return super().step(state, frame, hints)


@pytest.mark.parametrize(
    ("error", "said"), [(ValueError("odd"), "frame 2: ValueError: odd"), (MemoryError(), "out of memory at frame 2")]
)
def test_a_failing_model_names_the_frame(error, said):
    with pytest.raises(ModelError, match=said):
        list(lift(Failing(error), anchored=True).mattes(CLIP, hints(0), frames(5)))


class Windows:
    def __init__(self, size, overlap):
        self.size, self.overlap = size, overlap
        self.calls = []

    def infer(self, window, hints):
        value = np.float32(len(self.calls))
        self.calls.append([frame.index for frame in window])
        return [Matte(frame, (Layer("subject", np.full((3, 4), value)),)) for frame in window]


@pytest.mark.parametrize("count", range(8))
def test_batches_cover_every_frame_once(count):
    model = Windows(3, 0)
    mattes = list(lift(model).mattes(CLIP, Hints(), frames(count)))
    assert [matte.frame.index for matte in mattes] == list(range(count))
    assert [index for call in model.calls for index in call] == list(range(count))


def test_overlapping_windows_are_cross_faded():
    model = Windows(4, 2)
    mattes = list(lift(model).mattes(CLIP, Hints(), frames(6)))
    assert model.calls == [[0, 1, 2, 3], [2, 3, 4, 5]]
    np.testing.assert_allclose([matte.alpha[0, 0] for matte in mattes], [0, 0, 1 / 3, 2 / 3, 1, 1], atol=1e-6)


def test_windows_that_overlap_whole_are_refused():
    with pytest.raises(ValueError, match="overlap"):
        lift(Windows(2, 2))


def test_a_matter_is_left_alone():
    class Own:
        def mattes(self, clip, hints, frames): ...

    own = Own()
    assert lift(own) is own
