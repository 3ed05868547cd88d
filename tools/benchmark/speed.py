"""`bench models`: seconds that each model takes for a frame, for the speed that `vmatte models` tells."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import yaml

from tools.benchmark.report import put_section, table
from tools.synth import scene
from vmatte.core.types import Clip, Frame, Hints
from vmatte.hints.arrays import Maps
from vmatte.models.registry import ModelSettings, card, cards
from vmatte.models.speed import speed_class

_FILE = Path(__file__).parents[2] / "vmatte" / "models" / "measured.yaml"
_SIZE = (1280, 720)
_FRAMES = 3
# The first frame finds nothing warm; of one that takes as long as this the difference does not matter.
_LONG = 10.0
# What stands in for a checkpoint when weights are random.
_NOWHERE = Path("random weights")
# Checkpoints of one network at one size do the same work: it is measured once.
_SAME = {
    **dict.fromkeys(("birefnet.matting", "birefnet.portrait", "toonout"), "birefnet"),
    "birefnet.dynamic-matting": "birefnet.dynamic",
    "gfm.r34-bt": "gfm.r34",
    "gfm.r34-ft": "gfm.r34",
    "birefnet.hr-matting": "birefnet.hr",
    "birefnet.lite-matting": "birefnet.lite",
    "inspyrenet.nightly": "inspyrenet",
    "isnet.anime": "isnet",
    "isnet.dis": "isnet",
    "matanyone2": "matanyone",
    "modnet.webcam": "modnet",
    "u2net.human-seg": "u2net",
    "vitmatte.b-distinctions": "vitmatte.b",
    "vitmatte.s-distinctions": "vitmatte.s",
}


def options(parser: argparse.ArgumentParser) -> None:
    """Declares the command's options."""
    parser.add_argument("names", nargs="*", metavar="NAME", help="models to measure; all, without any")
    parser.add_argument("--missing", action="store_true", help="only those that were never measured")
    parser.add_argument("--out", type=Path, help="Markdown file whose section on the models is replaced")


def main(arguments: argparse.Namespace) -> int:
    """Measures each in a process of its own and writes what it took; 1 if one could not be measured."""
    held = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
    names = arguments.names or [name for name in cards() if not arguments.missing or name not in held["seconds"]]
    failed = False
    for name in dict.fromkeys(_SAME.get(name, name) for name in names):
        command = [sys.executable, "-m", "tools.benchmark.speed", name]
        ran = subprocess.run(command, check=False, stdout=subprocess.PIPE, text=True)
        if ran.returncode:
            print(f"{name}: could not be measured", file=sys.stderr)
            failed = True
            continue
        seconds = float(f"{json.loads(ran.stdout.splitlines()[-1]):.2g}")
        held["seconds"] |= dict.fromkeys((name, *(other for other in _SAME if _SAME[other] == name)), seconds)
        print(f"{name}: {held['seconds'][name]} s", file=sys.stderr, flush=True)
        _write(held)
    if arguments.out:
        put_section(arguments.out, "Models", _text(held))
    return int(failed)


def _write(held: dict[str, Any]) -> None:
    held["frame"], held["seconds"] = "{}x{}".format(*_SIZE), dict(sorted(held["seconds"].items()))
    text = yaml.safe_dump(held, sort_keys=False, width=200)
    _FILE.write_text(f"# Written by `python -m tools.bench models`.\n{text}", encoding="utf-8")


def _text(held: Mapping[str, Any]) -> str:
    rows = [[name, f"{seconds:g}", speed_class(seconds)] for name, seconds in held["seconds"].items()]
    return "\n\n".join(
        [
            f"Seconds of processor time that a frame of {held['frame']} takes on {held['machine']}, from decoded frame "
            "to finished matte, at each model's own settings; random weights, which take as long as trained ones.",
            table(["model", "s a frame", ""], rows),
        ]
    )


def _seconds(name: str) -> float:
    """Processor seconds of the second frame, or of a later one if that is faster."""
    # Drawn small and enlarged: speed hardly depends on what there is to see, and drawing takes longer than most models.
    drawn = scene("walker", "fixed", seed=1, size=(_SIZE[0] // 4, _SIZE[1] // 4), frames=_FRAMES + 1)
    assert drawn.plate is not None
    large = partial(cv2.resize, dsize=_SIZE, interpolation=cv2.INTER_CUBIC)
    settings: ModelSettings = card(name).made()
    if card(name).weights is not None:
        _take_random_weights()
        settings = card(name).made(weights=_NOWHERE)
    from vmatte.models.lift import load_model

    matter = load_model(settings, "cpu", "fp32")
    clip = Clip(Path("drawn"), *_SIZE, Fraction(25), Fraction(1, 25), frames=_FRAMES + 1)
    mattes = matter.mattes(clip, _hints(name, large(drawn.mask), large(drawn.plate)), _frames(map(large, drawn.frames)))
    # What a model with memory does with its first frame is another matter.
    enough = 2 if card(name).steady else 1
    taken: list[float] = []
    # Some models work a frame ahead: after the last one but one there is nothing left to wait for.
    for _ in range(_FRAMES):
        before = time.process_time()
        if next(mattes, None) is None:
            break
        taken.append(time.process_time() - before)
        if taken[-1] > _LONG and len(taken) >= enough:
            break
    mattes.close()
    return min(taken[1:] or taken)


def _frames(pictures: Iterable[Any]) -> Iterator[Frame]:
    for index, picture in enumerate(pictures):
        yield Frame(index, index, picture, picture)


def _hints(name: str, mask: Any, plate: Any) -> Hints:  # noqa: ANN401  arrays of their kinds
    """Those that the model needs."""
    trimap = np.where(mask > 252, 255, np.where(mask < 3, 0, 128)).astype(np.uint8)
    always = range(_FRAMES + 1)
    there = {
        "mask": Maps({0: mask}),
        "plate": Maps(dict.fromkeys(always, plate)),
        "trimap": Maps(dict.fromkeys(always, trimap)),
    }
    return Hints({kind: there[kind] for kind in card(name).needs})


def _take_random_weights() -> None:
    """Makes every network loaded from here on one of random weights, whatever file it is asked for.

    Models take both functions from this module when they are imported themselves, which is later.
    """
    import torch
    from torch import nn

    from vmatte.nets import loading

    def filled(module: nn.Module, state: object, **_: object) -> nn.Module:
        torch.manual_seed(0)
        with torch.no_grad():
            for key, value in module.state_dict().items():
                if value.ndim >= 2:
                    value.normal_(0, (value[0].numel()) ** -0.5)
                elif value.is_floating_point():
                    value.fill_(1.0 if key.endswith((".weight", "running_var")) else 0.0)
                else:
                    value.zero_()
        return module.eval()

    loading.load_strict = filled  # type: ignore[assignment]
    loading.read_checkpoint = lambda *_, **__: {}


if __name__ == "__main__":
    print(json.dumps(_seconds(sys.argv[1])))
