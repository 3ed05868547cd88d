"""rembg's sessions as models, with a graph of one line laid where rembg keeps its own."""

import json
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.cli.conftest import errors
from tests.cli.pictures import folder, matte

pytest.importorskip("rembg")
onnx = pytest.importorskip("onnx")

SIDE = 320
MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
# Half a step of 16 bits, and float32's rounding.
NEAR = 1e-5


@pytest.fixture
def kept(tmp_path, monkeypatch) -> Path:
    """A home of rembg's in which an older rembg has left a graph: the sigmoid of a tenth of the colours' mean."""
    for name in ("REMBG_HOME", "XDG_DATA_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("U2NET_HOME", str(tmp_path / "u2net"))
    (tmp_path / "u2net").mkdir()
    shape = [1, 3, SIDE, SIDE]
    info = onnx.helper.make_tensor_value_info
    nodes = [
        onnx.helper.make_node("ReduceMean", ["in"], ["mean"], axes=[1], keepdims=1),
        onnx.helper.make_node("Sigmoid", ["mean"], ["out"]),
    ]
    graph = onnx.helper.make_graph(
        nodes, "tiny", [info("in", onnx.TensorProto.FLOAT, shape)],
        [info("out", onnx.TensorProto.FLOAT, [1, 1, SIDE, SIDE])],
    )  # fmt: skip
    opset = [onnx.helper.make_opsetid("", 13)]
    path = tmp_path / "u2net" / "u2net.onnx"
    onnx.save(onnx.helper.make_model(graph, opset_imports=opset, ir_version=8), path)
    return Path(path)


@pytest.fixture
def picture() -> np.ndarray:
    """Of the network's own size, its brightest value 200."""
    rng = np.random.default_rng(1)
    return cv2.resize(rng.integers(0, 201, (8, 8, 3), dtype=np.uint8), (SIDE, SIDE), interpolation=cv2.INTER_NEAREST)


def said_by_the_graph(pixels: np.ndarray) -> np.ndarray:
    made: np.ndarray = 1 / (1 + np.exp(-((pixels - MEAN) / DEVIATION).mean(2)))
    return made


def test_a_file_of_rembgs_is_used_where_it_lies_and_mattes_are_not_stretched(vmatte, tmp_path, kept, picture):
    folder(tmp_path / "shot", picture, picture // 2)
    said = vmatte(
        "process", "shot", "--model", "rembg.u2net", "--out", "done", "--output", "png16", "--set=smooth=none"
    )
    assert said.code == 0, said.err
    for index, pixels in enumerate((picture, picture // 2)):
        made = matte(tmp_path / f"done/shot.png16/{index:06d}.png")
        assert np.abs(made - said_by_the_graph(pixels / 255)).max() <= NEAR
    weights = json.loads((tmp_path / "done/shot.report.json").read_text())["weights"]
    assert (weights["file"], weights["trust"]) == (kept.name, "kept there by another program")


def test_the_published_procedure_is_rembgs_own(vmatte, tmp_path, kept, picture):
    from PIL import Image
    from rembg import new_session

    shot = picture[:200]
    folder(tmp_path / "shot", shot)
    said = vmatte(
        "process", "shot", "--model", "rembg.u2net", "--set", "model.procedure=published", "--out", "done",
        "--output", "png16",
    )  # fmt: skip
    assert said.code == 0, said.err
    (theirs,) = new_session("u2net", providers=["CPUExecutionProvider"]).predict(Image.fromarray(shot))
    assert np.abs(matte(tmp_path / "done/shot.png16/000000.png") - np.asarray(theirs) / 255).max() <= NEAR


def test_what_is_here_is_said(vmatte, kept):
    assert str(kept) in vmatte("models", "show", "rembg.u2net").out
    assert vmatte("weights", "path", "rembg.u2net").out.strip() == str(kept)
    assert "nothing to fetch" in vmatte("weights", "fetch", "rembg.u2net").err


def test_what_is_not_here_is_not_fetched_behind_ones_back(vmatte, tmp_path, kept, picture):
    folder(tmp_path / "shot", picture)
    said = vmatte("process", "shot", "--model", "rembg.silueta", "--out", "done")
    assert said.code == 5
    assert "vmatte weights fetch rembg.silueta" in errors(said)[0]


def test_a_damaged_graph_and_a_missing_package_are_told(vmatte, tmp_path, kept, picture, monkeypatch):
    folder(tmp_path / "shot", picture)
    kept.write_bytes(b"\x08\x08\x12" + bytes(9))
    said = vmatte("process", "shot", "--model", "rembg.u2net", "--out", "done")
    assert said.code == 5
    assert str(kept) in errors(said)[0]
    monkeypatch.setitem(sys.modules, "rembg.sessions", None)
    said = vmatte("process", "shot", "--model", "rembg.u2net", "--out", "done")
    assert said.code == 2
    assert 'pip install "vmatte[rembg]"' in errors(said)[0]
