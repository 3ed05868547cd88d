"""Writers: pictures into files. One table says what there is; a new kind of output is a new row in it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Protocol

from vmatte.core.errors import ConfigError, OutputError
from vmatte.core.near import meant
from vmatte.core.timing import Meter
from vmatte.core.types import Clip, Writer
from vmatte.io.writers.animated.options import ApngOptions, GifOptions, WebpOptions
from vmatte.io.writers.animated.writer import AnimationWriter
from vmatte.io.writers.exr import ExrOptions, exr_images
from vmatte.io.writers.hevc_alpha import HevcAlphaOptions, hevc_alpha
from vmatte.io.writers.log import DamagedError, Keeping
from vmatte.io.writers.master import MasterOptions, master
from vmatte.io.writers.mux import NO_CUT, Cut
from vmatte.io.writers.opaque import PlayOptions, play
from vmatte.io.writers.player import PlayerOptions, player
from vmatte.io.writers.pool import automatic_workers
from vmatte.io.writers.prores import ProresOptions, ProresXqOptions, prores, prores_opaque
from vmatte.io.writers.recipe import Recipe, require_codec
from vmatte.io.writers.rgba import MasterRgbaOptions, QtrleOptions, master_rgba, qtrle
from vmatte.io.writers.sequence import Images, SequenceWriter
from vmatte.io.writers.sheet import SheetOptions, SheetWriter
from vmatte.io.writers.stills import StillOptions, gray16, png_images, rgba
from vmatte.io.writers.video import Facts, VideoWriter
from vmatte.io.writers.vp9 import WebmOptions, webm

__all__ = [
    "GROUPS",
    "OUTPUTS",
    "Cut",
    "DamagedError",
    "Facts",
    "Keeping",
    "OutputKind",
    "OutputWriter",
    "expanded",
    "open_writer",
    "output_kind",
    "output_path",
]


class OutputWriter(Writer, Protocol):
    """A `Writer` that also says how it went."""

    def __enter__(self) -> OutputWriter: ...

    @property
    def meter(self) -> Meter:
        """Seconds of work per encoded picture, summed over threads."""

    @property
    def facts(self) -> Facts:
        """What there is to report."""

    def settle(self) -> Any:  # noqa: ANN401  every kind of writer has its own
        """Ends a segment: everything written so far is kept; the state a later run goes on from.

        Only for a writer that was opened with a place to keep things. `length` in it, if it is there, says how many
        bytes of the log count.

        Raises:
            OutputError: It cannot be kept.
        """


@dataclass(frozen=True, slots=True)
class Request:
    """One output of one clip, as asked for."""

    path: Path
    clip: Clip
    options: Any
    source: Path | None
    overwrite: bool
    cut: Cut
    keeping: Keeping | None = None

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
        view: What the pictures show: `alpha`; `rgba`, straight colour and alpha, `rgba16` the same at 16 bits;
            `foreground` and `background`, each an opaque picture; `over`, a finished picture; `compare`, three of them
            side by side.
        summary: One line for `--help`.
        options: The dataclass of its options; the default values are the usual choice.
        open: Makes the writer.
        premultiplied: Whether colours multiplied by alpha may be stored: `never` (the format is straight by its
            standard, or holds none), `on demand`, or `always`.
        layered: Whether one file holds several objects.
        graded: Whether it states the mastering display and brightness that an HDR clip states.
    """

    name: str
    extension: str
    view: str
    summary: str
    options: type[Any]
    open: Callable[[Request], OutputWriter]
    premultiplied: str = "never"
    layered: bool = False
    graded: bool = False

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
            source=request.source if recipe.sound and request.clip.audio_streams else None,
            overwrite=request.overwrite,
            workers=request.workers,
            from_zero=request.options.start == "zero",
            cut=request.cut,
            keeping=request.keeping,
        )

    return open_video


def _images(make: Callable[[Clip, Any], Images]) -> Callable[[Request], OutputWriter]:
    def open_images(request: Request) -> OutputWriter:
        images = make(request.clip, request.options)
        return SequenceWriter(
            request.path,
            request.clip,
            images,
            overwrite=request.overwrite,
            workers=request.workers,
            keeping=request.keeping,
        )

    return open_images


def _animation(name: str) -> Callable[[Request], OutputWriter]:
    def open_animation(request: Request) -> OutputWriter:
        return AnimationWriter(
            request.path, request.clip, name, request.options, overwrite=request.overwrite, keeping=request.keeping
        )

    return open_animation


def _sheet(request: Request) -> OutputWriter:
    return SheetWriter(
        request.path, request.clip, request.options, overwrite=request.overwrite, keeping=request.keeping
    )


OUTPUTS: dict[str, OutputKind] = {
    kind.name: kind
    for kind in (
        OutputKind(
            "prores",
            ".mov",
            "rgba",
            "ProRes 4444 with alpha and sound",
            ProresOptions,
            _video(prores),
            "on demand",
            graded=True,
        ),
        OutputKind(
            "prores-xq",
            ".mov",
            "rgba",
            "ProRes 4444 XQ, likewise",
            ProresXqOptions,
            _video(prores),
            "on demand",
            graded=True,
        ),
        OutputKind("alpha", ".mkv", "alpha", "lossless 16-bit matte (FFV1)", MasterOptions, _video(master)),
        OutputKind("alpha-mp4", ".mp4", "alpha", "matte for players (H.264)", PlayerOptions, _video(player)),
        OutputKind(
            "png16",
            "",
            "alpha",
            "16-bit gray PNG sequence",
            StillOptions,
            _images(lambda clip, _: png_images(clip, gray16())),
        ),
        OutputKind(
            "rgba-png",
            "",
            "rgba",
            "straight RGBA PNG sequence, 8 or 16 bit",
            StillOptions,
            _images(lambda clip, _: png_images(clip, rgba(clip))),
        ),
        OutputKind(
            "exr",
            "",
            "rgba16",
            "OpenEXR sequence, scene-linear, premultiplied, a layer an object",
            ExrOptions,
            _images(exr_images),
            "always",
            layered=True,
        ),
        OutputKind("webm", ".webm", "rgba", "VP9 with alpha for the web, with sound", WebmOptions, _video(webm)),
        OutputKind("webp", ".webp", "rgba", "animated WebP, exact alpha", WebpOptions, _animation("webp")),
        OutputKind("apng", ".png", "rgba", "animated PNG, lossless", ApngOptions, _animation("apng")),
        OutputKind("gif", ".gif", "rgba", "GIF, soft edges dithered", GifOptions, _animation("gif")),
        OutputKind(
            "ffv1-rgba",
            ".mkv",
            "rgba16",
            "lossless colour and alpha, 16 bit (FFV1)",
            MasterRgbaOptions,
            _video(master_rgba),
            "on demand",
        ),
        OutputKind(
            "qtrle",
            ".mov",
            "rgba",
            "lossless QuickTime Animation, 8 bit, with sound",
            QtrleOptions,
            _video(qtrle),
            "on demand",
        ),
        OutputKind(
            "hevc-alpha",
            ".mov",
            "rgba",
            "H.265 with alpha for Apple's players, where an encoder makes it",
            HevcAlphaOptions,
            _video(hevc_alpha),
        ),
        OutputKind(
            "over",
            ".mp4",
            "over",
            "the subject over a new background (--over), with sound",
            PlayOptions,
            _video(play),
            graded=True,
        ),
        OutputKind(
            "compare",
            ".mp4",
            "compare",
            "source, matte and result side by side",
            PlayOptions,
            _video(play),
            graded=True,
        ),
        OutputKind("sheet", ".png", "compare", "contact sheet of the run", SheetOptions, _sheet),
        OutputKind(
            "foreground",
            ".mov",
            "foreground",
            "the subject's colours, opaque (ProRes 4444)",
            ProresOptions,
            _video(prores_opaque),
            graded=True,
        ),
        OutputKind(
            "background",
            ".mov",
            "background",
            "what is behind the subject, opaque (ProRes 4444)",
            ProresOptions,
            _video(prores_opaque),
            graded=True,
        ),
    )
}


# Names that stand for several outputs.
GROUPS: dict[str, tuple[str, ...]] = {"layers": ("alpha", "foreground", "background")}


def expanded(names: Sequence[str]) -> list[str]:
    """Names of outputs with those of groups spelt out, each once.

    >>> expanded(["layers", "gif", "alpha"])
    ['alpha', 'foreground', 'background', 'gif']
    """
    return list(dict.fromkeys(name for given in names for name in GROUPS.get(given, (given,))))


def output_kind(name: str) -> OutputKind:
    """The row called `name`.

    Raises:
        ConfigError: There is none; the message names the nearest and lists all.
    """
    if name not in OUTPUTS:
        known = [*OUTPUTS, *GROUPS]
        raise ConfigError(f"unknown output {name!r}: {meant(name, known)}known outputs are {', '.join(known)}")
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
    keeping: Keeping | None = None,
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
        keeping: Where it keeps what it has made, for a run that may have to go on; None when none will.

    Raises:
        ConfigError: There is no such output or option.
        DamagedError: What it had kept is gone.
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
    return kind.open(Request(path, clip, _options(kind, options), source_path, overwrite, cut, keeping))


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
