"""What the engine remembers: banks of colours and places of both classes. Knows nothing of pictures."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from vmatte.ops.knn import grouped_nearest
from vmatte.ops.warp import sample

Floats = NDArray[np.float32]


class Bank(NamedTuple):
    """Examples of one class.

    Attributes:
        colour: (N, 3) Lab.
        place: (N, 2) x, y in working px, in the current frame; may lie outside it.
    """

    colour: Floats
    place: Floats

    def moved(self, flow: Floats) -> Bank:
        """The same examples after the motion `flow` (H, W, 2)."""
        return Bank(self.colour, self.place + sample(flow, self.place))

    def chosen(self, keep: NDArray[np.bool_] | NDArray[np.intp]) -> Bank:
        """Some of the examples."""
        return Bank(self.colour[keep], self.place[keep])


class Pair(NamedTuple):
    """A bank of each class."""

    foreground: Bank
    background: Bank

    def moved(self, foreground: Floats, background: Floats) -> Pair:
        """Each after its own class's motion."""
        return Pair(self.foreground.moved(foreground), self.background.moved(background))


EMPTY = Bank(np.zeros((0, 3), np.float32), np.zeros((0, 2), np.float32))


@dataclass
class Memory:
    """A permanent pair from the masked frame, and a ring of recent ones.

    Attributes:
        frames: How many recent pairs are kept.
        lasting: Whether a seed is permanent; if not, it is one of the recent pairs and goes when they go.
        permanent: The examples of the masked frame.
        recent: The examples of the last frames, oldest first.
    """

    frames: int = 5
    lasting: bool = True
    permanent: Pair = field(default_factory=lambda: Pair(EMPTY, EMPTY))
    recent: deque[Pair] = field(default_factory=deque)

    def seed(self, pair: Pair) -> None:
        """Starts over from the examples of a masked frame."""
        self.recent.clear()
        if self.lasting:
            self.permanent = pair
        else:
            self.write(pair)

    def write(self, pair: Pair) -> None:
        """Adds the examples of a frame; the oldest go when there are more than `frames`."""
        self.recent.append(pair)
        while len(self.recent) > self.frames:
            self.recent.popleft()

    def move(self, foreground: Floats, background: Floats) -> None:
        """Carries every example's place to the next frame, along the motion (H, W, 2) of its class.

        So examples hidden for a while go on with what they belong to, not with what hides them.
        """
        self.permanent = self.permanent.moved(foreground, background)
        self.recent = deque(pair.moved(foreground, background) for pair in self.recent)

    def read(self, now: Pair, rng: np.random.Generator) -> Pair:
        """Everything known of each class, in random order, with `now` from the current frame."""
        pairs = [self.permanent, *self.recent, now]
        return Pair(
            _shuffled([pair.foreground for pair in pairs], rng), _shuffled([pair.background for pair in pairs], rng)
        )

    def screened(self, pair: Pair) -> Pair:
        """The pair without examples that look like a permanent one of the other class and not like their own."""
        own, other = self.permanent
        if not (len(own.colour) and len(other.colour)):
            return pair
        return Pair(_screened(pair.foreground, own, other), _screened(pair.background, other, own))


def _shuffled(banks: list[Bank], rng: np.random.Generator) -> Bank:
    joined = Bank(np.concatenate([b.colour for b in banks]), np.concatenate([b.place for b in banks]))
    return joined.chosen(rng.permutation(len(joined.colour)))


def _screened(bank: Bank, own: Bank, other: Bank) -> Bank:
    """Drops examples within 6 Lab of the other class and farther than 1.6 times that plus 3 from their own."""
    if not len(bank.colour):
        return bank
    to_own, to_other = (np.sqrt(grouped_nearest(bank.colour, side.colour, 1)[1][:, 0]) for side in (own, other))
    return bank.chosen((to_other >= 6) | (to_own <= 1.6 * to_other + 3))
