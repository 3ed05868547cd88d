"""Whole clips against the published recurrence, frame by frame."""

import numpy as np
import pytest
import torch

from tests.models.matanyone.clips import ALPHA_MEAN, LOGITS_MEAN, assert_near, known, loaded, picture, run
from tests.parity.seeded import seeded_state
from vmatte.models.matanyone.network.weights import network_from
from vmatte.models.matanyone.recurrence import Recurrence
from vmatte.models.matanyone.state import State
from vmatte.nets.loading import channels_last

CLIPS = ["matanyone_clip", "matanyone_evict", "matanyone_longterm", "matanyone_internal"]


@pytest.mark.parametrize("name", [*CLIPS, "matanyone_multi", "matanyone_step"])
def test_the_first_mask_is_exact(name):
    held, _, mask = loaded(name)
    np.testing.assert_array_equal(mask, held["mask"])
    assert mask.dtype == np.uint8


@pytest.mark.parametrize("name", CLIPS)
def test_a_clip_comes_out_as_published(name, network):
    held, settings, mask = loaded(name)
    steps = list(run(Recurrence(network, settings), held["frames"], mask))
    state = steps[-1][0]
    assert_near(torch.stack([step.alpha for _, step in steps]), held["alpha"], mean=ALPHA_MEAN)
    assert_near(torch.stack([known(step.logits)[::4, ::4] for _, step in steps]), held["logits_s4"], mean=LOGITS_MEAN)
    assert [s.memory.working for s, _ in steps] == held["work_tokens"].tolist()
    assert [s.memory.long for s, _ in steps] == held["long_tokens"].tolist()
    assert_near(known(state.sensory)[0, ::4], held["final_sensory_s4"])
    wanted = held["final_object_memory"]
    assert np.abs(known(state.objects)[0].numpy() - wanted).max() <= 1e-5 * np.abs(wanted).max()


@pytest.mark.parametrize("name", ["matanyone_longterm", "matanyone_internal"])
def test_every_warm_up_comes_out_as_published(name, network):
    held, settings, mask = loaded(name)
    assert len(held["warm_mean"]) == settings.n_warmup + 1
    recurrence = Recurrence(network, settings)
    features = recurrence.encode(picture(held["frames"][0]))
    state, prediction = recurrence.step(State(), features, torch.from_numpy(mask))
    if name == "matanyone_longterm":
        np.testing.assert_array_equal(prediction.alpha.numpy(), mask / np.float32(255))
    for mean in held["warm_mean"]:
        state, prediction = recurrence.step(state, features, first=True)
        assert abs(float(prediction.alpha.mean()) - mean) <= ALPHA_MEAN


def test_targets_that_share_their_features_come_out_as_if_alone(network):
    held, settings, masks = loaded("matanyone_multi")
    recurrence = Recurrence(network, settings)
    states = [State() for _ in masks]
    for i, frame in enumerate(held["frames"]):
        features = recurrence.encode(picture(frame))
        for k, mask in enumerate(masks):
            if i:
                states[k], prediction = recurrence.step(states[k], features)
            else:
                states[k], prediction = recurrence.warm_up(states[k], features, torch.from_numpy(mask))
            assert_near(prediction.alpha, held["alpha"][i, k])
            assert_near(known(prediction.logits)[::4, ::4], held["logits_s4"][i, k])


def test_sharing_features_changes_no_bit(network):
    held, settings, masks = loaded("matanyone_multi")
    recurrence, frames = Recurrence(network, settings), held["frames"][:2]
    alone = [[prediction.alpha for _, prediction in run(recurrence, frames, mask)] for mask in masks]
    first, second = (recurrence.encode(picture(frame)) for frame in frames)
    begun = [recurrence.warm_up(State(), first, torch.from_numpy(mask)) for mask in masks]
    gone_on = [recurrence.step(state, second) for state, _ in begun]
    for k in range(len(masks)):
        assert torch.equal(begun[k][1].alpha, alone[k][0])
        assert torch.equal(gone_on[k][1].alpha, alone[k][1])


def test_another_memory_format_comes_out_as_published():
    held, settings, mask = loaded("matanyone_internal")
    network = channels_last(network_from(seeded_state("matanyone"), "seeded"))
    for i, (_, prediction) in enumerate(run(Recurrence(network, settings), held["frames"][:3], mask)):
        assert_near(prediction.alpha, held["alpha"][i])
