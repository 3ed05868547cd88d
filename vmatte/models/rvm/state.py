"""All that RVM knows between two frames, as one value that can be saved and restored."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from vmatte.models.rvm.network.decoder import Maps

_NAMES = ("r1", "r2", "r3", "r4")


@dataclass(frozen=True, slots=True, eq=False)
class State:
    """The recurrent maps of one clip. Steps return new states and leave old ones valid.

    Attributes:
        maps: (1, C, h, w) float32 at strides 2, 4, 8 and 16 of the small picture; None before the first frame.
        hdr: Whether the clip's own pixels are not what the network sees, so that its colours are of no use.
    """

    maps: Maps | None = None
    hdr: bool = False

    def __deepcopy__(self, _: dict[int, object]) -> State:
        return self

    def save(self) -> dict[str, Tensor]:
        """The state as tensors on the CPU and nothing else, for `torch.save` or safetensors."""
        maps = dict(zip(_NAMES, self.maps or (), strict=self.maps is not None))
        # A clone, as neither format may hold two views of one storage or a view of a larger one.
        saved = {name: part.detach().cpu().clone(memory_format=torch.contiguous_format) for name, part in maps.items()}
        return saved | {"hdr": torch.tensor(self.hdr)}

    @classmethod
    def load(cls, saved: Mapping[str, Tensor], device: str | torch.device = "cpu") -> State:
        """The state that `save` gave, on a device; it continues bit for bit on the same one.

        Raises:
            KeyError: An entry is missing.
        """
        hdr = bool(saved["hdr"])
        if not any(name in saved for name in _NAMES):
            return cls(hdr=hdr)
        r1, r2, r3, r4 = (saved[name].to(device) for name in _NAMES)
        return cls((r1, r2, r3, r4), hdr)

    def on(self, device: torch.device) -> State:
        """The same state on a device; a restored one may lie elsewhere."""
        if self.maps is None or self.maps[0].device.type == device.type:
            return self
        return State.load(self.save(), device)

    def __reduce__(self) -> tuple[Callable[[dict[str, Tensor]], State], tuple[dict[str, Tensor]]]:
        return State.load, (self.save(),)
