"""MatAnyone through the command line: folder of PNGs in, 16-bit mattes out, as the published network gives them."""

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import torch

from tests import drawn
from tests.parity.seeded import seeded_state, vectors

# The tolerance of the vectors, and half a step of 16 bits.
NEAR = 5e-5 + 0.5 / 65535


@pytest.fixture(scope="session")
def weights(checkpoint) -> Path:
    """A checkpoint file of seeded weights."""
    path: Path = checkpoint("matanyone")
    return path


def laid_out(held: dict[str, Any], folder: Path, count: int | None = None) -> list[str]:
    """Writes the frames and masks of a vector file; the options that repeat its run."""
    (folder / "shot").mkdir()
    for index, frame in enumerate(held["frames"][:count]):
        cv2.imwrite(str(folder / f"shot/{index:04d}.png"), frame[..., ::-1])
    masks = held["mask_raw"]
    given: list[str] = []
    if masks.ndim == 2:
        cv2.imwrite(str(folder / "first.png"), masks)
        given = ["--mask", "first.png"]
    for number, mask in enumerate(masks if masks.ndim == 3 else []):
        cv2.imwrite(str(folder / f"target{number}.png"), mask)
        given += ["--object", f"target{number}=target{number}.png"]
    meta = held["meta"]
    keys = {key: meta[key] for key in ("n_warmup", "erode_kernel", "dilate_kernel")} | meta.get("config_overrides", {})
    return ["shot", "--model", "matanyone", *given, *(f"--set=model.{key}={value}" for key, value in keys.items())]


def matte(path: Path) -> np.ndarray:
    pixels = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    assert pixels is not None
    assert pixels.dtype == np.uint16
    return pixels.astype(np.float64) / 65535


@pytest.mark.parametrize("name", ["matanyone_clip", "matanyone_longterm", "matanyone_internal"])
def test_a_clip_comes_out_as_published(vmatte, weights, tmp_path, name):
    held = vectors(name)
    options = laid_out(held, tmp_path)
    said = vmatte("process", *options, "--weights", weights, "--out", "done", "--output", "png16")
    assert said.code == 0, said.err
    for index, wanted in enumerate(held["alpha"]):
        assert np.abs(matte(tmp_path / f"done/shot.png16/{index:06d}.png") - wanted).max() <= NEAR


def test_two_targets_in_one_pass_are_as_if_alone(vmatte, weights, tmp_path):
    held = vectors("matanyone_multi")
    options = laid_out(held, tmp_path)
    said = vmatte("process", *options, "--weights", weights, "--out", "done", "--output", "png16")
    assert said.code == 0, said.err
    for index, both in enumerate(held["alpha"]):
        for number, wanted in enumerate(both):
            found = matte(tmp_path / f"done/shot.target{number}.png16/{index:06d}.png")
            assert np.abs(found - wanted).max() <= NEAR


def test_a_pickled_checkpoint_serves_as_well(vmatte, tmp_path):
    held = vectors("matanyone_longterm")
    torch.save(seeded_state("matanyone"), tmp_path / "seeded.pth")
    options = laid_out(held, tmp_path, 2)
    said = vmatte("process", *options, "--weights", "seeded.pth", "--out", "done", "--output", "png16")
    assert said.code == 0, said.err
    assert np.abs(matte(tmp_path / "done/shot.png16/000001.png") - held["alpha"][1]).max() <= NEAR
    report = json.loads((tmp_path / "done/shot.report.json").read_text())
    assert report["weights"]["file"] == "seeded.pth"
    assert report["plan"]["model"]["top_k"] == 30
    assert report["runtime"] == {"device": "cpu", "precision": "float32", "short_side": 80}


def test_a_working_size_of_its_own_comes_back_at_the_clips(vmatte, weights, clip, mask, tmp_path):
    said = vmatte(
        "process", clip, "--mask", mask, "--model", "matanyone2", "--weights", weights, "--out", "done",
        "--set", "model.max_size=64", "--set", "model.n_warmup=0", "--output", "png16",
    )  # fmt: skip
    assert said.code == 0, said.err
    assert matte(tmp_path / "done/disc.png16/000003.png").shape == (96, 128)


class TestWrongCheckpoints:
    def refused(self, vmatte, clip, mask, weights, *words: str) -> None:
        said = vmatte("process", clip, "--mask", mask, "--model", "matanyone", "--weights", weights, "--out", "done")
        lines = [line for line in said.err.splitlines() if "error" in line.lower()]
        assert said.code == 5
        assert len(lines) == 1, said.err
        for word in words:
            assert word in lines[0]
        assert not Path("done").exists() or not list(Path("done").iterdir())

    def test_missing(self, vmatte, clip, mask):
        self.refused(vmatte, clip, mask, "no.pth", "no.pth")

    def test_cut_short(self, vmatte, clip, mask, weights, tmp_path):
        (tmp_path / "short.safetensors").write_bytes(weights.read_bytes()[:5_000_000])
        self.refused(vmatte, clip, mask, "short.safetensors", "truncated", "a checkpoint of matanyone")
        torch.save(seeded_state("matanyone"), tmp_path / "short.pth")
        (tmp_path / "short.pth").write_bytes((tmp_path / "short.pth").read_bytes()[:5_000_000])
        self.refused(vmatte, clip, mask, "short.pth", "truncated", "a checkpoint of matanyone")

    def test_of_another_network(self, vmatte, clip, mask, tmp_path):
        torch.save({"layer1.0.conv1.weight": torch.zeros(3), "fc.bias": torch.zeros(2)}, tmp_path / "other.pth")
        self.refused(vmatte, clip, mask, "other.pth", "496 keys missing", "near to none")

    def test_keys_that_differ_are_named(self, vmatte, clip, mask, tmp_path):
        state = seeded_state("matanyone")
        state["extra.weight"] = torch.zeros(1)
        del state["pix_feat_proj.bias"]
        torch.save(state, tmp_path / "odd.pth")
        self.refused(vmatte, clip, mask, "odd.pth", "pix_feat_proj.bias", "extra.weight", "nearest", "matanyone")

    def test_no_weights_and_no_network(self, vmatte, clip, mask, monkeypatch, tmp_path):
        monkeypatch.setenv("VMATTE_HOME", str(tmp_path / "home"))
        said = vmatte("process", clip, "--mask", mask, "--model", "matanyone", "--accept-license", "--out", "done")
        assert said.code == 5
        assert "matanyone.pth" in said.err

    def test_a_licence_is_shown_before_anything_is_fetched(self, vmatte, clip, mask, monkeypatch, tmp_path):
        monkeypatch.setenv("VMATTE_HOME", str(tmp_path / "home"))
        monkeypatch.delenv("VMATTE_OFFLINE")
        said = vmatte("process", clip, "--mask", mask, "--model", "matanyone", "--out", "done")
        assert said.code == 5
        assert "S-Lab" in said.err
        assert "--accept-license" in said.err


def test_memory_that_runs_out_costs_size_but_not_the_clip(vmatte, weights, tmp_path, monkeypatch):
    from vmatte.models.matanyone.recurrence import Recurrence

    encode = Recurrence.encode
    sizes: list[torch.Size] = []

    def tight(self, image):
        if min(image.shape[1:]) > 288 and len(sizes) > 1:
            raise torch.OutOfMemoryError("CUDA out of memory")
        sizes.append(image.shape)
        return encode(self, image)

    monkeypatch.setattr(Recurrence, "encode", tight)
    size = (432, 400)
    clip = drawn.clip(tmp_path / "disc.mp4", 4, size=size)
    mask = drawn.mask(tmp_path / "first.png", size=size)
    said = vmatte(
        "process", clip, "--mask", mask, "--model", "matanyone", "--weights", weights, "--out", "done",
        "--set", "model.n_warmup=0", "--output", "png16",
    )  # fmt: skip
    assert said.code == 0, said.err
    assert "out of memory at frame 2: going on at 288 rows" in said.err
    assert matte(tmp_path / "done/disc.png16/000003.png").shape == (400, 432)


def test_memory_that_never_suffices_is_said_with_the_setting(vmatte, weights, clip, mask, monkeypatch):
    from vmatte.models.matanyone.recurrence import Recurrence

    def never(self, image):
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(Recurrence, "encode", never)
    said = vmatte("process", clip, "--mask", mask, "--model", "matanyone", "--weights", weights, "--out", "done")
    assert said.code == 7
    assert "model.max_size" in said.err
