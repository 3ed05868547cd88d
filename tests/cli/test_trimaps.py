"""Refiners through the command line: over trimaps that a user has drawn, and over those made from a matte."""

import json
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
import safetensors.torch

from tests import drawn
from tests.cli.conftest import errors
from tests.cli.pictures import folder, matte
from tests.cli.test_image_models import STEP
from tests.models.matteformer.spectral import whole_state
from tests.parity.seeded import vectors


def grey(path: Path, *pictures: np.ndarray) -> str:
    path.mkdir()
    for number, picture in enumerate(pictures):
        cv2.imwrite(str(path / f"{number:04}.png"), picture)
    return path.name


@pytest.fixture
def mattes(vmatte, tmp_path) -> Callable[..., np.ndarray]:
    """Runs a model on pictures over their trimaps; the mattes."""

    def run(model: str, weights: object, picture: np.ndarray, trimap: np.ndarray, *more: str) -> np.ndarray:
        shot = folder(tmp_path / "shot", picture)
        cv2.imwrite("t.png", trimap)
        given = ("--weights", weights) if weights else ()
        said = vmatte(
            "process", shot, "--model", model, *given, "--trimap", "t.png", *more, "--out", "done",
            "--output", "png16",
        )  # fmt: skip
        assert said.code == 0, said.err
        return matte(tmp_path / "done/shot.png16/000000.png")

    return run


def test_fba_gives_both_colours(mattes, vmatte, checkpoint, tmp_path):
    held, weights = vectors("fba"), checkpoint("fba", 3)
    alpha = mattes("fba", weights, held["odd_image"], held["odd_trimap"], "--set", "model.procedure=published")
    apart = np.abs(alpha - held["odd__alpha"])
    assert apart.max() <= 1e-3 + STEP
    assert apart[held["odd_trimap"] == 128].mean() <= 1e-4
    said = vmatte(
        "process", "shot", "--model", "fba", "--weights", weights, "--trimap", "t.png", "--out", "done", "--set",
        "model.procedure=published", "--output", "rgba-png", "--output", "background",
    )  # fmt: skip
    assert said.code == 0, said.err
    found = cv2.imread(str(tmp_path / "done/shot.rgba-png/000000.png"), cv2.IMREAD_UNCHANGED)
    assert found is not None
    seen = found[..., 3] > 0
    assert np.abs(found[..., 2::-1].astype(float) - held["odd__fg"] * 255)[seen].max() <= 0.6
    # A video: its codec rounds.
    film = cv2.VideoCapture(str(next((tmp_path / "done").glob("shot.background.*"))))
    shown, behind = film.read()
    assert shown
    assert np.abs(behind[..., ::-1].astype(float) - held["odd__bg"] * 255).mean() <= 4


def test_matteformer(mattes, tmp_path):
    held = vectors("matteformer")
    safetensors.torch.save_file(whole_state(), tmp_path / "m.safetensors")
    alpha = mattes("matteformer", "m.safetensors", held["odd_image"], held["odd_trimap"])
    unknown = held["odd_trimap"] == 128
    exact = held["odd__alpha_u8"] / 255
    # Theirs is cut to 8 bits.
    assert np.abs(alpha - exact)[~unknown].max() == 0
    assert (alpha - exact)[unknown].min() > -1e-5
    assert (alpha - exact)[unknown].max() < 1 / 255


@pytest.mark.slow
def test_vitmatte(mattes, checkpoint):
    pytest.importorskip("transformers")
    held, weights = vectors("vitmatte_s"), checkpoint("vitmatte_s")
    picture, trimap = held["mixed_image"], held["mixed_trimap"]
    alpha = mattes("vitmatte.s", weights, picture, trimap, "--set", "model.procedure=published")
    assert np.abs(alpha - held["mixed__alpha"]).max() <= 1e-5 + STEP


def test_closed_form_is_pymattings(mattes):
    import pymatting

    held = vectors("fba")
    picture, trimap = (held[part][:40, :60] for part in ("image", "trimap"))
    trimap = np.where(np.indices(trimap.shape)[1] < 15, 0, np.where(np.indices(trimap.shape)[1] > 40, 255, 128))
    # As a brush, a scaler or a codec leaves it.
    worn = np.where(trimap == 255, 243, np.where(trimap == 0, 12, 120)).astype(np.uint8)
    wanted = pymatting.estimate_alpha_cf(picture / 255, np.where(trimap == 128, 0.5, trimap / 255))
    assert np.abs(mattes("closed-form", None, picture, worn) - wanted).max() <= 1e-5 + STEP


def test_a_trimap_for_each_frame_and_one_for_all(vmatte, tmp_path):
    clip = drawn.clip(tmp_path / "disc.mp4", 3)
    first = cv2.imread(str(drawn.mask(tmp_path / "first.png")), cv2.IMREAD_GRAYSCALE)
    assert first is not None
    edge = cv2.dilate(first, np.ones((9, 9), np.uint8)) != cv2.erode(first, np.ones((9, 9), np.uint8))
    trimap = np.where(edge, 128, np.where(first > 127, 255, 0)).astype(np.uint8)
    trimaps = [np.roll(trimap, shift, 1) for shift in (0, 2, 4)]
    grey(tmp_path / "tri", *trimaps)
    cv2.imwrite("t.png", trimap)
    for given in ("tri", "t.png"):
        said = vmatte(
            "process", clip, "--trimap", given, "--out", f"done-{given}", "--output", "png16", "--model", "closed-form"
        )
        assert said.code == 0, said.err
        for number in range(3):
            known = trimaps[number] if given == "tri" else trimap
            found = matte(tmp_path / f"done-{given}/disc.png16/00000{number}.png")
            np.testing.assert_array_equal(found[known != 128], known[known != 128] / 255)
    report = json.loads((tmp_path / "done-tri/disc.report.json").read_text())
    assert report["hints"] == {"trimap": "tri"}
    (tmp_path / "tri/0002.png").unlink()
    said = vmatte("process", clip, "--trimap", "tri", "--out", "less", "--model", "closed-form")
    assert said.code == 4
    assert "no trimap for frame 2" in errors(said)[0]
    said = vmatte("process", clip, "--trimap", "t.png", "--out", "auto", "--dry-run")
    assert "model closed-form: a trimap is given" in said.err


@pytest.mark.parametrize(
    ("trimap", "words"),
    [
        (np.zeros((48, 64), np.uint8), "background everywhere"),
        (np.full((20, 20), 128, np.uint8), "the trimap is 20x20"),
        (None, "no such file"),
    ],
)
def test_trimaps_that_cannot_be_are_refused(vmatte, tmp_path, trimap, words):
    clip = drawn.clip(tmp_path / "disc.mp4", 2)
    if trimap is not None:
        frame = cv2.VideoCapture(str(clip)).read()[1]
        cv2.imwrite("t.png", np.zeros(frame.shape[:2], np.uint8) if not trimap.any() else trimap)
    said = vmatte("process", clip, "--trimap", "t.png", "--model", "closed-form", "--out", "done")
    assert said.code == 4, said.err
    assert words in errors(said)[0]


def test_a_model_that_needs_one_asks_for_it(vmatte, tmp_path):
    clip = drawn.clip(tmp_path / "disc.mp4", 2)
    said = vmatte("process", clip, "--model", "large-kernel", "--out", "done")
    assert said.code == 4
    assert "--trimap" in errors(said)[0]


def test_a_network_refines_on_request(vmatte, checkpoint, clip, mask, tmp_path):
    asked = ("process", clip, "--mask", mask, "--model", "recall", "--end", "0.1", "--output", "png16")
    plain, weights = vmatte(*asked, "--out", "plain"), checkpoint("fba", 3)
    assert plain.code == 0, plain.err
    said = vmatte(*asked, "--out", "done", "--set", "refine=fba", "--set", f"refining.weights={weights}")
    assert said.code == 0, said.err
    assert "refiner: fba" in said.err
    told = json.loads((tmp_path / "done/disc.report.json").read_text())["refiner"]
    assert (told["name"], told["runtime"]["device"]) == ("fba", "cpu")
    assert told["weights"]["file"] == weights.name
    both = [matte(tmp_path / f"{name}/disc.png16/000000.png") for name in ("plain", "done")]
    assert not np.array_equal(both[0], both[1])
    assert np.abs(both[0] - both[1]).mean() < 0.2
    said = vmatte(*asked, "--out", "other", "--set", "refine=fba", "--offline")
    assert said.code == 5
    assert "weights of fba are not here" in errors(said)[0]
    said = vmatte(*asked, "--out", "other", "--set", "refine=knn", "--set", "refining.max_size=100")
    assert said.code == 2
    assert "refining.max_size is of no use to refine=knn" in said.err


def test_a_trimap_is_found_beside_the_clip_by_models_that_need_one_and_named_it_comes_first(vmatte, tmp_path):
    pytest.importorskip("pymatting")
    clip, mask = drawn.clip(tmp_path / "disc.mp4", 2), drawn.mask(tmp_path / "disc.mask.png")
    soft = cv2.blur(np.asarray(cv2.imread(str(mask), 0)), (9, 9))
    cv2.imwrite(str(tmp_path / "disc.trimap.png"), np.where(soft == 0, 0, np.where(soft == 255, 255, 128)))
    said = vmatte("process", clip, "--model", "closed-form", "--output", "alpha", "--dry-run")
    assert (said.code, "using the trimap found beside the clip" in said.err) == (0, True)
    assert "model recall: a mask is given" in vmatte("process", clip, "--output", "alpha", "--dry-run").err
    said = vmatte("process", clip, "--trimap", "disc.trimap.png", "--output", "alpha", "--dry-run")
    assert "model closed-form: a trimap is given" in said.err
    assert "using the mask" not in said.err
    said = vmatte(
        "process", clip, "--trimap", "disc.trimap.png", "--set", "refine=closed-form", "--output", "alpha", "--dry-run"
    )
    assert "model recall: a mask is given" in said.err
