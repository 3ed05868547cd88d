"""The mean and deviation of ImageNet's colours, which networks pre-trained on it expect their input by."""

from __future__ import annotations

import torch
from torch import Tensor

# As published with the data set and used by torchvision.
MEAN = (0.485, 0.456, 0.406)
DEVIATION = (0.229, 0.224, 0.225)


def normalised(pictures: Tensor) -> Tensor:
    """(B, 3, H, W) RGB in 0..1, colour by colour less the mean, over the deviation."""
    shift, scale = (torch.tensor(values, device=pictures.device).view(1, 3, 1, 1) for values in (MEAN, DEVIATION))
    return (pictures - shift) / scale
