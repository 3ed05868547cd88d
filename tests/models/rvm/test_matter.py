"""RVM as a model of the pipeline: states that survive their process, chunks, colours, sizes."""

import pickle
import subprocess
import sys
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import safetensors.torch
import torch

from tests.parity.seeded import vectors
from vmatte.core.errors import ConfigError, ModelError
from vmatte.core.types import Clip, Colour, Frame, Hints
from vmatte.models.lift import lift
from vmatte.models.registry import Runtime
from vmatte.models.rvm import RVMSettings
from vmatte.models.rvm.matter import RVMModel
from vmatte.models.rvm.network.model import RVM
from vmatte.models.rvm.state import State

ROOT = Path(__file__).parents[3]
CLIP = Clip(Path("shot"), 118, 90, Fraction(24), Fraction(1, 24))
FRAMES = [Frame(n, n, picture, picture) for n, picture in enumerate(vectors("rvm_mobilenetv3")["frames"])]


@pytest.fixture
def model(weights):
    def built(precision: str = "fp32", **settings) -> RVMModel:
        settings = {"weights": weights, "downsample_ratio": 0.5} | settings
        return RVMModel(RVMSettings(**settings), Runtime("cpu", precision))

    return built


def run(model: RVMModel, frames=FRAMES, clip=CLIP):
    return list(lift(model).mattes(clip, Hints(), iter(frames)))


def test_a_state_goes_on_in_another_process_bit_for_bit(model, weights, tmp_path):
    here = model()
    state = here.start(CLIP, Hints(), FRAMES[0])
    assert pickle.loads(pickle.dumps(state)).maps is None
    state, _ = here.steps(state, FRAMES[:3], Hints())
    safetensors.torch.save_file(state.save(), tmp_path / "state.safetensors")
    assert pickle.loads(pickle.dumps(state)).save().keys() == state.save().keys()
    wanted = []
    for frame in FRAMES[3:6]:
        state, matte = here.step(state, frame, Hints())
        wanted.append(matte.alpha)
    np.save(tmp_path / "frames.npy", np.stack([frame.rgb for frame in FRAMES[3:6]]))
    script = f"""
import numpy as np, safetensors.torch, torch
from pathlib import Path
from vmatte.core.types import Frame, Hints
from vmatte.models.rvm import RVMSettings
from vmatte.models.rvm.matter import RVMModel
from vmatte.models.rvm.state import State
from vmatte.models.registry import Runtime
torch.set_num_threads(1)
model = RVMModel(RVMSettings(weights=Path({str(weights)!r}), downsample_ratio=0.5), Runtime("cpu", "fp32"))
state = State.load(safetensors.torch.load_file("state.safetensors"))
found = []
for index, rgb in enumerate(np.load("frames.npy"), 3):
    state, matte = model.step(state, Frame(index, index, rgb, rgb), Hints())
    found.append(matte.alpha)
np.save("found.npy", found)
"""
    subprocess.run([sys.executable, "-c", script], check=True, cwd=tmp_path, env={"PYTHONPATH": str(ROOT)})
    np.testing.assert_array_equal(np.load(tmp_path / "found.npy"), wanted)


def test_chunks_are_equal_to_single_steps(model):
    single, chunked = run(model(seq_chunk=1)), run(model(seq_chunk=3))
    assert [matte.frame.index for matte in chunked] == list(range(8))
    for one, other in zip(single, chunked, strict=True):
        assert np.abs(one.alpha - other.alpha).max() <= 5e-6
        assert np.abs(one.layers[0].colour - other.layers[0].colour).max() <= 5e-6


def test_no_more_than_a_chunk_is_read_ahead(model):
    read = []

    def reading():
        for frame in FRAMES:
            read.append(frame.index)
            yield frame

    mattes = lift(model(seq_chunk=2)).mattes(CLIP, Hints(), reading())
    for number, _ in enumerate(mattes):
        assert len(read) <= number - number % 2 + 2


def test_colours_are_of_the_clips_depth(model):
    rgb = FRAMES[0].sdr
    deep = [Frame(0, 0, (rgb * 257.0 + 100 * (rgb < 255)).astype(np.uint16), rgb)]
    (shallow,), (fine,) = run(model(), FRAMES[:1]), run(model(), deep)
    np.testing.assert_array_equal(shallow.alpha, fine.alpha)
    inside = (fine.layers[0].colour > 0) & (fine.layers[0].colour < 1) & (rgb < 255)
    apart = (fine.layers[0].colour - shallow.layers[0].colour)[inside]
    assert np.abs(apart - 100 / 65535).max() < 1e-5
    hdr = replace(CLIP, colour=Colour(transfer=16))
    assert run(model(), deep, hdr)[0].layers[0].colour is None


def test_a_state_of_another_size_is_refused(model):
    state, _ = model().step(State(), FRAMES[0], Hints())
    with pytest.raises(ModelError, match="downsample_ratio"):
        model(downsample_ratio=1).step(state, FRAMES[1], Hints())


def test_memory_that_runs_out_costs_speed_but_not_the_clip(model, monkeypatch, caplog):
    coarse = RVM.coarse

    def tight(self, small, *given, **named):
        if len(small) > 1:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return coarse(self, small, *given, **named)

    monkeypatch.setattr(RVM, "coarse", tight)
    found = run(model(seq_chunk=4))
    assert "going on with 1 frames at once" in caplog.text
    monkeypatch.undo()
    for one, other in zip(found, run(model(seq_chunk=1)), strict=True):
        np.testing.assert_array_equal(one.alpha, other.alpha)
    monkeypatch.setattr(RVM, "coarse", lambda *_, **__: tight(None, [0, 0]))
    with pytest.raises(ModelError, match=r"out of memory at frame 0, 118x90 at a ratio of 0\.5"):
        run(model())


@pytest.mark.parametrize("ratio", [0, 1.5, -1, "half", "nan"])
def test_a_ratio_that_is_none_is_refused(ratio):
    with pytest.raises(ConfigError, match="downsample_ratio"):
        RVMSettings(downsample_ratio=ratio)


def test_nothing_said_is_automatic():
    assert RVMSettings(downsample_ratio=None).ratio(720, 1280) == RVMSettings().ratio(720, 1280) == 0.4
    assert RVMSettings(downsample_ratio=1).ratio(720, 1280) == 1


def test_frames_of_which_nothing_is_left_are_refused(model):
    with pytest.raises(ModelError, match="nothing is left of 118x90"):
        run(model(downsample_ratio=0.01))
    assert run(model(downsample_ratio="0.0112"), FRAMES[:2])[1].alpha.shape == (90, 118)
