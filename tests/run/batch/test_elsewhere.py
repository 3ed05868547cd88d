"""Jobs whose clips and results lie behind URLs."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from tests import drawn
from vmatte.core.errors import ConfigError
from vmatte.run.batch.elsewhere import clips_at, stand_in, standing_for, told, url_of
from vmatte.run.batch.performer import Performer
from vmatte.run.batch.standing import Rerun, standing_of_all
from vmatte.run.batch.task import State
from vmatte.run.plan import Job


def none(done, total):
    pass


@pytest.fixture
def away(task, tmp_path):
    """A task whose clip, sidecar and results lie in a store of which only URLs are known."""
    store = tmp_path / "store"
    (store / "clips").mkdir(parents=True)
    drawn.clip(store / "clips/a.mp4", 3)
    drawn.mask(store / "clips/a.mask.png")
    root = stand_in(f"file://{store}/done", folder=True)
    here = task(0, broken=True)
    return replace(here, job=Job(stand_in(f"file://{store}/clips/a.mp4"), out=root / "day 1"), root=root)


def test_it_is_fetched_run_and_put_and_known_as_done(away, tmp_path):
    work = Performer()
    store, done = tmp_path / "store", tmp_path / "store/done/day 1"
    outcome = work(away, none)
    assert (outcome.state, outcome.text) == (State.done, "")
    assert told(outcome.report or "") == f"file://{done}/a.report.json"
    assert sorted(path.name for path in done.iterdir()) == ["a.alpha.mkv", "a.report.json"]
    report = json.loads((done / "a.report.json").read_text())
    assert report["clip"]["path"] == f"file://{store}/clips/a.mp4"
    assert report["outputs"][0]["path"] == f"file://{done}/a.alpha.mkv"
    assert "vmatte-staged" not in (done / "a.report.json").read_text()

    (again,), settled = standing_of_all([away], Rerun.changed)
    assert not settled
    assert work(again, none).state is State.skipped
    named = replace(again, job=replace(again.job, masks=(f"0={stand_in(f'file://{store}/clips/a.mask.png')}",)))
    assert [work(named, none).state for _ in range(2)] == [State.done, State.skipped]
    assert work(again, none).state is State.done
    drawn.mask(store / "clips/a.mask.png", 2)
    assert work(again, none).state is State.done
    (done / "a.alpha.mkv").unlink()
    assert work(again, none).state is State.done
    assert work(again, none).state is State.skipped


def test_what_is_not_there_is_said_by_its_url_and_tried_again(away, tmp_path):
    url = f"file://{tmp_path}/store/clips/gone.mp4"
    outcome = Performer()(replace(away, job=replace(away.job, clip=stand_in(url))), none)
    assert (outcome.state, outcome.kind, outcome.again) == (State.failed, "InputError", True)
    assert url in outcome.text
    (tmp_path / "store/clips/a.mp4").write_bytes(b"no video")
    outcome = Performer()(away, none)
    assert outcome.state is State.failed
    assert f"file://{tmp_path}/store/clips/a.mp4" in outcome.text
    assert not (tmp_path / "store/done").exists()


def test_a_folder_of_clips_without_results(away, tmp_path):
    store = tmp_path / "store/clips"
    drawn.clip(store / "b.mov", 1)
    drawn.clip(store / "b.prores.mov", 1)
    assert clips_at(f"file://{store}") == [f"file://{store}/a.mp4", f"file://{store}/b.mov"]
    assert clips_at(f"file://{store}/*.mov") == [f"file://{store}/b.mov"]


def test_stand_ins_go_both_ways():
    assert standing_for("3=m.png") == "3=m.png"
    assert standing_for("#204080") == "#204080"
    assert standing_for("anna=3=s3://b/m.png".replace("s3", "memory")).startswith("anna=3=.vmatte-elsewhere")
    assert url_of(Path("clips/a.mp4")) is None
    assert url_of(stand_in("s3://b/x y", folder=True) / "day 1" / "a.mkv") == "s3://b/x y/day 1/a.mkv"


@pytest.mark.parametrize(
    "url", ["simplecache::s3://b/a.mp4", "github://o:r@main/a.mp4", "reference://x", "s3://b/../c", "file://a::b"]
)
def test_only_storage_is_reached(url):
    with pytest.raises(ConfigError):
        clips_at(url)
