"""Folding batch normalisation away must change nothing but rounding."""

import torch
from torch import nn

from vmatte.nets.blocks.resnet import BasicBlock, Bottleneck, stage
from vmatte.nets.fold import folded


def _lived(module: nn.Module) -> nn.Module:
    """With statistics as training leaves them, not the ones that change nothing."""
    torch.manual_seed(0)
    for part in module.modules():
        if isinstance(part, nn.BatchNorm2d):
            nn.init.uniform_(part.weight, 0.5, 1.5)
            nn.init.normal_(part.bias)
            nn.init.normal_(part.running_mean)  # type: ignore[arg-type]
            nn.init.uniform_(part.running_var, 0.5, 2)  # type: ignore[arg-type]
    return module.eval()


@torch.inference_mode()
def test_blocks_compute_the_same_without_their_normalisations() -> None:
    module = _lived(nn.Sequential(stage(BasicBlock, 3, 8, 2, stride=2), stage(Bottleneck, 8, 4, 2)))
    picture = torch.rand(1, 3, 12, 16)
    expected = module(picture)
    found = folded(module)
    assert not any(isinstance(part, nn.BatchNorm2d) for part in found.modules())
    assert torch.allclose(found(picture), expected, rtol=1e-5, atol=1e-5)


def test_what_does_not_follow_a_convolution_stays() -> None:
    module = nn.Sequential(nn.BatchNorm2d(3), nn.ReLU(), nn.Conv2d(3, 3, 1), nn.ReLU(), nn.BatchNorm2d(3)).eval()
    assert sum(isinstance(part, nn.BatchNorm2d) for part in folded(module)) == 2
