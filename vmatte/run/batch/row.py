"""One row of a file of jobs: checked, and turned into a job and the settings that are its own."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

from vmatte.core.errors import ConfigError
from vmatte.core.moment import seconds
from vmatte.core.near import meant
from vmatte.io.remote import is_url
from vmatte.run.batch.elsewhere import standing_for
from vmatte.run.plan import Job

_HINTS = ("mask", "object", "plate", "trimap", "truth", "over")
_KEYS = ("clip", *_HINTS, "out", "start", "end", "name", "model", "preset", "output", "set")
# What belongs to whoever runs the batch, not to who wrote the file: licences, the network, threads.
_NOT_THEIRS = ("accept_license", "offline", "stream", "hydra")
_KEY = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


@dataclass(frozen=True)
class Row:
    """A job and its own settings.

    Attributes:
        job: The job.
        overrides: Settings as `key=value`, over those of the batch.
        place: Where it stands, for messages.
    """

    job: Job
    overrides: tuple[str, ...] = ()
    place: str = ""


def row_from(values: Mapping[str, Any], place: str, base: Path, root: Path) -> Row:
    """A row from plain values.

    Args:
        values: By key.
        place: Where they stand, for messages.
        base: Where relative paths of inputs begin.
        root: The output folder.

    Raises:
        ConfigError: A key, value or path that no job may have.
    """
    try:
        return Row(_job(values, base, root), tuple(_overrides(values)), place)
    except (ConfigError, ValueError) as error:
        raise ConfigError(f"{place}: {error}") from error


def _job(values: Mapping[str, Any], base: Path, root: Path) -> Job:
    for key in values:
        if key not in _KEYS:
            raise ConfigError(f"unknown key {key!r}: {meant(str(key), _KEYS)}there are {', '.join(_KEYS)}")
    if not _text(values, "clip"):
        raise ConfigError("a job needs a clip")
    over = _text(values, "over")
    return Job(
        clip=_at(base, _text(values, "clip")),
        out=_below(root, _text(values, "out")),
        masks=tuple(_hint(text, base) for text in _several(values, "mask")),
        objects=tuple(_objects(values, base)),
        plate=_path(values, "plate", base),
        trimap=_path(values, "trimap", base),
        start=_time(values, "start"),
        end=_time(values, "end"),
        truth=_path(values, "truth", base),
        over=over if over.startswith("#") or not over else str(_at(base, over)),
        name=_text(values, "name"),
    )


def _below(root: Path, text: str) -> Path:
    """A folder below the output folder, links followed."""
    given = PurePosixPath(text)
    if given.is_absolute() or ".." in given.parts or "\\" in text or PureWindowsPath(text).drive or "\0" in text:
        raise ConfigError(f"out {text!r} is to be a folder below --out, such as 'day 1/takes'")
    if not (root / given).resolve().is_relative_to(root.resolve()):
        raise ConfigError(f"out {text!r} leads out of {root}")
    return root / given


def _hint(text: str, base: Path) -> str:
    """`FILE` or `N=FILE` with the file's path begun at `base`; `auto` as it is."""
    number, sign, rest = text.partition("=")
    if sign and number.isdigit() and not (base / text).exists():
        return f"{number}={_at(base, rest)}"
    return text if text == "auto" else str(_at(base, text))


def _objects(values: Mapping[str, Any], base: Path) -> Iterator[str]:
    given = values.get("object") or ()
    if isinstance(given, Mapping):
        pairs = [(str(name), text) for name in given for text in _several(given, name)]
    else:
        split = [text.partition("=") for text in _several(values, "object")]
        if wrong := [text for text, sign, _ in split if not sign]:
            raise ConfigError(f"object {wrong[0]!r}: write NAME=MASK")
        pairs = [(name, text) for name, _, text in split]
    for name, text in pairs:
        yield f"{name}={_hint(text, base)}"


def _overrides(values: Mapping[str, Any]) -> Iterator[str]:
    for key in ("preset", "model"):
        if text := _text(values, key):
            yield f"{key}={_plain_name(key, text)}"
    names = [_plain_name("output", name) for text in _several(values, "output") for name in _words(text)]
    # As with the option of `process`.
    names += ["over"] if _text(values, "over") and "over" not in names else []
    if names:
        yield f"outputs=[{','.join(names)}]"
    given = values.get("set") or {}
    if isinstance(given, str):
        given = dict(pair.partition("=")[::2] for pair in given.split())
    if not isinstance(given, Mapping):
        raise ConfigError("set is to be a mapping of settings, or `key=value key=value`")
    for key, value in given.items():
        if not isinstance(key, str) or not _KEY.fullmatch(key):
            raise ConfigError(f"set: {key!r} is no setting; `vmatte config` lists them")
        if key.split(".")[0] in _NOT_THEIRS or key in ("model.weights", "refining.weights"):
            raise ConfigError(f"set: {key} is for whoever runs the batch to say, not for a file of jobs")
        yield f"{key}={_literal(value)}"


def _literal(value: object) -> str:
    """A value in the grammar of overrides, as nothing but a value."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, list):
        return f"[{','.join(map(_literal, value))}]"
    if not isinstance(value, str):
        raise ConfigError(f"set: {value!r} is neither a number, a word nor a list")
    if "${" in value:
        raise ConfigError(f"set: {value!r}: references are not taken in a file of jobs")
    if re.fullmatch(r"[A-Za-z0-9_.+-]+", value):
        return value
    quoted = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{quoted}'"


def _plain_name(key: str, text: str) -> str:
    if not _NAME.fullmatch(text):
        raise ConfigError(f"{key} {text!r} is no name")
    return text


def _text(values: Mapping[str, Any], key: str) -> str:
    value = values.get(key)
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, str | int | float) or "\0" in str(value):
        raise ConfigError(f"{key}: {value!r} is to be text")
    return str(value)


def _several(values: Mapping[str, Any], key: str) -> list[str]:
    value = values.get(key)
    items = value if isinstance(value, list) else [value]
    return [_text({key: item}, key) for item in items if item is not None]


def _words(text: str) -> list[str]:
    return re.split(r"[\s,;]+", text.strip())


def _path(values: Mapping[str, Any], key: str, base: Path) -> Path | None:
    text = _text(values, key)
    if not text:
        return None
    return Path(text) if text == "auto" and key == "plate" else _at(base, text)


def _at(base: Path, text: str) -> Path:
    """A file that a row names: below the file's folder, absolute, or what stands for a URL."""
    return Path(standing_for(text)) if is_url(text) else base / text


def _time(values: Mapping[str, Any], key: str) -> float | None:
    value = values.get(key)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    text = _text(values, key)
    return seconds(text) if text else None
