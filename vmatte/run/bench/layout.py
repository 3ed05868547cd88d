"""Finds what to run on in a folder laid out like a public test set.

Clips, clip first: `videomatte_512x288/videomatte_motion/0000/com/*.png` and `.../0000/pha/*.png` as the generators of
Robust Video Matting write them (`fgr` and `bgr` beside), `youtubematte_512x288/youtubematte_motion/0000/har/*.png` and
`.../0000/pha/*.png` in YouTubeMatte. Or kind first, as the former's manual has it: `videomatte_motion/pha/0000/*.png`.
Single images: `im` and `gt` (DIS-5K), `original` and `mask` (AIM-500, AM-2k), `blurred_image` or `original_image` and
`mask` (P3M-500), `image` and `alpha` or `matte` (PPM-100).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from vmatte.core.errors import InputError
from vmatte.io.images import is_image
from vmatte.run.clips import clip_name, clips_in, is_batch

# What a picture and its matte are called: clips, then single images.
_CLIPS = tuple((source, "pha") for source in ("com", "har", "src", "source", "video"))
_IMAGES = (
    ("im", "gt"),
    ("original", "mask"),
    ("blurred_image", "mask"),
    ("original_image", "mask"),
    ("image", "alpha"),
    ("image", "matte"),
    ("images", "alphas"),
)
_PLATES = ("bgr", "bg", "background")


@dataclass(frozen=True)
class Item:
    """One clip or image.

    Attributes:
        name: Its folders below the data set and its own name, unique.
        source: What a model sees.
        truth: The true matte.
        group: The part of the data set it belongs to, empty if there is one only.
        still: Whether it is a single image.
        plate: The empty scene, if it lies beside.
    """

    name: str
    source: Path
    truth: Path
    group: str
    still: bool
    plate: Path | None = None

    @property
    def stem(self) -> str:
        """Its own name."""
        return self.name.rsplit("/", 1)[-1]


def items(dataset: Path) -> list[Item]:
    """Everything in a data set, in the order of names.

    Raises:
        InputError: There is no folder, or nothing in it that is known; or a picture is without a matte.
    """
    if not dataset.is_dir():
        raise InputError(f"{dataset}: no such folder")
    found = [item for folder in [dataset, *_folders(dataset)] for item in _in(dataset, folder)]
    if not found:
        raise InputError(
            f"{dataset}: no test set in there; wanted are clips as NAME/com and NAME/pha, com/NAME and pha/NAME, or "
            "NAME/har and NAME/pha, or images as im and gt, or original and mask"
        )
    return sorted(found, key=lambda item: item.name)


def _folders(folder: Path) -> list[Path]:
    """All folders below, those of single frames left alone."""
    inner = [entry for entry in sorted(folder.iterdir()) if entry.is_dir() and not entry.name.startswith(".")]
    return [*inner, *(deep for entry in inner for deep in _folders(entry))]


def _in(dataset: Path, folder: Path) -> list[Item]:
    for names, still in ((_CLIPS, False), (_IMAGES, True)):
        for source, truth in names:
            if (folder / source).is_dir() and (folder / truth).is_dir():
                return _images(dataset, folder, source, truth) if still else _clips(dataset, folder, source, truth)
    return []


def _clips(dataset: Path, folder: Path, source: str, truth: str) -> list[Item]:
    plate = next((folder / name for name in _PLATES if (folder / name).is_dir()), None)
    if not is_batch(folder / source):
        where = "" if folder == dataset else _below(dataset, folder.parent)
        return [Item(_below(dataset, folder) or dataset.name, folder / source, folder / truth, where, False, plate)]
    truths = clips_in(folder / truth)
    plates = {} if plate is None or not is_batch(plate) else clips_in(plate)
    group, found = _below(dataset, folder), []
    for name, clip in clips_in(folder / source).items():
        if name not in truths:
            raise InputError(f"{folder / truth}: no matte for the clip {name}")
        found.append(Item(_joined(group, name), clip, truths[name], group, False, plates.get(name)))
    return found


def _images(dataset: Path, folder: Path, source: str, truth: str) -> list[Item]:
    truths = {entry.stem: entry for entry in (folder / truth).iterdir() if is_image(entry)}
    group, found = _below(dataset, folder), []
    for entry in sorted(each for each in (folder / source).iterdir() if is_image(each)):
        if entry.stem not in truths:
            raise InputError(f"{folder / truth}: no matte for the image {entry.name}")
        found.append(Item(_joined(group, entry.stem), entry, truths[entry.stem], group, True))
    return found


def _below(dataset: Path, folder: Path) -> str:
    """The way from the data set to a folder; for the data set itself nothing."""
    return "" if folder == dataset else folder.relative_to(dataset).as_posix()


def _joined(group: str, name: str) -> str:
    return f"{group}/{name}" if group else name


def mask_for(item: Item, masks: Path | None) -> Path | None:
    """The first frame's mask of an item in a folder of masks: `<clip>.png`, below folders of any of its names.

    Raises:
        InputError: There is none, or several that fit alike.
    """
    if masks is None:
        return None
    found = [each for each in sorted(masks.rglob("*")) if is_image(each) and clip_name(each) == item.stem]
    if not found:
        raise InputError(f"{masks}: no mask called {item.stem}.png in there")
    parts = {*item.name.split("/"), *item.source.parts}
    fits = [len(parts & set(each.relative_to(masks).parts)) for each in found]
    best = [each for each, fit in zip(found, fits, strict=True) if fit == max(fits)]
    if len(best) > 1:
        raise InputError(f"{masks}: {best[0]} and {best[1]} both fit {item.name}")
    return best[0]
