"""`vmatte score`, `vmatte compare` and scores that ride along: numbers, tables and refusals."""

import csv
import json
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest

from tests import drawn
from tests.cli.conftest import errors
from tests.clips import Recipe, write_clip

STORED = Path(__file__).parents[1] / "metrics" / "data" / "reference.npz"
FULL = {"color_range": 2}


@pytest.fixture(scope="module")
def stored():
    with np.load(STORED) as arrays:
        return dict(arrays)


def grey(path, codes, pix_fmt="gray", **more):
    recipe = Recipe(codec="ffv1", pix_fmt=pix_fmt, full=True, tags=FULL, **more)
    return write_clip(path, [np.repeat(each[..., None], 3, axis=2) for each in codes], recipe)


def images(folder, pictures):
    folder.mkdir(parents=True)
    for index, each in enumerate(pictures):
        cv2.imwrite(str(folder / f"{index:04d}.png"), each)
    return folder


@pytest.fixture
def pred(tmp_path, stored):
    return grey(tmp_path / "pred.mkv", stored["pred_alpha"])


@pytest.fixture
def truth(tmp_path, stored):
    return grey(tmp_path / "truth.mkv", stored["true_alpha"], "gray16le")


@pytest.fixture
def source(tmp_path, stored):
    return images(tmp_path / "source", stored["frames_rgb"][..., ::-1])


def test_the_json_holds_the_published_values(vmatte, stored, pred, truth, source, tmp_path):
    said = vmatte(
        *("score", pred, "--truth", truth, "--source", source, "--evaluator", "rvm-lr"),
        *("--band-radius", 3, "--max-lag", 2, "--json", "o.json", "--csv", "o.csv"),
    )
    assert said.code == 0
    data = json.loads((tmp_path / "o.json").read_text())
    assert (data["evaluator"], data["frames"]) == ("rvm-lr", 8)
    for name in ("MAD", "MSE", "Grad", "Conn", "dtSSD"):
        found, row = data["metrics"][name], stored[f"rvm_lr.pha_{name.lower()}"]
        assert set(found) == {"mean", "table", "per_frame"}
        np.testing.assert_allclose(found["per_frame"], row, rtol=2e-6)
        assert found["table"] == pytest.approx(row.mean(), rel=2e-6)
    for name in ("TRF", "WE", "CF"):
        assert data["metrics"][name]["mean"] == pytest.approx(float(stored[f"proposed.pred.{name}"]), rel=0.05)
    for name in ("LAG", "PCE"):
        assert data["metrics"][name]["mean"] == pytest.approx(float(stored[f"proposed.pred.{name}"]), abs=1e-6)
    rows = list(csv.DictReader((tmp_path / "o.csv").read_text().splitlines()))
    assert [row["frame"] for row in rows] == [*map(str, range(8)), "mean", "table"]
    assert float(rows[3]["MAD"]) == data["metrics"]["MAD"]["per_frame"][3]
    assert "truth matched by time; source matched by place" in said.out
    assert [line.split()[0] for line in said.out.splitlines()[2:7]] == ["MAD", "MSE", "Grad", "Conn", "dtSSD"]


def test_trimaps_and_colours(vmatte, stored, tmp_path):
    both = {
        name: images(
            tmp_path / name,
            [
                np.dstack([f[..., ::-1], a])
                for f, a in zip(stored[f"{name}_fgr_rgb"], stored[f"{name}_alpha"], strict=True)
            ],
        )
        for name in ("pred", "true")
    }
    trimap = images(tmp_path / "trimap", stored["trimap"])
    args = (both["pred"], "--truth", both["true"], "--json", "o.json")
    vmatte("score", *args, "--evaluator", "rvm-lr")
    data = json.loads((tmp_path / "o.json").read_text())["metrics"]
    np.testing.assert_allclose(data["fgr MSE"]["per_frame"], stored["rvm_lr.fgr_mse"], rtol=2e-6)
    vmatte("score", *args, "--evaluator", "vitmatte", "--trimap", trimap)
    data = json.loads((tmp_path / "o.json").read_text())["metrics"]
    np.testing.assert_allclose(data["SAD"]["per_frame"], stored["vitmatte.trimap.sad"], rtol=2e-6)
    assert "all are" in vmatte("score", *args, "--evaluator", "dim").err


def test_folders_give_a_table_with_totals(vmatte, stored, tmp_path):
    for name, codes in (("pred", "pred_alpha"), ("true", "true_alpha")):
        suffix = ".alpha" if name == "pred" else ""
        (tmp_path / name).mkdir()
        grey(tmp_path / name / f"one{suffix}.mkv", stored[codes])
        images(tmp_path / name / "two" / "pha", stored[codes][:4])
    said = vmatte("score", "pred", "--truth", "true", "--evaluator", "rvm-hr", "--json", "o.json", "--csv", "o.csv")
    assert said.code == 0
    data = json.loads((tmp_path / "o.json").read_text())
    assert set(data["clips"]) == {"one", "two"}
    row = stored["rvm_hr.pha_mad"]
    assert data["clips"]["two"]["metrics"]["MAD"]["table"] == pytest.approx(row[:4].mean(), rel=2e-6)
    assert data["total"]["MAD"]["table"] == pytest.approx(row.mean(), rel=2e-6)
    assert data["total"]["MAD"]["mean"] == pytest.approx((row.sum() + row[:4].sum()) / 12, rel=2e-6)
    assert [line.split()[0] for line in said.out.splitlines()[1:]] == ["CLIP", "one", "two", "mean", "table"]
    assert vmatte("score", "pred/one.alpha.mkv", "--truth", "true").code == 0
    (tmp_path / "true" / "one.mkv").unlink()
    missing = vmatte("score", "pred", "--truth", "true")
    assert missing.code == 3
    assert "no clip called one" in missing.err
    grey(tmp_path / "pred" / "one.png16.mkv", stored["pred_alpha"][:1])
    assert "both mattes of one" in vmatte("score", "pred", "--truth", "true").err


def test_test_sets_as_their_evaluators_want_them(vmatte, stored, tmp_path):
    for name in ("0000", "0001"):
        images(tmp_path / "pred" / "motion" / name / "pha", stored["pred_alpha"][:3])
        images(tmp_path / "true" / "motion" / "pha" / name, stored["true_alpha"][:3])
        images(tmp_path / "true" / "motion" / "com" / name, stored["frames_rgb"][:3, ..., ::-1])
    args = ("--truth", "true", "--evaluator", "rvm-lr", "--json", "o.json")
    said = vmatte("score", "pred", *args, "--source", "true", "--max-lag", 1)
    assert said.code == 0, said.err
    data = json.loads((tmp_path / "o.json").read_text())
    assert set(data["clips"]) == {"motion/0000", "motion/0001"}
    row = stored["rvm_lr.pha_mad"][:3]
    assert data["total"]["MAD"]["table"] == pytest.approx(row.mean(), rel=2e-6)
    assert data["clips"]["motion/0001"]["metrics"]["PCE"]["mean"] > 0
    assert vmatte("score", "pred/motion/0000", "--truth", "true/motion/pha/0000", "--json", "o.json").code == 0
    assert json.loads((tmp_path / "o.json").read_text())["frames"] == 3


def test_what_is_missing_is_said_first(vmatte, pred):
    for args in (("nope.mkv",), ("nope.mkv", "--truth", "neither.mkv"), (pred, "--truth", "nope.mkv")):
        said = vmatte("score", *args)
        assert (said.code, errors(said)) == (3, ["vmatte: error: nope.mkv: no such file or folder"])
    assert "nope.mkv: no such file" in vmatte("compare", pred, "nope.mkv").err


def test_files_that_are_not_reports_are_not_replaced(vmatte, pred, truth, tmp_path):
    before = pred.read_bytes()
    said = vmatte("score", pred, "--truth", truth, "--json", pred)
    assert (said.code, len(errors(said))) == (6, 1)
    assert "another name" in said.err
    clip = tmp_path / "clip.json"
    clip.write_bytes(before)
    assert vmatte("score", pred, "--truth", truth, "--json", clip).code == 6
    assert pred.read_bytes() == clip.read_bytes() == before
    for _ in range(2):
        assert vmatte("score", pred, "--truth", truth, "--json", tmp_path / "report.json").code == 0


def test_compare_ranks_and_names_what_only_trails(vmatte, tmp_path):
    frames = [drawn.picture(index) for index in range(9)]
    exact = [drawn.disc(index) for index in range(9)]
    rng = np.random.default_rng(0)
    shaky = [np.roll(alpha, rng.integers(-2, 3), axis=1) for alpha in exact]
    frozen = [exact[0]] * 9
    source = images(tmp_path / "clip", [frame[..., ::-1] for frame in frames])
    paths = [
        grey(tmp_path / f"{name}.mkv", [np.rint(255 * alpha).astype(np.uint8) for alpha in alphas])
        for name, alphas in (("frozen", frozen), ("shaky", shaky), ("exact", exact))
    ]
    said = vmatte("compare", *paths, "--source", source, "--max-lag", 2, "--json", "o.json")
    assert said.out.splitlines()[2].split()[0] == "exact.mkv"
    assert "frozen.mkv flickers less than shaky.mkv, but" in said.out
    assert set(json.loads((tmp_path / "o.json").read_text())["clips"]) == {"frozen.mkv", "shaky.mkv", "exact.mkv"}
    assert vmatte("compare", paths[0], "--source", source).code == 2


def test_mismatches_are_said(vmatte, stored, pred, truth, tmp_path):
    short = grey(tmp_path / "short.mkv", stored["true_alpha"][:6])
    small = grey(tmp_path / "small.mkv", stored["true_alpha"][:, :60])
    for other, word in ((short, "frame 6 of"), (small, "bring them to one size")):
        said = vmatte("score", pred, "--truth", other)
        assert (said.code, len(errors(said))) == (3, 1)
        assert word in said.err
    assert "2 of its 8 frames" in vmatte("score", short, "--truth", truth).err
    late = grey(tmp_path / "late.mkv", stored["true_alpha"], time_base=Fraction(1, 30))
    assert "matched by place" in vmatte("score", pred, "--truth", late).err
    assert vmatte("score", pred).code == 2
    assert "did you mean 'matanyone'" in vmatte("score", pred, "--truth", truth, "--evaluator", "matanyon").err
    assert vmatte("score", pred, "--truth", truth, "--json", "no/o.json").code == 6


def test_scores_ride_along(vmatte, tmp_path):
    clip, mask = drawn.clip(tmp_path / "disc.mp4", 6), drawn.mask(tmp_path / "first.png")
    codes = [np.rint(255 * drawn.disc(index)).astype(np.uint8) for index in range(6)]
    truth = grey(tmp_path / "true.mkv", codes, time_base=Fraction(1, 24))
    said = vmatte(
        *("process", clip, "--mask", mask, "--out", "o", "--output", "alpha"),
        *("--truth", truth, "--set", "score.max_lag=1", "--start", "0.05"),
    )
    assert said.code == 0, said.err
    report = json.loads((tmp_path / "o" / "disc.report.json").read_text())
    found = report["scores"]
    assert found["frames"] == report["frames"] == 4
    assert [stage["name"] for stage in report["stages"]][-2:] == ["scores", "encode"]
    vmatte("score", "o/disc.alpha.mkv", "--truth", truth, "--source", clip, "--max-lag", 1, "--json", "o.json")
    again = json.loads((tmp_path / "o.json").read_text())
    for name, row in again["metrics"].items():
        assert found["metrics"][name]["mean"] == pytest.approx(row["mean"], rel=1e-5), name
    assert "PCE" in said.err
    two = ("--object", f"a={mask}", "--object", f"b={mask}", "--model", "recall")
    refused = vmatte("process", clip, *two, "--out", "p", "--output", "alpha", "--truth", truth)
    assert refused.code == 2
    assert "objects=merged" in refused.err


def test_a_truth_of_another_clip_is_doubted(vmatte, tmp_path):
    half = np.zeros((4, 32, 32), np.uint8)
    half[:, :16] = 255
    pred, other = grey(tmp_path / "pred.mkv", half), grey(tmp_path / "other.mkv", 255 - half)
    assert "belong to this clip?" in vmatte("score", pred, "--truth", other).err
    assert "belong to this clip?" not in vmatte("score", pred, "--truth", pred).err


def test_only_scores_are_replaced_without_a_word(vmatte, pred, truth, tmp_path):
    files = {"--json": "s.json", "--csv": "s.csv"}
    given = [text for pair in files.items() for text in pair]
    for _ in range(2):
        assert vmatte("score", pred, "--truth", truth, *given).code == 0
    assert vmatte("compare", pred, truth, "--truth", truth, *given).code == 0
    (tmp_path / "other.json").write_text('{"clip": {}, "evaluator": 1}')
    (tmp_path / "other.csv").write_text("clip,mask\na,b\n")
    for option, name in (("--json", "other.json"), ("--csv", "other.csv")):
        said = vmatte("score", pred, "--truth", truth, option, name)
        assert (said.code, "--overwrite" in said.err) == (6, True)
        assert vmatte("score", pred, "--truth", truth, option, name, "--overwrite").code == 0
    (tmp_path / "folder.json").mkdir()
    assert "is a folder" in vmatte("score", pred, "--truth", truth, "--json", "folder.json").err
