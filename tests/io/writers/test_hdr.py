"""What an HDR clip states of its display and brightness goes along where a file can say it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.clips import Recipe, chart, write_clip
from tests.io.writers.conftest import HDR, SourceMaker, make_clip, picture, sound, times, write
from vmatte.core.errors import OutputError
from vmatte.core.grading import Grading
from vmatte.io.probe import probe
from vmatte.io.writers.quicktime import state_grading

# P3 primaries, D65, 1000 to 0.005 cd/m2, as most masters state it.
P3 = (34000, 16000, 13250, 34500, 7500, 3000, 15635, 16450, 10_000_000, 50)
WHOLE = Grading(P3, (1000, 400))


@pytest.mark.parametrize("name", ["prores", "over", "background"])
@pytest.mark.parametrize("grading", [WHOLE, Grading(P3), Grading(light=(900, 100))])
def test_it_comes_back(out: Path, name: str, grading: Grading) -> None:
    clip = make_clip(64, 48, depth=10, colour=HDR, grading=grading)
    found = probe(write(out, name, clip, [picture(clip, index) for index in range(3)]).path)
    assert found.grading == grading
    assert (found.colour.primaries, found.colour.transfer) == (9, 16)


def test_sound_and_times_are_not_moved_by_it(source: SourceMaker, out: Path) -> None:
    path, plain, pts = source()
    clip = make_clip(64, 48, depth=10, colour=HDR, grading=WHOLE, time_base=plain.time_base, audio_streams=1)
    found = write(out, "prores", clip, [picture(clip, index, time) for index, time in enumerate(pts)], path).path
    assert sound(found) == sound(path)
    assert times(found) == [time * clip.time_base for time in pts]
    assert probe(found).grading == WHOLE


def test_it_is_read_from_the_stream_itself(tmp_path: Path) -> None:
    params = "log-level=none:pools=1:bframes=0:master-display=G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)"
    recipe = Recipe(
        "libx265",
        "yuv420p10le",
        9,
        tags={"colorspace": 9, "color_primaries": 9, "color_trc": 16, "color_range": 1},
        options={"preset": "ultrafast", "x265-params": f"{params}L(10000000,50):max-cll=1000,400"},
    )
    assert probe(write_clip(tmp_path / "a.mkv", [chart(64, 48)], recipe)).grading == WHOLE
    assert probe(write_clip(tmp_path / "b.mp4", [chart(64, 48)])).grading is None


def test_a_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "fast.mp4", [chart(64, 48)], Recipe(muxing={"movflags": "faststart"}))
    with pytest.raises(OutputError, match="index"):
        state_grading(path, WHOLE)
