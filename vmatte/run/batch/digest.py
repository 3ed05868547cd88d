"""What a finished job is known by: hashes of its settings, the code, the weights, what it read and what it wrote."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from vmatte.core.errors import InputError, WeightsError
from vmatte.hints.read import SIDECARS, sidecar
from vmatte.io.sequence import is_pattern, members
from vmatte.models.registry import card, cards
from vmatte.run.batch.task import Task
from vmatte.run.report import Report, versions
from vmatte.weights.digest import sha256_of
from vmatte.weights.elsewhere import elsewhere
from vmatte.weights.store import find

# Settings that change how a run goes, never what it writes.
_OF_NO_EFFECT = ("stream", "offline", "accept_license")
# Attributes of a job that say where things go or what may be replaced, or that name files hashed by their bytes.
_ELSEWHERE = ("clip", "out", "overwrite")

Stands = Callable[[Mapping[str, Any], Path], bool]


def sealed(task: Task) -> dict[str, Any]:
    """The part of a digest that is known before a run. Every input is read once, whole."""
    return {"settings": _settings(task), "code": code(), "inputs": _hashed(task)}


def vouched(seal: Mapping[str, Any], report: Report, path: Path) -> dict[str, Any]:
    """The whole digest of a run that has just been finished, for its report at `path`."""
    folder = path.absolute().parent
    outputs = {}
    for output in report.outputs:
        written = Path(output["path"])
        outputs[Path(os.path.relpath(written, folder)).as_posix()] = _sha256_at(written)
    found = {
        "weights": None if report.weights is None else report.weights["sha256"],
        "refiner": (report.refiner.get("weights") or {}).get("sha256"),
    }
    return {**seal, **found, "outputs": outputs}


def difference(task: Task, data: Mapping[str, Any], path: Path, stands: Stands | None = None) -> str:
    """Why the report `data` at `path` does not stand for the task as it is now, in words; empty when it does.

    `stands` looks at the outputs where they are not in the report's folder.
    """
    kept = data.get("digest")
    if not isinstance(kept, dict) or not kept:
        return "it was made without a digest"
    if kept.get("code") != code():
        return "the code has changed"
    if kept.get("settings") != _settings(task):
        return "the settings have changed"
    plan = task.plan
    now = _weights_now(str(data.get("model")), plan.model.weights), _weights_now(plan.refine, plan.refining.weights)
    if (kept.get("weights"), kept.get("refiner")) != now:
        return "the weights have changed"
    if kept.get("inputs") != _hashed(task):
        return "the clip or its hints have changed"
    if stands is not None:
        return "" if stands(data, path) else "its outputs are missing or not what was written"
    return _outputs_differ(kept.get("outputs"), path, task.root)


@cache
def code() -> str:
    """The version, and a hash of all the package's own source, which says more than the version of a working copy."""
    root = Path(str(files("vmatte")))
    found = hashlib.sha256()
    for file in sorted(root.rglob("*.py")):
        found.update(f"{file.relative_to(root).as_posix()}\0".encode())
        found.update(file.read_bytes())
    return f"{versions().get('vmatte', 'unknown')}+{found.hexdigest()[:16]}"


def _settings(task: Task) -> str:
    plan = {key: value for key, value in task.settings.items() if key not in _OF_NO_EFFECT}
    # The path of a checkpoint of the user's is no setting: its bytes are.
    for part in ("model", "refining"):
        if isinstance(plan.get(part), Mapping):
            plan[part] = {key: value for key, value in plan[part].items() if key != "weights"}
    job = {name: getattr(task.job, name) for name in task.job.__dataclass_fields__ if name not in _ELSEWHERE}
    text = _without_stage(json.dumps({"plan": plan, "job": job}, sort_keys=True, default=str), task)
    return hashlib.sha256(text.encode()).hexdigest()


def _hashed(task: Task) -> dict[str, str]:
    return {_without_stage(name, task): _sha256_at(path) for name, path in _inputs(task)}


def _without_stage(text: str, task: Task) -> str:
    """A text without the folder that files were fetched to, which has another name each time."""
    return text if task.stage is None else text.replace(str(task.stage), "")


def _weights_now(name: str, given: Path | None) -> str | None:
    """The hash of the checkpoint that a model would run with now, the user's if given; None for a model without."""
    if name not in cards() or (published := card(name).weights) is None:
        return None
    try:
        if given is not None:
            return sha256_of(given)
        stored, place = find(name, published), elsewhere(published)
        if stored is None and place is not None:
            return sha256_of(place)
    except (WeightsError, OSError):
        return "missing"
    if stored is not None:
        return stored.record.sha256
    return published.sha256.lower() if published.sha256 else "missing"


def _inputs(task: Task) -> Iterator[tuple[str, Path]]:
    """Every file or folder a job reads, by what it is to the job."""
    job = task.job
    yield "clip", job.clip
    for kind, texts in (("mask", job.masks), ("object", job.objects), ("over", (job.over,) if job.over else ())):
        for text in texts:
            if (path := _file_in(text)) is not None:
                yield f"{kind} {text}", path
    for name, given in (("plate", job.plate), ("trimap", job.trimap), ("truth", job.truth)):
        if given is not None:
            yield name, given
    named = {"mask": bool(job.masks or job.objects), "plate": job.plate is not None, "trimap": job.trimap is not None}
    for kind in SIDECARS:
        if not named[kind] and (path := sidecar(job.clip, kind)):
            yield f"{kind} beside the clip", path


def _file_in(text: str) -> Path | None:
    """The path in `FILE`, `N=FILE` or `NAME=N=FILE`."""
    for _ in range(3):
        path = Path(text)
        if path.exists() or is_pattern(path):
            return path
        _, sign, text = text.partition("=")
        if not sign:
            break
    return None


def _sha256_at(path: Path) -> str:
    """Of a file; of a folder or pattern, of the names and hashes of its files; of nothing, in a word."""
    try:
        if path.is_file():
            return sha256_of(path)
        found = hashlib.sha256()
        for file in _files(path):
            found.update(f"{file.name}\0{sha256_of(file)}\0".encode())
        return found.hexdigest()
    except (OSError, InputError):
        return "missing"


def _files(path: Path) -> list[Path]:
    return sorted(member.path for member in members(path, hints=True))


def _outputs_differ(kept: object, report: Path, root: Path) -> str:
    if not isinstance(kept, dict) or not kept:
        return "its outputs are not in its report"
    inside = root.resolve()
    for name, sha256 in kept.items():
        path = report.parent / str(name)
        if not path.resolve().is_relative_to(inside) or not path.exists():
            return f"{name} is missing"
        if _sha256_at(path) != sha256:
            return f"{name} is not what was written"
    return ""
