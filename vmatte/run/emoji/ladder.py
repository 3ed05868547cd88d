"""What is given up, step by step, until a file is small enough; each step leaves less than the one before.

The order is what people notice least first: exactness of colours, noise, then rate, then coarse colours, then size on
the canvas. Steps and order are judgement, not measurement.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from vmatte.core.errors import OutputError
from vmatte.core.types import Image8
from vmatte.io.writers.animated.encode import encode_animation
from vmatte.io.writers.animated.options import AnimationOptions, ApngOptions, GifOptions, WebpOptions
from vmatte.io.writers.animated.palette import Palette
from vmatte.io.writers.vp9 import WebmOptions


@dataclass(frozen=True, slots=True)
class Rung:
    """One choice of everything that makes a file small.

    Attributes:
        share: Of the frames there are.
        scale: Of the subject on its canvas.
        colours: Of a palette; 0 for all.
        dither: Of a GIF.
        hold: Codes by which pixels may be wrong before they change.
        smooth: Codes up to which differences between neighbours are taken for noise and evened out.
        quality: Of a WebP's colours; above 100 is without loss.
        crf: Of a WebM's colours.
        alpha_crf: Of its alpha; 0 is without loss.
    """

    share: float = 1.0
    scale: float = 1.0
    colours: int = 0
    dither: str = "sierra2_4a"
    hold: int = 0
    smooth: int = 0
    quality: float = 101.0
    crf: int = 18
    alpha_crf: int = 0


# Each row changes some of the row before.
_SMALLER: tuple[dict[str, float], ...] = ({"scale": 0.85}, {"scale": 0.7}, {"scale": 0.55}, {"scale": 0.4})
_STEPS: dict[str, tuple[dict[str, float | str], ...]] = {
    "gif": (
        {"colours": 256},
        {"smooth": 12},
        {"colours": 128},
        {"hold": 2, "colours": 96},
        {"share": 0.8},
        {"dither": "bayer", "hold": 4},
        {"share": 0.67, "colours": 64},
        {"dither": "none"},
        {"share": 0.5},
        {"colours": 40, "hold": 8},
        {"share": 0.4},
        {"colours": 24, "hold": 12},
        {"share": 0.33},
        {"colours": 16},
    ),
    "apng": (
        {"hold": 1},
        {"smooth": 12},
        {"colours": 256},
        {"colours": 128, "hold": 2},
        {"share": 0.8},
        {"colours": 64, "hold": 4},
        {"share": 0.67},
        {"colours": 48, "hold": 6},
        {"share": 0.5},
        {"colours": 32, "hold": 8},
        {"share": 0.4},
        {"colours": 24, "hold": 12},
        {"share": 0.33},
        {"colours": 16, "hold": 16},
    ),
    "webp": (
        {"quality": 95},
        {"quality": 90},
        {"quality": 85},
        {"quality": 80},
        {"share": 0.8},
        {"quality": 75},
        {"quality": 70},
        {"share": 0.67},
        {"quality": 60},
        {"share": 0.5, "quality": 50},
        {"quality": 40},
        {"share": 0.4, "quality": 30},
        {"share": 0.33, "quality": 20},
    ),
    "webm": (
        {"crf": 24},
        {"crf": 30},
        {"crf": 34},
        {"alpha_crf": 8},
        {"alpha_crf": 16},
        {"crf": 38, "alpha_crf": 22},
        {"share": 0.8},
        {"crf": 42, "alpha_crf": 28},
        {"share": 0.67},
        {"crf": 48, "alpha_crf": 34},
        {"share": 0.5},
        {"crf": 55, "alpha_crf": 42},
    ),
}


def rungs(kind: str) -> list[Rung]:
    """All steps of a format, the best first."""
    found = [Rung(colours=256) if kind == "gif" else Rung()]
    for change in (*_STEPS[kind], *_SMALLER):
        found.append(replace(found[-1], **change))  # type: ignore[arg-type]
    return found


def encoded(
    kind: str, frames: list[Image8], durations: list[int], rung: Rung, plain: AnimationOptions, true_colour: bool
) -> bytes:
    """The file that a rung makes of frames.

    Args:
        kind: gif, apng, webp or webm.
        frames: (H, W, 4) straight.
        durations: Milliseconds of each.
        rung: The choice.
        plain: What does not depend on it: the loops, and for a GIF its edges.
        true_colour: Whether palettes are refused.
    """
    options: AnimationOptions | WebmOptions
    if isinstance(plain, GifOptions):
        options = replace(plain, colours=rung.colours, dither=rung.dither)
    elif kind == "webp":
        exact = rung.quality > 100
        options = WebpOptions(plain.loops, quality=75.0 if exact else rung.quality, lossless=exact)
    elif kind == "webm":
        options = WebmOptions(rung.crf, rung.alpha_crf, audio=False, workers=1)
    else:
        options = ApngOptions(plain.loops, effort=9 if rung.colours else 6)
        if rung.colours and true_colour:
            # The same colours, each pixel written out.
            palette = Palette(frames, rung.colours)
            frames = [palette.colours[palette.indices(frame)] for frame in frames]
            options = replace(options, flat=True)
        else:
            options = replace(options, colours=rung.colours)
    return encode_animation(kind, frames, durations, options)


def given_up(rung: Rung, kind: str) -> list[str]:
    """What a rung costs, for people; frames and sizes are told where they are known."""
    told = []
    if kind == "gif" and rung.colours < 256:
        told.append(f"{rung.colours} colours")
    if kind == "apng" and rung.colours:
        told.append(f"{rung.colours} colours")
    if kind == "webp":
        told.append("colours exact" if rung.quality > 100 else f"quality {rung.quality:g}")
    if kind == "webm":
        told.append(f"crf {rung.crf}" + (f", alpha crf {rung.alpha_crf}" if rung.alpha_crf else ", alpha exact"))
    if rung.smooth:
        told.append("noise smoothed")
    if rung.hold > 1:
        told.append(f"changes below {rung.hold + 1} codes held")
    if rung.scale < 1:
        told.append(f"subject at {rung.scale:.0%} of its size")
    return told


class Search:
    """Finds the first rung whose file fits, by halving; remembers what it tried.

    Attributes:
        tried: Bytes by number of the rung.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.tried: dict[int, int] = {}

    def __call__(self, steps: list[Rung], encode: Callable[[Rung], bytes]) -> tuple[Rung, bytes]:
        """The rung and its file.

        Raises:
            OutputError: None fits.
        """
        found: tuple[Rung, bytes] | None = None
        too_large, fits = -1, len(steps)
        place = 0
        while fits - too_large > 1:
            data = encode(steps[place])
            self.tried[place] = len(data)
            if len(data) <= self.limit:
                fits, found = place, (steps[place], data)
            else:
                too_large = place
            place = (too_large + fits) // 2
        if found is None:
            least = min(self.tried.values())
            raise OutputError(
                f"it takes {least} bytes even with the fewest frames and colours, and {self.limit} are allowed: "
                "make it shorter with --start and --end, or the movement smaller"
            )
        return found
