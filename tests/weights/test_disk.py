"""Disks that are full, and folders that cannot be written."""

from __future__ import annotations

import errno
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.weights.checkpoints import NET, PARTIAL, left, published
from tests.weights.server import serve
from vmatte.core.errors import WeightsError
from vmatte.weights.disk import explained
from vmatte.weights.fetch import fetch
from vmatte.weights.local import import_file
from vmatte.weights.store import find


@pytest.fixture
def short_files() -> Iterator[None]:
    """Files may not grow beyond 100 kB, as on a disk that fills up midway."""
    resource = pytest.importorskip("resource")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.usefixtures("short_files")
def test_a_disk_that_fills_up_midway(server, home):
    server.script(serve(NET))
    with pytest.raises(WeightsError, match=r"cannot store .*net.safetensors.part: no file may grow this large there"):
        fetch("net", published(server))
    assert left(home) == PARTIAL


def test_an_import_that_does_not_fit(server, home, tmp_path, request):
    (tmp_path / "mine.safetensors").write_bytes(NET)
    request.getfixturevalue("short_files")
    with pytest.raises(WeightsError, match="grow this large"):
        import_file("net", published(server), tmp_path / "mine.safetensors")
    assert left(home) == set()


def test_too_little_room_is_found_before_the_download(server, home, monkeypatch):
    monkeypatch.setattr("vmatte.weights.download.shutil.disk_usage", lambda _: shutil._ntuple_diskusage(10, 9, 1))
    server.script(serve(NET))
    with pytest.raises(WeightsError, match=r"no space left in .*: 300 kB are to come and 1 bytes are free"):
        fetch("net", published(server))
    assert left(home) == set()


@pytest.mark.parametrize(
    ("number", "said"),
    [(errno.ENOSPC, "no space left"), (errno.EROFS, "no permission"), (errno.EIO, os.strerror(errno.EIO))],
)
def test_what_the_system_says_is_put_in_words(tmp_path, number, said):
    with (
        pytest.raises(WeightsError, match=f"cannot store .*net.pth: {said}.*VMATTE_HOME"),
        explained(tmp_path / "net.pth"),
    ):
        raise OSError(number, os.strerror(number))


def test_a_home_that_is_a_file(server, home):
    home.write_text("not a folder")
    server.script(serve(NET))
    with pytest.raises(WeightsError, match="is a file, not a folder: set VMATTE_HOME"):
        fetch("net", published(server))
    assert server.asked == []


@pytest.mark.skipif(sys.platform == "win32", reason="permissions work otherwise there")
def test_a_home_without_permission(server, home, monkeypatch):
    if os.geteuid() == 0:
        # The superuser may write anywhere; only the system call can say no.
        def refused(path: Path, *_: object, **__: object) -> None:
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))

        monkeypatch.setattr(Path, "mkdir", refused)
    else:
        home.mkdir(mode=0o500)
    server.script(serve(NET))
    with pytest.raises(WeightsError, match="no permission to write there: set VMATTE_HOME"):
        fetch("net", published(server))
    assert server.asked == []


def test_a_store_that_may_only_be_read_serves_as_well(server, monkeypatch):
    server.script(serve(NET))
    kept = fetch("net", published(server))
    os.utime(kept.path)

    def refused(*_: object) -> None:
        raise PermissionError(errno.EROFS, os.strerror(errno.EROFS))

    monkeypatch.setattr("vmatte.weights.record.write_json", refused)
    found = find("net", published(server))
    assert found is not None
    assert found.path == kept.path
