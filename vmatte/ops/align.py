"""Lays a background plate under a frame: one homography, found from features and refined by tracking.

A homography is exact for a camera that turns on the spot and for a flat or distant background. The subject does not
disturb it, for nothing in the plate looks like the subject. All matching is done on relief, a picture without its
light, so exposure and shadows do not matter.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from vmatte.core.types import Image8
from vmatte.ops.warp import grid

Points = NDArray[np.float32]
Matrix = NDArray[np.float64]
Mask = NDArray[np.bool_]

# Landmarks of a plate, and their least distance in px at 360 rows: some hundreds spread over the picture.
_LANDMARKS, _SPACING = 400, 9
# Quality of a corner against the best one; lower ones are noise on flat walls.
_CORNER = 0.02
# Relief: scale of light against texture in px at 360 rows, contrast added so that noise stays small, output gain.
_LIGHT, _CONTRAST, _GAIN = 8.0, 5.0, 45.0
# Lucas-Kanade window and pyramid levels; the window of 21 px at three levels reaches some 40 px.
_WINDOW, _LEVELS = (21, 21), 3
# A track must come back to where it started within this, px.
_RETURN = 0.5
# Distance from the homography at which a track stops being an inlier, px.
_OUTLIER = 1.5
# Lowe (2004), "Distinctive image features": ratio of the best to the second best match.
_RATIO = 0.75
# Features matched at a cold start.
_FEATURES = 1500
# Landmarks followed to see whether anything moved: a median needs no more.
_WATCHED = 80
# Rounds of warp, track and fit; each starts where the last ended.
_ROUNDS = 3
#: Share of the landmarks that `Alignment.spread` speaks of; the rest may be followed wrongly.
MOST = 0.8
# A fit is believed with this many inliers that are also this share of the landmarks in view. None of 90 pairs of
# unrelated drawn scenes reached it; a subject that hides 85 % of the picture leaves 13 to 20 of 370.
LEAST_INLIERS, LEAST_SHARE = 12, 0.03


@dataclass(frozen=True, slots=True, eq=False)
class Landmarks:
    """What can be found again of a plate.

    Attributes:
        relief: (H, W) uint8, the plate without its light.
        points: (N, 2) float32 x, y of corners in it.
    """

    relief: Image8
    points: Points


@dataclass(frozen=True, slots=True, eq=False)
class Alignment:
    """Where a plate lies in a frame.

    Attributes:
        matrix: (3, 3) homography from the plate's pixels to the frame's.
        inliers: Landmarks found where the matrix puts them.
        visible: Landmarks the matrix puts inside the frame.
        shift: Median distance in px that the matrix moves the visible landmarks: the misalignment before.
        residual: Median distance in px of the inliers from where the matrix puts them: the misalignment after.
        spread: The same of four in five of all landmarks that could be followed, inliers or not: large where the
            scene is too deep for a homography.
    """

    matrix: Matrix
    inliers: int
    visible: int
    shift: float
    residual: float
    spread: float

    @property
    def found(self) -> bool:
        """Whether the plate and the frame show the same place."""
        return self.inliers >= max(LEAST_INLIERS, LEAST_SHARE * self.visible)


def landmarks(plate: Image8) -> Landmarks:
    """Corners of an (H, W, 3) plate that can be found again in a frame; none on a featureless wall.

    >>> landmarks(np.full((90, 160, 3), 128, np.uint8)).points.shape
    (0, 2)
    """
    picture = relief(plate)
    spacing = max(3.0, _SPACING * min(plate.shape[:2]) / 360)
    corners = cv2.goodFeaturesToTrack(picture, _LANDMARKS, _CORNER, spacing, blockSize=5)
    points = np.empty((0, 2), np.float32) if corners is None else corners.reshape(-1, 2).astype(np.float32)
    return Landmarks(picture, points)


def relief(rgb: Image8) -> Image8:
    """Texture without light: grey less its local mean over its local contrast, (H, W) uint8 about 128."""
    grey = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY).astype(np.float32)
    sigma = _LIGHT * max(1.0, min(rgb.shape[:2]) / 360)
    side = 2 * round(1.73 * sigma) + 1  # a box as wide as the Gaussian, and much faster
    grey -= cv2.blur(grey, (side, side))
    contrast = cv2.sqrt(cv2.blur(grey * grey, (side, side))) + _CONTRAST
    return cast("Image8", cv2.convertScaleAbs(grey / contrast * np.float32(_GAIN) + np.float32(128)))


def locate(plate: Landmarks, frame: Image8, guess: Matrix | None = None) -> Alignment:
    """Finds `plate` in the relief of a frame.

    >>> rng = np.random.default_rng(0)
    >>> wall = cv2.resize(rng.integers(0, 255, (45, 80, 3), dtype=np.uint8), (320, 180))
    >>> moved = np.array([[1.0, 0.01, 6.5], [-0.01, 1.0, -3.25], [0, 0, 1]])
    >>> found = locate(landmarks(wall), relief(cv2.warpPerspective(wall, moved, (320, 180))))
    >>> found.found, bool(np.abs(found.matrix[:2, 2] - moved[:2, 2]).max() < 0.2)
    (True, True)

    Args:
        plate: The plate's landmarks.
        frame: (H, W) uint8 from `relief`.
        guess: Where the plate lay in the frame before; without it, or where that leads nowhere, features are matched
            from scratch.
    """
    starts = [_matched(plate.relief, frame), np.eye(3)] if guess is None else [guess]
    best = None
    for start in starts:
        if start is None:
            continue
        found = _refined(plate, frame, start)
        if found.found:
            return found
        best = found if best is None or found.inliers > best.inliers else best
    if guess is not None:
        return locate(plate, frame)
    assert best is not None  # the identity is always tried
    return best


def motion(plate: Landmarks, frame: Image8, matrix: Matrix, warped: Image8 | None = None) -> float:
    """Median of `departures`."""
    return float(np.median(departures(plate, frame, matrix, warped)))


def departures(plate: Landmarks, frame: Image8, matrix: Matrix, warped: Image8 | None = None) -> Points:
    """Distances in px of some landmarks in a frame's relief from where `matrix` puts them, (N,).

    A single infinity when too few can be followed to tell. `warped` is the plate's relief as laid, if at hand.
    """
    some = Landmarks(plate.relief, plate.points[:: -(-len(plate.points) // _WATCHED) or 1])
    starts, ends, _ = _tracks(some, frame, matrix, warped)
    if len(starts) < LEAST_INLIERS:
        return np.array([np.inf], np.float32)
    return cast("Points", np.linalg.norm(ends - _project(starts, matrix), axis=1))


def rescaled(matrix: Matrix, small: tuple[int, ...], large: tuple[int, ...]) -> Matrix:
    """A homography between pictures of (height, width) `small` as one between the same pictures at `large`.

    >>> rescaled(np.array([[1, 0, 2], [0, 1, -1], [0, 0, 1.0]]), (90, 160), (180, 320)).tolist()
    [[1.0, 0.0, 4.0], [0.0, 1.0, -2.0], [0.0, 0.0, 1.0]]
    """
    x, y = large[1] / small[1], large[0] / small[0]
    # Pixel centres lie at halves.
    grow = np.array([[x, 0, (x - 1) / 2], [0, y, (y - 1) / 2], [0, 0, 1]])
    found: Matrix = grow @ matrix @ np.linalg.inv(grow)
    return found


def warp_plate(
    plate: NDArray[Any], matrix: Matrix, flow: NDArray[np.float32] | None = None
) -> tuple[NDArray[Any], Mask]:
    """`plate` as `matrix` lays it under a frame of its size, and where it has pixels at all.

    Args:
        plate: (H, W, 3) uint8, or float32 in [0, 1].
        matrix: From the plate to the frame.
        flow: (H, W, 2) px, by which it is bent besides: from the frame to the plate as `matrix` lays it.
    """
    height, width = plate.shape[:2]
    inside = np.full((height, width), 255, np.uint8)
    if flow is None:
        size, flags = (width, height), cv2.INTER_CUBIC
        warped = cv2.warpPerspective(plate, matrix, size, flags=flags, borderMode=cv2.BORDER_REPLICATE)
        inside = np.asarray(cv2.warpPerspective(inside, matrix, size), np.uint8)
    else:
        places = cv2.perspectiveTransform(grid(height, width) + flow, np.linalg.inv(matrix))
        x, y = cv2.split(np.asarray(places, np.float32))
        warped = cv2.remap(plate, x, y, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
        inside = np.asarray(cv2.remap(inside, x, y, cv2.INTER_LINEAR), np.uint8)
    # Two pixels in from the edge of the plate, whose interpolation and blur reach beyond it.
    known = cv2.erode(inside, np.ones((5, 5), np.uint8), borderType=cv2.BORDER_REPLICATE) == 255
    return (warped if plate.dtype == np.uint8 else np.clip(warped.astype(np.float32), 0, 1)), known


def warp_relief(plate: Landmarks, matrix: Matrix) -> Image8:
    """The plate's relief as `matrix` lays it under a frame."""
    if np.array_equal(matrix, np.eye(3)):
        return plate.relief
    height, width = plate.relief.shape
    flags, border = cv2.INTER_LINEAR, cv2.BORDER_REPLICATE
    return cv2.warpPerspective(plate.relief, matrix, (width, height), flags=flags, borderMode=border).astype(np.uint8)


def _matched(plate: Image8, frame: Image8) -> Matrix | None:
    """A first homography from matched features, or None."""
    sift = cv2.SIFT.create(nfeatures=_FEATURES)
    here, described = sift.detectAndCompute(plate, None)
    there, other = sift.detectAndCompute(frame, None)
    if min(len(here), len(there)) < LEAST_INLIERS:
        return None
    pairs = cv2.BFMatcher().knnMatch(described, other, k=2)
    good = [pair[0] for pair in pairs if len(pair) == 2 and pair[0].distance < _RATIO * pair[1].distance]
    if len(good) < LEAST_INLIERS:
        return None
    a = np.array([here[match.queryIdx].pt for match in good], np.float32)
    b = np.array([there[match.trainIdx].pt for match in good], np.float32)
    return _fitted(a, b, 2 * _OUTLIER)[0]


def _refined(plate: Landmarks, frame: Image8, matrix: Matrix) -> Alignment:
    inliers, visible, residual, spread = 0, 0, float("inf"), float("inf")
    for _ in range(_ROUNDS):
        starts, ends, visible = _tracks(plate, frame, matrix, None)
        if len(starts) < LEAST_INLIERS:
            inliers = 0
            break
        fit, kept = _fitted(starts, ends, _OUTLIER)
        if fit is None:
            inliers = 0
            break
        errors = np.linalg.norm(ends - _project(starts, fit), axis=1)
        spread, error = float(np.quantile(errors, MOST)), errors[kept]
        step = float(np.median(np.linalg.norm(_project(starts, fit) - _project(starts, matrix), axis=1)))
        matrix, inliers, residual = fit, int(kept.sum()), float(np.median(error)) if kept.any() else float("inf")
        if step < 0.1:  # the next round would change nothing that can be seen
            break
    moved = _project(plate.points, matrix) if len(plate.points) else plate.points
    shown = _inside(moved, frame.shape)
    shift = float(np.median(np.linalg.norm(moved - plate.points, axis=1)[shown])) if shown.any() else float("inf")
    return Alignment(matrix, inliers, visible, shift, residual, spread)


def _tracks(plate: Landmarks, frame: Image8, matrix: Matrix, warped: Image8 | None) -> tuple[Points, Points, int]:
    """Landmarks followed there and back: their places in the plate and in the frame, and how many are in view."""
    if not len(plate.points):
        return plate.points, plate.points, 0
    picture = warp_relief(plate, matrix) if warped is None else warped
    expected = _project(plate.points, matrix)
    shown = _inside(expected, frame.shape)
    starts, expected = plate.points[shown], expected[shown]
    if not len(starts):
        return starts, expected, 0
    ends, there = _followed(picture, frame, expected)
    back, here = _followed(frame, picture, ends)
    good = there & here & (np.linalg.norm(back - expected, axis=1) < _RETURN)
    return starts[good], ends[good], int(shown.sum())


def _followed(before: Image8, after: Image8, points: Points) -> tuple[Points, Mask]:
    """Where points of one picture are in another, and whether they were found (pyramidal Lucas-Kanade)."""
    ends, found, _ = cv2.calcOpticalFlowPyrLK(before, after, points, points.copy(), winSize=_WINDOW, maxLevel=_LEVELS)
    return ends.astype(np.float32), found.ravel() > 0


def _fitted(a: Points, b: Points, reach: float) -> tuple[Matrix | None, Mask]:
    """The homography from `a` to `b` and its inliers; None when it turns over, or shrinks or grows threefold."""
    cv2.setRNGSeed(0)  # a run is repeatable
    matrix, kept = cv2.findHomography(a, b, cv2.USAC_MAGSAC, reach, maxIters=2000, confidence=0.999)
    none = np.zeros(len(a), bool)
    if matrix is None:
        return None, none
    inside = kept.ravel() > 0
    area = np.linalg.det(matrix[:2, :2])
    if inside.sum() < LEAST_INLIERS or not 1 / 9 < area < 9:
        return None, none
    better, _ = cv2.findHomography(a[inside], b[inside], 0)
    return cast("Matrix", matrix if better is None else better), inside


def _project(points: Points, matrix: Matrix) -> Points:
    return cast("Points", cv2.perspectiveTransform(points[None], matrix)[0].astype(np.float32))


def _inside(points: Points, size: tuple[int, ...]) -> Mask:
    """Whether points lie in a picture, far enough from its edge for half a tracking window."""
    margin = min(_WINDOW[0] // 2, size[0] // 8, size[1] // 8)
    x, y = points[:, 0], points[:, 1]
    inside: Mask = (x >= margin) & (y >= margin) & (x < size[1] - margin) & (y < size[0] - margin)
    return inside
