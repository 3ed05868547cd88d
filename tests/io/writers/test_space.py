"""Disks that are full, files that may not grow, folders that cannot be written."""

from __future__ import annotations

import errno
import os
import resource
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import pytest

from tests.io.writers.conftest import GATHERED, STREAMED, SourceMaker, make_clip, picture, write
from vmatte.core.errors import OutputError
from vmatte.io.writers import OUTPUTS, open_writer, output_path
from vmatte.io.writers.partial import explained

CLIP = make_clip(512, 384)
# One for each way of storing.
SOME = ["prores", "alpha", "alpha-mp4", "png16", "exr"]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 300 kB, where mounting is allowed."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=300k", "tmpfs", str(place)]
    if os.name != "posix" or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("mounting is not allowed here")
    yield place
    subprocess.run(["umount", str(place)], check=True)


@pytest.fixture
def short_files() -> Iterator[None]:
    """Files may not grow beyond 300 kB."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, hard))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("count", [3, 12])
@pytest.mark.parametrize("name", SOME)
def test_a_full_disk_says_so_and_leaves_nothing(small_disk: Path, name: str, count: int) -> None:
    threads = threading.active_count()
    with pytest.raises(OutputError, match=r"no space left in .*: free some"):
        write(small_disk, name, CLIP, [picture(CLIP, index) for index in range(count)], workers=2, **finest(name))
    assert list(small_disk.iterdir()) == []
    assert threading.active_count() == threads


def finest(name: str) -> dict[str, Any]:
    return {"crf": 0} if name == "alpha-mp4" else {}


@pytest.mark.usefixtures("short_files")
@pytest.mark.parametrize("name", [name for name in SOME if OUTPUTS[name].extension])
def test_a_file_that_may_not_grow(out: Path, name: str) -> None:
    with pytest.raises(OutputError, match="allows no file this large"):
        write(out, name, CLIP, [picture(CLIP, index) for index in range(8)], **finest(name))
    assert not out.exists()


def test_a_full_disk_with_sound(small_disk: Path, source: SourceMaker) -> None:
    path, clip, pts = source()
    run = [picture(clip, index, time) for index, time in enumerate(pts)]
    with pytest.raises(OutputError, match="no space left"):
        write(small_disk, "prores", clip, run, path)
    assert list(small_disk.iterdir()) == []


@pytest.mark.parametrize(
    ("number", "message"),
    [
        (errno.ENOSPC, "no space left in"),
        (errno.EDQUOT, "no space left in"),
        (errno.EROFS, "does not allow writing"),
        (errno.EACCES, "does not allow writing"),
        (errno.ENOTDIR, "is not a folder"),
        (errno.EIO, "Input/output error"),
    ],
)
def test_every_reason_is_one_line_with_the_file(number: int, message: str) -> None:
    with pytest.raises(OutputError, match=message) as caught, explained(Path("done/clip.prores.mov")):
        raise OSError(number, os.strerror(number))
    assert "done/clip.prores.mov" in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may write anywhere")
@pytest.mark.parametrize("name", [*STREAMED, *GATHERED])
def test_a_folder_without_permission(tmp_path: Path, name: str) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(OutputError, match="does not allow writing"):
        open_writer(name, output_path(tmp_path, "clip", name), CLIP)


def test_a_source_that_vanished(out: Path, tmp_path: Path) -> None:
    clip = make_clip(audio_streams=1)
    with pytest.raises(OutputError, match=r"gone\.mp4"):
        write(out, "prores", clip, [picture(clip, 0)], tmp_path / "gone.mp4")
    assert not out.exists()


def test_no_file_stays_open(out: Path) -> None:
    fds = Path("/proc/self/fd")
    if not fds.exists():
        pytest.skip("no /proc here")
    before = len(list(fds.iterdir()))
    for name in (*SOME, "apng", "sheet"):
        with pytest.raises(OutputError):  # noqa: PT012
            write(out, name, CLIP, [picture(CLIP, 0)])
            raise OutputError
        with pytest.raises(av.FFmpegError), open_writer(name, output_path(out, "other", name), CLIP) as writer:  # noqa: PT012
            writer.write(picture(CLIP, 0))
            raise av.FFmpegError(1, "wanted")
    assert len(list(fds.iterdir())) == before
