"""The metrics with truth as numbers of one frame, with the scales that programs print them in."""

from __future__ import annotations

import math
from collections.abc import Callable

from vmatte.metrics.aim import gradient_aim
from vmatte.metrics.colour import coverage, foreground_errors, halo
from vmatte.metrics.connectivity import connectivity
from vmatte.metrics.gradient import gradient
from vmatte.metrics.moment import Measure, Moment, Row, When
from vmatte.metrics.saliency import alignment, mae, structure, weighted_f
from vmatte.metrics.shape import boundary_f, iou, mad_transition
from vmatte.metrics.temporal import dtssd_sum, messddt, messddt_fixed


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
    def found(moment: Moment) -> float:
        assert moment.before is not None
        return form(moment.before.pair, moment.pair, moment.flow, moment.before.mask)

    return found


def _foreground(place: int) -> Measure:
    def found(moment: Moment) -> float:
        assert moment.colour is not None
        assert moment.true_colour is not None
        return foreground_errors(moment.colour, moment.true_colour, moment.pair.truth)[place]

    return found


def _halo(moment: Moment) -> float:
    assert moment.colour is not None
    return halo(moment.colour, moment.pair.alpha)


def _per_area(power: int) -> Measure:
    """MaGGIe's MAD and MSE: the sum over pixels over frame size times mask size."""

    def found(moment: Moment) -> float:
        total = _total(moment) if power == 1 else _squared(moment)
        count = moment.pair.count(moment.mask)
        return total / (moment.pair.alpha.size * count) if count else math.nan

    return found


MAD = Row("MAD", "x1e3", 1e3, _mean(_total))
MSE = Row("MSE", "x1e3", 1e3, _mean(_squared))
SAD = Row("SAD", "/1e3", 1e-3, _total)
GRAD, GRAD_HR = (Row("Grad", "/1e3", 1e-3, _gradient(stretch)) for stretch in (True, False))
CONN = Row("Conn", "/1e3", 1e-3, _connectivity)
DTSSD = Row("dtSSD", "x1e2", 1e2, _dtssd, when=When.since)
FGR = tuple(
    Row(name, "x1e3", 1e3, _foreground(place), needs=("colour", "true_colour"))
    for place, name in enumerate(("fgr MAD", "fgr MSE"))
)
PLAIN_MAD, PLAIN_MSE = Row("MAD", "", 1, _mean(_total)), Row("MSE", "", 1, _mean(_squared))

OWN = (
    Row("IoU", "", 1, lambda m: iou(m.pair)),
    Row("boundary F", "", 1, lambda m: boundary_f(m.pair)),
    Row("MAD-T", "x1e3", 1e3, lambda m: mad_transition(m.pair)),
    Row("halo", "", 1, _halo, needs=("colour",)),
    Row("coverage", "", 1, lambda m: coverage(m.pair.alpha, m.pair.truth)),
)
TCVOM = (
    Row("mSAD", "", 1, _mean(_total)),
    PLAIN_MSE,
    Row("SSDA", "", 1, lambda m: math.sqrt(_squared(m))),
    Row("dtSSD", "", 1, _dtssd_sum, when=When.until),
    Row("MESSDdt", "", 1, _compensated(messddt), when=When.until, needs=("flow",)),
    Row("MESSDdt fixed", "", 1, _compensated(messddt_fixed), when=When.until, needs=("flow",)),
)
MAGGIE = (SAD, Row("MAD", "x1e10", 1e10, _per_area(1)), Row("MSE", "x1e10", 1e10, _per_area(2)), CONN)
AIM = (
    Row("Conn", "/1e3", 1e-3, lambda m: connectivity(m.pair.alpha, m.pair.truth, as_aim=True)),
    Row("Grad", "/10", 1e-1, lambda m: gradient_aim(m.pair)),
)
SALIENCY = (
    Row("S", "", 1, lambda m: structure(m.pair)),
    Row("wF", "", 1, lambda m: weighted_f(m.pair)),
    Row("MAE", "", 1, lambda m: mae(m.pair)),
    Row("mean E", "", 1, lambda m: alignment(m.pair)),
)
MATLAB = (Row("Grad", "", 1, _gradient(True)), Row("Conn", "", 1, _connectivity))
