"""Clips kept on disk between runs, so that tuning an engine does not draw them again."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tools.synth.cast import Camera, Kind
from tools.synth.film import Image8, Plane, Synthetic, scene


def save(clip: Synthetic, path: Path) -> None:
    """Writes the arrays an engine and its judge need."""
    arrays: dict[str, Image8 | Plane] = {
        "frames": np.stack(clip.frames),
        "alpha": np.stack(clip.alpha),
        "foreground": np.stack(clip.foreground),
        "clean": clip.clean,
    }
    if clip.plate is not None:
        arrays["plate"] = clip.plate
    if clip.despilled is not None:
        arrays["despilled"] = np.stack(clip.despilled)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial.npz")
    np.savez_compressed(partial, allow_pickle=False, **arrays)
    partial.replace(path)


def load(path: Path) -> Synthetic:
    """Reads what `save` wrote."""
    with np.load(path) as arrays:
        return Synthetic(
            name=path.stem,
            frames=list(arrays["frames"]),
            alpha=list(arrays["alpha"]),
            foreground=list(arrays["foreground"]),
            despilled=list(arrays["despilled"]) if "despilled" in arrays else None,
            plate=arrays.get("plate"),
            clean=arrays["clean"],
        )


def cached(
    folder: Path | None, kind: Kind, camera: Camera, seed: int, size: tuple[int, int] = (640, 360), frames: int = 30
) -> Synthetic:
    """`scene` with a memory in `folder`; without one, just `scene`."""
    if folder is None:
        return scene(kind, camera, seed, size, frames)
    standard = size == (640, 360) and frames == 30
    suffix = "" if standard else f"-{size[0]}x{size[1]}x{frames}"
    path = folder / f"{kind}-{camera}-{seed}{suffix}.npz"
    if not path.exists():
        save(scene(kind, camera, seed, size, frames), path)
    return load(path)
