"""Picks a weight-free model by the hints given and a few sampled frames, and says why.

The thresholds and what they were measured on: a screen scores at least 0.84 and anything else at most 0.66, a bluish
drawn landscape; a fixed camera leaves at least 0.697 of the picture stable and a moving one at most 0.392.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from vmatte.core.errors import HintError
from vmatte.core.types import Image8
from vmatte.ops.camera import fixed_camera
from vmatte.ops.screen import ScreenScore, screen_score

Sampled = Callable[[int], Sequence[Image8]]

_SCREEN = 0.75
_SCREEN_FRAMES = 3
_CAMERA_FRAMES = 15


@dataclass(frozen=True, slots=True)
class Choice:
    """A model and the reason for it.

    Attributes:
        model: Name of the card.
        why: One line for people.
        scores: What the tests said, by name; empty when no test was needed.
    """

    model: str
    why: str
    scores: dict[str, float] = field(default_factory=dict)


def choose(given: frozenset[str], sampled: Sampled) -> Choice:
    """The weight-free model that suits the clip.

    Args:
        given: Names of the hints there are.
        sampled: Gives that many frames, (H, W, 3) uint8 RGB, spread over the clip.

    Raises:
        HintError: Nothing can work without another hint; the message says which.
    """
    if "trimap" in given:
        return Choice("closed-form", "a trimap is given")
    if "plate" in given:
        return Choice("difference", "a background plate is given" + (", and a mask" if "mask" in given else ""))
    if "mask" in given:
        return Choice("recall", "a mask is given")
    screen = screen_score(sampled(_SCREEN_FRAMES))
    if (keyer := _keyer(screen)) is not None:
        return keyer
    camera = fixed_camera(sampled(_CAMERA_FRAMES))
    scores = {"screen": screen.confidence, "stable": camera.stable_share, "border_flow": camera.border_flow}
    if camera.fixed:
        return Choice("difference", f"the camera is fixed, so a plate can be estimated ({camera})", scores)
    raise HintError(
        f"no hint, no uniform screen behind the subject and no fixed camera ({camera}): give a mask of the "
        "subject on one frame with --mask, or a picture of the empty scene with --plate, or lay one beside the clip as "
        "NAME.mask.png or NAME.plate.png"
    )


def screened(sampled: Sampled) -> Choice | None:
    """The keyer, if the clip has a uniform background, whatever hints there are; else None."""
    return _keyer(screen_score(sampled(_SCREEN_FRAMES)))


def _keyer(screen: ScreenScore) -> Choice | None:
    if screen.confidence <= _SCREEN:
        return None
    why = f"the background is a uniform screen (confidence {screen.confidence:.2f})"
    return Choice("chroma", why, {"screen": screen.confidence})
