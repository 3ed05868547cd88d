"""What the last matte says about this frame, by motion alone: the prior, and where each class went."""

from __future__ import annotations

from typing import NamedTuple, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from vmatte.models.recall.ruler import Ruler
from vmatte.models.recall.small import Small
from vmatte.models.recall.state import NOTHING, Sighting
from vmatte.ops.flow import agreement, both_ways, confidence
from vmatte.ops.morphology import erode
from vmatte.ops.warp import inverted, warp

Floats = NDArray[np.float32]

#: Round trip of the motion, px, that lowers trust to 1/e.
TOLERANCE = 1.5
#: Windows, px, through which a class's motion spreads beyond it, and their weights; the mean has the last.
SPREADS = ((3, 1.0), (9, 0.06), (27, 0.003))
MEAN = 1e-6


class Motion(NamedTuple):
    """From the last frame to this one.

    Attributes:
        foreground: (h, w, 2) forward motion of the subject, continued beyond and behind what hides it.
        background: (h, w, 2) forward motion of the background, continued behind the subject.
        prior: (H, W) the last matte, moved.
        trust: (H, W) in [0, 1], how well the motion explains this frame.
        drift: Mean motion of the subject, px of the working size.
        arrival: (H, W, 2) motion that brought each pixel of this frame here.
        still: Mean motion of the background.
    """

    foreground: Floats
    background: Floats
    prior: Floats
    trust: Floats
    drift: Floats
    arrival: Floats
    still: Floats


def motion(last: Small, alpha: Floats, now: Small, sighting: Sighting, ruler: Ruler, rows: int) -> Motion:
    """Measures the motion between two frames and moves the matte with the subject's alone.

    The edge belongs to the subject. Warping by the backward flow instead leaves residue of the subject on the
    uncovered side, which then teaches the memory (prototype: MAD 14.3 against 11.7).

    Args:
        last: The last frame.
        alpha: Its matte.
        now: This frame.
        sighting: How the subject was last seen, for when it cannot be.
        ruler: Of both.
        rows: At which flow is measured.
    """
    flows = both_ways(last.grey, now.grey, rows)
    tolerance = ruler.px(TOLERANCE)
    agreed = agreement(flows.forward, flows.backward, tolerance)
    core = erode(alpha > 0.9, ruler.radius(1.5)) * agreed
    drift = _drift(flows.forward, core, float(np.count_nonzero(alpha > 0.5)), sighting)
    foreground = spread(flows.forward, core, drift, ruler)
    behind = (alpha < 0.1) * agreed
    still = (np.einsum("hwc,hw->c", flows.forward, behind) / max(1.0, float(behind.sum()))).astype(np.float32)
    background = spread(flows.forward, behind, still, ruler)
    trust = confidence(flows, last.rgb, now.rgb, tolerance, ruler.box(2))
    step = np.float32(ruler.step)
    moved: Floats = np.clip(warp(alpha, _enlarged(inverted(foreground / step) * step, alpha.shape)), 0, 1)
    layers = _enlarged(foreground, alpha.shape), _enlarged(background, alpha.shape)
    return Motion(*layers, moved, trust, drift, -flows.backward, still)


def _drift(flow: Floats, core: Floats, area: float, sighting: Sighting) -> Floats:
    """Mean motion of the subject; the less of it is seen, the more its motion before counts.

    The last sliver beside what hides the subject moves with the hider, as far as flow can tell.
    """
    total = float(core.sum())
    seen = min(1.0, area / max(1.0, sighting.area)) ** 2 if total > NOTHING else 0.0
    mean = np.einsum("hwc,hw->c", flow, core) / max(1.0, total)
    return np.asarray(seen * mean + (1 - seen) * sighting.drift, np.float32)


def spread(flow: Floats, core: Floats, mean: Floats, ruler: Ruler) -> Floats:
    """Continues the motion of a core outward by normalised box means, wider ones only where narrower find nothing.

    Args:
        flow: (H, W, 2) px.
        core: (H, W) weights in [0, 1].
        mean: The motion where no window reaches the core.
        ruler: Of the picture.

    Returns:
        (h, w, 2) px of the full picture, on a grid `ruler.step` times coarser.
    """
    step = ruler.step
    height, width = core.shape
    size = max(1, round(width / step)), max(1, round(height / step))
    weighted = cv2.merge([flow[..., 0] * core, flow[..., 1] * core, core])
    small = cast("Floats", cv2.resize(weighted, size, interpolation=cv2.INTER_AREA))
    summed = np.empty_like(small)
    summed[:] = np.append(mean, 1).astype(np.float32) * np.float32(MEAN)
    for length, weight in SPREADS:
        side = 2 * max(1, round(length * ruler.scale / step)) + 1
        summed += cv2.blur(small, (side, side)) * np.float32(weight)
    return cast("Floats", summed[..., :2] / summed[..., 2:])


def _enlarged(flow: Floats, size: tuple[int, ...]) -> Floats:
    return cast("Floats", cv2.resize(flow, (size[1], size[0]), interpolation=cv2.INTER_LINEAR))
