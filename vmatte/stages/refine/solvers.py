"""Classical refiners over a trimap; each takes a picture, the matte and its trimap, and gives the matte back.

`guided` is built in. `closed-form` (Levin, Lischinski, Weiss, "A Closed-Form Solution to Natural Image Matting", CVPR
2006) and `knn` (Chen, Li, Tang, "KNN Matting", CVPR 2012) take their Laplacians and solver from pymatting.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from vmatte.core.errors import ConfigError
from vmatte.core.types import Alpha, Image8
from vmatte.ops.guided import guided, lifted
from vmatte.ops.trimap import FOREGROUND, UNKNOWN, band_radius
from vmatte.ops.unit import box_of

Solver = Callable[[Image8, Alpha, Image8], Alpha]

# Weight of known pixels, and of the matte itself on unknown ones. The second is what keeps a refined clip steady: with
# a weaker anchor the texture of the background leaks in, differently in every frame; with 0.1 the jitter returns.
_KNOWN = 100.0
_ANCHOR = 0.01
_EPSILON = 1e-7
# px around the unknown pixels that the system includes.
_MARGIN = 4


def guided_solver(picture: Image8, alpha: Alpha, trimap: Image8) -> Alpha:
    """The guided filter, in the band only."""
    found = guided(lifted(picture), alpha, 2 * band_radius(alpha.shape[0]), 1e-4)
    return _within(np.clip(found, 0, 1), trimap)


def closed_form_solver(picture: Image8, alpha: Alpha, trimap: Image8) -> Alpha:
    """Closed-form matting, anchored to the matte."""
    matting = _pymatting()

    def solved(image: NDArray[np.float64], known: NDArray[np.bool_], target: NDArray[np.float64]) -> Any:  # noqa: ANN401
        laplacian = matting.cf_laplacian(image, epsilon=_EPSILON, radius=1, is_known=known)
        system, right = _system(laplacian, known, target, _ANCHOR)
        return matting.cg(system, right, M=matting.ichol(system))

    return _cropped(solved, picture, alpha, trimap)


def knn_solver(picture: Image8, alpha: Alpha, trimap: Image8) -> Alpha:
    """KNN matting."""
    matting = _pymatting()

    def solved(image: NDArray[np.float64], known: NDArray[np.bool_], target: NDArray[np.float64]) -> Any:  # noqa: ANN401
        system, right = _system(matting.knn_laplacian(image), known, target, 0.0)
        return matting.cg(system, right, M=matting.jacobi(system))

    return _cropped(solved, picture, alpha, trimap)


SOLVERS: dict[str, Solver] = {"guided": guided_solver, "closed-form": closed_form_solver, "knn": knn_solver}


def check_solver(name: str) -> None:
    """Stops before a run that would fail.

    Raises:
        ConfigError: Nothing is called so, or its library is not installed.
    """
    if name not in SOLVERS:
        raise ConfigError(f"refine={name}: known refiners are none, {', '.join(SOLVERS)}")
    if name != "guided":
        _pymatting()


def _pymatting() -> Any:  # noqa: ANN401  an untyped library
    try:
        import pymatting
    except ImportError as error:
        raise ConfigError(
            "refine=closed-form and refine=knn need pymatting: pip install 'vmatte[refine]', or take refine=guided"
        ) from error
    return pymatting


def _system(laplacian: Any, known: NDArray[np.bool_], target: NDArray[np.float64], anchor: float) -> tuple[Any, Any]:  # noqa: ANN401
    """The sparse system whose solution is near the matte where it is unknown, and at its value where it is known."""
    import scipy.sparse

    weights = np.where(known.ravel(), _KNOWN, anchor)
    return laplacian + scipy.sparse.diags(weights), weights * target.ravel()


def _cropped(
    solved: Callable[[NDArray[np.float64], NDArray[np.bool_], NDArray[np.float64]], Any],
    picture: Image8,
    alpha: Alpha,
    trimap: Image8,
) -> Alpha:
    """Solves on the part of the picture that has anything unknown."""
    unknown = trimap == UNKNOWN
    box = box_of(unknown, _MARGIN)
    if box is None:
        return _within(alpha, trimap)
    known = ~unknown[box]
    target = np.where(known, trimap[box] == FOREGROUND, alpha[box]).astype(np.float64)
    found = solved(picture[box] / 255.0, known, target).reshape(known.shape)
    out = alpha.copy()
    out[box] = np.clip(found, 0, 1)
    return _within(out, trimap)


def _within(found: NDArray[Any], trimap: Image8) -> Alpha:
    """What was found in the band, 0 and 1 outside."""
    known = (trimap == FOREGROUND).astype(np.float32)
    return cast("Alpha", np.where(trimap == UNKNOWN, found, known).astype(np.float32))
