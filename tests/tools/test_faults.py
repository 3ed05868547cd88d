"""The short form of `python -m tools.faults`: a few trials of every fault."""

import itertools

import pytest

from tools.faults import disk, ends
from tools.faults.case import Case
from tools.faults.command import Said
from tools.faults.fuzz import fuzz
from tools.faults.scene import Scene
from tools.faults.soak import grown, soak

SHORT = {
    "kill": lambda scene: ends.kills(scene, 1),
    "full disk": lambda scene: disk.full(scene, 1),
    "read error": lambda scene: disk.unreadable(scene, 1),
}


@pytest.fixture(scope="module")
def scene(tmp_path_factory):
    return Scene(tmp_path_factory.mktemp("scene"), 40, ("alpha", "alpha-mp4"))


@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", SHORT)
def test_nothing_wrong_gets_a_final_name_and_the_rerun_completes(scene, name):
    case = SHORT[name](scene)
    if not case.trials:
        pytest.skip(case.note)
    assert not case.bad, case.oddities
    assert not case.wrong


@pytest.mark.timeout(600)
def test_mutated_files_end_in_success_or_one_clear_error(tmp_path):
    case = fuzz(tmp_path / "fuzz", 18)
    assert (case.trials, case.finished + case.clear) == (18, 18), case.oddities
    assert not case.bad, case.oddities
    assert case.finished
    assert case.clear


def test_memory_and_open_files_stay_flat(tmp_path):
    looks = soak(tmp_path, 300)
    memory, files = grown(looks)
    # A ledger, the watch and their copies take 100 bytes a frame; a frame that is kept would take 9000.
    assert memory < 4500
    assert files <= 2


@pytest.mark.parametrize(
    ("code", "text", "counted"),
    [
        (None, "", "hangs"),
        (1, "Traceback (most recent call last):", "accidents"),
        (70, "vmatte: internal error: ValueError", "accidents"),
        (3, "vmatte: error: a\nvmatte: error: b", "accidents"),
        (-11, "", "accidents"),
        (3, "vmatte: error: no such file", "clear"),
        (0, "", "finished"),
    ],
)
def test_every_end_is_counted_as_what_it_is(code, text, counted):
    case = Case("anything")
    case.count(Said(code, text))
    assert {name for name in ("finished", "clear", "killed", "accidents", "hangs") if getattr(case, name)} == {counted}
    assert case.bad == (counted in ("accidents", "hangs"))


def test_a_wrong_file_under_a_final_name_is_seen():
    right, wrong = {"a": "1"}, {"a": "2"}
    for found, rerun in itertools.product((right, wrong), (None, Said(0, ""))):
        case = Case("anything")
        case.compare(found, right, rerun)
        assert case.bad == (found is wrong)
    case = Case("anything")
    case.compare({}, right, Said(0, "going on at frame 3"))
    assert case.bad
    assert (case.resumed, case.equal) == (1, 0)
