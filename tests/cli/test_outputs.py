"""`vmatte process` with names, backgrounds, premultiplied colours and dry runs."""

import json
from pathlib import Path

import av

from tests import drawn


def names(folder: str) -> list[str]:
    return sorted(entry.name for entry in Path(folder).iterdir())


def test_over_writes_the_finished_picture_with_sound(vmatte, clip, mask):
    said = vmatte("process", clip, "--mask", mask, "--out", "done", "--output", "alpha", "--over", "#204080")
    assert said.code == 0, said.err
    assert names("done") == ["disc.alpha.mkv", "disc.over.mp4", "disc.report.json"]
    with av.open("done/disc.over.mp4") as container:
        assert [stream.type for stream in container.streams] == ["video", "audio"]
        frame = next(container.decode(video=0)).to_ndarray(format="rgb24")
    assert abs(frame[2, 2].astype(int) - (0x20, 0x40, 0x80)).max() <= 4
    assert vmatte("process", clip, "--mask", mask, "--out", "no", "--over", "nothing.png").code == 2


def test_premultiplied_is_in_the_name_and_the_report(vmatte, clip, mask):
    said = vmatte(
        "process", clip, "--mask", mask, "--out", "done", "--premultiplied", "--output", "qtrle", "--output", "alpha"
    )
    assert said.code == 0, said.err
    assert names("done") == ["disc.alpha.mkv", "disc.qtrle-premultiplied.mov", "disc.report.json"]
    report = json.loads(Path("done/disc.report.json").read_text())
    assert [output["alpha"] for output in report["outputs"]] == ["premultiplied", "none"]
    refused = vmatte("process", clip, "--mask", mask, "--out", "no", "--premultiplied", "--output", "webm")
    assert refused.code == 2
    assert "straight by its standard" in refused.err


def test_names_by_template_never_meet(vmatte, clip, mask):
    command = ("process", clip, "--mask", mask, "--out", "done", "--output", "alpha")
    assert vmatte(*command, "--name", "{model}/{stem}_{output}").code == 0
    assert names("done/recall") == ["disc_alpha.mkv", "disc_report.json"]
    assert "exists already" in vmatte(*command, "--name", "{model}/{stem}_{output}").err
    twice = vmatte(*command, "--output", "ffv1-rgba", "--name", "{stem}")
    assert twice.code == 2
    assert "{output}" in twice.err


def test_a_dry_run_says_how_large(vmatte, clip, mask):
    said = vmatte(
        "process", clip, "--mask", mask, "--out", "done", "--output", "layers", "--output", "gif", "--dry-run"
    )
    assert said.code == 0, said.err
    lines = [line for line in said.err.splitlines() if "would write" in line]
    assert [Path(line.split("write ")[1].split(",")[0]).name for line in lines] == [
        "disc.alpha.mkv",
        "disc.foreground.mov",
        "disc.background.mov",
        "disc.gif.gif",
    ]
    assert all("about" in line and ("kB" in line or "MB" in line) for line in lines)
    assert not Path("done").exists()


def test_settings_of_an_output_reach_it(vmatte, clip, mask):
    drawn.mask(mask)
    said = vmatte(
        "process", clip, "--mask", mask, "--out", "done", "--output", "gif", "--set", "gif.size=32",
        "--set", "gif.fps=12", "--set", "despill=average",
    )  # fmt: skip
    assert said.code == 0, said.err
    with av.open("done/disc.gif.gif") as container:
        assert container.streams.video[0].width == 32
    assert "no green or blue screen" in said.err
    assert vmatte("process", clip, "--mask", mask, "--out", "no", "--set", "gif.edge=torn").code == 2
