"""All that MatAnyone knows of one target between two frames, as one value that can be saved and restored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields

import torch
from torch import Tensor

from vmatte.models.matanyone.memory import Memory, Tokens


@dataclass(frozen=True, slots=True, eq=False)
class State:
    """The recurrence of one target; a fresh one knows nothing and needs a mask.

    Steps return new states and leave old ones valid, so one state can be continued in several ways.

    Attributes:
        time: Steps since the last first-frame prediction, or since the first step.
        memory_time: When a frame was last remembered.
        sensory: (1, width, h, w) float32.
        objects: (1, Q, width + 1) float32, the sum of all summaries since memory was emptied.
        alpha: (1, 1, H, W) float32, the last matte at the network's own size, padding and all.
        pixels: (1, width, h, w) image features of the last frame.
        value: (1, width, h, w) mask value of the last frame.
        memory: Remembered pixels.
    """

    time: int = -1
    memory_time: int = 0
    sensory: Tensor | None = None
    objects: Tensor | None = None
    alpha: Tensor | None = None
    pixels: Tensor | None = None
    value: Tensor | None = None
    memory: Memory = field(default_factory=Memory)

    def save(self) -> dict[str, Tensor]:
        """The state as tensors on the CPU and nothing else, for `torch.save` or safetensors."""
        counts = {
            "time": self.time,
            "memory_time": self.memory_time,
            "memory.long": self.memory.long,
            "memory.permanent": self.memory.permanent,
        }
        saved = {name: torch.tensor(count) for name, count in counts.items()}
        held = {name: getattr(self, name) for name in _MAPS}
        if self.memory.tokens is not None:
            names = (f"memory.{part.name}" for part in fields(Tokens))
            held |= dict(zip(names, self.memory.tokens.parts(), strict=True))
        # A clone, as neither format may hold two views of one storage or a view of a larger one.
        saved |= {
            name: part.detach().cpu().clone(memory_format=torch.contiguous_format)
            for name, part in held.items()
            if part is not None
        }
        return saved

    @classmethod
    def load(cls, saved: Mapping[str, Tensor], device: str | torch.device = "cpu") -> State:
        """The state that `save` gave, on a device; it continues bit for bit on the same one.

        Raises:
            KeyError: An entry that every state has is missing.
        """

        def there(name: str) -> Tensor | None:
            return saved[name].to(device) if name in saved else None

        keys, shrinkage, values, *counted = (there(f"memory.{part.name}") for part in fields(Tokens))
        tokens = None
        if keys is not None and shrinkage is not None and values is not None:
            tokens = Tokens(keys, shrinkage, values, *counted)
        memory = Memory(tokens, int(saved["memory.long"]), int(saved["memory.permanent"]))
        maps = {name: there(name) for name in _MAPS}
        return cls(int(saved["time"]), int(saved["memory_time"]), **maps, memory=memory)


_MAPS = ("sensory", "objects", "alpha", "pixels", "value")
