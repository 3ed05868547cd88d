"""The check after writing finds what is wrong."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import av
import pytest

from tests.io.writers.conftest import make_clip, picture, write
from vmatte.core.errors import OutputError
from vmatte.core.types import Clip, Picture
from vmatte.io.writers import open_writer, output_path
from vmatte.io.writers.check import Ledger, check_file, sampled
from vmatte.io.writers.master import MasterOptions, master
from vmatte.io.writers.mux import Mux
from vmatte.io.writers.player import PlayerOptions, player
from vmatte.io.writers.prores import ProresOptions, prores
from vmatte.io.writers.recipe import Recipe
from vmatte.io.writers.video import VideoWriter

RECIPES: dict[str, Callable[[Clip], Recipe]] = {
    "prores": lambda clip: prores(clip, ProresOptions()),
    "alpha": lambda clip: master(clip, MasterOptions()),
    "alpha-mp4": lambda clip: player(clip, PlayerOptions()),
}
CLIP = make_clip()
PICTURES = [picture(CLIP, index) for index in range(20)]


def ledger_of(path: Path, recipe: Recipe, pictures: list[Picture]) -> Ledger:
    ledger = Ledger()
    for one in pictures:
        ledger.add(one.pts, recipe.draw(one)[1])
    with av.open(str(path)) as file:
        for packet in file.demux(file.streams.video[0]):
            if packet.pts is not None:
                ledger.add_packet(packet)
    return ledger


@pytest.fixture(params=RECIPES)
def case(request: pytest.FixtureRequest, out: Path) -> tuple[Path, Recipe, Ledger]:
    path = write(out, request.param, CLIP, PICTURES).path
    recipe = RECIPES[request.param](CLIP)
    return path, recipe, ledger_of(path, recipe, PICTURES)


Case = tuple[Path, Recipe, Ledger]


def test_a_good_file_passes(case: Case) -> None:
    path, recipe, ledger = case
    assert "20 frames" in check_file(path, recipe, ledger, CLIP.time_base)


def test_a_missing_frame(case: Case) -> None:
    path, recipe, ledger = case
    ledger.add(10**6, 0)
    with pytest.raises(OutputError, match="holds 20 frames instead of 21"):
        check_file(path, recipe, ledger, CLIP.time_base)


def test_a_frame_too_many(case: Case) -> None:
    path, recipe, ledger = case
    for column in (ledger.times, ledger.marks):
        column.pop()
    with pytest.raises(OutputError, match="holds 20 frames instead of 19"):
        check_file(path, recipe, ledger, CLIP.time_base)


def test_one_wrong_time(case: Case) -> None:
    path, recipe, ledger = case
    ledger.times[13] += 60 if recipe.tick else 1
    with pytest.raises(OutputError, match="frame 13 is at"):
        check_file(path, recipe, ledger, CLIP.time_base)


@pytest.mark.parametrize("number", [0, 8, 19])
def test_one_wrong_alpha(case: Case, number: int) -> None:
    path, recipe, ledger = case
    ledger.marks[number] += 3
    with pytest.raises(OutputError, match=f"alpha of frame {number} "):
        check_file(path, recipe, ledger, CLIP.time_base)


def test_one_flipped_bit_in_any_frame(case: Case) -> None:
    path, recipe, ledger = case
    if not recipe.intra:
        pytest.skip("H.264 is compared after decoding")
    with av.open(str(path)) as file:
        last = [packet for packet in file.demux(video=0) if packet.pts is not None][11]
    data = bytearray(path.read_bytes())
    data[data.index(bytes(last)) + last.size // 2] ^= 4
    path.write_bytes(data)
    with pytest.raises(OutputError, match=r"bytes of frame 11|cannot be read back"):
        check_file(path, recipe, ledger, CLIP.time_base)


def test_a_file_cut_short(case: Case) -> None:
    path, recipe, ledger = case
    data = path.read_bytes()
    for length in (len(data) // 2, 100, 0):
        path.write_bytes(data[:length])
        with pytest.raises(OutputError):
            check_file(path, recipe, ledger, CLIP.time_base)


@pytest.mark.parametrize(("codec", "bits"), [("prores_aw", "16"), ("prores_ks", "8"), ("prores_ks", "0")])
def test_encoders_that_spoil_alpha_are_found_out(out: Path, codec: str, bits: str) -> None:
    options = {"profile": "4"} if codec == "prores_aw" else {"profile": "4444", "alpha_bits": bits}
    spoilt = replace(RECIPES["prores"](CLIP), codec=codec, settings=options)
    with VideoWriter(out / "clip.prores.mov", CLIP, spoilt) as writer:
        writer.write(PICTURES[0])
        with pytest.raises(OutputError, match="the alpha of frame 0 is not what was written"):
            writer.finish()
    assert not out.exists()


def test_an_encoder_that_this_build_lacks(out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    known = av.Codec

    def codec(name: str, mode: Any) -> Any:
        return known("none such", mode) if name == "prores_ks" else known(name, mode)

    monkeypatch.setattr(av, "Codec", codec)
    with pytest.raises(OutputError, match="no encoder 'prores_ks'"):
        open_writer("prores", out / "clip.prores.mov", CLIP)
    assert not out.exists()


@pytest.mark.parametrize("name", ["prores", "alpha", "alpha-mp4", "webm", "qtrle", "over"])
def test_damage_on_the_way_to_the_disk_publishes_nothing(out: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    finish = Mux.finish

    def damaging(self: Mux, end: int) -> None:
        finish(self, end)
        (file,) = out.iterdir()
        data = file.read_bytes()
        file.write_bytes(data[: len(data) * 2 // 3])

    monkeypatch.setattr(Mux, "finish", damaging)
    with pytest.raises(OutputError, match="clip"):
        write(out, name, CLIP, PICTURES)
    assert not out.exists()


@pytest.mark.parametrize("damage", [lambda file: file.unlink(), lambda file: file.write_bytes(file.read_bytes()[:-20])])
@pytest.mark.parametrize("name", ["png16", "rgba-png"])
def test_damaged_images_publish_nothing(out: Path, name: str, damage: Callable[[Path], None]) -> None:
    with open_writer(name, output_path(out, "clip", name), CLIP, options={"workers": 1}) as writer:
        for index in range(6):
            writer.write(PICTURES[index])
        # With one worker at most two pictures are not stored yet.
        (folder,) = out.iterdir()
        damage(folder / "000001.png")
        with pytest.raises(OutputError, match="run again"):
            writer.finish()
    assert not out.exists()


def test_samples_hold_the_first_and_the_last() -> None:
    for count in (1, 2, 7, 8, 9, 100, 12345):
        found = sampled(count)
        assert found[0] == 0
        assert found[-1] == count - 1
        assert len(set(found)) == len(found) == min(count, 8)
