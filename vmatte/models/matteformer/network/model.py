"""MatteFormer: a transformer over a picture and its trimap.

Park et al., MatteFormer: Transformer-Based Image Matting via Prior-Tokens, CVPR 2022.
"""

from __future__ import annotations

from torch import Tensor, nn

from vmatte.models.matteformer.network.decoder import Decoder, opened
from vmatte.models.matteformer.network.encoder import Encoder
from vmatte.nets.imagenet import normalised

#: Sides that the network takes are multiples of this.
STRIDE = 32


class MatteFormer(nn.Module):
    """The published network, its spectral normalisation folded."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = Encoder()
        self.decoder = Decoder()

    def forward(self, rgb: Tensor, classes: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Three mattes (B, 1, H, W) in 0..1, from fine to coarse: of strides 1, 4 and 8.

        Args:
            rgb: (B, 3, H, W) in 0..1, H and W multiples of 32.
            classes: (B, 3, H, W) 1 where the trimap is background, unknown, foreground.
        """
        fine, middle, coarse = self.decoder(self.encoder(normalised(rgb), classes))
        return opened(fine, 1), opened(middle, 4), opened(coarse, 8)
