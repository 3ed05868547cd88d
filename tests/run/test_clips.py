"""Which clips a folder holds, and which of two folders belong together."""

from pathlib import Path

import pytest

from vmatte.core.errors import InputError
from vmatte.run.clips import SOURCES, clips_in, holds_clips, itself, partner, sources_at


def touched(root, *names):
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()
    return root


def test_a_test_set_clip_first_and_kind_first(tmp_path):
    first = touched(tmp_path / "a", *(f"motion/{n}/{k}/0.png" for n in ("0000", "0001") for k in ("pha", "com", "fgr")))
    kind = touched(tmp_path / "b", *(f"motion/{k}/{n}/0.png" for n in ("0000", "0001") for k in ("pha", "com", "fgr")))
    for root in (first, kind):
        assert holds_clips(root)
        assert list(clips_in(root, deep=True)) == ["motion/0000", "motion/0001"]
        with pytest.raises(InputError, match="no clips in there"):
            clips_in(root)
    assert partner(first, "motion/0001") == first / "motion/0001/pha"
    assert partner(kind, "motion/0001") == kind / "motion/pha/0001"
    assert partner(first, "motion/0001", SOURCES) == first / "motion/0001/com"
    assert partner(kind, "motion/0001", SOURCES) == kind / "motion/com/0001"
    assert itself(first / "motion" / "0000") == first / "motion" / "0000" / "pha"
    with pytest.raises(InputError, match="no clip called x in there"):
        partner(first, "x")


def test_a_flat_folder_keeps_its_names(tmp_path):
    root = touched(tmp_path, "walk.alpha.mkv", "run/0.png", "fly/pha/0.png", ".hidden/0.png", "notes/a.txt")
    assert clips_in(root) == {"walk": root / "walk.alpha.mkv", "run": root / "run", "fly": root / "fly" / "pha"}
    assert sources_at(root) == [root / "run"]
    assert itself(root / "run") == root / "run"
    assert not holds_clips(root / "run")
    assert not holds_clips(root / "notes")
    assert not holds_clips(Path("no such folder"))
