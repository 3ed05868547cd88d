"""One clip on several workers: the results are those of one, whatever becomes of the parts."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from vmatte.core.types import Layer, Matte
from vmatte.models.lift import lift
from vmatte.run.batch.board import Board
from vmatte.run.batch.driver import run_batch
from vmatte.run.batch.executor import Inline
from vmatte.run.batch.outlook import Outlook
from vmatte.run.batch.performer import Performer
from vmatte.run.batch.split import Splits, splittable
from vmatte.run.batch.task import Advanced, Began, Ended, Outcome, Retried, State

FRAMES = 7
THIRDS = partial(Splits, looks={0: Outlook(frames=FRAMES), 1: Outlook(frames=FRAMES)}, most=3)


class Apart:
    """A BatchModel whose frames know nothing of each other; takes all digits that a float32 has."""

    size, overlap = 2, 0

    def infer(self, frames, hints):
        alphas = [frame.sdr.mean(axis=2, dtype=np.float32) / np.float32(255) for frame in frames]
        return [Matte(frame, (Layer("subject", alpha),)) for frame, alpha in zip(frames, alphas, strict=True)]


@pytest.fixture
def long(task, monkeypatch):
    """A clip for it, written with smoothing and colours of its own."""
    monkeypatch.setattr("vmatte.run.batch.warm.load_model", lambda *_: lift(Apart()))
    monkeypatch.setattr("vmatte.run.batch.split.splittable", lambda task: True)
    return task(0, "model=chroma", "outputs=[alpha,rgba-png]", "smooth=ema", "foreground=blur", frames=FRAMES)


def written(folder):
    files = sorted(path for path in folder.rglob("*") if path.is_file() and not path.name.endswith("report.json"))
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


class Failing(Performer):
    """The second part fails as often as it is told to."""

    left = 0

    def __call__(self, task, progress):
        if task.part is not None and task.part.first == 3 and Failing.left:
            Failing.left -= 1
            return Outcome(State.failed, "its worker died", "died", True)
        return super().__call__(task, progress)


def test_the_results_are_those_of_one_worker(long, tmp_path):
    alone = replace(long, root=tmp_path / "alone", job=replace(long.job, out=tmp_path / "alone"))
    assert run_batch([alone], Inline())[0].state is State.done

    Failing.left = 1
    events = []
    board = Board([long], {0: Outlook(frames=FRAMES)}, {})

    def listener(event):
        board(event)
        events.append(event)

    outcome = run_batch([long], Inline(Failing), 1, listener, THIRDS)[0]
    assert (outcome.state, outcome.text, outcome.frames) == (State.done, "", FRAMES)
    assert written(tmp_path / "done") == written(tmp_path / "alone")
    assert {event.number for event in events} == {0}
    assert [type(event) for event in events if isinstance(event, Began | Ended | Retried)] == [Began, Ended]
    assert max(event.done for event in events if isinstance(event, Advanced)) == FRAMES
    assert board.counts[State.done] == 1


def test_a_part_that_fails_for_good_fails_the_clip_and_parts_that_are_done_stay(long, tmp_path):
    Failing.left = 1
    outcome = run_batch([long], Inline(Failing), 0, splitting=THIRDS)[0]
    assert (outcome.state, outcome.kind) == (State.failed, "died")
    (kept,) = (tmp_path / "done/c0.report.parts").iterdir()
    before = kept.stat().st_mtime_ns
    made = []

    class Watching(Performer):
        def __call__(self, task, progress):
            found = super().__call__(task, progress)
            made.append((task.part and task.part.first, found.frames))
            assert not kept.exists() or kept.stat().st_mtime_ns == before
            return found

    assert run_batch([long], Inline(Watching), 0, splitting=THIRDS)[0].state is State.done
    assert made == [(0, 0), (3, 3), (6, 1), (None, FRAMES)]
    assert not kept.exists()


def test_models_with_memory_are_left_whole(task):
    assert not splittable(task(0, "model=recall", broken=True))
    assert not splittable(task(0, "model=rvm.mobilenetv3", broken=True))
    assert splittable(task(0, "model=u2net.small", broken=True))
    assert not splittable(task(0, "model=u2net.small", "shots=auto", broken=True))


def test_a_model_that_turns_out_to_have_memory_is_refused(task, monkeypatch):
    monkeypatch.setattr("vmatte.run.batch.split.splittable", lambda task: True)
    outcome = run_batch([task(0, "model=recall", frames=FRAMES)], Inline(), 1, splitting=THIRDS)[0]
    assert (outcome.state, outcome.kind) == (State.failed, "ConfigError")
    assert "leave out --split" in outcome.text
