"""The package as a whole: its public names, and what its wheel holds."""

import subprocess
import sys
import tomllib
from pathlib import Path

import vmatte
from tests import drawn

ROOT = Path(__file__).parents[1]


def test_the_public_names_are_exact_and_sorted():
    assert vmatte.__all__ == sorted(vmatte.__all__) == sorted(vmatte._HOMES)
    for name in vmatte.__all__:
        assert getattr(vmatte, name) is not None


def test_importing_it_imports_nothing_heavy():
    script = "import sys, vmatte; assert not {'torch', 'av', 'cv2', 'numpy', 'hydra', 'click'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", script], check=True)


def test_the_wheel_lists_every_package():
    listed = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"]
    found = {".".join(path.parent.relative_to(ROOT).parts) for path in (ROOT / "vmatte").rglob("__init__.py")}
    assert sorted(listed) == sorted(found | {"vmatte.conf"})


def test_process_from_python(tmp_path):
    clip = drawn.clip(tmp_path / "disc.mp4")
    mask = drawn.mask(tmp_path / "first.png")
    report = vmatte.process(clip, masks=[mask], out=tmp_path / "done", outputs=["alpha"])
    assert (report.model, report.frames) == ("recall", 6)
    assert (tmp_path / "done" / "disc.alpha.mkv").is_file()


def test_objects_and_presets_from_python(tmp_path):
    clip = drawn.clip(tmp_path / "disc.mp4", 2)
    mask = drawn.mask(tmp_path / "first.png")
    report = vmatte.process(
        clip, preset="screen", model="recall", objects={"a": mask, "b": [mask]}, out=tmp_path / "done", outputs="alpha"
    )
    assert report.model == "recall"
    assert sorted(path.name for path in (tmp_path / "done").glob("*.mkv")) == ["disc.a.alpha.mkv", "disc.b.alpha.mkv"]
