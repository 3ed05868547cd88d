"""Help, models and outputs: quick answers, and no torch on the way."""

import subprocess
import sys

import pytest

from vmatte.io.writers import OUTPUTS


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        ["models"],
        ["models", "show", "u2net"],
        ["--version"],
        ["process", "--help"],
        ["outputs"],
        ["presets"],
    ],
)
def test_answers_without_importing_torch(arguments):
    script = (
        "import sys\n"
        "from vmatte.cli.main import main\n"
        "try:\n"
        f"    main({arguments!r})\n"
        "except SystemExit as ended:\n"
        "    assert ended.code == 0\n"
        "assert 'torch' not in sys.modules\n"
        "assert 'hydra' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True, capture_output=True)


def test_outputs_lists_every_output(vmatte):
    said = vmatte("outputs")
    assert all(name in said.out for name in OUTPUTS)


def test_help_lists_every_command(vmatte):
    said = vmatte("--help")
    assert all(name in said.out for name in ("process", "models", "outputs", "config"))


def test_an_unknown_command_is_a_usage_error(vmatte):
    said = vmatte("proces")
    assert (said.code, "did you mean 'process'?" in said.err) == (2, True)


def test_config_prints_what_was_set(vmatte):
    assert "extend: 3" in vmatte("config", "--set", "extend=3").out
    assert "work_rows" in vmatte("config", "--model", "recall").out


def test_presets_are_told_and_win_over_nothing_a_user_says(vmatte):
    assert "screen" in vmatte("presets").out
    assert "name: chroma" in vmatte("config", "--set", "preset=screen").out
    assert "name: recall" in vmatte("config", "--set", "preset=screen", "--set", "model=recall").out
    said = vmatte("config", "--set", "preset=scren")
    assert said.code == 2
    assert "'scren'" in said.err
    assert "screen" in said.err


@pytest.mark.parametrize(
    ("preset", "model"),
    [("portrait", "birefnet.portrait"), ("toon", "toonout"), ("product", "birefnet.matting"), ("emoji", "toonout")],
)
def test_every_preset_composes(vmatte, preset, model):
    assert f"name: {model}" in vmatte("config", "--set", f"preset={preset}").out
