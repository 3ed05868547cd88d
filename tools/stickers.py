"""Every platform's file of three drawn characters, and of any clip: `python -m tools.stickers OUT [CLIP [MASK]]`.

Prints a table of sizes and what was given up, and for characters before white the halo and coverage of their mattes,
which must be 0.00 and 0.98 to 1.02. Files and previews on light and dark stay in OUT, to be looked at.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from tools.synth.film import Synthetic, scene
from vmatte.config.load import load
from vmatte.io.images import write_png
from vmatte.metrics.colour import coverage, halo
from vmatte.run.emoji.footage import Matting, Span, read_footage
from vmatte.run.emoji.make import Made, Order, make
from vmatte.run.emoji.platforms import platforms

CHARACTERS = (1, 2, 5)
_SIZE, _FRAMES = (480, 360), 12


def character(seed: int, frames: int = _FRAMES, size: tuple[int, int] = _SIZE) -> Synthetic:
    """A bouncing face before white paper, with its true matte."""
    return scene("emoji", "screen", seed, size=size, frames=frames, crf=None)


def written(drawn: Synthetic, folder: Path) -> Path:
    """Its pictures as a folder of frames."""
    folder.mkdir(parents=True)
    for index, frame in enumerate(drawn.frames):
        write_png(folder / f"{index:04d}.png", frame)
    return folder


def rim(drawn: Synthetic, folder: Path, matting: Matting) -> tuple[float, float, float]:
    """The worst halo, and the least and greatest coverage, of its matte."""
    with tempfile.TemporaryDirectory() as room:
        found = [shown.rgba for shown in read_footage(folder, Span(), matting, Path(room)).frames()]
    halos = [halo(rgba[..., :3], rgba[..., 3]) for rgba in found]
    covered = [coverage(rgba[..., 3], truth) for rgba, truth in zip(found, drawn.alpha, strict=True)]
    return max(halos), min(covered), max(covered)


HEAD = """| source | preset | bytes | of | pixels | frames | seconds | given up | CPU s |
| --- | --- | --- | --- | --- | --- | --- | --- | --- |"""


def row(name: str, made: Made, spent: float) -> str:
    """A file as a line of the table."""
    advice = [f"{one.rule} {one.found}" for one in made.findings if one.verdict != "ok"]
    given_up = ", ".join([*made.given_up, *advice]) or "nothing"
    size = f"{made.size} | {made.platform.bytes} | {made.width}x{made.height}"
    return f"| {name} | {made.platform.name} | {size} | {made.frames} | {made.seconds:.2f} | {given_up} | {spent:.1f} |"


def main(arguments: list[str]) -> int:
    """Makes them all; the number that failed."""
    out = Path(arguments[0])
    matting = Matting(load([]))
    failed = 0
    sources: list[tuple[str, Path, Matting]] = []
    for seed in CHARACTERS:
        drawn = character(seed)
        folder = written(drawn, out / "frames" / f"character{seed}")
        worst, least, most = rim(drawn, folder, matting)
        good = worst < 0.005 and least >= 0.98 and most <= 1.02
        failed += not good
        print(f"character{seed}: halo {worst:.3f}, coverage {least:.3f} to {most:.3f}{'' if good else '  FAILS'}")
        sources.append((folder.name, folder, matting))
    if len(arguments) > 1:
        clip = Path(arguments[1])
        sources.append((clip.stem, clip, Matting(load([]), tuple(arguments[2:3]))))
    print(HEAD)
    for name, path, how in sources:
        order = Order(path, name, out, tuple(platforms().values()), overwrite=True)
        before = time.process_time()
        for made in make(order, how):
            spent, before = time.process_time() - before, time.process_time()
            print(row(name, made, spent), flush=True)
    return failed


if __name__ == "__main__":
    np.seterr(all="raise", under="ignore")
    sys.exit(main(sys.argv[1:]))
