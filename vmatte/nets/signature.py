"""By which keys a network's checkpoints are told from others; torch-free, so that a model's own package can say it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

# A file that shares fewer of a model's characteristic keys is not called near to it.
NEAR = 0.4


@dataclass(frozen=True, slots=True)
class Signature:
    """Keys that every checkpoint of a model has and that hardly any other model's has.

    Attributes:
        model: What a user calls it.
        keys: Full state-dict keys; a handful, from all over the network.
        shapes: Entries whose shape, where they are there, tells it from a relative with the same keys.
    """

    model: str
    keys: tuple[str, ...]
    shapes: tuple[tuple[str, tuple[int, ...]], ...] = ()

    def share(self, keys: Iterable[str]) -> float:
        """The part of the characteristic keys that is among `keys`, 0 to 1."""
        return len(set(self.keys).intersection(keys)) / len(self.keys)

    def fits(self, entries: Mapping[str, tuple[int, ...]]) -> bool:
        """Whether a checkpoint has all of these keys, and no other shapes.

        >>> wide = Signature("wide", ("stem.weight",), (("stem.weight", (32, 3)),))
        >>> wide.fits({"stem.weight": (32, 3)}), wide.fits({"stem.weight": (16, 3)})
        (True, False)

        Args:
            entries: The shape of each of its entries.
        """
        return self.share(entries) == 1 and all(entries.get(key, shape) == shape for key, shape in self.shapes)


def nearest(keys: Iterable[str], candidates: Sequence[Signature]) -> Signature | None:
    """The candidate that shares most of its characteristic keys with a checkpoint, the first of equals.

    Returns:
        None when none of them is near.

    >>> known = [Signature("a", ("stem.weight", "head.weight")), Signature("b", ("body.0.weight",))]
    >>> nearest({"head.weight", "neck.weight"}, known).model
    'a'
    >>> nearest({"neck.weight"}, known) is None
    True
    """
    keys = set(keys)
    best = max(candidates, key=lambda candidate: candidate.share(keys), default=None)
    return best if best is not None and best.share(keys) >= NEAR else None
