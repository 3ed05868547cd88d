"""Where segments end: every so many frames, or at masks, where a model starts over by itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Schedule:
    """Frames before which a segment ends.

    Attributes:
        first: The run's first frame.
        every: Frames of a segment.
        masks: Frames with masks that a model cannot be stopped between; empty for others.
        cuts: Frames at which stages let go of what they hold.
        lag: How many they hold together: until they do so again after a cut, some are ahead of the others.
    """

    first: int
    every: int
    masks: Sequence[int] = ()
    cuts: Sequence[int] = ()
    lag: int = 0
    _ends: frozenset[int] = field(init=False, default=frozenset())
    _last: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        ends: list[int] = []
        for mask in sorted(self.masks):
            if mask - (ends[-1] if ends else self.first) >= self.every:
                ends.append(mask)
        object.__setattr__(self, "_ends", frozenset(ends))
        object.__setattr__(self, "_last", max((self.first, *self.masks)))

    def due(self, index: int) -> bool:
        """Whether a segment ends before this frame.

        >>> plain, masked = Schedule(10, 4), Schedule(0, 4, (0, 3, 5, 6, 9))
        >>> [index for index in range(10, 23) if plain.due(index)], [at for at in range(20) if masked.due(at)]
        ([14, 18, 22], [5, 9, 12, 16])
        >>> [index for index in range(20) if Schedule(0, 4, cuts=[7, 9], lag=3).due(index)]
        [4, 12, 16]
        """
        if index in self._ends:
            return True
        regular = index > self._last and (index - self.first) % self.every == 0
        return regular and not any(cut <= index < cut + self.lag for cut in self.cuts)
