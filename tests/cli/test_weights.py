"""`vmatte weights`, and weights on the way through `vmatte process`."""

# ruff: noqa: F811  pytest hands fixtures over by name

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest

import vmatte as package
from tests.weights.checkpoints import NET, OTHER, published, sha256
from tests.weights.conftest import home, server, waits  # noqa: F401  fixtures
from tests.weights.foreign import flat
from tests.weights.server import serve, status
from vmatte.core.errors import WeightsError
from vmatte.models import registry

HASH = sha256(NET)


class Entry:
    """An entry point of another package."""

    name, value = "theirs", "theirs:CARDS"

    def __init__(self, *cards: registry.Card) -> None:
        self._cards = cards

    def load(self) -> tuple[registry.Card, ...]:
        return self._cards


@pytest.fixture
def offered(monkeypatch):
    """Brings models in as other packages do."""

    def offer(*cards: registry.Card) -> None:
        monkeypatch.setattr(registry, "entry_points", lambda group: [Entry(*cards)])
        registry.cards.cache_clear()

    yield offer
    monkeypatch.undo()
    registry.cards.cache_clear()


def first_alpha(path: Path) -> float:
    with av.open(str(path)) as container:
        frame = next(container.decode(video=0))
        return float(np.median(frame.to_ndarray())) / 65535


def test_without_models_that_have_weights(vmatte):
    if any(card.weights for card in registry.cards().values()):
        pytest.skip("there are some")
    for arguments in (["list"], ["fetch", "--all"], ["verify"]):
        said = vmatte("weights", *arguments)
        assert said.code == 0
        assert "No model here has weights" in said.out + said.err
    assert json.loads(vmatte("weights", "list", "--json").out) == []


def test_from_list_to_verify(vmatte, server, offered, home):
    offered(flat(published(server, size=len(NET), free=False)))
    server.script(serve(NET))
    line = next(line for line in vmatte("weights", "list").out.splitlines() if line.startswith("flat "))
    assert line.split()[1:4] == ["300", "kB", "-"]
    assert "Studies Only 1.0 (to fetch: --accept-license)" in line
    said = vmatte("weights", "path", "flat")
    assert (said.code, said.out) == (5, "")
    assert "vmatte weights fetch flat" in said.err

    said = vmatte("weights", "fetch", "flat")
    assert said.code == 5
    assert "Studies Only 1.0" in said.err
    assert "https://example.org/licence" in said.err
    assert server.asked == []
    said = vmatte("weights", "fetch", "flat", "--accept-license")
    assert said.code == 0, said.err
    assert "Studies Only 1.0" in said.err
    assert f"sha256:{HASH}" in said.err

    path = home / "weights/flat/net.safetensors"
    assert vmatte("weights", "path", "flat").out == f"{path}\n"
    assert "yes (published hash)" in vmatte("weights", "list").out
    row = next(row for row in json.loads(vmatte("weights", "list", "--json").out) if row["name"] == "flat")
    assert (row["state"], row["path"], row["trust"]) == ("stored", str(path), "published hash")
    assert row["licence_accepted"]
    assert vmatte("weights", "verify").out == f"flat: good, sha256:{HASH} (published hash)\n"
    assert vmatte("weights", "fetch", "flat").code == 0
    assert len(server.asked) == 1

    path.write_bytes(OTHER)
    said = vmatte("weights", "verify", "flat")
    assert said.code == 5
    assert "flat: CHANGED" in said.out
    assert "vmatte weights fetch flat" in said.err
    assert vmatte("weights", "path", "flat").code == 5
    assert "changed" in vmatte("weights", "list").out
    assert vmatte("weights", "fetch", "flat", "-q").err == ""
    assert path.read_bytes() == NET


def test_fetch_goes_on_after_a_failure(vmatte, server, offered):
    good, bad = flat(published(server)), flat(published(server, path="/missing"))
    offered(replace(bad, name="a"), replace(good, name="b"))
    server.script(status(404), serve(NET))
    said = vmatte("weights", "fetch", "a", "b")
    assert said.code == 5
    assert "1 of 2 could not be fetched" in said.err
    assert f"b: {vmatte('weights', 'path', 'b').out.strip()}" in said.err


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["fetch"], 2, "--all"),
        (["fetch", "flat", "--all"], 2, "--all"),
        (["fetch", "flt"], 2, "did you mean 'flat'"),
        (["fetch", "recall"], 2, "model recall works without weights; with weights: "),
        (["verify", "flat"], 5, "vmatte weights fetch flat"),
        (["remove", "flt", "--yes"], 2, "did you mean 'flat'"),
        (["fetch", "flat", "--offline"], 5, "vmatte weights import flat FILE"),
        (["import", "flat", "nowhere.pth"], 5, "nowhere.pth is not there"),
    ],
)
def test_mistakes(vmatte, server, offered, arguments, code, said):
    offered(flat(published(server)))
    answer = vmatte("weights", *arguments)
    assert answer.code == code
    assert said in answer.err
    assert server.asked == []


def test_import(vmatte, server, offered, tmp_path):
    offered(flat(published(server, None)))
    (tmp_path / "mine.bin").write_bytes(NET)
    said = vmatte("weights", "import", "flat", "mine.bin")
    assert said.code == 0
    assert f"imported, sha256:{HASH}" in said.err
    assert Path(vmatte("weights", "path", "flat").out.strip()).read_bytes() == NET


def test_remove_asks_and_takes_all_but_the_licence(vmatte, server, offered, home):
    offered(flat(published(server, size=len(NET), free=False)))
    server.script(serve(NET))
    assert vmatte("weights", "fetch", "flat", "--accept-license").code == 0
    path = home / "weights/flat/net.safetensors"
    path.with_name("net.safetensors.part").write_bytes(b"half")
    said = vmatte("weights", "remove", "flat")
    assert said.code == 2
    assert f"would remove {path} (300 kB)" in said.err
    assert "--yes" in said.err
    assert path.is_file()
    assert vmatte("weights", "remove", "flat", "--yes").code == 0
    assert [file.name for file in path.parent.iterdir() if not file.name.startswith(".")] == []
    assert "(accepted)" in next(line for line in vmatte("weights", "list").out.splitlines() if line.startswith("flat "))
    said = vmatte("weights", "remove", "flat")
    assert (said.code, said.err) == (0, "flat: nothing is stored\n")


def test_verify_tells_what_was_never_here_from_what_is_gone(vmatte, server, offered, home):
    offered(flat(published(server)))
    said = vmatte("weights", "verify", "flat")
    assert (said.code, said.out) == (5, "flat: not here, so there is nothing to verify\n")
    assert "not as they should be" not in said.err
    server.script(serve(NET))
    vmatte("weights", "fetch", "flat")
    (home / "weights/flat/net.safetensors").unlink()
    said = vmatte("weights", "verify")
    assert said.code == 5
    assert "flat: GONE" in said.out


def test_process_fetches_on_first_use_and_reports(vmatte, server, offered, clip, home):
    offered(flat(published(server, None)))
    server.script(serve(NET, cut=1000), serve(NET))
    arguments = ("process", clip, "--model", "flat", "--output", "alpha", "--out", "done", "--overwrite")
    said = vmatte(*arguments, "--dry-run")
    assert said.code == 0, said.err
    assert "would fetch" in said.err
    assert server.asked == []
    said = vmatte(*arguments)
    assert said.code == 0, said.err
    assert f"no published hash: trusting what arrived, recorded as sha256:{HASH}" in said.err
    assert first_alpha(Path("done/disc.alpha.mkv")) == pytest.approx(NET[-1] / 255, abs=0.01)
    report = json.loads(Path("done/disc.report.json").read_text())
    assert report["weights"] == {"file": "net.safetensors", "sha256": HASH, "trust": "first use"}
    assert report["plan"]["model"]["weights"] == str(home / "weights/flat/net.safetensors")
    said = vmatte(*arguments, "--offline")
    assert said.code == 0
    assert "fetching" not in said.err
    assert len(server.asked) == 2


def test_process_with_a_file_of_ones_own(vmatte, server, offered, clip, tmp_path, home):
    offered(flat(published(server, None, free=False)))
    own = tmp_path / "my own, [v2]=final.pth"
    own.write_bytes(OTHER)
    said = vmatte(
        "process", clip, "--model", "flat", "--output", "alpha", "--out", "done", "--weights", own.name, "--offline"
    )
    assert said.code == 0, said.err
    assert first_alpha(Path("done/disc.alpha.mkv")) == pytest.approx(OTHER[-1] / 255, abs=0.01)
    report = json.loads(Path("done/disc.report.json").read_text())
    assert report["weights"] == {"file": own.name, "sha256": sha256(OTHER), "trust": "given by the user"}
    assert not home.exists()


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--model", "flat"], 5, "--accept-license"),
        (["--model", "flat", "--accept-license", "--offline"], 5, "--offline forbids"),
        (["--model", "flat", "--weights", "nowhere.pth"], 5, "nowhere.pth is not there"),
        (["--model", "flat", "--weights", "page.pth"], 5, "web page"),
        (["--model", "recall", "--weights", "page.pth"], 2, "model recall has no weights"),
        (["--weights", "page.pth"], 5, "web page"),
        (["--model", "flat", "--weights", ""], 2, "an empty --weights"),
    ],
)
def test_process_stops_before_it_writes(vmatte, server, offered, clip, mask, tmp_path, arguments, code, said):
    offered(flat(published(server, free=False)))
    (tmp_path / "page.pth").write_text("<html>")
    answer = vmatte("process", clip, "--mask", mask, "--out", "done", *arguments)
    assert answer.code == code, answer.err
    assert said in answer.err
    assert not Path("done").exists()
    assert server.asked == []


def test_missing_weights_stop_all_clips_at_once(vmatte, server, offered, clip):
    offered(flat(published(server)))
    server.script(status(404))
    second = clip.with_name("b.mp4")
    second.write_bytes(clip.read_bytes())
    said = vmatte("process", clip, second, "--model", "flat", "--out", "done")
    assert said.code == 5
    assert len(server.asked) == 1


def test_from_python(server, offered, clip, tmp_path):
    offered(flat(published(server, free=False)))
    server.script(serve(NET))
    with pytest.raises(WeightsError, match="Studies Only"):
        package.load_model("flat")
    report = package.process(clip, model="flat", outputs=["alpha"], out=tmp_path / "done", accept_license=True)
    assert report.weights == {"file": "net.safetensors", "sha256": HASH, "trust": "published hash"}
    assert package.load_model("flat") is not None
    (tmp_path / "own.pth").write_bytes(OTHER)
    report = package.process(
        clip, model="flat", outputs=["alpha"], out=tmp_path / "again", weights=tmp_path / "own.pth", offline=True
    )
    assert report.weights is not None
    assert report.weights["trust"] == "given by the user"
    assert len(server.asked) == 1


def test_config_shows_a_path_as_text(vmatte, server, offered):
    offered(flat(published(server)))
    assert "weights: mine/net.pth" in vmatte("config", "--model", "flat", "--set", "model.weights=mine/net.pth").out


@pytest.mark.parametrize("arguments", [["weights", "--help"], ["weights", "list"], ["weights", "verify"]])
def test_answers_without_torch_or_the_network_library(arguments):
    script = (
        "import sys\n"
        "from vmatte.cli.main import main\n"
        "try:\n"
        f"    main({arguments!r})\n"
        "except SystemExit as ended:\n"
        "    assert ended.code == 0\n"
        "assert not {'torch', 'requests', 'urllib3', 'hydra', 'av'} & set(sys.modules)\n"
    )
    root = str(Path(__file__).parents[2])
    subprocess.run([sys.executable, "-c", script], check=True, env={**os.environ, "PYTHONPATH": root})
