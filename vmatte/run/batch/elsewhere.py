"""Jobs whose files lie behind URLs: they have stand-in paths, which become files of a worker's own while it works.

A worker fetches what a job reads, runs it in a temporary folder, and puts the results where they belong, the report
last: what has a report is complete. Nothing of it passes through the batch's own process.
"""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

from vmatte.core.errors import InputError
from vmatte.hints.read import SIDECARS, stem
from vmatte.io import remote
from vmatte.io.sequence import VIDEOS
from vmatte.run.batch.task import Task
from vmatte.run.clips import clip_name
from vmatte.run.plan import Job

#: Where stand-ins seem to lie; nothing is ever there.
PLACE = Path(".vmatte-elsewhere")
_PARTIAL = ".partial"
_NUMBERED = re.compile(r"[\w.-]+=(\d+=)?[a-z0-9]+://")


def stand_in(url: str, folder: bool = False) -> Path:
    """The path that stands for a URL.

    >>> stand_in("s3://bucket/clips/a.mp4").name, told(stand_in("s3://bucket/clips/a.mp4"))
    ('a.mp4', 's3://bucket/clips/a.mp4')
    """
    if folder:
        return PLACE / quote(url.rstrip("/"), safe="")
    parent, _, name = url.rstrip("/").rpartition("/")
    return PLACE / quote(parent, safe="") / name


def standing_for(text: str) -> str:
    """What a user named, `FILE` or `N=FILE`, with a stand-in for a URL.

    Raises:
        ConfigError: It is a URL that cannot be used.
    """
    head, sign, rest = text.rpartition("=") if _NUMBERED.match(text) else ("", "", text)
    if not remote.is_url(rest):
        return text
    remote.check_url(rest)
    return f"{head}{sign}{stand_in(rest)}"


def clips_at(url: str) -> list[str]:
    """The clips that a URL names: itself, or those of a folder or glob, results of earlier runs left out.

    Raises:
        ConfigError, InputError: It cannot be used, the storage does not answer, or there are none.
    """
    remote.check_url(url)
    found = [each for each in remote.listed(url, VIDEOS) if clip_name(Path(each)) == stem(Path(each))]
    if not found:
        raise InputError(f"{url}: only results of vmatte in there, no clips")
    return found


@contextmanager
def written_to(folder: Path) -> Iterator[Path]:
    """A folder to write into: itself, or one whose files are sent to the URL that it stands for.

    Raises:
        OutputError: They cannot be sent.
    """
    url = url_of(folder)
    if url is None:
        yield folder
        return
    with tempfile.TemporaryDirectory(prefix="vmatte-staged-") as made:
        yield Path(made)
        for path in sorted(Path(made).iterdir()):
            remote.put(path, remote.joined(url, [path.name]))


def told(path: Path | str) -> str:
    """A path for people: the URL for a stand-in."""
    return url_of(Path(path)) or str(path)


def url_of(path: Path) -> str | None:
    """The URL that a path stands for; None for a path that is one."""
    if len(path.parts) < 2 or path.parts[0] != PLACE.name:
        return None
    return remote.joined(unquote(path.parts[1]), path.parts[2:])


def lies_elsewhere(task: Task) -> bool:
    """Whether a task reads from or writes to a URL."""
    return bool(urls(task))


def urls(task: Task) -> list[str]:
    """Every URL that a task reads from or writes to."""
    paths = (task.root, *(path for path, _ in _inputs(task.job)))
    return [url for path in paths if (url := url_of(path)) is not None]


@dataclass
class Staged:
    """A task at work: its files brought here.

    Attributes:
        folder: Of its own.
        task: With paths that lead there.
    """

    folder: Path
    task: Task
    _root: str | None
    _fetched: dict[str, Path] = field(default_factory=dict)

    @classmethod
    def of(cls, task: Task, folder: Path) -> Staged:
        """Fetches everything a task reads.

        Raises:
            InputError: Something is not there, or its storage does not answer.
        """
        staged = cls(folder, task, url_of(task.root))
        job = staged._job(task.job)
        root = task.root if staged._root is None else folder / "out"
        out = job.out if staged._root is None or job.out is None else root / job.out.relative_to(task.root)
        staged.task = replace(task, job=replace(job, out=out), root=root, stage=folder)
        return staged

    @property
    def away(self) -> bool:
        """Whether results go to a URL."""
        return self._root is not None

    def bring_report(self, report: Path) -> None:
        """Brings the report of an earlier run, if there is one, to where a run here would leave it."""
        url = self._url(report)
        if url is not None and remote.exists(url):
            remote.fetch(url, report)

    def stands(self, data: Mapping[str, Any], report: Path) -> bool:
        """Whether all outputs of a report are there and as large as it says."""
        folder = self._url(report.parent)
        assert folder is not None
        sizes = {Path(str(output["path"])).name: output["bytes"] for output in data["outputs"]}
        names = (data.get("digest") or {}).get("outputs") or {}
        return bool(names) and all(
            ".." not in Path(name).parts
            and remote.size(remote.joined(folder, Path(name).parts)) == sizes.get(Path(name).name)
            for name in names
        )

    def put(self, report: Path) -> None:
        """Sends all results, the report last, with the URLs in it that its paths stood for.

        Raises:
            OutputError: They cannot be written.
        """
        if self._root is None:
            return
        text = report.read_text(encoding="utf-8")
        report.write_text(json.dumps(self._spoken(json.loads(text)), indent=2) + "\n", encoding="utf-8")
        files = [path for path in sorted(self.task.root.rglob("*")) if path.is_file() and path.suffix != _PARTIAL]
        for path in [*(path for path in files if path != report), report]:
            url = self._url(path)
            assert url is not None
            remote.put(path, url)

    def original(self, path: Path) -> Path:
        """The stand-in for a file of the results; the path itself where results are written in place."""
        return path if self._root is None else stand_in(self._root, folder=True) / path.relative_to(self.task.root)

    def _url(self, path: Path) -> str | None:
        return None if self._root is None else remote.joined(self._root, path.relative_to(self.task.root).parts)

    def _job(self, job: Job) -> Job:
        local = {str(path): str(self._local(path, kind)) for path, kind in _inputs(job) if url_of(path) is not None}

        def here(text: str) -> str:
            for stands, path in local.items():
                if text == stands or text.endswith(f"={stands}"):
                    return text.removesuffix(stands) + path
            return text

        def moved(value: Any) -> Any:  # noqa: ANN401  of any field
            if isinstance(value, tuple):
                return tuple(map(moved, value))
            if isinstance(value, Path):
                return Path(here(str(value)))
            return here(value) if isinstance(value, str) else value

        return replace(job, **{name: moved(value) for name, value in _named(job).items()})

    def _local(self, path: Path, kind: str) -> Path:
        url = url_of(path)
        assert url is not None
        if any(sign in path.name for sign in "*?%["):
            raise InputError(f"{url}: patterns are not fetched; name the folder of the images")
        if url not in self._fetched:
            self._fetched[url] = target = self.folder / "in" / str(len(self._fetched)) / path.name
            remote.fetch(url, target)
            if kind == "clip":
                self._sidecars(url, target)
        return self._fetched[url]

    def _sidecars(self, url: str, clip: Path) -> None:
        parent = url.rpartition("/")[0]
        for kind in SIDECARS:
            name = f"{stem(clip)}.{kind}.png"
            if remote.exists(beside := remote.joined(parent, [name])):
                remote.fetch(beside, clip.parent / name)

    def _spoken(self, value: Any) -> Any:  # noqa: ANN401  any part of a report
        if isinstance(value, dict):
            return {key: self._spoken(inner) for key, inner in value.items()}
        if isinstance(value, list):
            return [self._spoken(inner) for inner in value]
        return self.spoken(value) if isinstance(value, str) else value

    def spoken(self, text: str) -> str:
        """A text with URLs in the place of the paths they were fetched to."""
        for url, path in self._fetched.items():
            text = text.replace(str(path), url).replace(str(path.parent), url.rpartition("/")[0])
        return text if self._root is None else text.replace(str(self.task.root), self._root)


def staged(task: Task, run: Callable[[Staged], Any]) -> Any:  # noqa: ANN401  whatever `run` gives
    """Calls `run` with a task whose files were brought into a folder that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="vmatte-staged-") as folder:
        return run(Staged.of(task, Path(folder).resolve()))


def _named(job: Job) -> dict[str, Any]:
    """Everything about a job that may name files it reads."""
    fields = set(job.__dataclass_fields__) - {"out", "name"}
    return {name: value for name in sorted(fields) if isinstance(value := getattr(job, name), Path | str | tuple)}


def _inputs(job: Job) -> Iterator[tuple[Path, str]]:
    """Every path a job names, by the field that names it."""
    for name, value in _named(job).items():
        for each in value if isinstance(value, tuple) else (value,):
            text = str(each)
            # Behind `N=` and `NAME=N=`.
            at = text.find(f"={PLACE}") + 1
            yield Path(text[at:]), name
