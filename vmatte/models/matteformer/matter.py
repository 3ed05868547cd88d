"""MatteFormer as a refiner: what it does with a picture and its trimap."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray

from vmatte.core.types import Image8
from vmatte.models.image.budget import Appetite
from vmatte.models.matteformer.fusion import joined
from vmatte.models.matteformer.network.model import STRIDE
from vmatte.models.matteformer.network.weights import load_network
from vmatte.models.matteformer.settings import MatteFormerSettings
from vmatte.models.registry import ModelSettings, Runtime, signatures
from vmatte.models.trimapped.network import Found, NetworkRefiner
from vmatte.nets.fold import folded
from vmatte.ops.trimap import BACKGROUND, FOREGROUND, UNKNOWN, kept

# Peak memory beside the weights was measured at 0.5 GB at 960x544 and 1.9 GB at 1920x1080, on a CPU in float32: 950
# bytes a pixel. A half more for safety.
APPETITE = Appetite(1430)
# px of reflection on every side; on the right and below as many more as the stride asks for.
_AROUND = 32


class MatteFormerRecipe:
    """Pictures at their own size, in a frame of reflections."""

    literal = False

    def __init__(self, path: Path) -> None:
        self.network = folded(load_network(path, signatures()))
        self.appetite = APPETITE

    def found(self, picture: NDArray[Any], trimap: Image8, device: torch.device) -> Found:
        """The matte: three scales joined."""
        height, width = trimap.shape
        rgb = picture.astype(np.float32) / np.float32(np.iinfo(picture.dtype).max)
        given = np.dstack((rgb, *(trimap == value for value in (BACKGROUND, UNKNOWN, FOREGROUND)))).astype(np.float32)
        sides = [(_AROUND, _AROUND + -side % STRIDE) for side in (height, width)]
        # NumPy goes on reflecting where the picture is smaller than its frame.
        framed = torch.from_numpy(np.pad(given, (*sides, (0, 0)), mode="reflect").transpose(2, 0, 1)[None]).to(device)
        scales = self.network(framed[:, :3], framed[:, 3:])
        fine, middle, coarse = (scale[0, 0].float().cpu().numpy() for scale in scales)
        alpha = joined(fine, middle, coarse)[_AROUND : _AROUND + height, _AROUND : _AROUND + width]
        return Found(kept(alpha, trimap))

    def facts(self) -> dict[str, Any]:
        """Nothing."""
        return {}


def build(settings: ModelSettings, runtime: Runtime) -> NetworkRefiner:
    """The factory the card names."""
    return NetworkRefiner(cast("MatteFormerSettings", settings), runtime, MatteFormerRecipe)
