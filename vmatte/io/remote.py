"""Files that lie behind URLs: listed, fetched and put through fsspec, whatever the storage is."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from vmatte.core.errors import ConfigError, InputError, OutputError, VmatteError

# A put here is there whole or not at all, and a rename would be a second copy.
_ATOMIC = frozenset(("s3", "s3a", "gs", "gcs", "az", "abfs", "abfss", "adl", "oci", "oss", "memory"))
_LOCAL = frozenset(("file", "local", "memory"))
# Storage, and nothing that runs, unpacks or chains: names come from files of jobs as well.
_SCHEMES = _ATOMIC | _LOCAL | {"hdfs", "webhdfs", "sftp", "ssh", "ftp", "smb", "http", "https"}
_URL = re.compile(r"([a-z][a-z0-9]*)://.+", re.DOTALL)


def is_url(text: str) -> bool:
    """Whether a text names a file by URL.

    >>> is_url("s3://bucket/a.mp4"), is_url("a.mp4"), is_url("C:/a.mp4")
    (True, False, False)
    """
    return _URL.fullmatch(text) is not None


def check_url(text: str) -> None:
    """Refuses a URL that cannot be used.

    Raises:
        ConfigError: An unknown storage, a chain of them, or one whose package is not here.
    """
    match = _URL.fullmatch(text)
    scheme = "" if match is None else match[1]
    if scheme not in _SCHEMES or "::" in text or "\0" in text or ".." in text.split("/"):
        raise ConfigError(f"{text!r}: a URL of a file is wanted, such as s3://bucket/folder/clip.mp4")
    _filesystem(text)


def needs_network(url: str) -> bool:
    """Whether reaching it takes a network."""
    return url.partition("://")[0] not in _LOCAL


def listed(url: str, endings: frozenset[str]) -> list[str]:
    """The files with these endings that a folder or a glob holds, sorted; a file itself.

    Raises:
        InputError: The storage does not answer, or there are none.
    """
    storage, path = _opened(url)
    with _explained(url, InputError):
        if any(sign in path for sign in "*?["):
            found = storage.glob(path)
        elif storage.isdir(path):
            found = storage.ls(path, detail=False)
        else:
            return [url]
    names = sorted(str(storage.unstrip_protocol(name)) for name in found)
    files = [name for name in names if Path(name).suffix.lower() in endings]
    if not files:
        raise InputError(f"{url}: no clips in there")
    return files


def exists(url: str) -> bool:
    """Whether there is a file or folder.

    Raises:
        InputError: The storage does not answer.
    """
    storage, path = _opened(url)
    with _explained(url, InputError):
        return bool(storage.exists(path))


def size(url: str) -> int | None:
    """Bytes of a file, or of all files of a folder; None when there is none.

    Raises:
        InputError: The storage does not answer.
    """
    storage, path = _opened(url)
    with _explained(url, InputError):
        return int(storage.du(path)) if storage.exists(path) else None


def fetch(url: str, target: Path) -> None:
    """Brings a file, or a folder with its files.

    Raises:
        InputError: It is not there, or cannot be read.
    """
    storage, path = _opened(url)
    with _explained(url, InputError):
        if not storage.exists(path):
            raise InputError(f"{url}: no such file or folder")
        target.parent.mkdir(parents=True, exist_ok=True)
        if storage.isdir(path):
            storage.get(f"{path.rstrip('/')}/", f"{target}/", recursive=True)
        else:
            storage.get_file(path, str(target))


def put(file: Path, url: str) -> None:
    """Sends a file; it has its name only when all of it is there.

    Raises:
        OutputError: It cannot be written.
    """
    storage, path = _opened(url)
    with _explained(url, OutputError):
        storage.makedirs(path.rpartition("/")[0], exist_ok=True)
        if url.partition("://")[0] in _ATOMIC:
            storage.put_file(str(file), path)
        else:
            storage.put_file(str(file), f"{path}.partial")
            storage.mv(f"{path}.partial", path)


def _opened(url: str) -> tuple[Any, str]:
    storage = _filesystem(url)
    return storage, str(storage._strip_protocol(url))


def _filesystem(url: str) -> Any:  # noqa: ANN401  fsspec's own
    scheme = url.partition("://")[0]
    try:
        import fsspec

        # The protocol's class alone: `url_to_fs` would follow chains.
        return fsspec.filesystem(scheme)
    except ImportError as error:
        text = " ".join(str(error).split())
        raise ConfigError(f"{scheme}:// needs a package that is not here: {text}") from error
    except Exception as error:  # a storage's own way of saying that it has no account
        raise ConfigError(f"{scheme}:// cannot be reached: {' '.join(str(error).split())[:200]}") from error


@contextmanager
def _explained(url: str, kind: type[VmatteError]) -> Iterator[None]:
    try:
        yield
    except VmatteError:
        raise
    except Exception as error:  # every storage raises errors of its own
        raise kind(f"{url}: {type(error).__name__}: {' '.join(str(error).split())[:200]}") from error


def joined(url: str, parts: Sequence[str]) -> str:
    """A URL below another.

    >>> joined("s3://bucket/done/", ["day 1", "a.mkv"])
    's3://bucket/done/day 1/a.mkv'
    """
    return "/".join([url.rstrip("/"), *parts])
