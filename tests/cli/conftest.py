"""The command line, called in this process."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests import drawn
from vmatte.cli.main import main


@dataclass
class Said:
    code: int
    out: str
    err: str


@pytest.fixture
def vmatte(capsys, tmp_path, monkeypatch) -> Callable[..., Said]:
    """Runs `vmatte ...` in an empty folder; the exit code and what was printed."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: object) -> Said:
        with pytest.raises(SystemExit) as ended:
            main([str(argument) for argument in arguments])
        said = capsys.readouterr()
        code = ended.value.code
        assert isinstance(code, int)
        assert "Traceback" not in said.out + said.err
        return Said(code, said.out, said.err)

    return run


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    return drawn.clip(tmp_path / "disc.mp4", sound=True)


@pytest.fixture
def mask(tmp_path: Path) -> Path:
    return drawn.mask(tmp_path / "first.png")


def errors(said: Said) -> list[str]:
    """The lines of the error, without notes and progress."""
    return [line for line in said.err.splitlines() if "error" in line.lower()]
