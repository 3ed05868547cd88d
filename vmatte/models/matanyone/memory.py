"""Pixel memory: keys and values of remembered frames, searched by the keys of the present one.

Everything is a value: each operation returns a new memory and leaves the old one as it was. How many tokens there are
follows from shapes alone, so nothing here waits for the device. One row a token throughout:

    [ long-term | permanent (the first frame) | the other remembered frames, oldest first ]
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from vmatte.models.matanyone.reading import full_read, top_read
from vmatte.models.matanyone.settings import LongTerm

# What a token has lived before its first reading, so that its usage can be divided by it; as published.
NEWBORN = 1e-7


@dataclass(frozen=True, slots=True, eq=False)
class Tokens:
    """Remembered pixels, one a row.

    Attributes:
        keys: (N, key) float32.
        shrinkage: (N, 1) float32, from 1 up.
        values: (N, width).
        selection: (N, key) float32; kept for long-term memory only, as the next two.
        usage: (N,) float32, the sum of the weights it was read with.
        life: (N,) float32, how often it could have been read.
    """

    keys: Tensor
    shrinkage: Tensor
    values: Tensor
    selection: Tensor | None = None
    usage: Tensor | None = None
    life: Tensor | None = None

    @classmethod
    def fresh(cls, keys: Tensor, shrinkage: Tensor, values: Tensor, selection: Tensor | None) -> Tokens:
        """Tokens not read yet; counted when they have a selection."""
        if selection is None:
            return cls(keys, shrinkage, values)
        life = torch.full_like(shrinkage[:, 0], NEWBORN)
        return cls(keys, shrinkage, values, selection, torch.zeros_like(life), life)

    def __len__(self) -> int:
        return self.keys.shape[0]

    def __getitem__(self, chosen: slice | Tensor) -> Tokens:
        keys, shrinkage, values, *counted = (None if part is None else part[chosen] for part in self.parts())
        assert keys is not None
        assert shrinkage is not None
        assert values is not None
        return Tokens(keys, shrinkage, values, *counted)

    def parts(self) -> tuple[Tensor | None, ...]:
        """The attributes in order."""
        return self.keys, self.shrinkage, self.values, self.selection, self.usage, self.life

    def worth(self) -> Tensor:
        """(N,) usage per reading."""
        assert self.usage is not None
        assert self.life is not None
        return self.usage / self.life


def joined(pieces: Sequence[Tokens]) -> Tokens:
    """All tokens of the pieces, in order; all or none of them are counted."""
    columns = zip(*(piece.parts() for piece in pieces), strict=True)
    return Tokens(*(_cat([part for part in column if part is not None]) for column in columns))  # type: ignore[arg-type]


def _cat(parts: list[Tensor]) -> Tensor | None:
    return torch.cat(parts) if parts else None


@dataclass(frozen=True, slots=True, eq=False)
class Memory:
    """All that is remembered pixel by pixel.

    Attributes:
        tokens: None before anything was remembered.
        long: How many of them, at the front, are long-term memory.
        permanent: How many after those are the first frame's, which never leave.
    """

    tokens: Tokens | None = None
    long: int = 0
    permanent: int = 0

    @property
    def working(self) -> int:
        """Tokens that are not long-term memory."""
        return 0 if self.tokens is None else len(self.tokens) - self.long

    def emptied(self) -> Memory:
        """Without its working memory; long-term memory stays, as published."""
        if self.tokens is None or not self.long:
            return Memory()
        return Memory(self.tokens[: self.long], self.long)

    def with_frame(self, frame: Tokens) -> Memory:
        """One more frame; the first one after an emptying is permanent."""
        tokens = frame if self.tokens is None else joined([self.tokens, frame])
        return Memory(tokens, self.long, self.permanent or len(frame))

    def newest(self, most: int) -> Memory:
        """Without what exceeds `most` of the newest tokens beside the permanent ones."""
        fixed = self.long + self.permanent
        if self.tokens is None or len(self.tokens) - fixed <= most:
            return self
        kept = joined([self.tokens[:fixed], self.tokens[len(self.tokens) - most :]])
        return replace(self, tokens=kept)

    def read(self, key: Tensor, selection: Tensor, top_k: int, count: LongTerm | None = None) -> tuple[Tensor, Memory]:
        """What the memory has for each query pixel, and the memory with its use counted.

        Args:
            key: (n, key) float32.
            selection: (n, key) float32.
            top_k: Tokens that each pixel reads from; all of them when there are fewer.
            count: How long-term memory counts, if there is one.

        Returns:
            (n, width) float32, and this memory, or one with new counts.
        """
        tokens = self.tokens
        assert tokens is not None
        readout, usage = top_read(
            tokens.keys, tokens.shrinkage, tokens.values, key, selection, top_k, count is not None
        )
        if count is None or usage is None:
            return readout, self
        return readout, replace(self, tokens=self._counted(tokens, usage, count.count_usage))

    def _counted(self, tokens: Tokens, usage: Tensor, long_too: bool) -> Tokens:
        """The tokens with one reading added; the permanent ones never leave and so need no counts."""
        assert tokens.usage is not None
        assert tokens.life is not None
        counts = torch.ones_like(usage)
        counts[self.long : self.long + self.permanent] = 0
        if not long_too:
            counts[: self.long] = 0
        return replace(tokens, usage=tokens.usage + usage * counts, life=tokens.life + counts)

    def condensed(self, cells: int, settings: LongTerm) -> Memory:
        """Once working memory is full, all but its newest frames become a few long-term tokens.

        Args:
            cells: Tokens of one frame.
            settings: Limits.
        """
        start = self.long + self.permanent
        if self.tokens is None or len(self.tokens) - start < (settings.max_mem_frames - 1) * cells:
            return self
        end = len(self.tokens) - (settings.min_mem_frames - 1) * cells
        old = self._roomy(self.tokens[: self.long], settings)
        made = prototypes(self.tokens[start:end], settings.num_prototypes)
        kept = joined([old, made, self.tokens[self.long : start], self.tokens[end:]])
        return Memory(kept, len(old) + len(made), self.permanent)

    @staticmethod
    def _roomy(old: Tokens, settings: LongTerm) -> Tokens:
        """Long-term memory, its least used tokens dropped when it is full."""
        if len(old) < settings.max_num_tokens - settings.num_prototypes:
            return old
        keep = settings.max_num_tokens - settings.num_prototypes - settings.buffer_tokens
        if not settings.count_usage:
            return old[len(old) - keep :]
        return old[old.worth().topk(keep).indices]


def prototypes(candidates: Tokens, most: int) -> Tokens:
    """The most used candidates, each with what all candidates say under its key; the most used first.

    They stand for all candidates (Cheng and Schwing, XMem, ECCV 2022, section 3.3).
    """
    chosen = candidates[candidates.worth().topk(min(most, len(candidates))).indices]
    assert chosen.selection is not None
    told = torch.cat([candidates.values.float(), candidates.shrinkage], 1)
    told = full_read(candidates.keys, candidates.shrinkage, told, chosen.keys, chosen.selection)
    values, shrinkage = told[:, :-1].to(candidates.values.dtype), told[:, -1:]
    return Tokens.fresh(chosen.keys, shrinkage, values, chosen.selection)
