"""MatAnyone as a model of the pipeline: tracks that survive their process, sizes, and what it is sure of."""

import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import safetensors.torch
import torch

from tests.parity.seeded import seeded_state, vectors
from vmatte.core.errors import ConfigError, HintError, ModelError
from vmatte.core.frozen import freeze
from vmatte.core.types import Clip, Frame, Hints
from vmatte.models.lift import lift
from vmatte.models.matanyone import MatAnyoneSettings
from vmatte.models.matanyone.matter import MatAnyoneModel, Track
from vmatte.models.registry import Runtime

ROOT = Path(__file__).parents[3]


class Masks:
    def __init__(self, masks):
        self.masks, self.indices = masks, sorted(masks)

    def at(self, index):
        return self.masks.get(index)


@pytest.fixture(scope="module")
def weights(tmp_path_factory) -> Path:
    path = Path(tmp_path_factory.mktemp("weights") / "seeded.safetensors")
    safetensors.torch.save_file(seeded_state("matanyone"), path)
    return path


@pytest.fixture(scope="module")
def shot():
    """Frames, clip and hints of the long-term vectors' first six frames."""
    held = vectors("matanyone_longterm")
    frames = [Frame(n, n, picture, picture) for n, picture in enumerate(held["frames"][:6])]
    height, width = frames[0].rgb.shape[:2]
    clip = Clip(Path("shot"), width, height, Fraction(24), Fraction(1, 24))
    return frames, clip, Hints({"mask": Masks({0: held["mask_raw"]})})


def model(weights: Path, precision: str = "fp32", **settings) -> MatAnyoneModel:
    return MatAnyoneModel(MatAnyoneSettings(weights=weights, n_warmup=1, **settings), Runtime("cpu", precision))


def test_a_track_goes_on_in_another_process_bit_for_bit(weights, shot, tmp_path):
    frames, clip, hints = shot
    here = model(weights)
    track = here.start(clip, hints, frames[0])
    torch.save(track.save(), tmp_path / "begun.pt")
    for frame in frames[:3]:
        track, _ = here.step(track, frame, hints)
    np.savez(tmp_path / "track.npz", **freeze(track))  # type: ignore[arg-type]
    wanted = []
    for frame in frames[3:]:
        track, matte = here.step(track, frame, hints)
        wanted.append(matte.alpha)
    np.savez(tmp_path / "frames.npz", *[frame.rgb for frame in frames[3:]])
    script = f"""
import numpy as np, torch
from pathlib import Path
from vmatte.core.frozen import thaw
from vmatte.core.types import Frame, Hints
from vmatte.models.matanyone import MatAnyoneSettings
from vmatte.models.matanyone.matter import MatAnyoneModel
from vmatte.models.registry import Runtime
torch.set_num_threads(1)
model = MatAnyoneModel(MatAnyoneSettings(weights=Path({str(weights)!r}), n_warmup=1), Runtime("cpu", "fp32"))
track = thaw(np.load("track.npz"))
found = []
for index, rgb in enumerate(np.load("frames.npz").values(), 3):
    track, matte = model.step(track, Frame(index, index, rgb, rgb), Hints())
    found.append(matte.alpha)
np.save("found.npy", found)
"""
    subprocess.run([sys.executable, "-c", script], check=True, cwd=tmp_path, env={"PYTHONPATH": str(ROOT)})
    np.testing.assert_array_equal(np.load(tmp_path / "found.npy"), wanted)
    again = Track.load(torch.load(tmp_path / "begun.pt", weights_only=False))
    assert again.ahead


def test_it_is_sure_of_something(weights, shot):
    frames, clip, hints = shot
    mattes = list(lift(model(weights), anchored=True).mattes(clip, hints, iter(frames)))
    assert mattes[0].layers[0].confidence is None
    sure = [matte.layers[0].confidence for matte in mattes[1:]]
    assert all(value is not None and 0 <= value <= 1 for value in sure)


def test_masks_on_two_frames_meet_in_the_middle(weights, shot):
    frames, clip, hints = shot
    both = Hints({"mask": Masks({0: hints.maps["mask"].at(0), 4: hints.maps["mask"].at(0)})})
    ahead = list(lift(model(weights), anchored=True).mattes(clip, hints, iter(frames)))
    mixed = list(lift(model(weights), anchored=True).mattes(clip, both, iter(frames)))
    assert [matte.frame.index for matte in mixed] == list(range(6))
    np.testing.assert_array_equal(mixed[0].alpha, ahead[0].alpha)
    assert np.abs(mixed[3].alpha - ahead[3].alpha).max() > np.abs(mixed[1].alpha - ahead[1].alpha).max()


@pytest.mark.parametrize("precision", ["bf16", "fp16"])
def test_lower_precisions_run_and_stay_near(weights, shot, precision):
    frames, clip, hints = shot
    exact = list(lift(model(weights), anchored=True).mattes(clip, hints, iter(frames[:3])))
    rough = list(lift(model(weights, precision), anchored=True).mattes(clip, hints, iter(frames[:3])))
    apart = np.mean([np.abs(a.alpha - b.alpha).mean() for a, b in zip(exact, rough, strict=True)])
    assert 0 < apart < 0.02


def test_a_working_size_shrinks_the_work_and_not_the_matte(weights, shot):
    frames, clip, hints = shot
    small = model(weights, max_size=48)
    _, matte = small.step(small.start(clip, hints, frames[0]), frames[0], hints)
    assert matte.alpha.shape == frames[0].rgb.shape[:2]
    assert small._side == 48


def test_another_frame_size_is_refused(weights, shot):
    frames, clip, hints = shot
    here = model(weights, max_size=-1)
    track = here.start(clip, hints, frames[0])
    other = np.zeros((48, 64, 3), np.uint8)
    with pytest.raises(ModelError, match="another size"):
        here.step(track, Frame(1, 1, other, other), hints)


def test_hints_that_do_not_fit_are_said(weights, shot):
    frames, clip, _ = shot
    here = model(weights)
    with pytest.raises(HintError, match="no mask for frame 0"):
        here.start(clip, Hints(), frames[0])
    with pytest.raises(HintError, match="8x4"):
        here.start(clip, Hints({"mask": Masks({0: np.zeros((4, 8), np.uint8)})}), frames[0])


def test_a_device_that_is_not_there(weights):
    if torch.cuda.is_available():
        pytest.skip("there is one")
    with pytest.raises(ConfigError, match="device cuda"):
        MatAnyoneModel(MatAnyoneSettings(weights=weights), Runtime("cuda", "auto"))


@pytest.mark.parametrize("size", [-2, 3])
def test_a_working_size_must_mean_something(size):
    with pytest.raises(ConfigError, match="max_size"):
        MatAnyoneSettings(max_size=size)
