"""The recurrence beyond the vectors: masks on any frame, states as values, precisions, bands, refusals."""

import io
import subprocess
import sys
from dataclasses import fields, replace

import numpy as np
import pytest
import torch
from safetensors.torch import load, load_file, save, save_file

from tests.models.matanyone.clips import ALPHA, known, loaded, picture, started
from tests.parity.seeded import seeded_state
from vmatte.core.errors import ModelError
from vmatte.models.matanyone.network.decoder import BAND
from vmatte.models.matanyone.network.weights import network_from
from vmatte.models.matanyone.recurrence import Recurrence
from vmatte.models.matanyone.settings import LongTerm, RecurrenceSettings
from vmatte.models.matanyone.state import State
from vmatte.nets.loading import channels_last

QUICK = RecurrenceSettings(n_warmup=0, mem_every=2)
LONG = replace(QUICK, mem_every=1, use_long_term=True, long_term=LongTerm(3, 2, 8, 64, 8))


@pytest.fixture(scope="module")
def scene():
    """A few small frames and the mask of the first."""
    held = loaded("matanyone_evict")[0]
    return held["frames"][:6, :64, :80].copy(), held["mask"][:64, :80].copy()


def advanced(recurrence, state, frames):
    shown = []
    for frame in frames:
        state, prediction = recurrence.step(state, recurrence.encode(picture(frame)))
        shown.append(prediction.alpha)
    return state, torch.stack(shown)


def same(a: State, b: State) -> bool:
    first, second = a.save(), b.save()
    return first.keys() == second.keys() and all(torch.equal(first[name], second[name]) for name in first)


def test_a_step_leaves_its_state_as_it_was(network, scene):
    recurrence = Recurrence(network, LONG)
    state, _ = started(recurrence, *scene)
    kept = State.load(state.save())
    _, once = advanced(recurrence, state, scene[0][1:4])
    assert same(state, kept)
    _, again = advanced(recurrence, state, scene[0][1:4])
    assert torch.equal(once, again)


@pytest.mark.parametrize("settings", [QUICK, LONG], ids=["short", "long-term"])
@pytest.mark.parametrize("form", ["torch", "safetensors"])
def test_a_saved_state_continues_bit_for_bit(network, scene, settings, form):
    recurrence = Recurrence(network, settings)
    state, _ = advanced(recurrence, started(recurrence, *scene)[0], scene[0][1:4])
    if form == "torch":
        held = io.BytesIO()
        torch.save(state.save(), held)
        held.seek(0)
        restored = State.load(torch.load(held, weights_only=True))
    else:
        restored = State.load(load(save(state.save())))
    wanted, found = (advanced(recurrence, s, scene[0][4:]) for s in (state, restored))
    assert torch.equal(wanted[1], found[1])
    assert same(wanted[0], found[0])


CHILD = """
import sys, numpy as np, torch
from safetensors.torch import load_file, save_file
from tests.parity.seeded import seeded_state
from vmatte.models.matanyone.network.weights import network_from
from vmatte.models.matanyone.recurrence import Recurrence
from vmatte.models.matanyone.settings import RecurrenceSettings
from vmatte.models.matanyone.state import State
from vmatte.nets.loading import channels_last
torch.set_num_threads(1)
network = network_from(seeded_state("matanyone"), "seeded")
recurrence = Recurrence(channels_last(network), RecurrenceSettings(n_warmup=0, mem_every=2))
state = State.load(load_file(sys.argv[1]))
for frame in np.load(sys.argv[2]):
    state, _ = recurrence.step(state, recurrence.encode(torch.from_numpy(frame).permute(2, 0, 1)))
save_file(state.save(), sys.argv[3])
"""


def test_another_process_continues_bit_for_bit(scene, tmp_path):
    network = channels_last(network_from(seeded_state("matanyone"), "seeded"))
    recurrence = Recurrence(network, QUICK)
    state, _ = advanced(recurrence, started(recurrence, *scene)[0], scene[0][1:3])
    save_file(state.save(), tmp_path / "before.safetensors")
    np.save(tmp_path / "frames.npy", scene[0][3:6])
    files = [str(tmp_path / name) for name in ("before.safetensors", "frames.npy", "after.safetensors")]
    subprocess.run([sys.executable, "-c", CHILD, *files], check=True)
    wanted, _ = advanced(recurrence, state, scene[0][3:6])
    assert same(wanted, State.load(load_file(files[2])))


def test_a_mask_in_the_middle_is_the_matte_and_is_remembered(network, scene):
    recurrence = Recurrence(network, RecurrenceSettings(n_warmup=0))
    state, _ = advanced(recurrence, started(recurrence, *scene)[0], scene[0][1:3])
    mask = torch.from_numpy(np.roll(scene[1], 5, axis=1))
    given, prediction = recurrence.step(state, recurrence.encode(picture(scene[0][3])), mask)
    assert torch.equal(prediction.alpha, mask.float() / 255)
    assert prediction.logits is None
    assert given.memory_time == given.time == 3
    assert given.memory.working == 2 * state.memory.working
    assert given.memory.permanent == state.memory.permanent
    summary = network.summary(given.value, given.alpha)
    assert torch.allclose(known(given.objects), known(state.objects) + summary)


def test_first_frame_predictions_forget(network, scene):
    recurrence = Recurrence(network, QUICK)
    state, _ = advanced(recurrence, started(recurrence, *scene)[0], scene[0][1:4])
    features = recurrence.encode(picture(scene[0][4]))
    state, _ = recurrence.warm_up(state, features, torch.from_numpy(scene[1]))
    assert (state.time, state.memory_time) == (0, 0)
    assert state.memory.working == state.memory.permanent == 4 * 5
    assert torch.allclose(known(state.objects), network.summary(state.value, state.alpha))


def test_a_boolean_mask_counts_as_full(network, scene):
    recurrence = Recurrence(network, QUICK)
    features = recurrence.encode(picture(scene[0][0]))
    masks = torch.from_numpy(scene[1]), torch.from_numpy(scene[1] > 0)
    first, second = (recurrence.step(State(), features, mask)[0] for mask in masks)
    assert same(first, second)


def test_pictures_of_any_depth_are_the_same_picture(network, scene):
    recurrence = Recurrence(network, QUICK)
    byte = picture(scene[0][0])
    word = torch.from_numpy(scene[0][0].astype(np.uint16) * 257).permute(2, 0, 1)
    wanted = recurrence.encode(byte).image.f1
    assert torch.equal(recurrence.encode(byte.float() / 255).image.f1, wanted)
    assert torch.allclose(recurrence.encode(word).image.f1, wanted, atol=1e-6)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_lower_precisions_stay_near(network, scene, dtype):
    settings = RecurrenceSettings(n_warmup=1, mem_every=2)
    exact, rough = (Recurrence(network, settings, kind) for kind in (torch.float32, dtype))
    wanted, found = (advanced(r, started(r, *scene)[0], scene[0][1:4]) for r in (exact, rough))
    apart = (wanted[1] - found[1]).abs()
    assert 0 < apart.mean() < 0.02
    kinds = {name: part.dtype for name, part in found[0].save().items() if part.is_floating_point()}
    exact_parts = {"sensory", "objects", "alpha", "memory.keys", "memory.shrinkage"}
    assert {name for name, kind in kinds.items() if kind == torch.float32} >= exact_parts
    assert found[1].dtype == torch.float32


def test_bands_of_the_decoder_do_not_show(network, scene):
    recurrence = Recurrence(network, RecurrenceSettings(n_warmup=1))
    whole, _ = started(recurrence, *scene)
    try:
        network.mask_decoder.band = 16 * 80
        banded, _ = started(recurrence, *scene)
    finally:
        network.mask_decoder.band = BAND
    for field in fields(State):
        a, b = getattr(whole, field.name), getattr(banded, field.name)
        assert not isinstance(a, torch.Tensor) or torch.allclose(a, b, rtol=1e-5, atol=ALPHA)


def test_a_clip_smaller_than_top_k_works(network):
    recurrence = Recurrence(network, RecurrenceSettings(n_warmup=0))
    rng = np.random.default_rng(0)
    frames = rng.integers(0, 256, (3, 30, 40, 3), np.uint8)
    mask = np.zeros((30, 40), np.uint8)
    mask[8:20, 10:30] = 255
    _, alphas = advanced(recurrence, started(recurrence, frames, mask)[0], frames[1:])
    assert alphas.shape == (2, 30, 40)
    assert alphas.isfinite().all()


def test_nothing_waits_for_the_device(network, scene, monkeypatch):
    recurrence = Recurrence(network, LONG)
    state, _ = started(recurrence, *scene)
    features = [recurrence.encode(picture(frame)) for frame in scene[0][1:4]]

    def read(self, *given):
        raise AssertionError("a value was read from the device")

    for name in ("item", "tolist", "__bool__", "__int__", "__float__", "nonzero", "cpu", "numpy"):
        monkeypatch.setattr(torch.Tensor, name, read)
    for seen in features:
        state, _ = recurrence.step(state, seen)
    recurrence.warm_up(state, features[0], torch.from_numpy(scene[1]))


def test_what_cannot_be_is_refused(network, scene):
    recurrence = Recurrence(network, QUICK)
    features = recurrence.encode(picture(scene[0][0]))
    with pytest.raises(ModelError, match="needs its mask"):
        recurrence.step(State(), features)
    with pytest.raises(ModelError, match="the mask is"):
        recurrence.step(State(), features, torch.zeros(3, 3))
    state, _ = recurrence.step(State(), features, torch.from_numpy(scene[1]))
    with pytest.raises(ModelError, match="another size"):
        recurrence.step(state, recurrence.encode(picture(scene[0][0][:48])))
