"""Deformable convolution: against double-precision vectors, in bands of any length, and through torchvision's door."""

import importlib
import sys
import types

import numpy as np
import pytest
import torch

from tests.parity.seeded import seeded, vectors
from vmatte.nets.blocks import deform
from vmatte.nets.blocks.deform import DeformConv2d, deform_conv2d, torchvision_operator

Parts = tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]


def given(name: str, dtype: torch.dtype) -> tuple[Parts, torch.Tensor | None, torch.Tensor]:
    """Input, offset, factor and weight of a case, its bias, and what comes of them."""
    held = {key: torch.from_numpy(value) for key, value in vectors("deform_conv").items() if key != "meta"}
    x, offset, factor, weight = (held[f"{name}_{part}"].to(dtype) for part in ("input", "offset", "mask", "weight"))
    bias = held.get(f"{name}_bias")
    return (x, offset, factor, weight), None if bias is None else bias.to(dtype), held[f"{name}_output"]


@pytest.fixture
def no_torchvision(monkeypatch):
    """As on a machine without it."""
    monkeypatch.setitem(sys.modules, "torchvision.ops", None)
    torchvision_operator.cache_clear()
    yield
    torchvision_operator.cache_clear()


@pytest.mark.usefixtures("no_torchvision")
class TestOwn:
    @pytest.mark.parametrize("name", ["k1", "k3", "k7"])
    @pytest.mark.parametrize(("dtype", "near"), [(torch.float64, 1e-12), (torch.float32, 3e-6)])
    def test_vectors(self, name, dtype, near):
        parts, bias, wanted = given(name, dtype)
        found = deform_conv2d(*parts, bias)
        assert found.dtype == dtype
        assert (found.double() - wanted).abs().max() <= near

    @pytest.mark.parametrize("kernel", [1, 3, 7])
    def test_layers(self, kernel):
        layer = DeformConv2d(16, 12, kernel).double()
        state = {key: seeded(key, tuple(value.shape)) for key, value in layer.state_dict().items()}
        layer.load_state_dict({key: torch.from_numpy(value).double() for key, value in state.items()})
        with torch.inference_mode():
            found = layer(torch.from_numpy(vectors("deform_conv")[f"layer{kernel}_input"]))
        assert np.abs(found.numpy() - vectors("deform_conv")[f"layer{kernel}_output"]).max() <= 1e-12

    @pytest.mark.parametrize("budget", [1, 3 * 9 * 12 * 14])
    def test_bands_leave_no_seam(self, monkeypatch, budget):
        parts, bias, _ = given("k3", torch.float32)
        whole = deform_conv2d(*parts, bias)
        monkeypatch.setattr(deform, "_CPU_BAND", budget)
        assert (deform_conv2d(*parts, bias) - whole).abs().max() <= 1e-6

    def test_without_offsets_it_is_a_convolution(self):
        (x, offset, factor, weight), bias, _ = given("k3", torch.float64)
        plain = torch.nn.functional.conv2d(x, weight, bias, padding=1)
        found = deform_conv2d(x, torch.zeros_like(offset), torch.ones_like(factor), weight, bias)
        assert (found - plain).abs().max() <= 1e-12

    def test_plain_operations_sample_the_same(self, monkeypatch):
        parts, bias, wanted = given("k3", torch.float64)
        monkeypatch.setattr(deform, "sampled", deform.gathered)
        assert (deform_conv2d(*parts, bias) - wanted).abs().max() <= 1e-12

    @pytest.mark.parametrize("far", [-1e30, 1e9, float("inf")])
    def test_offsets_out_of_this_world_read_zero(self, far):
        (x, offset, factor, weight), _, _ = given("k3", torch.float32)
        found = deform_conv2d(x, torch.full_like(offset, far), factor, weight)
        assert not found.any()


class TestTheirs:
    @pytest.fixture
    def operator(self, monkeypatch):
        """A stand-in that keeps what it was called with."""
        calls = []

        def deform_conv2d(x, offset, weight, bias=None, stride=1, padding=0, dilation=1, mask=None):
            calls.append({"x": x, "offset": offset, "weight": weight, "bias": bias, "padding": padding, "mask": mask})
            assert (stride, dilation) == (1, 1)
            return torch.ones(x.shape[0], weight.shape[0], *x.shape[2:])

        ops = types.ModuleType("torchvision.ops")
        ops.deform_conv2d = deform_conv2d  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, "torchvision", types.ModuleType("torchvision"))
        monkeypatch.setitem(sys.modules, "torchvision.ops", ops)
        torchvision_operator.cache_clear()
        yield calls
        torchvision_operator.cache_clear()

    def test_it_is_called_with_our_arguments(self, operator):
        (x, offset, factor, weight), bias, _ = given("k7", torch.float32)
        found = deform_conv2d(x.bfloat16(), offset, factor, weight, bias)
        (call,) = operator
        assert found.dtype == torch.bfloat16
        assert call["x"].dtype == torch.float32
        assert call["padding"] == 3
        assert torch.equal(call["offset"], offset)
        assert torch.equal(call["mask"], factor)
        assert torch.equal(call["weight"], weight)

    def test_a_bias_is_handed_over(self, operator):
        parts, bias, _ = given("k3", torch.float32)
        deform_conv2d(*parts, bias)
        assert bias is not None
        assert torch.equal(operator[0]["bias"], bias)

    def test_columns_that_would_be_too_large_are_ours(self, operator, monkeypatch):
        monkeypatch.setattr(deform, "_COLUMNS", 1000)
        parts, bias, wanted = given("k3", torch.float32)
        assert (deform_conv2d(*parts, bias) - wanted).abs().max() <= 3e-6
        assert not operator

    def test_one_that_does_not_fit_this_torch_is_none(self, monkeypatch):
        def broken(name):
            raise RuntimeError("operator torchvision::nms does not exist")

        monkeypatch.setattr(importlib, "import_module", broken)
        torchvision_operator.cache_clear()
        assert torchvision_operator() is None
        torchvision_operator.cache_clear()
