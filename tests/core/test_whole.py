"""Texts are there whole or not at all."""

import pytest

from vmatte.core.whole import write_whole


def test_a_text_replaces_another_and_makes_its_folder(tmp_path):
    path = tmp_path / "new" / "text.json"
    write_whole(path, "one\n")
    write_whole(path, "two\r\nö")
    assert path.read_bytes() == "two\r\nö".encode()
    assert [entry.name for entry in path.parent.iterdir()] == ["text.json"]


def test_what_was_there_stays_when_there_is_no_room(tmp_path, monkeypatch):
    path = tmp_path / "text.json"
    write_whole(path, "one")

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write_whole(path, "two")
    assert path.read_text() == "one"
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["text.json", "text.json.partial"]
