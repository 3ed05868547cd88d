"""`vmatte export`, and a run with what it wrote."""

import json
import sys

import cv2
import numpy as np
import safetensors.torch
import torch

from tests.cli.conftest import errors
from tests.parity.seeded import seeded_state, vectors


def test_a_graph_is_written_and_runs(vmatte, tmp_path):
    torch.set_num_threads(1)
    safetensors.torch.save_file(seeded_state("rvm_mobilenetv3", seed=9), tmp_path / "rvm.safetensors")
    (tmp_path / "shot").mkdir()
    held = vectors("rvm_mobilenetv3")
    for index, frame in enumerate(held["frames"][:3]):
        cv2.imwrite(f"shot/{index:04d}.png", frame[..., ::-1])
    options = ["export", "rvm.mobilenetv3", "--weights", "rvm.safetensors", "--out", "rvm.onnx"]
    said = vmatte(*options)
    assert said.code == 0, said.err
    assert said.err.split() == ["wrote", "rvm.onnx:", "rvm.mobilenetv3,", "frames", "of", "any", "size"]
    again = vmatte(*options)
    assert (again.code, len(errors(again))) == (6, 1)
    assert "--overwrite" in again.err
    said = vmatte(
        "process", "shot", "--model", "rvm.mobilenetv3", "--weights", "rvm.onnx", "--out", "done",
        "--set", "model.downsample_ratio=0.5", "--output", "png16",
    )  # fmt: skip
    assert said.code == 0, said.err
    for index, wanted in enumerate(held["half__pha"][:3]):
        found = cv2.imread(f"done/shot.png16/{index:06d}.png", cv2.IMREAD_UNCHANGED)
        assert found is not None
        assert np.abs(found / 65535 - wanted[0]).max() <= 1e-4
    report = json.loads((tmp_path / "done/shot.report.json").read_text())
    assert report["runtime"]["engine"].startswith("onnxruntime ")
    assert report["runtime"]["downsample_ratio"] == 0.5


def test_what_cannot_be_exported_is_said(vmatte, tmp_path, monkeypatch):
    assert "these can: bgmv2.mobilenetv2" in vmatte("export", "recall", "--out", "a.onnx").err
    assert "did you mean 'rvm.resnet50'" in vmatte("export", "rvm.resnet5", "--out", "a.onnx").err
    assert "ends in .onnx" in vmatte("export", "rvm.resnet50", "--out", "a.pt").err
    assert "WIDTHxHEIGHT" in vmatte("export", "rvm.resnet50", "--out", "a.onnx", "--size", "big").err
    (tmp_path / "some.pth").write_text("weights")
    monkeypatch.setitem(sys.modules, "onnx", None)
    said = vmatte("export", "rvm.resnet50", "--out", "a.onnx", "--weights", "some.pth")
    assert said.code == 2
    assert 'pip install "vmatte[onnx]"' in errors(said)[0]
