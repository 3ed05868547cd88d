"""What a user may say about animations."""

from __future__ import annotations

from dataclasses import dataclass

from vmatte.core.errors import ConfigError
from vmatte.io.writers.animated.edges import colour_of
from vmatte.io.writers.recipe import check_choice

# Frames of a GIF that stand shorter than 2/100 s are shown for 10/100 by browsers.
GIF_TICK, GIF_SHORTEST = 10, 20
_DITHERS = ("none", "bayer", "floyd_steinberg", "sierra2_4a")


@dataclass(frozen=True, slots=True)
class AnimationOptions:
    """Options of every animated image.

    Attributes:
        loops: How often it plays; 0 is for ever.
        size: Longest side in pixels, larger pictures are made smaller; 0 for the size of the source. In a run only.
        fps: Most frames a second; 0 for those of the source. In a run only.
        workers: Not used: these encoders work alone.
    """

    loops: int = 0
    size: int = 0
    fps: float = 0.0
    workers: int = 0

    def __post_init__(self) -> None:
        for key, value, most in (("loops", self.loops, 65535), ("size", self.size, 16384), ("fps", self.fps, 1000)):
            if not 0 <= value <= most:
                raise ConfigError(f"{key} must be 0 to {most}, not {value}")


@dataclass(frozen=True, slots=True)
class GifOptions(AnimationOptions):
    """Options of `gif`.

    Attributes:
        edge: What becomes of soft edges, which GIF has not: `dither` or `hard`.
        matte: Colour `#rrggbb` of the page the GIF will stand on, which edges are blended with; empty for none.
        dither: How colours that the palette lacks are mixed: `none`, `bayer`, `floyd_steinberg` or `sierra2_4a`.
        colours: Most colours of the palette, one of them clear, 4 to 256.
    """

    edge: str = "dither"
    matte: str = ""
    dither: str = "sierra2_4a"
    colours: int = 256

    def __post_init__(self) -> None:
        AnimationOptions.__post_init__(self)
        check_choice("edge", self.edge, ("dither", "hard"))
        check_choice("dither", self.dither, _DITHERS)
        colour_of(self.matte)
        if not 4 <= self.colours <= 256:
            raise ConfigError(f"colours must be 4 to 256, not {self.colours}")


@dataclass(frozen=True, slots=True)
class ApngOptions(AnimationOptions):
    """Options of `apng`.

    Attributes:
        colours: Colours with their alpha in a palette, 2 to 256, for a smaller file; 0 keeps all.
        effort: Of the compressor, 0 to 9.
        flat: Whether pictures are of few colours, row prediction making them larger: drawings, for instance.
    """

    colours: int = 0
    effort: int = 6
    flat: bool = False

    def __post_init__(self) -> None:
        AnimationOptions.__post_init__(self)
        if self.colours and not 2 <= self.colours <= 256:
            raise ConfigError(f"colours must be 0 (all) or 2 to 256, not {self.colours}")
        if not 0 <= self.effort <= 9:
            raise ConfigError(f"effort must be 0 to 9, not {self.effort}")


@dataclass(frozen=True, slots=True)
class WebpOptions(AnimationOptions):
    """Options of `webp`.

    Attributes:
        quality: Of the colours, 0 to 100; alpha is exact. With `lossless`, how hard to try.
        lossless: Whether colours are exact as well.
        effort: 0 (fast) to 6 (small).
    """

    quality: float = 80.0
    lossless: bool = False
    effort: int = 4

    def __post_init__(self) -> None:
        AnimationOptions.__post_init__(self)
        if not 0 <= self.quality <= 100:
            raise ConfigError(f"quality must be 0 to 100, not {self.quality}")
        if not 0 <= self.effort <= 6:
            raise ConfigError(f"effort must be 0 to 6, not {self.effort}")
