"""Films a cast before a backdrop: the exact alpha, foreground and background of every frame, and what is recorded."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from tools.synth.backdrop import Backdrop, paper, scenery, screen
from tools.synth.camera import handheld, still
from tools.synth.canvas import Affine, Canvas, shift, stretch
from tools.synth.cast import Camera, Cast, Kind, Painter, cast
from tools.synth.codec import through_h264
from tools.synth.noise import octaves

Image8 = NDArray[np.uint8]
Plane = NDArray[np.float32]
Rgb = tuple[float, float, float]
Place = Callable[[np.random.Generator, tuple[int, int]], Backdrop]

NOISE = 2.0  # sensor noise, standard deviation in 8-bit codes
CRF = 20
SHADOW = 0.65  # what a cast shadow dims the background to
PLATE_GAIN = 1.05  # how much brighter the plate was shot
DRIFT = 0.04  # by how much the light changes over the clip
SPILL = 0.30  # share of screen light on the subject's very edge
SCREENS: dict[str, Rgb] = {"green": (52, 168, 74), "blue": (44, 78, 184), "white": (255, 255, 255)}


@dataclass(frozen=True)
class Synthetic:
    """A clip with its truth.

    Attributes:
        name: `kind-camera-seed`.
        frames: (H, W, 3) uint8 RGB after sensor noise and the codec: what an engine may see.
        alpha: (H, W) float32 in [0, 1], exact.
        foreground: (H, W, 3) uint8 straight colour as it is in the picture, spill included; 0 where alpha is 0.
        despilled: The same without the screen's spill; None where there is no screen.
        plate: (H, W, 3) uint8 background plate as a user would shoot it; None with a moving camera or a screen.
        clean: (H, W, 3) uint8 noiseless background of frame 0, without subject and shadow.
        background: (H, W, 3) uint8 what is behind the subject, per frame; empty when loaded from a cache.
        pristine: (H, W, 3) uint8 frames before noise and codec: round(alpha F + (1 - alpha) B); empty likewise.
    """

    name: str
    frames: list[Image8]
    alpha: list[Plane]
    foreground: list[Image8]
    despilled: list[Image8] | None
    plate: Image8 | None
    clean: Image8
    background: list[Image8] = field(default_factory=list)
    pristine: list[Image8] = field(default_factory=list)

    @property
    def mask(self) -> Image8:
        """The first frame's alpha at 0.5 as 0 and 255: the hint a user would paint."""
        return np.where(self.alpha[0] >= 0.5, 255, 0).astype(np.uint8)


@dataclass(frozen=True)
class _Set:
    kind: Kind
    camera: Camera
    seed: int
    size: tuple[int, int]
    frames: int
    samples: int
    backdrop: Backdrop
    views: list[Affine]
    cast: Cast
    screen: Rgb | None
    shadow: bool = False


def scene(
    kind: Kind,
    camera: Camera,
    seed: int,
    size: tuple[int, int] = (640, 360),
    frames: int = 30,
    screen_colour: str | None = None,
    noise: float = NOISE,
    crf: int | None = CRF,
    place: Place | None = None,
    shadow: bool | None = None,
) -> Synthetic:
    """Draws and films one clip; the same arguments give the same clip.

    Args:
        kind: What happens: see `cast`.
        camera: `moving`; `fixed` with shadow, plate and light drift; `crossing`, fixed with a subject that crosses
            the whole frame; `screen`.
        seed: Everything random.
        size: Width and height; both even. Geometry scales with the height.
        frames: Length; the same movement is spread over it.
        screen_colour: `green`, `blue`, `white`; by default green, blue for two of the six
                kinds, and white for the emoji.
        noise: Standard deviation of the sensor noise.
        crf: Quality of H.264; None leaves the codec out.
        place: Painter of the backdrop, in place of the benchmark's scenery.
        shadow: Whether the subject casts one; by default before a fixed camera only.
    """
    stage = _set(kind, camera, seed, size, frames, screen_colour, place)
    stage = replace(stage, shadow=camera in ("fixed", "crossing") if shadow is None else shadow)
    shots = [_shoot(stage, index) for index in range(frames)]
    clean = _behind(stage, 0, None)
    generator = np.random.default_rng([seed, 29])
    recorded = [_noisy(generator, shot.pristine, noise) for shot in shots]
    tripod = camera in ("fixed", "crossing")
    plate = _noisy(generator, (clean * PLATE_GAIN).astype(np.float32), noise) if tripod else None
    return Synthetic(
        name=f"{kind}-{camera}-{seed}",
        frames=recorded if crf is None else through_h264(recorded, crf),
        alpha=[shot.alpha for shot in shots],
        foreground=[shot.foreground for shot in shots],
        despilled=[shot.despilled for shot in shots] if stage.screen else None,
        plate=plate,
        clean=_byte(clean),
        background=[shot.background for shot in shots],
        pristine=[shot.pristine for shot in shots],
    )


def _set(
    kind: Kind,
    camera: Camera,
    seed: int,
    size: tuple[int, int],
    frames: int,
    screen_colour: str | None,
    place: Place | None,
) -> _Set:
    generator = np.random.default_rng([seed, 7, len(kind), ord(kind[0])])
    # Small frames take more samples, so that a strand one sample wide stays finer than a pixel.
    samples = (3 if kind != "blur" else 2) * (1 if size[1] >= 240 else 2)
    views = handheld(np.random.default_rng([seed, 5]), size, frames) if camera == "moving" else still(size, frames)
    name = screen_colour or ("white" if kind == "emoji" else "blue" if _on_blue(kind, seed) else "green")
    colour = SCREENS[name] if camera == "screen" else None
    if colour is None:
        backdrop = (place or scenery)(generator, size)
    else:
        backdrop = paper(size, colour) if name == "white" else screen(generator, size, colour)
    density = samples * size[1] / 360
    actors = cast(kind, camera, seed, density, size, frames, colour or (255, 255, 255))
    keyed = colour if name != "white" else None
    return _Set(kind, camera, seed, size, frames, samples, backdrop, views, actors, keyed)


def _on_blue(kind: Kind, seed: int) -> bool:
    kinds = ("walker", "fur", "veil", "blur", "occluder")
    return kind in kinds and (kinds.index(kind) + seed) % 3 == 0


@dataclass(frozen=True)
class _Shot:
    alpha: Plane
    foreground: Image8
    despilled: Image8
    background: Image8
    pristine: Image8


def _shoot(stage: _Set, index: int) -> _Shot:
    light = 1.0
    if stage.camera in ("fixed", "crossing"):
        light += DRIFT * index / max(stage.frames - 1, 1)
    alpha, colour = _paint(stage, stage.cast.subject, index, stage.cast.instants)
    behind = _behind(stage, index, alpha) * light
    colour = colour * light
    spilled = _spill(stage, colour, alpha, behind) if stage.screen else colour
    pillar = _pillar(stage, index)
    if pillar is not None:
        cover, stone = pillar
        visible = alpha * (1 - cover)
        over = cover[..., None] * stone * light + ((1 - cover) * (1 - alpha))[..., None] * behind
        behind = np.where(visible[..., None] < 1, over / np.maximum(1 - visible, 1e-6)[..., None], behind)
        alpha = visible
    solid = (alpha > 0)[..., None]
    foreground, despilled = (_byte(np.where(solid, c, 0)) for c in (spilled, colour))
    background = _byte(behind)
    weight = alpha[..., None]
    pristine = _byte(weight * foreground + (1 - weight) * background)
    return _Shot(alpha, foreground, despilled, background, pristine)


def _paint(stage: _Set, painter: Painter, index: int, instants: Sequence[float]) -> tuple[Plane, Plane]:
    """Alpha (H, W) in [0, 1] and straight colour (H, W, 3) in 0..255 of an actor, averaged over the instants."""
    total = np.zeros((stage.size[1], stage.size[0], 4), np.float32)
    for instant in instants:
        canvas = Canvas(stage.size, stage.samples)
        painter(canvas, stretch(stage.samples) @ stage.views[index], index + instant)
        canvas.average(total, 1 / len(instants))
    alpha = np.clip(total[..., 3] / 255, 0, 1).astype(np.float32)
    colour = 255 * total[..., :3] / np.maximum(total[..., 3:], 1e-3)
    return alpha, np.clip(colour, 0, 255).astype(np.float32)


def _behind(stage: _Set, index: int, alpha: Plane | None) -> Plane:
    """What the camera sees without the subject; with `alpha`, the shadow it casts is included."""
    seen = stage.backdrop.seen(stage.views[index], stage.size)
    if stage.cast.passer is not None:
        other, colour = _paint(stage, stage.cast.passer, index, (0.0,))
        seen = seen * (1 - other[..., None]) + colour * other[..., None]
    if stage.shadow and alpha is not None:
        seen = seen * (1 - (1 - SHADOW) * _shadow(stage, index, alpha))[..., None]
    if stage.camera in ("fixed", "crossing"):
        pillar = _pillar(stage, index)
        if pillar is not None and alpha is None:
            seen = seen * (1 - pillar[0][..., None]) + pillar[1] * pillar[0][..., None]
    return seen.astype(np.float32)


def _shadow(stage: _Set, index: int, alpha: Plane) -> Plane:
    """The subject's outline laid on the ground behind it, softened."""
    scale = stage.size[1] / 360
    foot = stage.cast.ground
    lay = np.array([[1, -0.55, 0.55 * foot], [0, 0.30, 0.70 * foot], [0, 0, 1]], np.float64)
    view = stage.views[index]
    laid = cv2.warpAffine(alpha, (view @ lay @ np.linalg.inv(view))[:2], stage.size, flags=cv2.INTER_AREA)
    return cv2.GaussianBlur(laid, (0, 0), 2.5 * scale).astype(np.float32)


def _pillar(stage: _Set, index: int) -> tuple[Plane, Plane] | None:
    """Coverage and colour of the pillar in front of the subject."""
    if stage.cast.pillar is None:
        return None
    middle, width = stage.cast.pillar
    generator = np.random.default_rng([stage.seed, 17])
    scale = stage.size[1] / 360 * 1.1
    columns, rows = round(width * scale), round(560 * scale)
    across = np.linspace(-1, 1, columns, dtype=np.float32)[None, :, None]
    stone = (0.55 + 0.45 * np.sqrt(1 - 0.9 * across**2)) * (
        1 + 0.08 * octaves(generator, (columns, rows), 5, 20.0)[..., None]
    )
    base = np.asarray(stage.screen, np.float32) * 0.9 if stage.screen else np.array([176, 164, 148], np.float32)
    rgba = np.dstack([np.clip(stone * base, 0, 255), np.full((rows, columns), 255, np.float32)])
    rgba = cv2.copyMakeBorder(rgba, 2, 2, 2, 2, cv2.BORDER_CONSTANT, value=(0, 0, 0, 0))
    to_world = shift(middle - width / 2, -100) @ stretch(1 / scale) @ shift(-2, -2)
    placed = cv2.warpAffine(rgba.astype(np.float32), (stage.views[index] @ to_world)[:2], stage.size)
    cover = np.clip(placed[..., 3] / 255, 0, 1).astype(np.float32)
    return cover, (placed[..., :3] / np.maximum(cover, 1e-3)[..., None]).astype(np.float32)


def _spill(stage: _Set, colour: Plane, alpha: Plane, behind: Plane) -> Plane:
    """Screen light on the subject: strongest on its edges, faint everywhere."""
    scale = stage.size[1] / 360
    depth = cv2.GaussianBlur(alpha, (0, 0), 4 * scale)
    edge = np.clip(2 * (1 - depth), 0, 1) * SPILL + 0.03
    glow = cv2.GaussianBlur(behind, (0, 0), 12 * scale)
    lit: Plane = colour + edge[..., None] * (0.55 * glow - 0.25 * colour)
    return np.clip(lit, 0, 255).astype(np.float32)


def _noisy(generator: np.random.Generator, image: Image8 | Plane, sigma: float) -> Image8:
    if sigma == 0:
        return _byte(image)
    return _byte(image + generator.normal(0, sigma, image.shape).astype(np.float32))


def _byte(image: Image8 | Plane) -> Image8:
    rounded: Image8 = np.clip(np.rint(image), 0, 255).astype(np.uint8)
    return rounded
