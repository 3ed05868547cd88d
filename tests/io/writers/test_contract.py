"""What every output promises; a new row of the table is tested by being there."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from tests.io.writers.conftest import GATHERED, STREAMED, frames, make_clip, picture, write
from vmatte.core.errors import ConfigError, OutputError, VmatteError
from vmatte.io.writers import OUTPUTS, OutputWriter, open_writer, output_kind, output_path

NAMES = [*STREAMED, *GATHERED]


def images(path: Path) -> list[Path]:
    return sorted(path.iterdir()) if path.is_dir() else [path]


def stored(path: Path) -> dict[str, bytes]:
    return {entry.name: entry.read_bytes() for entry in images(path)}


def started(out: Path, name: str, count: int = 3, overwrite: bool = False) -> Iterator[OutputWriter]:
    """A writer with some pictures written, left by the caller's own way."""
    clip = make_clip()
    with open_writer(name, output_path(out, "clip", name), clip, options={"workers": 2}, overwrite=overwrite) as writer:
        for index in range(count):
            writer.write(picture(clip, index))
        yield writer


@pytest.fixture(autouse=True)
def no_thread_left() -> Iterator[None]:
    before = threading.active_count()
    yield
    assert threading.active_count() == before


@pytest.mark.parametrize("name", NAMES)
class TestEveryOutput:
    def test_appears_complete_under_its_final_name(self, out: Path, name: str) -> None:
        path = output_path(out, "clip", name)
        for writer in started(out, name):
            assert not path.exists()
            writer.finish()
            assert not path.exists()
            assert all("partial" in entry.name for entry in out.iterdir())
            writer.publish()
        assert list(out.iterdir()) == [path] == [writer.path]
        assert writer.facts.frames == 3
        assert writer.facts.bytes == sum(entry.stat().st_size for entry in images(path))
        assert len(writer.facts.checks) >= 2
        assert writer.meter.count == 3
        assert writer.meter.total > 0

    @pytest.mark.parametrize("count", [0, 1, 5])
    @pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
    def test_an_exception_leaves_no_file(self, out: Path, name: str, count: int, error: type[BaseException]) -> None:
        with pytest.raises(error):  # noqa: PT012
            for _ in started(out, name, count):
                raise error
        assert not out.exists()

    def test_leaving_without_publishing_leaves_no_file(self, out: Path, name: str) -> None:
        writer = next(started(out, name))
        assert not out.exists()
        assert writer.facts.bytes == 0
        for writer in started(out, name):
            writer.finish()
        assert not out.exists()

    def test_nothing_is_published_unchecked(self, out: Path, name: str) -> None:
        with pytest.raises(RuntimeError, match="finish"):  # noqa: PT012
            for writer in started(out, name):
                writer.publish()
        assert not out.exists()

    def test_no_picture_is_an_error(self, out: Path, name: str) -> None:
        with pytest.raises(OutputError, match="no picture"):  # noqa: PT012
            for writer in started(out, name, 0):
                writer.finish()
        assert not out.exists()

    def test_one_picture(self, out: Path, name: str) -> None:
        clip = make_clip()
        path = write(out, name, clip, [picture(clip, 0)]).path
        assert name == "webp" or len(frames(images(path)[0])) == 1  # FFmpeg reads no animated WebP

    @pytest.mark.parametrize("size", [(101, 75), (1, 1), (16, 17), (33, 2)])
    def test_odd_sizes(self, out: Path, name: str, size: tuple[int, int]) -> None:
        clip = make_clip(*size)
        writer = write(out, name, clip, [picture(clip, 0), picture(clip, 1)])
        if name in GATHERED:
            assert writer.facts.frames == 2
            return
        (first, *_) = frames(images(writer.path)[0])
        grown = tuple(side + side % 2 for side in size) if name in ("alpha-mp4", "over") else size
        assert (first.width, first.height) == grown
        assert any("padded" in warning for warning in writer.facts.warnings) == (grown != size)

    def test_the_same_bytes_from_one_encoder_and_from_three(self, out: Path, name: str) -> None:
        if name in ("alpha-mp4", "over", "webm", *GATHERED):
            pytest.skip("one encoder")
        clip = make_clip(101, 75)
        run = [picture(clip, index, index * 3000 + index % 2) for index in range(10)]
        one = stored(write(out / "one", name, clip, run, workers=1).path)
        three = stored(write(out / "three", name, clip, run, workers=3).path)
        assert one == three
        assert len(one) in (1, 10)

    def test_an_existing_output_is_refused_before_any_work(self, out: Path, name: str) -> None:
        clip = make_clip()
        path = write(out, name, clip, [picture(clip, 0)]).path
        before = stored(path)
        with pytest.raises(OutputError, match=r"exists already.*--overwrite"):
            open_writer(name, path, clip)
        assert stored(path) == before
        assert list(out.iterdir()) == [path]

    def test_overwriting_replaces_only_when_complete(self, out: Path, name: str) -> None:
        clip = make_clip()
        path = write(out, name, clip, [picture(clip, index) for index in range(6)]).path
        before = stored(path)
        for writer in started(out, name, 2, overwrite=True):
            writer.finish()
            assert stored(path) == before
        assert stored(path) == before
        for writer in started(out, name, 2, overwrite=True):
            writer.finish()
            writer.publish()
        assert stored(path) != before
        assert list(out.iterdir()) == [path]

    def test_leftovers_of_a_crash_are_replaced(self, out: Path, name: str) -> None:
        clip = make_clip()
        for _ in started(out, name):
            work = next(iter(out.iterdir()))
            kept = out.parent / "kept"
            shutil.copytree(work, kept) if work.is_dir() else shutil.copy(work, kept)
        out.mkdir(exist_ok=True)
        kept.rename(work)
        path = write(out, name, clip, [picture(clip, 0)]).path
        assert list(out.iterdir()) == [path]

    def test_two_runs_do_not_write_the_same_file(self, out: Path, name: str) -> None:
        for _ in started(out, name):
            with pytest.raises(OutputError, match="another run"):
                open_writer(name, output_path(out, "clip", name), make_clip())

    def test_folders_that_cannot_be_written(self, out: Path, name: str) -> None:
        out.write_text("a file where the folder should be")
        with pytest.raises(OutputError, match=f"cannot write .*{name}"):
            open_writer(name, output_path(out, "clip", name), make_clip())
        with pytest.raises(OutputError, match="cannot write"):
            open_writer(name, output_path(Path("/proc/vmatte"), "clip", name), make_clip())

    def test_a_picture_of_another_size(self, out: Path, name: str) -> None:
        other = make_clip(50, 32)
        with pytest.raises(OutputError, match="frame 3 is 50x32, its clip 48x32"):  # noqa: PT012
            for writer in started(out, name):
                writer.write(picture(other, 3))
        assert not out.exists()

    def test_time_must_go_forward(self, out: Path, name: str) -> None:
        with pytest.raises(OutputError, match="frame 2"):  # noqa: PT012
            for writer in started(out, name):
                writer.write(picture(make_clip(), 2))
                writer.finish()
        assert not out.exists()

    def test_an_alpha_that_is_no_number_names_its_frame(self, out: Path, name: str) -> None:
        if OUTPUTS[name].view in ("over", "compare"):
            pytest.skip("opaque")
        clip = make_clip()
        alpha = np.full((32, 48), np.nan, np.float32)
        with pytest.raises(OutputError, match=r"frame 3: .*not numbers"):  # noqa: PT012
            for writer in started(out, name):
                writer.write(replace(picture(clip, 3), alpha=alpha))
                writer.finish()
        assert not out.exists()

    def test_a_picture_without_what_the_output_stores(self, out: Path, name: str) -> None:
        clip = make_clip()
        bare = replace(picture(clip, 3), colour=None) if OUTPUTS[name].view != "alpha" else None
        with pytest.raises(OutputError, match="frame 3: this output needs"):  # noqa: PT012
            for writer in started(out, name):
                writer.write(bare or replace(picture(clip, 3), alpha=None))
                writer.finish()

    def test_unknown_options(self, out: Path, name: str) -> None:
        path = output_path(out, "clip", name)
        with pytest.raises(ConfigError, match=r"unknown option 'nonsense'.*workers"):
            open_writer(name, path, make_clip(), options={"nonsense": 3})
        with pytest.raises(ConfigError, match=r"workers .*int"):
            open_writer(name, path, make_clip(), options={"workers": "many"})
        with pytest.raises(ConfigError, match="workers"):
            open_writer(name, path, make_clip(), options={"workers": -1})
        assert not out.exists()

    def test_awkward_names(self, out: Path, name: str) -> None:
        clip = make_clip()
        for stem in ("a b%03d (1)", "12:30,take", "ünï#?&", "-x"):
            path = output_path(out / stem, stem, name)
            with open_writer(name, path, clip) as writer:
                writer.write(picture(clip, 0))
                writer.finish()
                writer.publish()
            assert list(path.parent.iterdir()) == [path]

    def test_relative_paths(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
        monkeypatch.chdir(tmp_path)
        clip = make_clip()
        with open_writer(name, output_path(Path(), "12:30", name), clip) as writer:
            writer.write(picture(clip, 0))
            writer.finish()
            writer.publish()
        assert [entry.name for entry in tmp_path.iterdir()] == [output_path(Path(), "12:30", name).name]

    def test_a_first_picture_far_from_zero(self, out: Path, name: str) -> None:
        clip = make_clip(time_base=Fraction(1, 1000))
        writer = write(out, name, clip, [picture(clip, 7_000 + index) for index in range(2)])
        assert [entry.name for entry in images(writer.path)] in (
            [f"00700{last}.{name if name == 'exr' else 'png'}" for last in (0, 1)],
            [writer.path.name],
        )


@pytest.mark.parametrize("name", [name for name in NAMES if OUTPUTS[name].extension])
def test_another_extension_is_refused(out: Path, name: str) -> None:
    for extension in (".ogv", ".MOVIE", ""):
        with pytest.raises(OutputError, match=f"{name} is written as {OUTPUTS[name].extension}"):
            open_writer(name, out / f"clip{extension}", make_clip())
    assert not out.exists()


@pytest.mark.parametrize("name", NAMES)
def test_a_clip_is_never_its_own_output(out: Path, name: str) -> None:
    clip = make_clip()
    path = write(out, name, clip, [picture(clip, 0)]).path
    with pytest.raises(OutputError, match="its own source"):
        open_writer(name, path, replace(clip, path=path), overwrite=True)
    with pytest.raises(OutputError, match="its own source"):
        open_writer(name, path, clip, out / ".." / out.name / path.name, overwrite=True)
    assert path.exists()


def test_unknown_outputs_are_named() -> None:
    with pytest.raises(ConfigError, match=r"unknown output 'prorez': did you mean 'prores'.*alpha-mp4.*rgba-png"):
        output_kind("prorez")
    with pytest.raises(VmatteError):
        output_path(Path(), "clip", "gif89")


def test_every_row_says_what_it_needs() -> None:
    for name, kind in OUTPUTS.items():
        assert kind.name == name
        assert kind.view in ("alpha", "rgba", "rgba16", "foreground", "background", "over", "compare")
        assert kind.summary
        assert kind.options().workers == 0


def test_folders_that_were_made_for_a_failed_file_go_with_it(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "deep"
    with open_writer("alpha", folder / "clip.mkv", make_clip()):
        assert folder.is_dir()
    assert not list(tmp_path.iterdir())
