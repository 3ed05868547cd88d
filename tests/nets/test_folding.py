"""Folded normalisations: the same answers, and fewer modules."""

import torch
from torch import nn

from vmatte.nets.blocks.resnet import Bottleneck
from vmatte.nets.folding import folded


@torch.inference_mode()
def test_answers_stay():
    torch.manual_seed(0)
    network = nn.Sequential(
        nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8, eps=0.1), nn.ReLU(), Bottleneck(8, 4), nn.BatchNorm2d(16)
    )
    for norm in (part for part in network.modules() if isinstance(part, nn.BatchNorm2d)):
        for value in (norm.weight, norm.bias, norm.running_mean, norm.running_var):
            assert value is not None
            value.copy_(torch.rand(value.shape) + 0.5)
    picture = torch.rand(2, 3, 9, 11)
    wanted = network.eval()(picture)
    assert torch.allclose(folded(network)(picture), wanted, atol=1e-5)
    # One norm follows a block, not a convolution.
    assert sum(isinstance(part, nn.BatchNorm2d) for part in network.modules()) == 1
