"""`vmatte process` on a real small clip: what is written, what is said."""

import json
from pathlib import Path

import av
import numpy as np
import pytest

from tests import drawn
from vmatte.io.open import open_source


def mattes(path: Path) -> list[np.ndarray]:
    with av.open(str(path)) as container:
        return [frame.to_ndarray().astype(np.float32) / 65535 for frame in container.decode(video=0)]


def pts(path: Path) -> list[float | None]:
    with av.open(str(path)) as container:
        return [frame.time for frame in container.decode(video=0)]


def names(folder: Path) -> list[str]:
    return sorted(entry.name for entry in folder.iterdir())


def test_the_default_is_prores_and_a_master_and_a_report(vmatte, clip, mask):
    said = vmatte("process", clip, "--mask", mask, "--out", "done")
    assert said.code == 0, said.err
    assert names(Path("done")) == ["disc.alpha.mkv", "disc.prores.mov", "disc.report.json"]
    found = mattes(Path("done/disc.alpha.mkv"))
    assert len(found) == 6
    for index, alpha in enumerate(found):
        assert np.abs(alpha - drawn.disc(index)).mean() < 0.03
    assert pts(Path("done/disc.prores.mov")) == pts(clip)
    with av.open("done/disc.prores.mov") as container:
        assert [stream.type for stream in container.streams] == ["video", "audio"]
    for text in ("model recall", "a mask is given", "decode", "model", "stages", "encode", "disc.prores.mov"):
        assert text in said.err


def test_the_report_tells_all(vmatte, clip, mask):
    assert vmatte("process", clip, "--mask", mask, "--out", "done", "--set", "extend=3").code == 0
    report = json.loads(Path("done/disc.report.json").read_text())
    assert report["model"] == "recall"
    assert report["plan"]["extend"] == 3
    assert report["plan"]["model"]["work_rows"] == 360
    assert report["frames"] == 6
    assert {stage["name"] for stage in report["stages"]} == {"decode", "model", "stages", "encode"}
    assert all(stage["p50"] <= stage["p95"] for stage in report["stages"])
    assert report["peak_rss"] > 1e6
    assert report["versions"]["av"]
    assert [output["frames"] for output in report["outputs"]] == [6, 6]
    assert report["clip"]["codec"] == "h264"


@pytest.mark.parametrize(
    ("output", "name"),
    [
        ("alpha-mp4", "disc.alpha-mp4.mp4"),
        ("png16", "disc.png16"),
        ("rgba-png", "disc.rgba-png"),
        ("alpha", "disc.alpha.mkv"),
    ],
)
def test_each_output_by_name(vmatte, clip, mask, output, name):
    assert vmatte("process", clip, "--mask", mask, "--out", "done", "--output", output).code == 0
    assert names(Path("done")) == sorted([name, "disc.report.json"])
    if Path("done", name).is_dir():
        assert names(Path("done", name)) == [f"{index:06d}.png" for index in range(6)]


def test_a_sidecar_mask_is_found_and_said(vmatte, clip):
    drawn.mask(clip.with_name("disc.mask.png"))
    said = vmatte("process", clip, "--out", "done", "--output", "alpha")
    assert said.code == 0
    assert "note: using the mask found beside the clip" in said.err
    assert "warning:" not in said.err
    report = json.loads(Path("done/disc.report.json").read_text())
    assert any("disc.mask.png" in note for note in report["notes"])
    assert report["warnings"] == []


def test_results_go_beside_the_clip_by_default(vmatte, clip, mask):
    assert vmatte("process", clip, "--mask", mask, "--output", "alpha").code == 0
    assert clip.with_name("disc.alpha.mkv").is_file()


@pytest.mark.parametrize("given", ["3=late.png", "late"])
def test_a_mask_for_a_later_frame(vmatte, clip, given, tmp_path):
    (tmp_path / "late").mkdir()
    drawn.mask(tmp_path / "late.png", 3)
    drawn.mask(tmp_path / "late/000003.png", 3)
    drawn.mask(tmp_path / "late/000005.png", 5)
    assert vmatte("process", clip, "--mask", given, "--out", "done", "--output", "alpha").code == 0
    for index, alpha in enumerate(mattes(Path("done/disc.alpha.mkv"))):
        assert np.abs(alpha - drawn.disc(index)).mean() < 0.03


def test_a_trim_keeps_times_and_numbers(vmatte, clip, tmp_path):
    drawn.mask(tmp_path / "second.png", 2)
    said = vmatte(
        "process", clip, "--mask", "second.png", "--start", 2 / 24, "--end", "0:0.21",
        "--out", "done", "--output", "alpha", "--output", "png16",
    )  # fmt: skip
    assert said.code == 0, said.err
    assert names(Path("done/disc.png16")) == ["000002.png", "000003.png", "000004.png", "000005.png"]
    assert np.abs(mattes(Path("done/disc.alpha.mkv"))[0] - drawn.disc(2)).mean() < 0.03


def test_a_sequence_goes_in_as_well(vmatte, tmp_path, mask):
    import cv2

    (tmp_path / "shot").mkdir()
    for index in range(3):
        cv2.imwrite(str(tmp_path / f"shot/{index:04d}.png"), drawn.picture(index)[..., ::-1])
    assert vmatte("process", "shot", "--mask", mask, "--output", "png16", "--output", "prores").code == 0
    assert names(tmp_path / "shot.png16") == ["000000.png", "000001.png", "000002.png"]


def test_a_dry_run_writes_nothing(vmatte, clip, mask, tmp_path):
    before = names(tmp_path)
    said = vmatte("process", clip, "--mask", mask, "--out", "done", "--dry-run")
    assert said.code == 0
    assert "would write" in said.err
    assert names(tmp_path) == before


def test_existing_results_are_kept_unless_told(vmatte, clip, mask):
    arguments = ("process", clip, "--mask", mask, "--out", "done", "--output", "alpha")
    assert vmatte(*arguments).code == 0
    first = Path("done/disc.alpha.mkv").stat().st_mtime_ns
    said = vmatte(*arguments)
    assert said.code == 6
    assert "--overwrite" in said.err
    assert Path("done/disc.alpha.mkv").stat().st_mtime_ns == first
    assert vmatte(*arguments, "--overwrite").code == 0
    assert Path("done/disc.alpha.mkv").stat().st_mtime_ns > first


def test_source_pixels_on_request(vmatte, clip, mask):
    said = vmatte(
        "process", clip, "--mask", mask, "--out", "done", "--output", "rgba-png", "--set", "foreground=source"
    )
    assert said.code == 0
    with av.open("done/disc.rgba-png/000000.png") as image:
        first = next(image.decode(video=0)).to_ndarray(format="rgba")
    with open_source(clip) as source:
        np.testing.assert_array_equal(first[..., :3], next(source.frames(0, 1)).rgb)


def test_one_bad_clip_does_not_stop_the_rest(vmatte, clip, mask, tmp_path):
    bad = tmp_path / "bad.mp4"
    bad.write_bytes(b"not a video")
    said = vmatte("process", bad, clip, "--mask", mask, "--out", "done", "--output", "alpha")
    assert said.code == 3
    assert "1 of 2 clips failed" in said.err
    assert Path("done/disc.alpha.mkv").is_file()


def test_quiet_says_nothing(vmatte, clip, mask):
    said = vmatte("process", clip, "--mask", mask, "--out", "done", "--output", "alpha", "--quiet")
    assert (said.code, said.out, said.err) == (0, "", "")


def test_a_clip_of_unknown_length_shows_an_open_bar(vmatte, mask, tmp_path):
    drawn.clip(tmp_path / "disc.mkv")
    said = vmatte("process", "disc.mkv", "--mask", mask, "--output", "alpha")
    assert said.code == 0
    assert "6 frames in" in said.err


def test_masks_outside_the_run_are_said(vmatte, clip, mask, tmp_path):
    said = vmatte("process", clip, "--mask", mask, "--mask", f"99={mask}", "--out", "done", "--output", "alpha")
    assert said.code == 0
    assert "warning: masks outside the run do nothing: frame 99" in said.err
    report = json.loads(Path("done/disc.report.json").read_text())
    assert any("frame 99" in warning for warning in report["warnings"])
    assert not any("frame 99" in note for note in report["notes"])


def test_names_with_brackets_and_spaces(vmatte, mask, tmp_path):
    """A shell's and Hydra's special characters are letters of a file's name here."""
    drawn.clip(tmp_path / "a [final], (1)=b.mp4")
    said = vmatte("process", "a [final], (1)=b.mp4", "--mask", mask, "--out", "do[n]e, x", "--output", "alpha")
    assert said.code == 0, said.err
    assert names(tmp_path / "do[n]e, x") == ["a [final], (1)=b.alpha.mkv", "a [final], (1)=b.report.json"]


def test_the_folder_one_stands_in(vmatte, tmp_path, mask, monkeypatch):
    import cv2

    (tmp_path / "shot").mkdir()
    monkeypatch.chdir(tmp_path / "shot")
    for index in range(2):
        cv2.imwrite(f"{index:04d}.png", drawn.picture(index)[..., ::-1])
    said = vmatte("process", ".", "--mask", mask, "--out", "../done", "--output", "alpha")
    assert said.code == 0, said.err
    assert names(tmp_path / "done") == ["shot.alpha.mkv", "shot.report.json"]


def test_objects_get_files_of_their_own(vmatte, clip, tmp_path):
    half = drawn.disc(0)[..., None].squeeze() >= 0.5
    import cv2

    left = half & (np.arange(half.shape[1]) < 45)
    cv2.imwrite(str(tmp_path / "left.png"), (left * 255).astype(np.uint8))
    drawn.mask(tmp_path / "all.png")
    arguments = ("process", clip, "--object", "all=all.png", "--object", "left=left.png", "--out", "done")
    said = vmatte(*arguments, "--output", "alpha", "--output", "rgba-png")
    assert said.code == 0, said.err
    assert "note: 2 objects: all, left" in said.err
    assert "warning: objects all and left overlap on frame 0" in said.err
    assert names(Path("done")) == [
        "disc.all.alpha.mkv", "disc.all.rgba-png", "disc.left.alpha.mkv", "disc.left.rgba-png", "disc.report.json",
    ]  # fmt: skip
    whole, part = (mattes(Path(f"done/disc.{name}.alpha.mkv")) for name in ("all", "left"))
    assert part[0].sum() < 0.8 * whole[0].sum()
    for index, alpha in enumerate(whole):
        assert np.abs(alpha - drawn.disc(index)).mean() < 0.03


def test_a_label_image_is_several_objects_and_may_be_merged(vmatte, clip, tmp_path):
    import cv2

    labels = (drawn.disc(0) >= 0.5).astype(np.uint8)
    labels[:, 45:] *= 2
    cv2.imwrite(str(tmp_path / "labels.png"), labels)
    arguments = ("process", clip, "--mask", "labels.png", "--out", "done", "--output", "alpha")
    said = vmatte(*arguments, "--set", "objects=merged")
    assert said.code == 0, said.err
    assert "object1, object2" in said.err
    assert names(Path("done")) == ["disc.alpha.mkv", "disc.report.json"]
    for index, alpha in enumerate(mattes(Path("done/disc.alpha.mkv"))):
        assert np.abs(alpha - drawn.disc(index)).mean() < 0.04


def test_a_made_mask_is_said(vmatte, tmp_path):
    import cv2

    (tmp_path / "shot").mkdir()
    for index in range(4):
        alpha = drawn.disc(index)[..., None]
        picture = drawn.picture(index) * alpha + np.array([30, 170, 60], np.float32) * (1 - alpha)
        cv2.imwrite(str(tmp_path / f"shot/{index:04d}.png"), picture[..., ::-1])
    said = vmatte("process", "shot", "--mask", "auto", "--model", "recall", "--out", "done", "--output", "alpha")
    assert said.code == 0, said.err
    assert "the mask of frame 0 is made by chroma" in said.err
    for index, alpha in enumerate(mattes(Path("done/shot.alpha.mkv"))):
        assert np.abs(alpha - drawn.disc(index)).mean() < 0.03


def test_objects_need_a_model_that_follows_masks(vmatte, clip, mask):
    arguments = (
        "process",
        clip,
        "--object",
        f"a={mask}",
        "--object",
        f"b={mask}",
        "--model",
        "chroma",
        "--out",
        "done",
    )
    said = vmatte(*arguments)
    assert said.code == 4
    assert "--model recall" in said.err


def test_a_refiner_on_request(vmatte, clip, mask):
    arguments = ("process", clip, "--mask", mask, "--out", "done", "--output", "alpha")
    assert vmatte(*arguments, "--set", "refine=guided").code == 0
    for index, alpha in enumerate(mattes(Path("done/disc.alpha.mkv"))):
        assert np.abs(alpha - drawn.disc(index)).mean() < 0.03
    said = vmatte(*arguments, "--overwrite", "--set", "refine=gided")
    assert said.code == 2
    assert "guided" in said.err


def test_a_mask_from_a_stored_image_model_is_preferred(vmatte, clip, monkeypatch):
    """A cascade is configuration: any model without needs whose weights are here makes the mask."""
    from vmatte.models.registry import card
    from vmatte.run import given

    monkeypatch.setattr(given, "find", lambda name, weights: name == "birefnet.lite" or None)
    asked = []

    class Made:
        def mattes(self, clip, hints, frames):
            from vmatte.core.types import Layer, Matte

            for frame in frames:
                yield Matte(frame, (Layer("subject", drawn.disc(frame.index)),))

    def load(settings, *runtime):
        asked.append(settings.name)
        return Made()

    monkeypatch.setattr(given, "load_model", load)
    assert not card("birefnet.lite").needs
    said = vmatte("process", clip, "--mask", "auto", "--model", "recall", "--out", "done", "--output", "alpha")
    assert said.code == 0, said.err
    assert asked == ["birefnet.lite"]
    assert "made by birefnet.lite" in said.err


def test_a_disk_that_cannot_hold_the_result_is_refused_before(vmatte, clip, mask, monkeypatch):
    monkeypatch.setattr("vmatte.run.room.free_bytes", lambda folder: 100)
    said = vmatte("process", clip, "--mask", mask, "--out", "done", "--output", "alpha")
    assert said.code == 6
    assert "--ignore-space" in said.err
    assert not Path("done").exists()
    monkeypatch.setattr("vmatte.run.room.free_bytes", lambda folder: 100_000)
    assert vmatte("process", clip, "--mask", mask, "--out", "done", "--output", "alpha").code == 0
