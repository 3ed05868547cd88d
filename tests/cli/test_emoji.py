"""`vmatte emoji`: words, tables and exit codes."""

from pathlib import Path

from tests.run.emoji.faces import folder


def test_a_folder_of_sources_is_a_batch_with_one_table(vmatte, tmp_path):
    clips = tmp_path / "clips"
    clips.mkdir()
    folder(clips / "one", 6, 48)
    folder(clips / "two", 6, 48)
    (clips / "two" / "0003.png").write_bytes(b"damaged")
    said = vmatte("emoji", clips, "--preset", "slack-emoji", "--out", "done", "--rate", "12")
    assert said.code == 3, said.err
    rows = said.out.splitlines()
    assert rows[0].startswith("source")
    assert ["FAILED" in row for row in rows[1:]] == [False, True]
    assert sorted(path.name for path in Path("done").iterdir()) == [
        "one.slack-emoji.gif",
        "one.slack-emoji.preview.png",
    ]
    good = vmatte("emoji", "--check", "done/one.slack-emoji.gif", "--preset", "slack-emoji")
    assert (good.code, "fits slack-emoji" in good.out) == (0, True)
    bad = vmatte("emoji", "--check", "done/one.slack-emoji.gif", "--preset", "telegram-emoji")
    assert bad.code == 6
    assert "does NOT fit" in bad.out
    assert "exists already" in vmatte("emoji", clips / "one", "--preset", "slack-emoji", "--out", "done").err


def test_mistakes_are_explained(vmatte, tmp_path):
    folder(tmp_path / "one", 2, 32)
    assert "--presets" in vmatte("emoji", "one").err
    assert "unknown preset" in vmatte("emoji", "one", "--preset", "myspace").err
    assert "give sources" in vmatte("emoji", "--preset", "slack-emoji").err
    assert "like 6x4" in vmatte("emoji", "one", "--preset", "slack-emoji", "--sheet", "6").err
    assert "needs 5 frames" in vmatte("emoji", "one", "--preset", "line-emoji", "--out", "x").err
    listed = vmatte("emoji", "--presets")
    assert "whatsapp-sticker" in listed.out
