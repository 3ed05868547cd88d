"""The pictures of a page: a bounded number of small ones, made in one pass over the clips."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing
from typing import Any, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from vmatte.core.colour import to_bits8
from vmatte.core.types import Image8
from vmatte.metrics.flicker import reversal_map
from vmatte.metrics.motion import Motion, motion
from vmatte.run.page.shot import Shot
from vmatte.run.score import Shown

#: Longest side of an embedded picture, px, and the quality that WebP is asked for.
SIDE, _QUALITY = 480, 70
# A matte that is off by this much is shown at full heat.
_HOT = 0.5
# What error against the truth looks like, RGB: too much, too little. They differ to the colour-blind too.
_MORE, _LESS = (255, 140, 40), (70, 140, 255)

Floats = NDArray[np.float32]


class Pictures(NamedTuple):
    """One frame as data addresses; empty where there is none.

    Attributes:
        size: Width and height.
        source: The clip.
        mattes: For every matte its pictures by kind: alpha, cutout, flicker, error.
    """

    size: tuple[int, int]
    source: str
    mattes: tuple[dict[str, str], ...]


class _Small(NamedTuple):
    """One frame of one matte at the size of the page."""

    alpha: Floats
    truth: Floats | None
    source: Image8 | None
    colour: Image8 | None


def pictured(shot: Shot, places: Sequence[int]) -> Iterator[tuple[int, Pictures]]:
    """The pictures of the scored frames at these places, which ascend; three frames are held at a time."""
    if not places:
        return
    asked, frames = set(places), shot.first.frames
    near = sorted({each for place in places for each in (place - 1, place, place + 1) if 0 <= each < frames})
    with ExitStack() as stack:
        streams = [stack.enter_context(closing(scored.showing(near))) for scored in shot.mattes.values()]
        window: list[tuple[int, list[_Small]]] = []
        flows: dict[int, Motion] = {}
        for place, shown in zip([*near, None], [*zip(*streams, strict=True), None], strict=True):
            if place is not None and shown is not None:
                window.append((place, [_small(each) for each in shown]))
            if place is None or len(window) > 1:
                at = len(window) - 1 if place is None else len(window) - 2
                if window[at][0] in asked:
                    yield window[at][0], _pictures(window, at, flows)
            window = window[-3:] if place is None else window[-2:]
            flows = {key: found for key, found in flows.items() if key >= window[0][0]}


def _pictures(window: Sequence[tuple[int, list[_Small]]], at: int, flows: dict[int, Motion]) -> Pictures:
    place, here = window[at]
    before = window[at - 1][1] if at > 0 and window[at - 1][0] == place - 1 else None
    after = window[at + 1][1] if at + 1 < len(window) and window[at + 1][0] == place + 1 else None
    source = here[0].source
    mattes = []
    for index, small in enumerate(here):
        one = None if before is None else before[index]
        other = None if after is None else after[index]
        heat = _heat(place, small, one, other, flows)
        found = {"alpha": _encoded(_grey(small.alpha)), "cutout": _encoded(_cutout(small))}
        found |= {} if heat is None else {"flicker": _encoded(_hot(heat, small.alpha))}
        found |= {} if small.truth is None else {"error": _encoded(_error(small.alpha, small.truth))}
        mattes.append({kind: address for kind, address in found.items() if address})
    height, width = here[0].alpha.shape
    return Pictures((width, height), _encoded(source), tuple(mattes))


def _heat(
    place: int, here: _Small, before: _Small | None, after: _Small | None, flows: dict[int, Motion]
) -> Floats | None:
    """Flicker pixel by pixel: by motion where there is a source, else the change that the truth does not have."""
    if here.source is not None:
        if before is None or after is None or before.source is None or after.source is None:
            return None
        since = flows.get(place - 1) or motion(before.source, here.source)
        until = flows.get(place) or motion(here.source, after.source)
        flows.update({place - 1: since, place: until})
        return reversal_map(here.alpha, before.alpha, after.alpha, since, until)
    if before is None or here.truth is None or before.truth is None:
        return None
    return np.abs((here.alpha - before.alpha) - (here.truth - before.truth))


def _small(shown: Shown) -> _Small:
    height, width = shown.alpha.shape
    scale = min(1.0, SIDE / max(height, width))
    size = max(1, round(width * scale)), max(1, round(height * scale))

    def fitted(image: Any) -> Any:  # noqa: ANN401  of any depth
        if image is None or (image.shape[1], image.shape[0]) == size:
            return image
        return cv2.resize(image, size, interpolation=cv2.INTER_AREA)

    colour = fitted(shown.colour)
    if colour is not None and colour.dtype == np.uint16:
        colour = to_bits8(colour)
    return _Small(fitted(shown.alpha), fitted(shown.truth), fitted(shown.source), colour)


def _grey(alpha: Floats) -> Image8:
    return np.asarray(np.rint(np.clip(alpha, 0, 1) * 255), np.uint8)


def _cutout(small: _Small) -> NDArray[np.uint8] | None:
    """Colours with alpha: the page has the checkerboard."""
    front = small.source if small.colour is None else small.colour
    return None if front is None else np.dstack([front, _grey(small.alpha)])


def _hot(heat: Floats, alpha: Floats) -> Image8:
    """Heat over a dim matte; its square root, so that a tenth of full heat is seen."""
    strength = np.sqrt(np.clip(heat / _HOT, 0, 1))
    colours = cv2.cvtColor(cv2.applyColorMap(_grey(strength), cv2.COLORMAP_INFERNO), cv2.COLOR_BGR2RGB)
    dim = (0.28 * _grey(alpha))[..., None]
    return np.asarray(np.maximum(dim * (1 - strength[..., None]), colours), np.uint8)


def _error(alpha: Floats, truth: Floats) -> Image8:
    """What is too much and what is missing, over a dim truth."""
    error = np.clip(alpha - truth, -1, 1)
    strength = np.sqrt(np.abs(error))[..., None]
    colours = np.where((error > 0)[..., None], np.array(_MORE, np.float32), np.array(_LESS, np.float32))
    return np.asarray((1 - strength) * (0.28 * _grey(truth))[..., None] + strength * colours, np.uint8)


def _encoded(image: NDArray[np.uint8] | None) -> str:
    if image is None:
        return ""
    codes = {3: cv2.COLOR_RGB2BGR, 4: cv2.COLOR_RGBA2BGRA}
    turned = image if image.ndim == 2 else cv2.cvtColor(image, codes[image.shape[2]])
    done, data = cv2.imencode(".webp", turned, [cv2.IMWRITE_WEBP_QUALITY, _QUALITY])
    assert done
    return "data:image/webp;base64," + base64.b64encode(data.tobytes()).decode("ascii")
