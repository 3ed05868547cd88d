"""Whom the store trusts, what it refuses, and what it remembers."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.weights.checkpoints import NET, OTHER, archive, left, published, sha256
from tests.weights.server import serve
from vmatte.core.errors import ConfigError, WeightsError
from vmatte.weights import digest, licences
from vmatte.weights.fetch import fetch
from vmatte.weights.home import home as home_folder
from vmatte.weights.local import import_file, local_sha256
from vmatte.weights.published import Weights
from vmatte.weights.record import Trust, record_path
from vmatte.weights.store import Condition, condition, find
from vmatte.weights.telling import Teller


def test_the_first_file_is_trusted_and_said_and_later_ones_are_compared(server):
    server.script(serve(NET))
    said: list[str] = []
    kept = fetch("net", published(server, None), teller=Teller(said.append))
    assert kept.record.trust is Trust.first_use
    assert f"no published hash: trusting what arrived, recorded as sha256:{sha256(NET)}" in said
    kept.path.unlink()
    server.script(serve(OTHER))
    with pytest.raises(WeightsError, match=r"another file than the one first trusted.*vmatte weights remove net --yes"):
        fetch("net", published(server, None))
    record_path("net").unlink()
    assert fetch("net", published(server, None)).record.sha256 == sha256(OTHER)


def test_a_hash_is_not_computed_again_while_size_and_time_stand(server, monkeypatch):
    server.script(serve(NET))
    kept = fetch("net", published(server))
    read: list[Path] = []

    def counted(path: Path) -> str:
        read.append(path)
        return digest.sha256_of(path)

    monkeypatch.setattr("vmatte.weights.record.sha256_of", counted)
    assert find("net", published(server)) == kept
    assert read == []
    os.utime(kept.path)
    found = find("net", published(server))
    assert found is not None
    assert found.path == kept.path
    assert len(read) == 1
    assert find("net", published(server)) == found
    assert len(read) == 1
    assert condition("net", published(server), rehash=True) is Condition.stored
    assert len(read) == 2


def test_a_file_that_changed_is_found_out_and_fetched_again(server):
    server.script(serve(NET))
    kept = fetch("net", published(server))
    stamp = kept.path.stat()
    kept.path.write_bytes(OTHER)
    with pytest.raises(WeightsError, match="holds other bytes"):
        find("net", published(server))
    os.utime(kept.path, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
    assert condition("net", published(server)) is Condition.stored
    assert condition("net", published(server), rehash=True) is Condition.changed
    os.utime(kept.path)
    said: list[str] = []
    assert fetch("net", published(server), teller=Teller(said.append)).path.read_bytes() == NET
    assert "have changed" in said[0]


def test_a_card_that_names_another_file_by_now(server, home):
    server.script(serve(NET))
    fetch("net", published(server))
    newer = published(server, OTHER, path="/v2/newer")
    assert condition("net", newer) is Condition.outdated
    assert find("net", newer) is None
    server.script(serve(OTHER))
    assert fetch("net", newer).path.read_bytes() == OTHER
    assert left(home) == {"newer.safetensors", "record.json"}
    moved = published(server, None, path="/v3/net")
    server.script(serve(NET))
    fetch("net", published(server, None, path="/v2/net"))
    assert condition("net", moved) is not Condition.absent


def test_a_damaged_record_counts_as_none(server):
    server.script(serve(NET))
    fetch("net", published(server))
    for text in ("", "[]", "{", '{"trust": "hearsay"}'):
        record_path("net").write_text(text)
        assert condition("net", published(server)) is Condition.absent
    assert fetch("net", published(server)).path.read_bytes() == NET


@pytest.mark.parametrize("said", ["1", "true", "option"])
def test_offline_never_asks_and_says_what_to_do(server, monkeypatch, said):
    server.script(serve(NET))
    if said != "option":
        monkeypatch.setenv("VMATTE_OFFLINE", said)
    with pytest.raises(WeightsError, match=r"are not here .*vmatte weights fetch net.*vmatte weights import net FILE"):
        fetch("net", published(server), no_network=said == "option")
    assert server.asked == []
    monkeypatch.setenv("VMATTE_OFFLINE", "0")
    kept = fetch("net", published(server))
    assert fetch("net", published(server), no_network=True) == kept


def test_a_licence_is_accepted_once_for_all_weights_under_it(server):
    server.script(serve(NET))
    weights = published(server, free=False)
    with pytest.raises(
        WeightsError, match=r"Studies Only 1.0 \(read it at https://example.org/licence\).*--accept-license"
    ):
        fetch("net", weights)
    assert server.asked == []
    kept = fetch("net", weights, accept=True)
    assert kept.record.licence_accepted == licences.accepted(weights) is not None
    assert fetch("other", weights).path.read_bytes() == NET
    with pytest.raises(WeightsError, match="Stricter"):
        fetch("third", replace(weights, licence="Stricter"))


def test_a_local_file_is_compared_with_the_published_hash(server, tmp_path, home):
    (tmp_path / "mine.bin").write_bytes(OTHER)
    with pytest.raises(WeightsError, match=f"mine.bin is not the published file of net.*{sha256(OTHER)}"):
        import_file("net", published(server), tmp_path / "mine.bin")
    assert left(home) == set()
    (tmp_path / "mine.bin").write_bytes(NET)
    kept = import_file("net", published(server), tmp_path / "mine.bin")
    assert kept.path.read_bytes() == NET
    assert kept.record.trust is Trust.published
    assert find("net", published(server)) == kept
    assert left(home) == {"net.safetensors", "record.json"}


def test_a_local_file_is_recorded_where_no_hash_is_known(server, tmp_path):
    (tmp_path / "mine.bin").write_bytes(archive())
    kept = import_file("net", published(server, None), tmp_path / "mine.bin")
    assert kept.record.trust is Trust.imported
    assert kept.path.name == "net.pth"
    assert kept.record.via == str(tmp_path / "mine.bin")
    assert find("net", published(server, None, path="/v2/net")) == kept
    kept.path.write_bytes(b"changed")
    with pytest.raises(WeightsError, match="vmatte weights import net FILE"):
        fetch("net", published(server, None))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "not there"),
        (b"", "is empty"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0", "git lfs pull"),
        (b"<html>login</html>", "web page"),
        (b"\x89PNG\r\n" + bytes(600), "no weights file"),
        (NET[: len(NET) // 2], "cut short"),
        (archive()[:-30], "cut short"),
    ],
)
def test_garbage_is_not_imported(server, tmp_path, home, content, said):
    file = tmp_path / "mine.pth"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(WeightsError, match=said) as caught:
        import_file("net", published(server, None), file)
    assert str(file) in str(caught.value)
    assert left(home) == set()


def test_a_file_that_stays_where_it_is(tmp_path):
    file = tmp_path / "mine.pth"
    file.write_bytes(NET)
    assert local_sha256(file) == sha256(NET)
    for place, said in ((tmp_path, "a folder"), (tmp_path / "none.pth", "not there")):
        with pytest.raises(WeightsError, match=said):
            local_sha256(place)


def test_where_things_live(monkeypatch, tmp_path):
    monkeypatch.delenv("VMATTE_HOME")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert home_folder() == tmp_path / "vmatte"
    for relative in ("", "cache"):
        monkeypatch.setenv("XDG_CACHE_HOME", relative)
        assert home_folder() == Path.home() / ".cache/vmatte"
    monkeypatch.setenv("VMATTE_HOME", "~/mine")
    assert home_folder() == Path.home() / "mine"


@pytest.mark.parametrize("given", [{"url": "https://example.org/"}, {"filename": "../net.pth"}, {"sha256": "12"}])
def test_a_card_with_a_slip_is_refused(given):
    right: dict[str, Any] = {"url": "https://example.org/net%201.pth", "sha256": None, "size": None, "licence": "MIT"}
    assert Weights(**right).file == "net 1.pth"
    with pytest.raises(ConfigError):
        Weights(**{**right, **given})
