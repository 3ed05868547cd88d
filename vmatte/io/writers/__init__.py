"""Writers: pictures into files. One table says what there is; a new kind of output is a new row in it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Protocol

from vmatte.core.errors import ConfigError, OutputError
from vmatte.core.timing import Meter
from vmatte.core.types import Clip, Writer
from vmatte.io.writers.master import MasterOptions, master
from vmatte.io.writers.mux import NO_CUT, Cut
from vmatte.io.writers.player import PlayerOptions, player
from vmatte.io.writers.pool import automatic_workers
from vmatte.io.writers.prores import ProresOptions, prores
from vmatte.io.writers.recipe import Recipe, require_codec
from vmatte.io.writers.sequence import SequenceWriter, Still, StillOptions, gray16, rgba
from vmatte.io.writers.video import Facts, VideoWriter

__all__ = ["OUTPUTS", "Cut", "Facts", "OutputKind", "OutputWriter", "open_writer", "output_kind", "output_path"]


class OutputWriter(Writer, Protocol):
    """A `Writer` that also says how it went."""

    def __enter__(self) -> OutputWriter: ...

    @property
    def meter(self) -> Meter:
        """Seconds of work per encoded picture, summed over threads."""

    @property
    def facts(self) -> Facts:
        """What there is to report."""


@dataclass(frozen=True, slots=True)
class Request:
    """One output of one clip, as asked for."""

    path: Path
    clip: Clip
    options: Any
    source: Path | None
    overwrite: bool
    cut: Cut

    @property
    def workers(self) -> int:
        """Encoders side by side."""
        return int(self.options.workers) or automatic_workers()


@dataclass(frozen=True, slots=True)
class OutputKind:
    """A row of the table.

    Attributes:
        name: What the user says.
        extension: With its dot; empty for a folder of images.
        view: What the pictures must hold: `alpha`, or `rgba` for colour and alpha.
        summary: One line for `--help`.
        options: The dataclass of its options; the default values are the usual choice.
        open: Makes the writer.
    """

    name: str
    extension: str
    view: str
    summary: str
    options: type[Any]
    open: Callable[[Request], OutputWriter]

    @property
    def is_sequence(self) -> bool:
        """Whether this output is a folder of images."""
        return not self.extension


def _video(make: Callable[[Clip, Any], Recipe]) -> Callable[[Request], OutputWriter]:
    def open_video(request: Request) -> OutputWriter:
        recipe = make(request.clip, request.options)
        require_codec(recipe.codec)
        return VideoWriter(
            request.path,
            request.clip,
            recipe,
            source=request.source if recipe.audio and request.clip.audio_streams else None,
            overwrite=request.overwrite,
            workers=request.workers,
            from_zero=request.options.start == "zero",
            cut=request.cut,
        )

    return open_video


def _stills(make: Callable[[Clip], Still]) -> Callable[[Request], OutputWriter]:
    def open_stills(request: Request) -> OutputWriter:
        still = make(request.clip)
        return SequenceWriter(request.path, request.clip, still, overwrite=request.overwrite, workers=request.workers)

    return open_stills


OUTPUTS: dict[str, OutputKind] = {
    kind.name: kind
    for kind in (
        OutputKind("prores", ".mov", "rgba", "ProRes 4444, straight alpha, with sound", ProresOptions, _video(prores)),
        OutputKind("alpha", ".mkv", "alpha", "lossless 16-bit matte (FFV1)", MasterOptions, _video(master)),
        OutputKind("alpha-mp4", ".mp4", "alpha", "matte for players (H.264)", PlayerOptions, _video(player)),
        OutputKind("png16", "", "alpha", "16-bit gray PNG sequence", StillOptions, _stills(lambda _: gray16())),
        OutputKind("rgba-png", "", "rgba", "straight RGBA PNG sequence, 8 or 16 bit", StillOptions, _stills(rgba)),
    )
}


def output_kind(name: str) -> OutputKind:
    """The row called `name`.

    Raises:
        ConfigError: There is none; the message names the nearest and lists all.
    """
    if name not in OUTPUTS:
        near = get_close_matches(name, OUTPUTS, n=1)
        hint = f"did you mean {near[0]!r}? " if near else ""
        raise ConfigError(f"unknown output {name!r}: {hint}known outputs are {', '.join(OUTPUTS)}")
    return OUTPUTS[name]


def output_path(folder: Path, stem: str, name: str) -> Path:
    """Where an output goes: `<stem>.<output>.<ext>`, or the folder `<stem>.<output>` for a sequence.

    >>> output_path(Path("done"), "walk", "prores").as_posix(), output_path(Path("done"), "walk", "png16").as_posix()
    ('done/walk.prores.mov', 'done/walk.png16')
    """
    return folder / f"{stem}.{name}{output_kind(name).extension}"


def open_writer(
    name: str,
    path: Path,
    clip: Clip,
    source_path: Path | None = None,
    options: object = None,
    overwrite: bool = False,
    *,
    cut: Cut = NO_CUT,
) -> OutputWriter:
    """Opens an output; nothing has its final name before `publish`.

    Args:
        name: A name of `OUTPUTS`.
        path: The final name; its extension must be the output's own.
        clip: Size, clock, colour and sound of the source.
        source_path: The file that sound is copied from; None for none.
        options: An instance of the output's options class, or a mapping of some of its fields.
        overwrite: Whether what has that name already may be replaced.
        cut: Which ends of the clip were trimmed, so that the sound is too.

    Raises:
        ConfigError: There is no such output or option.
        OutputError: The extension does not belong to the output, the name is taken, or nothing can be written there.
    """
    kind = output_kind(name)
    if kind.extension and path.suffix.lower() != kind.extension:
        others = ", ".join(f"{other.name} as {other.extension}" for other in OUTPUTS.values() if other.extension)
        raise OutputError(
            f"{name} is written as {kind.extension}, not {path.suffix or 'without extension'!r}: {others}"
        )
    for given in (clip.path, source_path):
        if given is not None and given.resolve() == path.resolve():
            raise OutputError(f"{path} would replace its own source: choose another folder")
    return kind.open(Request(path, clip, _options(kind, options), source_path, overwrite, cut))


def _options(kind: OutputKind, given: object) -> Any:  # noqa: ANN401  the options class of the kind
    if isinstance(given, kind.options):
        return given
    if given is None:
        given = {}
    if not isinstance(given, Mapping):
        raise TypeError(f"options of {kind.name} must be {kind.options.__name__} or a mapping, not {type(given)}")
    known = {item.name: item for item in fields(kind.options)}
    for key, value in given.items():
        if key not in known:
            raise ConfigError(f"unknown option {key!r} of output {kind.name}: it has {', '.join(known)}")
        if type(value) is not type(known[key].default):
            wanted = type(known[key].default).__name__
            raise ConfigError(f"option {key} of output {kind.name} must be {wanted}, not {value!r}")
    made = kind.options(**given)
    if made.workers < 0:
        raise ConfigError(f"workers must be 0 (automatic) or more, not {made.workers}")
    return made
