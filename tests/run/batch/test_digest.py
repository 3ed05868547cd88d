"""A job counts as done only while everything it depends on, and everything it wrote, is as its report says."""

import json
from dataclasses import replace

import pytest

from tests import drawn
from vmatte.run.batch import digest
from vmatte.run.batch.perform import perform, reported, started_mark
from vmatte.run.batch.standing import Rerun, standing
from vmatte.run.batch.task import State
from vmatte.weights.digest import sha256_of


def kept_as(task, rerun):
    """How a task stands that need not run; None when it is to run."""
    outcome = standing(task, rerun)[1]
    return outcome and outcome.state


@pytest.fixture
def done(task):
    found = task(0)
    outcome = perform(found, lambda done, total: None)
    assert outcome.state is State.done, outcome.text
    assert not started_mark(reported(found)).exists()
    return found


def test_what_is_done_is_skipped(done, task):
    assert kept_as(done, Rerun.changed) is State.skipped
    assert kept_as(done, Rerun.failed) is State.skipped
    assert standing(done, Rerun.all)[1] is None
    # How many threads there are changes nothing about the result.
    assert kept_as(task(0, "stream.threads=3", "offline=true"), Rerun.changed) is State.skipped


def test_every_change_is_seen(done, task, tmp_path, monkeypatch):
    def why(changed):
        found, kept = standing(changed, Rerun.failed)
        assert standing(changed, Rerun.changed)[1] is None
        assert found.job.overwrite
        assert kept is not None
        assert kept.state is State.left
        return kept.text

    assert "settings" in why(task(0, "despill=limit"))
    assert "settings" in why(task(0, end=0.05))
    with monkeypatch.context() as patch:
        patch.setattr(digest, "code", lambda: "another")
        assert "code" in why(done)
    mask = tmp_path / "c0.mask.png"
    before = mask.read_bytes()
    drawn.mask(mask, 2)
    assert "hints" in why(done)
    mask.write_bytes(before)
    clip = tmp_path / "c0.mp4"
    whole = clip.read_bytes()
    clip.write_bytes(whole + b"\0")
    assert "clip" in why(done)
    clip.write_bytes(whole)
    assert kept_as(done, Rerun.changed) is State.skipped
    output = tmp_path / "done/c0.alpha.mkv"
    spoilt = bytearray(output.read_bytes())
    spoilt[-1] ^= 1
    output.write_bytes(spoilt)
    assert "not what was written" in why(done)
    output.unlink()
    assert "missing" in why(done)


def test_a_report_that_points_elsewhere_vouches_for_nothing(done, tmp_path):
    (tmp_path / "secret").write_text("x")
    path = reported(done)
    data = json.loads(path.read_text())
    data["digest"]["outputs"] = {"../secret": sha256_of(tmp_path / "secret")}
    path.write_text(json.dumps(data))
    assert standing(done, Rerun.changed)[1] is None


def test_results_of_a_run_killed_before_its_report_are_replaced(done, tmp_path):
    reported(done).unlink()
    refused = perform(done, lambda done, total: None)
    assert (refused.state, refused.kind) == (State.failed, "OutputError")
    started_mark(reported(done)).write_text("{}")
    assert perform(done, lambda done, total: None).state is State.done


def test_a_clip_that_changes_while_it_is_read_gives_no_result(task, tmp_path):
    found = task(0)

    def meddle(done, total):
        if done == 1:
            with found.job.clip.open("ab") as file:
                file.write(b"\0")

    outcome = perform(found, meddle)
    assert (outcome.state, outcome.kind, outcome.again) == (State.failed, "InputError", False)
    assert "changed while it was read" in outcome.text
    assert list((tmp_path / "done").iterdir()) == []


def test_nothing_is_written_outside_the_batch(task, tmp_path):
    outcome = perform(task(0, out=tmp_path / "other"), lambda done, total: None)
    assert (outcome.state, outcome.kind) == (State.failed, "OutputError")
    assert "outside" in outcome.text
    assert not (tmp_path / "other").exists()


def test_a_bug_in_a_job_is_an_outcome(task):
    def broken(done, total):
        raise RuntimeError("out of luck")

    outcome = perform(replace(task(0)), broken)
    assert (outcome.state, outcome.text, outcome.again) == (State.failed, "RuntimeError: out of luck", True)
