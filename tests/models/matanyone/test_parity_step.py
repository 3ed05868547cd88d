"""Every stage of the three kinds of step against the published network."""

import re
from typing import Any

import numpy as np
import pytest
import torch

from tests.models.matanyone.clips import ALPHA, FEATURE, loaded, picture
from vmatte.models.matanyone.reading import similarity
from vmatte.models.matanyone.recurrence import Recurrence
from vmatte.models.matanyone.state import State


class Listener:
    """What went in and out of the network's parts since it was last cleared; the first call of each counts."""

    def __init__(self, network: torch.nn.Module) -> None:
        self.ins: dict[str, Any] = {}
        self.outs: dict[str, Any] = {}
        self._hooks = [part.register_forward_hook(self._heard(name)) for name, part in network.named_modules()]

    def _heard(self, name: str) -> Any:
        def hook(_: object, given: Any, made: Any) -> None:
            self.ins.setdefault(name, given)
            self.outs.setdefault(name, made)

        return hook

    def clear(self) -> None:
        self.ins, self.outs = {}, {}

    def close(self) -> None:
        for hook in self._hooks:
            hook.remove()


def encoded(heard, features):
    f16, f8, f4, f2 = heard.outs["pixel_encoder"]
    image = features.image
    named = {"f16": f16, "f8": f8, "f4": f4, "f2": f2, "pix_feat": image.pixels, "key": image.key}
    return named | {"shrinkage": image.shrinkage, "selection": image.selection}


def remembered(heard, state, prediction):
    return {
        "msk_value": state.value,
        "object_value": heard.outs.get("object_summarizer"),
        "sensory_after": state.sensory,
        "alpha": prediction.alpha,
        "logits": prediction.logits,
    }


def predicted(heard, network):
    decoder = {f"dec_p{n}": heard.outs[f"mask_decoder.up_{2 * n}_{n}"] for n in (8, 4, 2, 1)}
    transformed = heard.outs["object_transformer"]
    heads = [heard.outs[f"object_transformer.mask_pred.{i}"] for i in range(3)]
    # The last head serves training only and is not run.
    heads.append(network.object_transformer.mask_pred[3](transformed))
    return decoder | {
        "fusion_in": heard.ins["pixel_fuser"][1],
        "fusion_out": heard.outs["pixel_fuser"],
        "object_memory_in": heard.ins["object_transformer"][1],
        "transformer_out": transformed,
        "aux_logits": torch.cat(heads, 1),
        "sensory_gru": heard.outs["mask_decoder.sensory_update"],
    }


def recalled(heard, state, features):
    """What a propagation read; `state` is the one before it."""
    key, selection = (part[0].flatten(1).T for part in (features.image.key, features.image.selection))
    tokens = state.memory.tokens
    return {
        "similarity": similarity(tokens.keys, tokens.shrinkage, key, selection).T,
        "readout": state.memory.read(key, selection, 30)[0].T,
        "uncert_logits": heard.outs["temp_sparity.conv3x3_out"],
        "uncert_prob": heard.outs["temp_sparity.conv3x3_out"].sigmoid(),
    }


@pytest.fixture(scope="module")
def stages(network):
    """Everything computed in a mask step, a first-frame prediction and a propagation, under the vectors' names."""
    held, settings, mask = loaded("matanyone_step")
    recurrence, heard, found = Recurrence(network, settings), Listener(network), {}

    def note(kind, **named):
        found.update({f"{kind}.{name}": tensor for name, tensor in named.items() if tensor is not None})
        heard.clear()

    with torch.inference_mode():
        features = recurrence.encode(picture(held["frames"][0]))
        state, prediction = recurrence.step(State(), features, torch.from_numpy(mask))
        note("mask", **encoded(heard, features), **remembered(heard, state, prediction))
        state, prediction = recurrence.step(state, features, first=True)
        note("first", **predicted(heard, network), **remembered(heard, state, prediction))
        features, before = recurrence.encode(picture(held["frames"][1])), state
        state, prediction = recurrence.step(before, features)
        summary = network.summary(state.value, state.alpha)
        everything = encoded(heard, features) | predicted(heard, network) | recalled(heard, before, features)
        # A propagation makes no summary; the vectors hold the one it would have made.
        note("prop", **everything, **(remembered(heard, state, prediction) | {"object_value": summary}))
    heard.close()
    return found


# Vectors hold every cth channel, or every sth row and column, or both.
THINNED = re.compile(r"_(?:c(?P<c>\d+))?(?:s(?P<s>\d+))?$")


@pytest.mark.parametrize("name", [name for name in loaded("matanyone_step")[0] if "." in name])
def test_a_stage_comes_out_as_published(name, stages):
    wanted = loaded("matanyone_step")[0][name]
    thinned = THINNED.search(name)
    channels, pixels = (int(thinned[axis] or 1) for axis in "cs") if thinned else (1, 1)
    got = stages[THINNED.sub("", name)].numpy()
    got = got.reshape(got.shape[-wanted.ndim :])
    if wanted.ndim == 3:
        got = got[::channels, ::pixels, ::pixels]
    elif channels > 1:
        got = got[::channels]
    assert got.shape == wanted.shape
    if "object" in name:
        np.testing.assert_allclose(got, wanted, rtol=0, atol=1e-5 * np.abs(wanted).max())
    else:
        assert np.abs(got - wanted).max() <= (ALPHA if name.endswith(("alpha", "logits")) else FEATURE)
