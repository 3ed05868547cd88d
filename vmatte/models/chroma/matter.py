"""The keyer as a model with memory: what it remembers is the screen."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace

import cv2
import numpy as np

from vmatte.core.types import Clip, Frame, Hints, Layer, Matte
from vmatte.models.chroma import ChromaSettings
from vmatte.ops.backing import Backing, followed, rooted, spread
from vmatte.ops.chroma import sharpened_chroma
from vmatte.ops.despill import despilled, difference
from vmatte.ops.keyer import Keyed, keyed
from vmatte.ops.plain import plain_keyed
from vmatte.ops.screen import ScreenScore, keyed_score, screen_score
from vmatte.ops.shade import relit
from vmatte.ops.soft_edge import scale_of
from vmatte.ops.unit import Float, floats, unit

log = logging.getLogger(__name__)

# Above this a screen is believed in (measured, see `ops.screen`); below this share of sure screen it is lost.
_BELIEVED, _LOST = 0.5, 0.02
# Screens scored 0.84 and more, anything else up to 0.66: between them somebody should look.
_CLEAR = 0.75
# A colour given by hand is keyed by its channel when that stands out by this much.
_SATURATED = 0.10
# Depth inside a mask, in pixels at 360 rows, from which its word is taken.
_CORE = 4


@dataclass(frozen=True, slots=True, eq=False)
class Memory:
    """What is known of the clip: a value, so it can be pickled.

    Attributes:
        backing: The screen.
        believed: Whether its colour was given or found with confidence.
        subsampled: Whether the file stores chroma at less than full size.
    """

    backing: Backing
    believed: bool
    subsampled: bool


class Chroma:
    """Keys every frame against a local model of the screen that follows the light.

    A hint `mask` is a core: on the frames that have one, what lies well inside it is solid whatever its colour.
    """

    def __init__(self, settings: ChromaSettings) -> None:
        self.settings = settings

    def start(self, clip: Clip, hints: Hints, frame: Frame) -> Memory:
        """Finds the screen's colour."""
        score = self._screen(frame)
        believed = score.confidence > _BELIEVED
        if score.confidence > _CLEAR:
            log.info("screen: %s, colour %s, confidence %.2f", score.kind, _hex(score), score.confidence)
        else:
            log.warning(
                "no clear screen in the first frame (best guess: %s, colour %s, confidence %.2f): "
                "set model.screen to its colour, or choose another model",
                score.kind,
                _hex(score),
                score.confidence,
            )
        return Memory(_backing(score), believed, subsampled(clip.pixel_format))

    def step(self, state: Memory, frame: Frame, hints: Hints) -> tuple[Memory, Matte]:
        """Updates the screen, keys the frame."""
        image = unit(frame.rgb)
        seen = sharpened_chroma(image) if state.subsampled else image
        state = self._followed(state, frame, seen)
        found = self._keyed(state.backing, image, seen)
        found = _with_core(found, image, _mask(hints, frame))
        if self.settings.despill and state.backing.channel is not None:
            found = replace(found, colour=despilled(found.colour, state.backing.channel))
        return state, Matte(frame, (Layer("subject", found.alpha, found.colour),))

    def _screen(self, frame: Frame) -> ScreenScore:
        choice = self.settings.screen
        if choice == "auto":
            return screen_score([frame.rgb])
        if choice in ("green", "blue"):
            return replace(keyed_score([frame.rgb], 1 if choice == "green" else 2), confidence=1.0)
        red, green, blue = (int(choice[at : at + 2], 16) / 255 for at in (1, 3, 5))
        colour = np.array([[[red, green, blue]]], np.float32)
        channel = int(colour.argmax())
        stands_out = float(difference(colour, channel)[0, 0]) > _SATURATED
        return ScreenScore(1.0, (red, green, blue), channel if stands_out else None, 0.0, 0.0)

    def _followed(self, state: Memory, frame: Frame, seen: Float) -> Memory:
        after = followed(state.backing, seen)
        # A clip that fades in, or begins without its screen, is given another look.
        if (
            self.settings.screen == "auto"
            and after.share < _LOST
            and not (state.believed and after.channel is not None)
        ):
            score = screen_score([frame.rgb])
            if score.confidence > _BELIEVED and (score.channel is not None or not state.believed):
                log.info("screen: %s from frame %d, colour %s", score.kind, frame.index, _hex(score))
                return replace(state, backing=followed(_backing(score), seen), believed=True)
        return replace(state, backing=after)

    def _keyed(self, backing: Backing, image: Float, seen: Float) -> Keyed:
        assert backing.plate is not None
        screen = spread(backing.plate, seen.shape)
        edge = self.settings.edge * scale_of(image)
        interior = self.settings.interior
        if backing.channel is None:
            found = plain_keyed(seen, screen, backing.noise, edge, interior != "key")
        else:
            lit = relit(seen, screen) if self.settings.shade else screen
            found = keyed(seen, lit, backing.channel, backing.noise)
            if interior == "keep":
                found = _filled(found, image, edge)
        # Solid pixels are the picture to the bit, not what sharpening its chroma made of it.
        solid = (found.alpha >= 1).astype(np.uint8)
        cv2.copyTo(image, solid, found.colour)
        return found


def build(settings: ChromaSettings, device: str) -> Chroma:
    """The keyer; `device` makes no difference to it."""
    return Chroma(settings)


def subsampled(pixel_format: str) -> bool:
    """Whether chroma has less than full size in a pixel format of this FFmpeg name; when unknown it mostly has.

    >>> subsampled("yuv420p"), subsampled("yuv444p10le"), subsampled("gbrp")
    (True, False, False)
    """
    return not any(part in pixel_format for part in ("444", "rgb", "bgr", "gbr", "gray", "pal8", "mono"))


def _backing(score: ScreenScore) -> Backing:
    return Backing(np.array(score.colour, np.float32), score.channel)


def _hex(score: ScreenScore) -> str:
    return "#" + "".join(f"{round(255 * value):02x}" for value in score.colour)


def _mask(hints: Hints, frame: Frame) -> Float | None:
    """Distance inside the mask of this very frame, if there is one."""
    source = hints.maps.get("mask")
    if source is None or (source.indices is None and frame.index > 0):
        return None
    mask = source.at(frame.index)
    if mask is None:
        return None
    inside = cv2.copyMakeBorder((mask >= 128).astype(np.uint8), 1, 1, 1, 1, cv2.BORDER_REPLICATE)
    if inside.all():
        return np.full(mask.shape, np.inf, np.float32)
    return floats(cv2.distanceTransform(inside, cv2.DIST_L2, cv2.DIST_MASK_3)[1:-1, 1:-1])


def _with_core(found: Keyed, image: Float, depth: Float | None) -> Keyed:
    if depth is None:
        return found
    core = depth > _CORE * scale_of(image)
    return Keyed(np.where(core, np.float32(1), found.alpha), np.where(core[..., None], image, found.colour))


def _filled(found: Keyed, image: Float, edge: float) -> Keyed:
    """What is farther than `edge` from background that reaches the frame's border is solid."""
    outside = rooted(found.alpha < 0.5)
    if not outside.any():
        return Keyed(np.ones_like(found.alpha), image)
    gap = cv2.distanceTransform((~outside).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_3)
    inner = (gap > edge).astype(np.uint8)
    return Keyed(np.maximum(found.alpha, floats(inner)), floats(cv2.copyTo(image, inner, found.colour)))
