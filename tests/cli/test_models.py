"""`vmatte models`: what is told of each, at any width; and the pages made from the same cards."""

import json
import re

import pytest

from tests.cli.conftest import errors
from tools import pages
from vmatte.models.registry import cards
from vmatte.models.speed import measured


def plain(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.parametrize("width", [80, 160])
def test_every_model_is_told_within_the_terminal(vmatte, monkeypatch, width):
    monkeypatch.setenv("COLUMNS", str(width))
    said = vmatte("models")
    assert max(map(len, said.out.splitlines())) <= width
    for name, card in cards().items():
        row = next(line for line in said.out.splitlines() if line.startswith(f"{name} "))
        assert all(need in row for need in card.needs)
        assert row.split()[-1] in ("no", "-") or width == 160
        assert card.summary.split()[0] in said.out
    if width == 80:
        assert "[! NTU S-Lab 1.0]" in plain(said.out)
        assert all(card.summary in plain(said.out) for card in cards().values())


def test_summaries_stand_by_themselves():
    for card in cards().values():
        assert not re.match(r"the same", card.summary, re.IGNORECASE), card.name
        assert card.summary.endswith("."), card.name


def test_the_same_for_programs(vmatte):
    told = {row["name"]: row for row in json.loads(vmatte("models", "--json").out)}
    assert set(told) == set(cards())
    assert told["matanyone"]["needs"] == ["mask"]
    assert not told["matanyone"]["free"]
    assert told["u2net"]["bytes"] == 176_290_937


@pytest.mark.parametrize("name", ["matanyone", "rembg.bria-rmbg", "chroma", "bgmv2.resnet50"])
def test_all_about_one(vmatte, name):
    said, card = plain(vmatte("models", "show", name).out), cards()[name]
    assert card.summary in said
    assert f"vmatte process CLIP --model {name}" in said
    if card.weights is not None:
        assert card.weights.url in said
        assert card.weights.licence in said
        assert ("--accept-license" in said) is not card.weights.free


def test_settings_inside_settings_are_told(vmatte):
    assert "long_term.max_mem_frames=10" in vmatte("models", "show", "matanyone").out


def test_an_unknown_model_names_the_nearest(vmatte):
    said = vmatte("models", "show", "matanyon")
    assert said.code == 2
    assert "did you mean 'matanyone'" in errors(said)[0]


def test_every_speed_is_of_a_model():
    assert set(measured().seconds) <= set(cards())


def test_the_pages_agree_with_the_cards():
    renew = "run `python -m tools.pages`"
    assert pages.PAGE.read_text(encoding="utf-8") == f"{pages.page()}\n", renew
    text = pages.README.read_text(encoding="utf-8")
    assert pages.readme(text) == text, renew
