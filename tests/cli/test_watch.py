"""`vmatte watch` from end to end."""

from pathlib import Path

from tests import drawn


def test_from_end_to_end(vmatte, tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    drawn.clip(folder / "a.mp4", 2)
    drawn.mask(folder / "a.mask.png")
    (folder / "b.mp4").write_bytes(b"no video")
    few = ("--once", "--settle", "0", "--every", "0.05", "--executor", "inline", "--output", "alpha")
    said = vmatte("watch", folder, *few)
    assert said.code == 8
    assert "FAILED" in said.err
    found = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    assert found - {".lock"} == {
        "done/a.mp4", "done/a.mask.png", "failed/b.mp4", "failed/b.mp4.error.txt", "results/a.alpha.mkv",
        "results/a.report.json",
    }  # fmt: skip
    assert "InputError" in Path(folder, "failed/b.mp4.error.txt").read_text()

    # Results that were there before the clip could be moved are not made again; those of another are not replaced.
    Path(folder, "done/a.mp4").rename(folder / "a.mp4")
    Path(folder, "done/a.mask.png").rename(folder / "a.mask.png")
    assert "done before" in vmatte("watch", folder, *few).err
    drawn.clip(folder / "a.mp4", 3)
    before = Path(folder, "results/a.alpha.mkv").stat()
    assert vmatte("watch", folder, *few).code == 8
    assert Path(folder, "results/a.alpha.mkv").stat() == before
    assert vmatte("watch", folder / "nowhere").code == 2
