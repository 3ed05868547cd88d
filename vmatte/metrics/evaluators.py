"""The published evaluators by name: what each computes, over which pixels, in which scale, and how it averages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from vmatte.core.errors import ConfigError
from vmatte.core.near import meant
from vmatte.metrics import maggie
from vmatte.metrics import measures as m
from vmatte.metrics.moment import Meter, Row
from vmatte.metrics.pair import Mask
from vmatte.metrics.series import Averaging


class Region(Enum):
    """Which pixels are counted: all; those a trimap holds at 128; or those it holds strictly between 0 and 255."""

    whole = "whole frame"
    unknown = "trimap = 128"
    soft = "0 < trimap < 255"

    def mask(self, trimap: NDArray[np.uint8] | None) -> Mask | None:
        """The pixels by a frame's trimap; None for all of them."""
        if trimap is None or self is Region.whole:
            return None
        return np.asarray(trimap == 128 if self is Region.unknown else (trimap > 0) & (trimap < 255))


@dataclass(frozen=True)
class Evaluator:
    """A published program, or vmatte's own choice.

    Attributes:
        name: What the user says.
        about: One line.
        meters: Make its accumulators.
        region: Which pixels it counts where a trimap is given.
        writer: How the method's own program brings mattes to 8 bits, for `--quantise evaluator`.
    """

    name: str
    about: str
    meters: tuple[Callable[[], Meter], ...]
    region: Region = Region.whole
    writer: str = "round"


def _rows(averaging: Averaging, *rows: Row) -> tuple[Callable[[], Meter], ...]:
    return tuple(replace(row, averaging=averaging).meter for row in rows)


_LR = _rows(Averaging.columns, m.MAD, m.MSE, m.GRAD, m.CONN, m.DTSSD)
_HR = _rows(Averaging.columns, m.MAD, m.MSE, m.GRAD_HR, m.DTSSD)
_OURS = _rows(Averaging.columns, m.SAD, m.MAD, m.MSE, m.GRAD, m.CONN, m.DTSSD, *m.FGR, *m.OWN)
_DIM = _rows(Averaging.frames, m.SAD, m.PLAIN_MSE, *m.MATLAB)
# The port's Conn is left out on purpose: it takes the background for the object, and its own header asks not to use it.
_PORT = _rows(Averaging.frames, m.SAD, m.PLAIN_MSE, m.PLAIN_MAD, m.GRAD_HR)
_DIS = _rows(Averaging.frames, *m.SALIENCY)
_AIM = _rows(Averaging.frames, m.SAD, m.PLAIN_MSE, m.PLAIN_MAD, *m.AIM)
_VITMATTE = _rows(Averaging.frames, m.SAD, m.PLAIN_MSE)
_MAGGIE = (*_rows(Averaging.clips, *m.MAGGIE), *maggie.METERS)
_TCVOM = _rows(Averaging.clips, *m.TCVOM)

_MATANYONE = Evaluator("matanyone", "MatAnyone, low resolution", _LR)
_MATANYONE_HR = Evaluator("matanyone-hr", "MatAnyone, high resolution: Grad without stretch", _HR)

EVALUATORS: dict[str, Evaluator] = {
    each.name: each
    for each in (
        Evaluator("vmatte", "every whole-frame metric, in the units of RVM's low-resolution evaluator", _OURS),
        Evaluator(
            "rvm-lr",
            "Robust Video Matting, low resolution",
            (*_LR, *_rows(Averaging.columns, *m.FGR)),
            writer="truncate",
        ),
        Evaluator(
            "rvm-hr",
            "Robust Video Matting, high resolution: Grad without stretch, no Conn",
            (*_HR, *_rows(Averaging.columns, m.FGR[1])),
            writer="truncate",
        ),
        _MATANYONE,
        _MATANYONE_HR,
        replace(_MATANYONE, name="matanyone2", about="MatAnyone 2, low resolution"),
        replace(_MATANYONE_HR, name="matanyone2-hr", about="MatAnyone 2, high resolution: Grad without stretch"),
        Evaluator(
            "dim", "Deep Image Matting's MATLAB code, over trimap = 128: Grad and Conn unscaled", _DIM, Region.unknown
        ),
        Evaluator(
            "sdmatte",
            "the Python port of it that SDMatte carries: Grad without stretch, over 1000; its Conn is faulty",
            _PORT,
            Region.unknown,
            "truncate",
        ),
        Evaluator("dis", "dichotomous segmentation, as BiRefNet's program: S, weighted F, MAE, mean E", _DIS),
        Evaluator("aim", "AIM-500's own program, whole pictures: Grad its own way, over 10", _AIM, writer="none"),
        Evaluator("vitmatte", "ViTMatte, over trimap = 128", _VITMATTE, Region.unknown),
        Evaluator("maggie", "MaGGIe, one instance; whole frame, or trimap = 128", _MAGGIE, Region.unknown, "none"),
        Evaluator("tcvom", "VideoMatting108, over 0 < trimap < 255; nothing scaled", _TCVOM, Region.soft),
    )
}


def evaluator(name: str) -> Evaluator:
    """The evaluator of that name.

    Raises:
        ConfigError: There is none; the message names the nearest and lists all.
    """
    if name not in EVALUATORS:
        known = ", ".join(EVALUATORS)
        raise ConfigError(f"unknown evaluator {name!r}: {meant(name, EVALUATORS)}there are {known}")
    return EVALUATORS[name]
