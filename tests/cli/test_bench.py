"""`vmatte bench` on tiny data sets in the published layouts."""

import json

import cv2
import numpy as np
import pytest

from tests import drawn
from tests.cli.test_score import images
from vmatte.core.errors import InputError
from vmatte.run.bench.layout import items
from vmatte.run.bench.published import tables

COUNT = 4


def pictures(start):
    return [drawn.picture(start + index)[..., ::-1] for index in range(COUNT)]


def truths(start):
    return [np.rint(255 * drawn.disc(start + index)).astype(np.uint8) for index in range(COUNT)]


@pytest.fixture
def videomatte(tmp_path):
    folder = tmp_path / "videomatte_512x288"
    for part, starts in (("videomatte_motion", (0, 5)), ("videomatte_static", (9,))):
        for start in starts:
            images(folder / part / "com" / f"{start:04d}", pictures(start))
            images(folder / part / "pha" / f"{start:04d}", truths(start))
    return folder


def test_the_papers_table_with_ours_below(vmatte, videomatte, tmp_path, monkeypatch):
    monkeypatch.setenv("COLUMNS", "160")  # or columns that do not fit move below
    said = vmatte("bench", videomatte, "--model", "recall", "--json", "o.json")
    assert said.code == 0, said.err
    lines = said.out.splitlines()
    assert lines[0] == "VideoMatte 512x288: 3 clips, 12 frames, evaluator rvm-lr"
    assert lines[1].split() == ["METHOD", "MAD", "MSE", "Grad", "Conn", "dtSSD", "MS/FRAME", "MEDIAN", "SOURCE"]
    rvm = next(line.split() for line in lines if line.startswith("RVM "))
    assert rvm == ["RVM", "6.08", "1.47", "0.88", "0.41", "1.36", "rvm"]
    ours = next(line.split() for line in lines if line.startswith("* recall"))
    data = json.loads((tmp_path / "o.json").read_text())["models"]["recall"]
    assert float(ours[2]) == pytest.approx(data["total"]["MAD"]["table"], rel=1e-3)
    assert 0 < float(ours[2]) < 50
    assert float(ours[7]) > 0
    assert "arXiv 2108.11515" in said.out
    assert "made from the truth" in said.err
    rows = [each["metrics"]["MAD"]["per_frame"] for each in data["clips"].values()]
    assert float(np.mean(rows)) == pytest.approx(data["total"]["MAD"]["mean"])


def test_it_goes_on_where_it_was(vmatte, videomatte, tmp_path):
    first = vmatte("bench", videomatte, "--model", "recall", "--limit", 2)
    assert first.err.count("(done before)") == 0
    assert "only 2 of 3 were run" in first.err
    record = tmp_path / "bench" / "recall" / "videomatte_motion" / "0000.json"
    written = record.stat().st_mtime_ns
    again = vmatte("bench", videomatte, "--model", "recall")
    assert again.err.count("(done before)") == 2
    assert record.stat().st_mtime_ns == written
    record.write_text("{")
    other = vmatte("bench", videomatte, "--model", "recall", "--evaluator", "vmatte")
    assert "(done before)" not in other.err
    assert "left out" in other.err
    assert "RVM " not in other.out


def test_layouts(tmp_path):
    images(tmp_path / "yt" / "youtubematte_motion" / "0001" / "har", pictures(0))
    images(tmp_path / "yt" / "youtubematte_motion" / "0001" / "pha", truths(0))
    (clip,) = items(tmp_path / "yt")
    assert (clip.name, clip.still, clip.truth.name) == ("youtubematte_motion/0001", False, "pha")
    for kind in ("com", "pha", "fgr", "bgr"):
        images(tmp_path / "vm" / "videomatte_static" / "0003" / kind, truths(0)[:1])
    (clip,) = items(tmp_path / "vm")
    assert (clip.name, clip.source.name, clip.truth.name) == ("videomatte_static/0003", "com", "pha")
    assert clip.plate == clip.source.parent / "bgr"
    for part in ("DIS-VD", "DIS-TE1"):
        images(tmp_path / "dis" / part / "im", pictures(0))
        images(tmp_path / "dis" / part / "gt", truths(0))
    found = items(tmp_path / "dis")
    assert len(found) == 2 * COUNT
    assert {item.group for item in found} == {"DIS-VD", "DIS-TE1"}
    (tmp_path / "dis" / "DIS-VD" / "gt" / "0002.png").unlink()
    with pytest.raises(InputError, match=r"no matte for the image 0002\.png"):
        items(tmp_path / "dis")
    with pytest.raises(InputError, match="no test set in there"):
        items(tmp_path / "yt" / "youtubematte_motion" / "0001" / "har")


def test_images_and_masks_of_their_own(vmatte, tmp_path):
    images(tmp_path / "AIM-500" / "original", pictures(0)[:2])
    images(tmp_path / "AIM-500" / "mask", truths(0)[:2])
    (tmp_path / "masks").mkdir()
    for index, codes in enumerate(truths(0)[:2]):
        cv2.imwrite(str(tmp_path / "masks" / f"{index:04d}.png"), np.where(codes > 127, 255, 0).astype(np.uint8))
    said = vmatte("bench", "AIM-500", "--model", "recall", "--masks", "masks")
    assert said.out.startswith("AIM-500: 2 images, evaluator aim")
    assert next(line.split()[:3] for line in said.out.splitlines() if line.startswith("AimNet ")) == [
        *("AimNet", "43.92", "0.0161")
    ]
    assert "made from the truth" not in said.err
    assert vmatte("bench", "AIM-500", "--model", "auto").code == 2
    (tmp_path / "masks" / "0001.png").unlink()
    assert (
        "no mask called 0001.png"
        in vmatte("bench", "AIM-500", "--model", "recall", "--masks", "masks", "--out", "b").err
    )


def test_every_figure_has_a_source_and_a_column():
    for table in tables():
        assert table.cited()
        for _, values, _ in table.rows:
            assert len(values) == len(table.metrics)
