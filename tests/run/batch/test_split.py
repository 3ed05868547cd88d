"""One clip on several workers: the results are those of one, whatever becomes of the parts."""

import json
from dataclasses import replace
from functools import partial
from typing import Any

import cv2
import numpy as np
import pytest

from tests import drawn
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


def test_parts_that_are_done_are_made_again_on_demand(long, tmp_path):
    Failing.left = 1
    run_batch([long], Inline(Failing), 0, splitting=THIRDS)
    made = []

    class Watching(Performer):
        def __call__(self, task, progress):
            found = super().__call__(task, progress)
            made.append((task.part and task.part.first, found.frames))
            return found

    assert run_batch([replace(long, restart=True)], Inline(Watching), 0, splitting=THIRDS)[0].state is State.done
    assert made == [(0, 3), (3, 3), (6, 1), (None, FRAMES)]


def test_models_with_memory_are_left_whole(task):
    assert not splittable(task(0, "model=recall", broken=True))
    assert not splittable(task(0, "model=rvm.mobilenetv3", broken=True))
    assert splittable(task(0, "model=u2net.small", broken=True))
    assert splittable(task(0, "model=recall", "shots=auto", broken=True))
    assert not splittable(task(0, "shots=auto", broken=True))


def test_a_model_that_turns_out_to_have_memory_is_refused(task, monkeypatch):
    monkeypatch.setattr("vmatte.run.batch.split.splittable", lambda task: True)
    outcome = run_batch([task(0, "model=recall", frames=FRAMES)], Inline(), 1, splitting=THIRDS)[0]
    assert (outcome.state, outcome.kind) == (State.failed, "ConfigError")
    assert "leave out --split" in outcome.text


def test_a_model_with_memory_is_split_where_the_clip_is_cut(task, tmp_path):
    pytest.importorskip("scenedetect")
    cut, end = 18, 40
    (folder := tmp_path / "cut").mkdir()
    for index in range(end):
        rgb = drawn.picture(index) if index < cut else 255 - drawn.picture(index - cut)[:, ::-1]
        cv2.imwrite(str(folder / f"{index:06d}.png"), np.ascontiguousarray(rgb[..., ::-1]))
    first, second = tmp_path / "first.png", tmp_path / "second.png"
    drawn.mask(first)
    cv2.imwrite(str(second), np.asarray(cv2.imread(str(first)))[:, ::-1])
    overrides = ("model=recall", "shots=auto", "outputs=[alpha,rgba-png]", "smooth=ema", "foreground=estimate")
    given = task(0, *overrides, masks=(str(first), f"{cut}={second}"))
    long = replace(given, job=replace(given.job, clip=folder))
    alone = replace(long, root=tmp_path / "alone", job=replace(long.job, out=tmp_path / "alone"))
    assert run_batch([alone], Inline())[0].state is State.done

    made: list[object] = []
    events: list[Any] = []

    class Watching(Performer):
        def __call__(self, task, progress):
            made.append("cuts" if task.survey else (task.part and (task.part.first, task.part.stop)))
            return super().__call__(task, progress)

    shots = partial(Splits, looks={0: Outlook(frames=end)}, most=10)
    outcome = run_batch([long], Inline(Watching), 0, events.append, splitting=shots)[0]
    assert (outcome.state, outcome.text, outcome.frames) == (State.done, "", end)
    assert made == ["cuts", (0, cut), (cut, None), None]
    assert written(tmp_path / "done") == written(tmp_path / "alone")
    ours, theirs = (json.loads((tmp_path / out / "cut.report.json").read_text()) for out in ("done", "alone"))
    assert ours["shots"] == theirs["shots"] == [[0, cut - 1], [cut, end - 1]]
    assert ours["runtime"]["parts"] == 2
    assert {event.number for event in events} == {0}
    assert [type(event) for event in events if isinstance(event, Began | Ended | Retried)] == [Began, Ended]


def test_a_clip_without_cuts_stays_whole_for_a_model_with_memory(task, tmp_path):
    pytest.importorskip("scenedetect")
    made = []

    class Watching(Performer):
        def __call__(self, task, progress):
            made.append("cuts" if task.survey else task.part)
            return super().__call__(task, progress)

    uncut = task(0, "model=recall", "shots=auto", frames=FRAMES)
    assert run_batch([uncut], Inline(Watching), 0, splitting=THIRDS)[0].state is State.done
    assert made == ["cuts", None]
