"""The network gives what the published one gives, under seeded weights."""

import numpy as np
import pytest
import torch

from tests.parity.seeded import manifest, seeded, vectors
from vmatte.models.bgmv2.network.model import BackgroundMatting
from vmatte.models.bgmv2.network.selection import above, largest
from vmatte.models.bgmv2.network.weights import network_from

# Ten times what the published network differs by from itself in double precision.
NEAR = 3e-6
CASES = ("sampling", "thresholding", "full", "none", "kernel1", "eighth", "half")


def selected(options):
    """The way of selecting that a case's published options ask for."""
    if options["refine_mode"] == "full":
        return None
    if options["refine_mode"] == "thresholding":
        return above(options["refine_threshold"])
    return largest(options["refine_sample_pixels"])


@pytest.fixture(scope="module")
def small_kernels(state):
    """The network with the refiner's kernels of one pixel."""
    shapes = {f"refiner.conv{n}.weight": (*state[f"refiner.conv{n}.weight"].shape[:2], 1, 1) for n in (1, 2, 3, 4)}
    seed = vectors("bgmv2_mobilenetv2")["meta"]["seed"]
    return network_from(
        state | {key: torch.from_numpy(seeded(key, shape, seed)) for key, shape in shapes.items()},
        "seeded",
        "mobilenetv2",
    )


@pytest.mark.parametrize("case", CASES)
def test_every_mode_and_scale(network, small_kernels, pair, case):
    held = vectors("bgmv2_mobilenetv2")
    options = held["meta"]["cases"][case]
    with torch.inference_mode():
        found = (small_kernels if case == "kernel1" else network)(pair, options["backbone_scale"], selected(options))
    small = torch.nn.functional.interpolate(pair[:, :3], found.coarse.alpha.shape[2:], mode="bilinear")
    outputs = {
        "pha": found.alpha,
        "fgr": (found.foreground + pair[:, :3]).clamp(0, 1),
        "pha_sm": found.coarse.alpha,
        "fgr_sm": (found.coarse.foreground + small).clamp(0, 1),
        "err_sm": found.coarse.error,
    }
    compared = 0
    for name, output in outputs.items():
        key = f"{case}__{name}"
        if key in held:
            step = held["meta"]["strides"].get(key, 1)
            assert np.abs(output[..., ::step, ::step].numpy() - held[key]).max() <= NEAR, key
            compared += 1
    assert compared >= 4
    assert np.array_equal(found.refined.numpy(), held[f"{case}__ref_sm"] > 0)


def test_the_base_network_alone(network, pair):
    held = vectors("bgmv2_mobilenetv2")
    with torch.inference_mode():
        found = network.look(pair)
    outputs = {
        "pha": found.alpha,
        "fgr": (found.foreground + pair[:, :3]).clamp(0, 1),
        "err": found.error,
        "hid": found.hidden,
    }
    for name, output in outputs.items():
        step = held["meta"]["strides"].get(f"base__{name}", 1)
        assert np.abs(output[..., ::step, ::step].numpy() - held[f"base__{name}"]).max() <= NEAR, name


@pytest.mark.parametrize("backbone", ["mobilenetv2", "resnet50", "resnet101"])
def test_the_published_keys_and_shapes_and_no_others(backbone):
    wanted = {key: list(shape) for key, shape in manifest(f"bgmv2_{_listed(backbone)}")["seeded"].items()}
    with torch.device("meta"):
        network = BackgroundMatting(backbone)
    own = {key: list(value.shape) for key, value in network.state_dict().items()}
    if backbone == "resnet101":
        # Blocks 6 to 22 of the third stage are as its fifth.
        for block in range(6, 23):
            wanted |= {
                key.replace("layer3.5.", f"layer3.{block}."): shape
                for key, shape in wanted.items()
                if key.startswith("backbone.layer3.5.")
            }
    assert own == wanted
    entries = {"mobilenetv2": 382, "resnet50": 394, "resnet101": 700}
    parameters = {"mobilenetv2": 5_006_839, "resnet50": 40_247_703, "resnet101": 59_239_831}
    assert len(own) == entries[backbone]
    assert sum(value.numel() for value in network.parameters()) == parameters[backbone]


def _listed(backbone: str) -> str:
    return "resnet50" if backbone == "resnet101" else backbone
