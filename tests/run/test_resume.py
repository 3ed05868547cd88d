"""A run that ends early goes on at its last whole segment, and nobody can tell from the files."""

import errno
import json
import os
import shutil
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from tests import drawn
from vmatte.config.load import load, plan_as_data
from vmatte.core.errors import OutputError
from vmatte.core.types import Matter
from vmatte.run import clip as running
from vmatte.run.batch.digest import sealed
from vmatte.run.batch.perform import perform
from vmatte.run.batch.task import State, Task
from vmatte.run.build import prepare
from vmatte.run.clip import run_job
from vmatte.run.journal import Journal
from vmatte.run.plan import Job
from vmatte.run.report import Report
from vmatte.run.resume import Journaling
from vmatte.run.schedule import Schedule

SIZE, FRAMES, AT = (64, 48), 21, 18


class StopError(Exception):
    """As sudden as the end of a process, for all that the run can tell."""


class Runner:
    """Runs one job as often as wanted, to an end or to a frame, and remembers what was said."""

    def __init__(self, folder: Path, *overrides: str, **job: object) -> None:
        self.clip = drawn.clip(folder / "disc.mp4", FRAMES, SIZE, sound=True)
        self.folder, self.said = folder, list[str]()
        self._matter: Matter | None = None
        self.plan = load(["run.segment=8", "stream.encoders=1", *overrides])
        self.job = job or {"masks": (str(drawn.mask(folder / "mask.png", size=SIZE)),)}

    def task(self, out: str) -> Task:
        job = Job(self.clip, self.folder / out, **self.job)  # type: ignore[arg-type]
        return Task(0, job, self.plan, plan_as_data(self.plan), self.folder / out)

    def run(self, out: str, stop: int | None = None, restart: bool = False) -> Report:
        def advance(done: int, total: int | None) -> None:
            if done == stop:
                raise StopError

        task = self.task(out)
        journaling = Journaling(lambda: sealed(task), restart, self.said.append)
        # Weights are loaded once; what a model has settled for itself is told it again.
        prepared = prepare(task.job, task.plan, matter=self._matter)
        # Started over at cuts, it belongs to one run.
        self._matter = prepared.matter if prepared.scenes is None else None
        return run_job(task.job, task.plan, dict(task.settings), advance, prepared, journaling=journaling)

    def stopped(self, out: str = "cut", at: int = AT) -> None:
        with pytest.raises(StopError) as ended:
            self.run(out, at)
        assert "the same command goes on at frame" in ended.value.__notes__[0]


def files(folder: Path) -> dict[str, bytes]:
    """All results; the report says how long things took."""
    found = (path for path in folder.rglob("*") if path.is_file() and not path.name.endswith(".json"))
    return {str(path.relative_to(folder)): path.read_bytes() for path in found}


def test_every_kind_of_output_is_the_same_to_the_last_byte(tmp_path):
    outputs = "outputs=[prores,alpha,png16,alpha-mp4,webm,over,gif,sheet]"
    runner = Runner(tmp_path, "model=recall", "smooth=median", "refine=guided", "despill=average", outputs)
    whole = runner.run("whole")
    runner.stopped()
    assert not any("partial" not in path.name for path in (tmp_path / "cut").glob("disc.*.m*"))
    rest = runner.run("cut")
    assert runner.said == ["going on at frame 16, where an interrupted run of this job left off"]
    assert (whole.frames, whole.before, rest.frames, rest.before) == (FRAMES, 0, FRAMES, 13)
    assert (rest.look_at, rest.warnings) == (whole.look_at, whole.warnings)
    assert [each["frames"] for each in rest.outputs] == [each["frames"] for each in whole.outputs]
    expected = files(tmp_path / "whole")
    assert len(expected) == 7 + FRAMES
    assert files(tmp_path / "cut") == expected


def test_several_objects_with_masks_on_several_frames(tmp_path):
    masks = [f"{index}={drawn.mask(tmp_path / f'{index}.png', index, SIZE)}" for index in (0, 5, 10)]
    objects = tuple(f"{name}={mask}" for name in ("a", "b") for mask in masks)
    runner = Runner(tmp_path, "model=recall", "outputs=[alpha]", objects=objects)
    runner.run("whole")
    runner.stopped("cut", 12)
    runner.stopped("cut", 18)
    assert runner.run("cut").before == 16
    between = "going on at frame 10, where an interrupted run of this job left off"
    assert runner.said[0] == between, "between two masks there is no place to go on from, but at a mask there is"
    assert files(tmp_path / "whole") == files(tmp_path / "cut")


@pytest.mark.parametrize(
    ("model", "name", "overrides"),
    [
        ("chroma", "", []),
        ("rvm.mobilenetv3", "rvm_mobilenetv3", ["model.seq_chunk=3"]),
    ],
)
def test_models_of_every_kind_go_on_bit_for_bit(tmp_path, checkpoint, model, name, overrides):
    runner = Runner(tmp_path, f"model={model}", "outputs=[alpha]", "device=cpu", *overrides)
    runner.job = {"end": 0.44}
    runner.plan = runner.plan.with_weights(checkpoint(name)) if name else runner.plan
    runner.run("whole", None)
    runner.stopped("cut", 9)
    assert runner.run("cut").before == 8
    assert files(tmp_path / "whole") == files(tmp_path / "cut")


def test_a_clip_of_two_shots_goes_on_in_either(tmp_path):
    pytest.importorskip("scenedetect")
    cut, end = 23, 44
    (folder := tmp_path / "disc").mkdir()
    for index in range(end):
        rgb = drawn.picture(index, SIZE) if index < cut else 255 - drawn.picture(index - cut, SIZE)[:, ::-1]
        cv2.imwrite(str(folder / f"{index:06d}.png"), np.ascontiguousarray(rgb[..., ::-1]))
    first = str(drawn.mask(tmp_path / "first.png", size=SIZE))
    cv2.imwrite(second := str(tmp_path / "second.png"), np.asarray(cv2.imread(first))[:, ::-1])
    overrides = ("shots=auto", "smooth=flow-ema", "refine=guided", "outputs=[alpha,rgba-png]")
    runner = Runner(tmp_path, "model=recall", *overrides, masks=(first, f"{cut}={second}"))
    runner.clip = folder
    assert runner.run("whole").shots == ((0, cut - 1), (cut, end - 1))
    # The stages let go of the three frames they hold at the cut: no segment can end at 24.
    for stop, at in ((10, 8), (26, 16), (38, 40)):
        runner.stopped(f"cut{stop}", stop)
        runner.said.clear()
        runner.run(f"cut{stop}")
        assert runner.said == [f"going on at frame {at}, where an interrupted run of this job left off"]
        assert files(tmp_path / f"cut{stop}") == files(tmp_path / "whole")


def test_a_model_over_trimaps_goes_on_bit_for_bit(tmp_path):
    pytest.importorskip("pymatting")
    soft = cv2.blur(np.asarray(cv2.imread(str(drawn.mask(tmp_path / "m.png", size=SIZE)), 0)), (15, 15))
    cv2.imwrite(str(tmp_path / "t.png"), np.where(soft == 0, 0, np.where(soft == 255, 255, 128)))
    runner = Runner(tmp_path, "model=closed-form", "outputs=[alpha]", trimap=tmp_path / "t.png")
    runner.run("whole")
    runner.stopped("cut", 10)
    assert runner.run("cut").before == 8
    assert files(tmp_path / "whole") == files(tmp_path / "cut")


@pytest.fixture
def stopped(tmp_path) -> Runner:
    """A small run that was stopped, and its whole twin."""
    runner = Runner(tmp_path, "model=chroma", "outputs=[alpha]")
    runner.run("whole")
    runner.stopped()
    return runner


def test_a_damaged_journal_is_not_believed(stopped, tmp_path):
    log = tmp_path / "cut" / "disc.journal" / "0.log"
    data = bytearray(log.read_bytes())
    data[len(data) // 3] ^= 1
    log.write_bytes(data)
    assert stopped.run("cut").before == 0
    assert "not those written" in stopped.said[-1]
    assert files(tmp_path / "whole") == files(tmp_path / "cut")


@pytest.mark.parametrize("part", ["16.model.npz", "16.writers.npz", "0.log"])
def test_nor_is_one_that_lacks_something(stopped, tmp_path, part):
    path = tmp_path / "cut" / "disc.journal" / part
    os.truncate(path, path.stat().st_size // 2)
    assert stopped.run("cut").before == 0
    assert files(tmp_path / "whole") == files(tmp_path / "cut")


def test_what_was_not_synced_when_the_power_failed_does_not_count(stopped, tmp_path):
    journal = tmp_path / "cut" / "disc.journal"
    with (journal / "0.log").open("ab") as file:
        file.write(bytes(999))
    (journal / "24.model.npz").write_bytes(b"half of it")
    (journal / "journal.json.partial").write_text('{"form')
    assert stopped.run("cut").before == 16
    assert files(tmp_path / "whole") == files(tmp_path / "cut")


def test_another_job_starts_over_and_says_why(stopped, tmp_path):
    stopped.plan = load(["run.segment=8", "stream.encoders=1", "model=chroma", "outputs=[alpha]", "despill=limit"])
    assert stopped.run("cut").before == 0
    assert "the settings changed" in stopped.said[-1]
    stopped.stopped("other")
    drawn.clip(stopped.clip, FRAMES + 1, SIZE)
    assert stopped.run("other").before == 0
    assert "the clip or its hints changed" in stopped.said[-1]


def test_a_fresh_start_on_demand(stopped):
    assert stopped.run("cut", restart=True).before == 0
    assert not stopped.said


def test_names_given_before_the_report_was_written(stopped, tmp_path, monkeypatch):
    """A process may end between two renames: what has its name is replaced by the same."""

    def stop(*_: object) -> None:
        raise StopError

    with monkeypatch.context() as patch:
        patch.setattr(running, "write_report", stop)
        with pytest.raises(StopError):
            stopped.run("cut")
    assert (tmp_path / "cut" / "disc.alpha.mkv").exists()
    stopped.run("cut")
    assert files(tmp_path / "whole") == files(tmp_path / "cut")
    with pytest.raises(OutputError, match="exists already"):
        stopped.run("cut")


def test_a_full_disk_keeps_what_there_was(stopped, tmp_path, monkeypatch):
    synced = os.fsync

    def full(descriptor: int) -> None:
        if "24." in Path(f"/proc/self/fd/{descriptor}").readlink().name:
            raise OSError(errno.ENOSPC, "No space left on device")
        synced(descriptor)

    drawn.clip(stopped.clip, 30, SIZE)
    stopped.run("longer")
    stopped.stopped("full")
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(OutputError, match="no space left"):
            stopped.run("full")
    assert stopped.run("full").before == 16
    assert files(tmp_path / "longer") == files(tmp_path / "full")


def test_two_runs_at_one_job(tmp_path):
    schedule = Schedule(0, 8)
    with Journal(tmp_path / "a.journal", {}, schedule), pytest.raises(OutputError, match="another run is at this job"):
        Journal(tmp_path / "a.journal", {}, schedule)
    assert not (tmp_path / "a.journal").exists()


def test_a_job_of_a_batch_goes_on_too(tmp_path):
    runner = Runner(tmp_path, "model=chroma", "outputs=[alpha,png16]")
    runner.run("whole")

    def advance(done: int, total: int | None) -> None:
        if done == AT:
            raise KeyboardInterrupt

    task = runner.task("cut")
    with pytest.raises(KeyboardInterrupt):
        perform(task, advance)
    outcome = perform(task, lambda done, total: None)
    assert (outcome.state, outcome.before, outcome.frames) == (State.done, 16, FRAMES)
    report = tmp_path / "cut" / "disc.report.json"
    assert json.loads(report.read_text())["before"] == 16
    assert files(tmp_path / "whole") == files(tmp_path / "cut")

    report.unlink()
    for path in (tmp_path / "cut").glob("disc.alpha*"):
        path.unlink()
    shutil.rmtree(tmp_path / "cut" / "disc.png16")
    with pytest.raises(KeyboardInterrupt):
        perform(task, advance)
    assert perform(replace(task, restart=True), lambda done, total: None).state is State.done
    assert json.loads(report.read_text())["before"] == 0
