"""Every stored value of the published evaluators is reproduced, frame by frame."""

from pathlib import Path

import numpy as np
import pytest

from tests.metrics import plain
from vmatte.metrics.judge import Judge

STORED = Path(__file__).parent / "data" / "reference.npz"
# Programs in float32 agree with float64 this well at this size; what was computed in float64 to the last digits.
SINGLE, DOUBLE = 2e-6, 1e-6
FRAMES = 8


@pytest.fixture(scope="module")
def stored():
    with np.load(STORED) as arrays:
        return dict(arrays)


def judged(stored, name, trimap=False):
    judge = Judge(name)
    for index in range(FRAMES):
        judge.update(
            stored["pred_alpha"][index],
            stored["true_alpha"][index],
            trimap=stored["trimap"][index] if trimap else None,
            flow=stored["flow_fwd"][index - 1] if index else None,
            colour=stored["pred_fgr_rgb"][index],
            true_colour=stored["true_fgr_rgb"][index],
        )
    return judge.result()


@pytest.mark.parametrize(
    ("name", "program", "metrics"),
    [
        ("rvm-lr", "rvm_lr", "MAD MSE Grad Conn dtSSD fgr_MAD fgr_MSE"),
        ("matanyone", "matanyone_lr", "MAD MSE Grad Conn dtSSD"),
        ("matanyone2", "matanyone2_lr", "MAD MSE Grad Conn dtSSD"),
        ("rvm-hr", "rvm_hr", "MAD MSE Grad dtSSD fgr_MSE"),
        ("matanyone-hr", "matanyone_hr", "MAD MSE Grad dtSSD"),
        ("matanyone2-hr", "matanyone2_hr", "MAD MSE Grad dtSSD"),
    ],
)
def test_rvm_and_matanyone(stored, name, program, metrics):
    found = judged(stored, name)
    wanted = {metric.replace("_", " ") for metric in metrics.split()}
    assert set(found) == wanted
    for metric, series in found.items():
        key = metric.lower().replace(" ", "_") if metric.startswith("fgr") else f"pha_{metric.lower()}"
        row = stored[f"{program}.{key}"]
        np.testing.assert_allclose(series.per_frame, row, rtol=SINGLE, err_msg=metric)
        assert series.table == pytest.approx(row.mean(), rel=SINGLE)
    assert found["dtSSD"].mean == pytest.approx(found["dtSSD"].table * FRAMES / (FRAMES - 1))


@pytest.mark.parametrize(("trimap", "where"), [(False, "whole"), (True, "trimap")])
def test_deep_image_matting(stored, trimap, where):
    found = judged(stored, "dim", trimap)
    for metric in ("Grad", "Conn"):
        # MATLAB's own scale is none; the stored values are over 1000.
        scaled = np.array(found[metric].per_frame) / 1000
        np.testing.assert_allclose(scaled, stored[f"dim_def.{where}.{metric.lower()}"], rtol=DOUBLE)
    for metric, series in judged(stored, "sdmatte", trimap).items():
        np.testing.assert_allclose(series.per_frame, stored[f"dim_port.{where}.{metric.lower()}"], rtol=SINGLE)


@pytest.mark.parametrize(("trimap", "where"), [(False, "whole"), (True, "trimap")])
def test_the_port_takes_the_background_for_the_object_and_we_do_not(stored, trimap, where):
    for index in range(FRAMES):
        pair = stored["pred_alpha"][index] / 255, stored["true_alpha"][index] / 255
        mask = stored["trimap"][index] == 128 if trimap else None
        faulty = plain.connectivity(*pair, background=True, mask=mask) / 1000
        assert faulty == pytest.approx(stored[f"dim_port.{where}.conn"][index], rel=SINGLE)
        assert faulty < stored[f"dim_def.{where}.conn"][index]


def test_vitmatte(stored):
    for metric, series in judged(stored, "vitmatte", True).items():
        np.testing.assert_allclose(series.per_frame, stored[f"vitmatte.trimap.{metric.lower()}"], rtol=SINGLE)


def test_tcvom(stored):
    found = judged(stored, "tcvom", True)
    keys = ["msad", "mse", "ssda", "dtssd", "messddt", "messddt_l1_fix"]
    for key, series in zip(keys, found.values(), strict=True):
        np.testing.assert_allclose(series.per_frame, stored[f"tcvom.{key}"], rtol=SINGLE, err_msg=key)
        assert series.table == pytest.approx(stored[f"tcvom.{key}"].mean(), rel=SINGLE)


@pytest.mark.parametrize(("trimap", "where"), [(False, "whole"), (True, "unk")])
def test_maggie(stored, trimap, where):
    found = judged(stored, "maggie", trimap)
    keys = {key.rpartition(".")[2] for key in stored if key.startswith(f"maggie.{where}.")}
    assert keys <= {name.lower() for name in found}
    for name, series in found.items():
        if name.lower() in keys:
            assert series.mean == pytest.approx(float(stored[f"maggie.{where}.{name.lower()}"]), rel=SINGLE), name


def test_metrics_whose_needs_were_not_given_are_left_out(stored):
    judge = Judge("tcvom")
    for index in range(2):
        judge.update(stored["pred_alpha"][index], stored["true_alpha"][index])
    assert list(judge.result()) == ["mSAD", "MSE", "SSDA", "dtSSD"]


def test_deeper_mattes_are_rounded_half_to_even_unless_told_otherwise(stored):
    alpha, truth = stored["pred_alpha"][3], stored["true_alpha"][3]
    shifted = (alpha / np.float64(255) - 0.4 / 255).clip(0, 1)
    scores = {}
    for how in ("round", "truncate", "none"):
        judge = Judge("rvm-hr", how)
        judge.update(shifted, truth)
        scores[how] = judge.result()["MAD"].mean
    assert scores["round"] == pytest.approx(stored["rvm_hr.pha_mad"][3], rel=SINGLE)
    assert len(set(scores.values())) == 3
    exact = Judge("rvm-hr", "none")
    exact.update(alpha / 255, truth / 255)
    assert exact.result()["MAD"].mean == pytest.approx(stored["rvm_hr.pha_mad"][3], rel=SINGLE)
    assert exact.result()["Grad"].mean == pytest.approx(stored["rvm_hr.pha_grad"][3], rel=SINGLE)
