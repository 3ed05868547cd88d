"""A watched folder: clips are taken when they are complete, and leave it with their results or the reason."""

import pytest

from tests import drawn
from tests.run.batch.instant import Instant
from vmatte.core.errors import InputError
from vmatte.run.batch.executor import Inline
from vmatte.run.batch.inbox import Inbox
from vmatte.run.batch.task import Task
from vmatte.run.batch.watcher import Watcher
from vmatte.run.plan import Job


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def inbox(tmp_path, clock):
    (tmp_path / "in").mkdir()
    return Inbox(tmp_path / "in", tmp_path / "in/done", tmp_path / "in/failed", [tmp_path / "in/out"], 5.0, clock)


def test_a_clip_is_taken_when_it_has_stopped_growing(inbox, clock):
    clip = inbox.folder / "a.mp4"
    clip.write_bytes(b"1")
    (inbox.folder / "notes.txt").write_text("no clip")
    (inbox.folder / ".b.mp4").write_bytes(b"hidden")
    assert inbox.complete() == []
    clock.now = 4
    clip.write_bytes(b"12")
    assert inbox.complete() == []
    clock.now = 8
    mask = drawn.mask(inbox.folder / "a.mask.png")
    assert inbox.complete() == []
    clock.now = 12.9
    assert inbox.complete() == []
    assert not inbox.empty
    clock.now = 13
    assert inbox.complete() == [clip]
    assert inbox.complete() == []
    assert inbox.empty
    assert inbox.leave(clip) == inbox.done / "a.mp4"
    assert (inbox.done / mask.name).is_file()
    assert not mask.exists()


def test_names_that_come_again_are_numbered(inbox, clock):
    for _ in range(2):
        (inbox.folder / "a.mp4").write_bytes(b"1")
        inbox.complete()
        clock.now += 5
        inbox.leave(*inbox.complete(), "InputError: bad")
    assert sorted(path.name for path in inbox.failed.iterdir()) == [
        "a-2.mp4", "a-2.mp4.error.txt", "a.mp4", "a.mp4.error.txt",
    ]  # fmt: skip


def test_a_folder_that_is_gone_is_said(inbox):
    inbox.folder.rmdir()
    with pytest.raises(InputError, match="name a folder"):
        inbox.complete()


def test_waiting_keeps_the_workers(inbox, clock, task):
    """Clips that come while nothing runs are handed to the same executor: it is never left."""
    taken: list[str] = []

    def made(number, clip):
        like = task(0, broken=True)
        return Task(number, Job(clip, out=inbox.folder / "out"), like.plan, like.settings, inbox.folder / "out")

    def pause(seconds):
        clock.now += 10
        if len(taken) < 3:
            taken.append(f"c{len(taken)}.mp4")
            (inbox.folder / taken[-1]).write_bytes(b"1")
        elif not list(inbox.folder.glob("*.mp4")):
            raise KeyboardInterrupt

    works = []

    def making():
        works.append(True)
        return Instant()

    watcher = Watcher(inbox, made, lambda event: None, every=0.0, pause=pause)
    with pytest.raises(KeyboardInterrupt):
        watcher.run(Inline(making), 0)
    assert len(works) == 1
    assert sorted(path.name for path in inbox.done.iterdir()) == taken
