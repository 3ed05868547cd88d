"""The published evaluators by name: what each computes, over which pixels, in which scale, and how it averages."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from difflib import get_close_matches
from enum import Enum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vmatte.core.errors import ConfigError
from vmatte.metrics import maggie
from vmatte.metrics.colour import coverage, foreground_errors, halo
from vmatte.metrics.connectivity import connectivity
from vmatte.metrics.gradient import gradient
from vmatte.metrics.moment import Measure, Meter, Moment, Row, When
from vmatte.metrics.pair import Mask
from vmatte.metrics.series import Averaging
from vmatte.metrics.shape import boundary_f, iou, mad_transition
from vmatte.metrics.temporal import dtssd_sum, messddt, messddt_fixed


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


def _mean(total: Callable[[Moment], float]) -> Measure:
    """Over the counted pixels; nan if there is none."""

    def found(moment: Moment) -> float:
        count = moment.pair.count(moment.mask)
        return total(moment) / count if count else math.nan

    return found


def _total(moment: Moment) -> float:
    return moment.pair.total(moment.mask)


def _squared(moment: Moment) -> float:
    return moment.pair.squared(moment.mask)


def _gradient(stretch: bool) -> Measure:
    return lambda m: gradient(m.pair.alpha, m.pair.truth, stretch=stretch, mask=m.mask)


def _connectivity(moment: Moment) -> float:
    return connectivity(moment.pair.alpha, moment.pair.truth, moment.mask)


def _dtssd(moment: Moment) -> float:
    assert moment.before is not None
    return math.sqrt(moment.pair.change(moment.before.pair) / moment.pair.alpha.size)


def _dtssd_sum(moment: Moment) -> float:
    assert moment.before is not None
    return dtssd_sum(moment.pair, moment.before.pair, moment.before.mask)


def _compensated(form: Callable[..., float]) -> Measure:
    def found(moment: Moment) -> float | None:
        before = moment.before
        if before is None or moment.flow is None:
            return None
        return form(before.pair, moment.pair, moment.flow, before.mask)

    return found


def _foreground(place: int) -> Measure:
    def found(moment: Moment) -> float | None:
        if moment.colour is None or moment.true_colour is None:
            return None
        return foreground_errors(moment.colour, moment.true_colour, moment.pair.truth)[place]

    return found


def _halo(moment: Moment) -> float | None:
    return None if moment.colour is None else halo(moment.colour, moment.pair.alpha)


def _per_area(power: int) -> Measure:
    """MaGGIe's MAD and MSE: the sum over pixels over frame size times mask size."""

    def found(moment: Moment) -> float:
        total = _total(moment) if power == 1 else _squared(moment)
        count = moment.pair.count(moment.mask)
        return total / (moment.pair.alpha.size * count) if count else math.nan

    return found


def _rows(averaging: Averaging, *rows: tuple[Any, ...]) -> tuple[Callable[[], Meter], ...]:
    return tuple(Row(*row[:4], averaging, *row[4:]).meter for row in rows)


_MAD = ("MAD", "x1e3", 1e3, _mean(_total))
_MSE = ("MSE", "x1e3", 1e3, _mean(_squared))
_SAD = ("SAD", "/1e3", 1e-3, _total)
_GRAD, _GRAD_HR = (("Grad", "/1e3", 1e-3, _gradient(stretch)) for stretch in (True, False))
_CONN = ("Conn", "/1e3", 1e-3, _connectivity)
_DTSSD = ("dtSSD", "x1e2", 1e2, _dtssd, When.since)
_FGR = (("fgr MAD", "x1e3", 1e3, _foreground(0)), ("fgr MSE", "x1e3", 1e3, _foreground(1)))
_PLAIN_MAD, _PLAIN_MSE = (("MAD", "", 1.0, _mean(_total)), ("MSE", "", 1.0, _mean(_squared)))

_LR = _rows(Averaging.columns, _MAD, _MSE, _GRAD, _CONN, _DTSSD)
_HR = _rows(Averaging.columns, _MAD, _MSE, _GRAD_HR, _DTSSD)
_OURS = _rows(
    Averaging.columns,
    _SAD,
    _MAD,
    _MSE,
    _GRAD,
    _CONN,
    _DTSSD,
    *_FGR,
    ("IoU", "", 1.0, lambda m: iou(m.pair)),
    ("boundary F", "", 1.0, lambda m: boundary_f(m.pair)),
    ("MAD-T", "x1e3", 1e3, lambda m: mad_transition(m.pair)),
    ("halo", "", 1.0, _halo),
    ("coverage", "", 1.0, lambda m: coverage(m.pair.alpha, m.pair.truth)),
)
_TCVOM = _rows(
    Averaging.clips,
    ("mSAD", "", 1.0, _mean(_total)),
    _PLAIN_MSE,
    ("SSDA", "", 1.0, lambda m: math.sqrt(_squared(m))),
    ("dtSSD", "", 1.0, _dtssd_sum, When.until),
    ("MESSDdt", "", 1.0, _compensated(messddt), When.until),
    ("MESSDdt fixed", "", 1.0, _compensated(messddt_fixed), When.until),
)
_MAGGIE = (
    *_rows(Averaging.clips, _SAD, ("MAD", "x1e10", 1e10, _per_area(1)), ("MSE", "x1e10", 1e10, _per_area(2)), _CONN),
    *maggie.METERS,
)
_DIM = _rows(Averaging.frames, _SAD, _PLAIN_MSE, ("Grad", "", 1.0, _gradient(True)), ("Conn", "", 1.0, _connectivity))
# The port's Conn is left out on purpose: it takes the background for the object, and its own header asks not to use it.
_PORT = _rows(Averaging.frames, _SAD, _PLAIN_MSE, _PLAIN_MAD, _GRAD_HR)

_MATANYONE = Evaluator("matanyone", "MatAnyone, low resolution", _LR)
_MATANYONE_HR = Evaluator("matanyone-hr", "MatAnyone, high resolution: Grad without stretch", _HR)

EVALUATORS: dict[str, Evaluator] = {
    each.name: each
    for each in (
        Evaluator("vmatte", "every whole-frame metric, in the units of RVM's low-resolution evaluator", _OURS),
        Evaluator(
            "rvm-lr",
            "Robust Video Matting, low resolution",
            (*_LR, *_rows(Averaging.columns, *_FGR)),
            writer="truncate",
        ),
        Evaluator(
            "rvm-hr",
            "Robust Video Matting, high resolution: Grad without stretch, no Conn",
            (*_HR, *_rows(Averaging.columns, _FGR[1])),
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
        Evaluator("vitmatte", "ViTMatte, over trimap = 128", _rows(Averaging.frames, _SAD, _PLAIN_MSE), Region.unknown),
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
        near = get_close_matches(name, EVALUATORS, n=1)
        hint = f"did you mean {near[0]!r}? " if near else ""
        raise ConfigError(f"unknown evaluator {name!r}: {hint}there are {', '.join(EVALUATORS)}")
    return EVALUATORS[name]
