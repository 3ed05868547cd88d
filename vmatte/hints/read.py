"""Reads masks and plates from files and holds them to the clip they belong to."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vmatte.core.errors import HintError, InputError
from vmatte.core.types import Clip, Image8
from vmatte.hints.labels import MOST, labels_in, mask_of
from vmatte.io.images import read_image, read_indices
from vmatte.io.sequence import is_pattern, members

# Pixels at or above this count as subject, as in every published evaluator that thresholds a mask.
SUBJECT = 128
#: Hints that are found by their names beside clips.
SIDECARS = ("mask", "plate", "trimap")


@dataclass(frozen=True, slots=True, eq=False)
class Masks:
    """Subject masks by source frame number; a MapSource of (H, W) uint8, read when asked for.

    Attributes:
        files: By frame.
        outside: Frames outside the run that a mask was given for, which does nothing.
        label: Code of one object in label images; None for masks that show one subject.
    """

    files: Mapping[int, Path]
    outside: tuple[int, ...] = ()
    label: int | None = None

    @property
    def indices(self) -> Sequence[int]:
        """Frames that have a mask, ascending."""
        return sorted(self.files)

    def at(self, index: int) -> NDArray[Any] | None:
        """The mask of frame `index`, or None."""
        path = self.files.get(index)
        if path is None:
            return None
        return mask_image(path) if self.label is None else mask_of(mask_pixels(path), self.label)


@dataclass(frozen=True, slots=True, eq=False)
class Together:
    """Several objects' masks as one; a MapSource of (H, W) uint8."""

    objects: Sequence[Masks]

    @property
    def indices(self) -> Sequence[int]:
        """Frames on which any object has a mask, ascending."""
        return sorted({index for masks in self.objects for index in masks.indices})

    def at(self, index: int) -> NDArray[Any] | None:
        """All that is masked on frame `index`, or None."""
        found = [mask for masks in self.objects if (mask := masks.at(index)) is not None]
        return np.maximum.reduce(found) if found else None


@dataclass(frozen=True, slots=True, eq=False)
class Plate:
    """One background plate for every frame; a MapSource of (H, W, 3) uint8 RGB."""

    rgb: Image8

    @property
    def indices(self) -> None:
        """None: the plate serves every frame."""
        return

    def at(self, index: int) -> NDArray[Any]:
        """The plate."""
        return self.rgb


def mask_image(path: Path) -> Image8:
    """A mask file as (H, W) uint8: its alpha channel if that says anything, else its brightest channel.

    Raises:
        HintError: The file is missing or not an image.
    """
    return one_plane(mask_pixels(path))


def one_plane(pixels: Image8) -> Image8:
    """(H, W, 3|4) as (H, W): the alpha channel if that says anything, else the brightest; (H, W) as it is."""
    if pixels.ndim == 2:
        return pixels
    if pixels.shape[2] == 4 and int(pixels[..., 3].min()) < 255:
        return np.ascontiguousarray(pixels[..., 3])
    colours: Image8 = pixels[..., :3].max(axis=2)
    return colours


def read_masks(given: Sequence[str], clip: Clip, first: int, stop: int) -> Masks:
    """The masks a user named, checked against the clip.

    Args:
        given: Each an image for the first frame of the run, `N=image` for frame N, or a folder, printf pattern or
            glob of images whose file names end in the frame number.
        clip: The clip they belong to; frame numbers of a sequence are those in its file names.
        first: First source frame of the run.
        stop: Frame after the last.

    Raises:
        HintError: A mask cannot be read, is empty, has another size than the clip, or none lies within the run.
    """
    files: dict[int, Path] = {}
    for text in given:
        found = _mask_files(text, clip, first)
        if twice := sorted(files.keys() & found.keys()):
            pair = f"{files[twice[0]]} and {found[twice[0]]}"
            raise HintError(
                f"two masks are given for frame {twice[0]}: {pair}; objects have a name each: --object NAME=MASK"
            )
        files.update(found)
    inside = {n: path for n, path in files.items() if first <= n < stop}
    if not inside:
        numbers = ", ".join(map(str, sorted(files)))
        raise HintError(f"no mask lies within the run (frames {first} to {stop - 1}): given for frame {numbers}")
    for path in inside.values():
        pixels = mask_pixels(path)
        check_size("mask", path, pixels, clip)
        if int(mask_image(path).max()) < SUBJECT and not labels_in(pixels):
            raise HintError(f"{path}: the mask is empty (no pixel reaches {SUBJECT}): paint the subject white")
    return Masks(inside, tuple(sorted(files.keys() - inside.keys())))


def read_objects(
    masks: Sequence[str], objects: Sequence[str], clip: Clip, first: int, stop: int
) -> tuple[Masks | Together, dict[str, Masks]]:
    """All masks a user named: what they show together, and each object's own when there are several.

    Several objects are given by name, as several masks of the first frame, or as label images.

    Args:
        masks: As for `read_masks`.
        objects: Each `NAME=MASK`, the mask as for `read_masks`; one name may come several times.
        clip: As for `read_masks`.
        first: As for `read_masks`.
        stop: As for `read_masks`.

    Raises:
        HintError: As in `read_masks`; or masks are given both with and without a name; or a name cannot be part of
            a file name.
    """
    if objects and masks:
        raise HintError("--mask and --object are both given: name every object with --object NAME=MASK")
    groups = _named(objects) if objects else _by_stem(masks, clip)
    if groups:
        found = {name: _of_one(name, given, clip, first, stop) for name, given in groups.items()}
        return Together(tuple(found.values())), found
    one = read_masks(masks, clip, first, stop)
    split = _split(one)
    if len(split) == 1:
        return next(iter(split.values())), {}
    return Together(tuple(split.values())) if split else one, split


def read_plate(path: Path, clip: Clip) -> Plate:
    """The plate a user named.

    Raises:
        HintError: It cannot be read or has another size than the clip.
    """
    pixels = eight_bits(image(path, "plate"))
    check_size("plate", path, pixels, clip)
    if pixels.ndim == 2:
        pixels = np.repeat(pixels[..., None], 3, axis=2)
    return Plate(np.ascontiguousarray(pixels[..., :3]))


def sidecar(clip: Path, kind: str) -> Path | None:
    """`<stem>.mask.png` beside the clip, or of another of the `SIDECARS`, if it is there."""
    beside = clip.absolute().parent / f"{stem(clip)}.{kind}.png"
    return beside if beside.is_file() else None


def stem(clip: Path) -> str:
    """The clip's name for its outputs: without extension, and without the number pattern of a sequence.

    >>> stem(Path("shots/walk.mp4")), stem(Path("shots/walk")), stem(Path("shots/walk_%04d.png"))
    ('walk', 'walk', 'walk')
    """
    if clip.is_dir():
        return clip.resolve().name or "clip"
    name = clip.stem if clip.suffix else clip.name
    if not is_pattern(clip):
        return name
    return re.sub(r"[._-]*(%\d*d|\*|\?|\[[^]]*\])+", "", name) or clip.absolute().parent.name


def _of_one(name: str, given: Sequence[str], clip: Clip, first: int, stop: int) -> Masks:
    """The masks of one object, which may be drawn as 0 and 1."""
    try:
        masks = read_masks(given, clip, first, stop)
    except HintError as error:
        raise HintError(f"object {name}: {error}") from error
    split = _split(masks)
    if len(split) > 1:
        files = ", ".join(sorted({str(path) for path in masks.files.values()}))
        raise HintError(f"object {name}: {files} shows {len(split)} objects: give a label image with --mask")
    return next(iter(split.values()), masks)


def _named(objects: Sequence[str]) -> dict[str, list[str]]:
    groups: dict[str, list[str]] = {}
    for text in objects:
        name, equals, mask = text.partition("=")
        if not equals or not mask or not re.fullmatch(r"[\w][\w.-]*", name):
            raise HintError(
                f"--object {text}: write NAME=MASK, the name in letters, digits, '-', '_' and '.' (it becomes part of "
                "the file names)"
            )
        groups.setdefault(name, []).append(mask)
    return groups


def _by_stem(masks: Sequence[str], clip: Clip) -> dict[str, list[str]]:
    """Several bare images are masks of as many objects, named by their files; empty if that is not what was given."""
    paths = [Path(text) for text in masks]
    if len(paths) < 2 or not all(path.is_file() for path in paths):
        return {}
    names = [re.sub(r"[^\w.-]", "_", path.stem.removeprefix(f"{stem(clip.path)}.")) for path in paths]
    if len(set(names)) < len(names):
        names = [f"{number}" for number in range(1, len(paths) + 1)]
    if len({path.resolve() for path in paths}) < len(paths):
        raise HintError(f"the same mask is given twice: {', '.join(masks)}")
    return {name: [text] for name, text in zip(names, masks, strict=True)}


def _split(masks: Masks) -> dict[str, Masks]:
    """Each object's own masks, if the files are label images; a mask of 0 and 1 is one as well."""
    if not any(labels_in(mask_pixels(path)) for path in masks.files.values()):
        return {}
    codes: dict[str, int] = {}
    files: dict[str, dict[int, Path]] = {}
    for index, path in masks.files.items():
        labels = labels_in(mask_pixels(path), fewest=1)
        if not labels:
            raise HintError(f"{path}: not a label image like the other masks; give one kind of mask")
        codes |= labels
        for name in labels:
            files.setdefault(name, {})[index] = path
    ordered = sorted(codes, key=lambda name: (len(name), name))
    return {f"object{name}": Masks(files[name], masks.outside, codes[name]) for name in ordered}


def mask_pixels(path: Path) -> Image8:
    """A mask file as 8-bit pixels: (H, W) values or numbers of labels, or (H, W, 3|4) colours.

    Raises:
        HintError: The file is missing or not an image.
    """
    pixels = image(path, "mask")
    if path.suffix.lower() == ".png" and (numbers := _numbered(path)) is not None:
        return numbers
    # Sixteen bits that hold nothing but small numbers hold labels, which do not scale.
    return pixels.astype(np.uint8) if int(pixels.max()) < SUBJECT else eight_bits(pixels)


def _numbered(path: Path) -> Image8 | None:
    """The numbers of a PNG whose palette only gives labels their colours; None for any other picture."""
    found = read_indices(path)
    if found is None:
        return None
    indices, palette = found
    used = palette[np.unique(indices)]
    gray = bool((used == used[:, :1]).all())
    return None if gray or palette[0].any() or int(indices.max()) >= MOST else indices


def _mask_files(text: str, clip: Clip, first: int) -> dict[int, Path]:
    numbered = re.fullmatch(r"(\d+)=(.+)", text)
    if numbered and not Path(text).exists():
        index = int(numbered[1]) - clip.first_number
        if index < 0:
            raise HintError(f"--mask {text}: the clip starts at frame {clip.first_number}")
        return {index: Path(numbered[2])}
    path = Path(text)
    if path.is_file():
        return {first: path}
    frame, equals, _ = text.partition("=")
    if equals and not path.exists() and not re.search(r"[\\/]", frame):
        raise HintError(f"--mask {text}: {frame!r} is no frame number; write N=FILE, N from {clip.first_number} up")
    try:
        found = members(path, hints=True)
    except InputError as error:
        raise HintError(f"mask {error}") from error
    files: dict[int, Path] = {}
    for member in found:
        if member.number is None:
            raise HintError(f"mask {member.path}: no number in its name, so its frame is unknown; try 000012.png")
        files[member.number - clip.first_number] = member.path
    return files


def image(path: Path, kind: str) -> NDArray[Any]:
    """A picture that serves as a hint of that kind, as it is stored.

    Raises:
        HintError: The file is missing or not an image.
    """
    try:
        return read_image(path)
    except InputError as error:
        raise HintError(f"{kind} {error}") from error


def eight_bits(pixels: NDArray[Any]) -> Image8:
    """Codes of 8 or 16 bits as 8: 257 maps the uint16 range exactly onto the uint8 one."""
    if pixels.dtype == np.uint16:
        return ((pixels.astype(np.uint32) + 128) // 257).astype(np.uint8)
    return np.asarray(pixels, np.uint8)


def check_size(kind: str, path: Path, pixels: NDArray[Any], clip: Clip) -> None:
    """Raises HintError unless a hint of that kind has the clip's size."""
    height, width = pixels.shape[:2]
    if (width, height) == (clip.width, clip.height):
        return
    turned = (height, width) == (clip.width, clip.height)
    why = (
        "it looks turned by 90 degrees: draw it on the picture as players show it"
        if turned
        else "make it the same size as the clip"
    )
    raise HintError(
        f"{path}: the {kind} is {width}x{height}, the clip is displayed at {clip.width}x{clip.height}; {why}"
    )
