"""Draws the README's picture: source, alpha and new background of one frame each, from a run of the program itself."""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
from numpy.typing import NDArray

_NEW = np.array([196, 120, 44], np.float32)


def main() -> int:
    """Runs `vmatte process` on a clip and writes the picture."""
    parser = argparse.ArgumentParser(prog="picture", description=__doc__)
    parser.add_argument("clip", type=Path)
    parser.add_argument("picture", type=Path)
    parser.add_argument("--frames", type=int, nargs="+", default=[2, 12, 22])
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        run = [sys.executable, "-m", "vmatte.cli", "process", str(given.clip), "--out", folder, "--output", "rgba-png"]
        subprocess.run(run, check=True)
        source = _frames(given.clip, given.frames)
        cut = [_rgba(Path(folder, f"{given.clip.stem}.rgba-png", f"{index:06d}.png")) for index in given.frames]
    rows = [np.hstack(_row(picture, layer)) for picture, layer in zip(source, cut, strict=True)]
    cv2.imwrite(str(given.picture), np.vstack(rows)[..., ::-1], [cv2.IMWRITE_PNG_COMPRESSION, 9])
    return 0


def _frames(path: Path, wanted: list[int]) -> list[NDArray[np.uint8]]:
    with av.open(str(path)) as container:
        frames = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    return [np.asarray(frames[index], np.uint8) for index in wanted]


def _rgba(path: Path) -> NDArray[Any]:
    image = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    if image is None:
        raise SystemExit(f"{path}: no such frame")
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_BGRA2RGBA))


def _row(source: NDArray[np.uint8], layer: NDArray[Any]) -> list[NDArray[np.uint8]]:
    alpha = layer[..., 3:].astype(np.float32) / 255
    ramp = np.linspace(1.25, 0.6, len(layer), dtype=np.float32)[:, None, None]
    over = layer[..., :3] * alpha + _NEW * ramp * (1 - alpha)
    return [source, np.repeat(layer[..., 3:], 3, axis=2), np.clip(np.rint(over), 0, 255).astype(np.uint8)]


if __name__ == "__main__":
    sys.exit(main())
