"""`vmatte batch` from end to end, on clips of a few frames."""

import csv
import json
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest

from tests import drawn

FEW = ("--out", "done", "--output", "alpha", "--executor", "inline")


def clips(folder: Path, *stems: str) -> Path:
    folder.mkdir(exist_ok=True)
    for name in stems:
        drawn.clip(folder / f"{name}.mp4", 3)
        drawn.mask(folder / f"{name}.mask.png")
    return folder


def found(folder: str = "done") -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in Path(folder).rglob("*") if path.is_file())


def states() -> dict[str, str]:
    return {Path(row["clip"]).stem: row["state"] for row in json.loads(Path("done/batch.json").read_text())["jobs"]}


def test_a_night_with_a_bad_clip_and_the_morning_after(vmatte, tmp_path):
    folder = clips(tmp_path / "clips", "a", "c")
    (folder / "b.mp4").write_bytes(b"no video")
    said = vmatte("batch", folder, *FEW)
    assert said.code == 8
    for text in ("3 jobs, 3 to run", "128x96", "3 frames", "time unknown", "b.mp4", "FAILED", "2 done, 1 failed"):
        assert text in said.err
    assert found() == ["a.alpha.mkv", "a.report.json", "batch.csv", "batch.json", "c.alpha.mkv", "c.report.json"]
    assert states() == {"a": "done", "b": "failed", "c": "done"}
    with Path("done/batch.csv").open() as file:
        rows = {Path(row["clip"]).stem: row for row in csv.DictReader(file)}
    assert (rows["a"]["frames"], rows["b"]["kind"], rows["b"]["attempts"]) == ("3", "InputError", "1")

    times = {name: Path("done", name).stat().st_mtime_ns for name in ("a.alpha.mkv", "c.alpha.mkv")}
    drawn.clip(folder / "b.mp4", 3)
    drawn.mask(folder / "b.mask.png")
    said = vmatte("batch", folder, *FEW)
    assert said.code == 0
    assert "3 jobs, 1 to run" in said.err
    assert "going by earlier reports" in said.err
    assert states() == {"a": "skipped", "b": "done", "c": "skipped"}
    with Path("done/batch.csv").open() as file:
        rows = {Path(row["clip"]).stem: row for row in csv.DictReader(file)}
    assert (rows["a"]["seconds"], rows["a"]["bytes"]) == ("", "")
    assert float(rows["b"]["seconds"]) > 0
    assert times == {name: Path("done", name).stat().st_mtime_ns for name in times}

    said = vmatte("batch", folder, *FEW, "--set", "model=recall", "--rerun", "failed", "--json", "--quiet")
    assert (said.code, said.err) == (0, "")
    assert {row["state"] for row in json.loads(said.out)} == {"left"}
    said = vmatte("batch", folder, *FEW, "--set", "model=recall")
    assert (said.code, set(states().values())) == (0, {"done"})


def test_a_dry_run_says_what_cannot_run(vmatte, tmp_path):
    folder = clips(tmp_path / "clips", "a", "c", "d")
    (folder / "b.mp4").write_bytes(b"no video")
    (tmp_path / "jobs.yaml").write_text(
        "- clip: clips/a.mp4\n- clip: clips/b.mp4\n- {clip: clips/c.mp4, mask: gone.png}\n"
        "- {clip: clips/d.mp4, plate: gone.png}\n- clip: clips/e.mp4\n"
    )
    said = vmatte("batch", "jobs.yaml", *FEW, "--dry-run")
    assert said.code == 8
    for text in ("b.mp4", "mask gone.png", "plate gone.png", "e.mp4", "4 jobs cannot run"):
        assert text in said.err.replace(str(tmp_path) + "/", "")
    assert not Path("done").exists()
    said = vmatte("batch", folder / "a.mp4", *FEW, "--dry-run")
    assert (said.code, "1 job, 1 to run on 1 worker" in said.err) == (0, True)


def test_a_dry_run_looks_at_what_lies_beside_clips_and_at_what_models_need(vmatte, tmp_path):
    folder = clips(tmp_path / "clips", "a", "b", "c")
    (folder / "a.mask.png").write_bytes(b"no picture")
    (folder / "b.mask.png").unlink()
    said = vmatte("batch", folder, *FEW, "--model", "recall", "--dry-run")
    assert (said.code, "2 jobs cannot run" in said.err) == (8, True)
    assert "needs a mask" in said.err
    assert "gone.png" in vmatte("batch", folder, *FEW, "--model", "recall", "--over", "gone.png", "--dry-run").err
    said = vmatte("batch", folder / "c.mp4", *FEW, "--model", "u2net", "--offline", "--dry-run")
    assert (said.code, "vmatte weights fetch u2net" in said.err) == (9, True)
    said = vmatte("batch", folder / "c.mp4", *FEW, "--model", "u2net", "--offline")
    assert (said.code, "tried" in said.err) == (9, False)


def test_what_models_warn_of_is_in_reports_of_processes_of_their_own(tmp_path):
    folder = clips(tmp_path / "clips", "a")
    command = [sys.executable, "-m", "vmatte.cli"]
    given = ["--model", "chroma", "--output", "alpha", "--out"]
    run = partial(subprocess.run, capture_output=True, text=True, check=True)
    said = run([*command, "process", str(folder / "a.mp4"), *given, str(tmp_path / "one")])
    assert "warning: no clear screen" in said.stderr
    said = run([*command, "batch", str(folder), *given, str(tmp_path / "many")])
    assert "1 warning: no clear screen" in said.stderr
    for out in ("one", "many"):
        told = json.loads((tmp_path / out / "a.report.json").read_text())["warnings"]
        assert any("no clear screen" in text for text in told)


def test_when_none_succeeds(vmatte, tmp_path):
    (tmp_path / "b.mp4").write_bytes(b"no video")
    said = vmatte("batch", "b.mp4", "gone.mp4", *FEW)
    assert said.code == 9
    assert "no such file" in said.err


def test_a_file_of_jobs_with_hints_and_settings_of_their_own(vmatte, tmp_path):
    folder = clips(tmp_path / "clips", "a", "b")
    (folder / "b.mask.png").rename(folder / "late.png")
    drawn.mask(folder / "late.png", 1)
    (folder / "jobs.yaml").write_text(
        "defaults: {model: recall}\njobs:\n- a.mp4\n"
        "- {clip: b.mp4, mask: 1=late.png, out: sub, output: [png16], set: {model.work_rows: 48}}\n"
    )
    assert vmatte("batch", "clips/jobs.yaml", *FEW).code == 0
    assert [name for name in found() if "png" not in name] == [
        "a.alpha.mkv", "a.report.json", "batch.csv", "batch.json", "sub/b.report.json",
    ]  # fmt: skip
    assert len(list(Path("done/sub/b.png16").iterdir())) == 3
    report = json.loads(Path("done/sub/b.report.json").read_text())
    assert report["plan"]["model"]["work_rows"] == 48


def test_a_wrong_setting_in_a_file_of_jobs_names_the_job(vmatte, tmp_path):
    (tmp_path / "jobs.jsonl").write_text('{"clip": "a.mp4"}\n{"clip": "b.mp4", "model": "recal"}\n')
    said = vmatte("batch", "jobs.jsonl", *FEW)
    assert said.code == 2
    assert "line 2" in said.err
    assert "'recall'" in said.err


def test_two_clips_of_one_name_are_refused_before_anything_runs(vmatte, tmp_path):
    clips(tmp_path / "x", "a")
    clips(tmp_path / "y", "a")
    said = vmatte("batch", "x", "y", *FEW)
    assert said.code == 6
    assert not Path("done").exists()


def test_a_part_of_a_job_array(vmatte, tmp_path):
    folder = clips(tmp_path / "clips", "a", "b", "c")
    assert vmatte("batch", folder, *FEW, "--part", "2/2").code == 0
    assert found() == ["b.alpha.mkv", "b.report.json", "batch.2of2.csv", "batch.2of2.json"]
    for wrong in ("0/2", "3/2", "2", "x/y"):
        assert vmatte("batch", folder, *FEW, "--part", wrong).code == 2
    assert vmatte("batch", folder, *FEW, "--part", "4/4").code == 0
    said = vmatte("batch", folder, *FEW, "--set", "hydra/launcher=submitit_slurm")
    assert said.code == 2
    assert "--part I/N" in said.err


def test_clips_and_results_behind_urls(vmatte, tmp_path, monkeypatch):
    clips(tmp_path / "clips", "a")
    where = f"file://{tmp_path}"
    said = vmatte("batch", f"{where}/clips", *FEW[2:], "--out", f"{where}/done")
    assert said.code == 0, said.err
    assert "is fetched by its worker" in said.err
    assert found() == ["a.alpha.mkv", "a.report.json", "batch.csv", "batch.json"]
    (row,) = json.loads(Path("done/batch.json").read_text())["jobs"]
    assert (row["clip"], row["report"]) == (f"{where}/clips/a.mp4", f"{where}/done/a.report.json")
    (tmp_path / "jobs.yaml").write_text(f"- {{clip: '{where}/clips/a.mp4', mask: '0={where}/clips/a.mask.png'}}\n")
    assert vmatte("batch", "jobs.yaml", *FEW[2:], "--out", "near", "--offline").code == 0
    assert found("near")[0] == "a.alpha.mkv"
    said = vmatte("batch", "s3://bucket/a.mp4", *FEW)
    assert said.code == 2
    assert "Traceback" not in said.err


def test_files_of_others_are_not_replaced(vmatte, tmp_path):
    folder = clips(tmp_path / "clips", "a")
    Path("done").mkdir()
    Path("done/a.alpha.mkv").write_text("mine")
    assert vmatte("batch", folder, *FEW).code == 9
    assert Path("done/a.alpha.mkv").read_text() == "mine"
    assert vmatte("batch", folder, *FEW, "--overwrite").code == 0


def test_a_full_disk_is_refused_before(vmatte, tmp_path, monkeypatch):
    folder = clips(tmp_path / "clips", "a")
    monkeypatch.setattr("vmatte.run.batch.outlook.free_bytes", lambda folder: 100)
    said = vmatte("batch", folder, *FEW)
    assert said.code == 6
    assert "--ignore-space" in said.err
    assert not Path("done").exists()
    assert vmatte("batch", folder, *FEW, "--dry-run", "--ignore-space").code == 0
    assert not Path("done").exists()


@pytest.mark.parametrize("arguments", [("batch",), ("batch", "a.mp4"), ("batch", "", "--out", "done")])
def test_what_is_missing_is_said(vmatte, arguments):
    assert vmatte(*arguments).code == 2


def test_the_doctor_tries_what_there_is(vmatte, monkeypatch):
    monkeypatch.setattr("vmatte.run.doctor.OUTPUTS", {"prores": None, "hevc-alpha": None})
    said = vmatte("doctor", "--json")
    subjects = {finding["subject"]: finding for finding in json.loads(said.out)}
    assert subjects["output prores"]["text"] == "can be written"
    assert "cpu" in subjects["devices"]["text"]
    assert "absent" in subjects["weights matanyone"]["text"]
    assert "scenedetect" not in said.out
    assert "shots" in subjects["extras"]["text"]
    assert {"versions", "memory", "disk for results"} <= subjects.keys()
    assert said.code == 0
