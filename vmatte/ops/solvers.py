"""Classical refiners over a trimap; each takes a picture, the matte and its trimap, and gives the matte back.

`guided` is built in. `closed-form` (Levin, Lischinski, Weiss, "A Closed-Form Solution to Natural Image Matting", CVPR
2006), `knn` (Chen, Li, Tang, "KNN Matting", CVPR 2012) and `large-kernel` (He, Sun, Tang, "Fast Matting Using Large
Kernel Matting Laplacian Matrices", CVPR 2010) take their Laplacians and solver from pymatting. Where there is no matte
but only a drawn trimap, they are pymatting's own procedures on the whole picture.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vmatte.core.errors import ConfigError, HintError
from vmatte.core.types import Alpha, Image8
from vmatte.ops.grain import grain
from vmatte.ops.guided import guided, lifted
from vmatte.ops.trimap import BACKGROUND, FOREGROUND, UNKNOWN, band_radius, kept
from vmatte.ops.unit import box_of

Solver = Callable[[Image8, Alpha | None, Image8], Alpha]
_System = Callable[[Any, NDArray[np.float64], NDArray[np.bool_], NDArray[np.float64], NDArray[np.float64]], Any]

# Weight of known pixels, and of the matte itself on unknown ones. The second is what keeps a refined clip steady: with
# a weaker anchor the texture of the background leaks in, differently in every frame; with 0.1 the jitter returns.
_KNOWN = 100.0
_ANCHOR = 0.01
# How far colours may stray from their line, squared: as published for drawn pictures, and the grain of filmed ones.
# On drawn clips with noise and a codec MAD x1e3 of 9.63 becomes 7.73 with four times its square, and 8.91 without; on
# the same clips without noise 3.62 and 3.36.
_EPSILON, _PER_GRAIN = 1e-7, 4.0
# px around the unknown pixels that the system includes.
_MARGIN = 4
# Of the large kernel, px; the authors' and pymatting's.
_REACH = 10


def guided_solver(picture: Image8, alpha: Alpha, trimap: Image8) -> Alpha:
    """The guided filter, in the band only.

    >>> grey = np.full((3, 3, 3), 9, np.uint8)
    >>> guided_solver(grey, np.ones((3, 3), np.float32), np.full((3, 3), 128, np.uint8)).min().round(3)
    np.float32(1.0)
    """
    found = guided(lifted(picture), alpha, 2 * band_radius(alpha.shape[0]), 1e-4)
    return kept(np.clip(found, 0, 1), trimap)


def closed_form_solver(picture: Image8, alpha: Alpha | None, trimap: Image8) -> Alpha:
    """Closed-form matting, anchored to the matte.

    >>> closed_form_solver(np.zeros((4, 4, 3), np.uint8), None, np.full((4, 4), 255, np.uint8)).min()
    np.float32(1.0)
    """
    if alpha is None:
        return _drawn("estimate_alpha_cf", picture, trimap)
    return _cropped(_closed_form, picture, alpha, trimap, _ANCHOR, _MARGIN)


def knn_solver(picture: Image8, alpha: Alpha | None, trimap: Image8) -> Alpha:
    """KNN matting.

    >>> knn_solver(np.zeros((4, 4, 3), np.uint8), None, np.full((4, 4), 255, np.uint8)).min()
    np.float32(1.0)
    """
    if alpha is None:
        return _drawn("estimate_alpha_knn", picture, trimap)
    return _cropped(_knn, picture, alpha, trimap, 0.0, _MARGIN)


def large_kernel_solver(picture: Image8, alpha: Alpha | None, trimap: Image8) -> Alpha:
    """Closed-form matting by windows of 21 px, anchored to the matte.

    >>> large_kernel_solver(np.zeros((4, 4, 3), np.uint8), None, np.full((4, 4), 255, np.uint8)).min()
    np.float32(1.0)
    """
    if alpha is None:
        reach = _reach(*trimap.shape)
        return _drawn("estimate_alpha_lkm", picture, trimap, laplacian_kwargs={"epsilon": _EPSILON, "radius": reach})
    return _cropped(_large_kernel, picture, alpha, trimap, _ANCHOR, 2 * _REACH)


#: Those that need no matte, by the names of their cards.
SOLVERS: dict[str, Solver] = {
    "closed-form": closed_form_solver,
    "knn": knn_solver,
    "large-kernel": large_kernel_solver,
}


def check_library() -> None:
    """Stops before a run that would fail.

    Raises:
        ConfigError: The solvers' library is not installed.
    """
    _pymatting()


def _pymatting() -> Any:  # noqa: ANN401  an untyped library
    try:
        import pymatting
    except ImportError as error:
        raise ConfigError(
            f"{', '.join(SOLVERS)} need pymatting: pip install 'vmatte[refine]', or take --set refine=guided"
        ) from error
    return pymatting


def _drawn(procedure: str, picture: Image8, trimap: Image8, **options: Any) -> Alpha:  # noqa: ANN401
    """Pymatting's own, where there is anything for it to solve."""
    unknown, shown = trimap == UNKNOWN, np.unique(trimap)
    if not unknown.any():
        return kept(np.zeros(trimap.shape, np.float32), trimap)
    if FOREGROUND not in shown and BACKGROUND not in shown:
        raise HintError("the trimap is unknown everywhere: mark some of the subject white, and of the rest black")
    if FOREGROUND not in shown or BACKGROUND not in shown:
        # What is known of one side only spreads everywhere.
        return np.full(trimap.shape, FOREGROUND in shown, np.float32)
    found = getattr(_pymatting(), procedure)(picture / 255.0, trimap_values(trimap), **options)
    return kept(np.asarray(found, np.float32), trimap)


def trimap_values(trimap: Image8) -> NDArray[np.float64]:
    """0, 0.5 and 1, which pymatting wants to the bit.

    >>> trimap_values(np.array([[0, 128, 255]], np.uint8)).tolist()
    [[0.0, 0.5, 1.0]]
    """
    return np.where(trimap == UNKNOWN, 0.5, (trimap == FOREGROUND).astype(np.float64))


def _closed_form(
    matting: Any,  # noqa: ANN401
    image: NDArray[np.float64],
    known: NDArray[np.bool_],
    weights: NDArray[np.float64],
    right: NDArray[np.float64],
) -> Any:  # noqa: ANN401
    import scipy.sparse

    epsilon = _EPSILON + _PER_GRAIN * grain(np.rint(image * 255).astype(np.uint8)) ** 2
    system = matting.cf_laplacian(image, epsilon=epsilon, radius=1, is_known=known) + scipy.sparse.diags(weights)
    return matting.cg(system, right, M=matting.ichol(system))


def _knn(
    matting: Any,  # noqa: ANN401
    image: NDArray[np.float64],
    known: NDArray[np.bool_],
    weights: NDArray[np.float64],
    right: NDArray[np.float64],
) -> Any:  # noqa: ANN401
    import scipy.sparse

    system = matting.knn_laplacian(image) + scipy.sparse.diags(weights)
    return matting.cg(system, right, M=matting.jacobi(system))


def _large_kernel(
    matting: Any,  # noqa: ANN401
    image: NDArray[np.float64],
    known: NDArray[np.bool_],
    weights: NDArray[np.float64],
    right: NDArray[np.float64],
) -> Any:  # noqa: ANN401
    applied, diagonal = matting.lkm_laplacian(image, epsilon=_EPSILON, radius=_reach(*known.shape))
    # From the matte on: every step goes over the whole picture, and further ones were measured to change nothing.
    return matting.cg(
        lambda x: applied(x) + weights * x, right, right / weights, rtol=1e-4, M=lambda x: x / (diagonal + weights)
    )


def _reach(height: int, width: int) -> int:
    """Of the large kernel: a window fits into the picture."""
    return min(_REACH, (min(height, width) - 1) // 2)


def _cropped(solve: _System, picture: Image8, alpha: Alpha, trimap: Image8, anchor: float, margin: int) -> Alpha:
    """Solves on the part of the picture that has anything unknown.

    The sparse system's solution is near the matte where it is unknown, and at its value where it is known.
    """
    matting = _pymatting()
    unknown = trimap == UNKNOWN
    box = box_of(unknown, margin)
    if box is None:
        return kept(alpha, trimap)
    known = ~unknown[box]
    target = np.where(known, trimap[box] == FOREGROUND, alpha[box]).astype(np.float64).ravel()
    weights = np.where(known.ravel(), _KNOWN, anchor)
    found = solve(matting, picture[box] / 255.0, known, weights, weights * target).reshape(known.shape)
    out = alpha.copy()
    out[box] = np.clip(found, 0, 1)
    return kept(out, trimap)
