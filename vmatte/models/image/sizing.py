"""The size that a network works at, where the frame lies in it, and how a user asks for it. Torch-free."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

from vmatte.core.errors import ConfigError

AUTO, NATIVE = "auto", "native"
_WORDS = frozenset({AUTO, NATIVE})


@dataclass(frozen=True, slots=True)
class Sizing:
    """Sizes of one clip; (height, width) throughout.

    Attributes:
        source: Of its frames.
        inner: What they are scaled to.
        before: Rows added above that and columns added to its left.
        after: Rows added below and columns added to the right.
    """

    source: tuple[int, int]
    inner: tuple[int, int]
    before: tuple[int, int] = (0, 0)
    after: tuple[int, int] = (0, 0)

    @property
    def padded(self) -> tuple[int, int]:
        """What the network sees."""
        return tuple(map(sum, zip(self.before, self.inner, self.after, strict=True)))  # type: ignore[return-value]


def grown(source: tuple[int, int], inner: tuple[int, int], stride: int) -> Sizing:
    """Rows below and columns to the right are added, up to multiples of `stride`."""
    return Sizing(source, inner, after=(-inner[0] % stride, -inner[1] % stride))


def parsed_size(text: str, stride: int, words: Collection[str] = _WORDS) -> tuple[int, int] | None:
    """(height, width) of a size setting; None for a word.

    >>> parsed_size("512", 32), parsed_size("2560x1440", 32), parsed_size("native", 32)
    ((512, 512), (1440, 2560), None)

    Args:
        text: What the user wrote.
        stride: What the network's sides are multiples of.
        words: Those that stand for a rule.

    Raises:
        ConfigError: It is neither a word nor a size, or a side is no multiple of the stride.
    """
    if text in words:
        return None
    found = re.fullmatch(r"(\d{1,5})(?:x(\d{1,5}))?", text)
    if not found:
        raise ConfigError(f"model.size={text}: {', '.join(sorted(words))}, one side in px, or WIDTHxHEIGHT")
    width, height = int(found[1]), int(found[2] or found[1])
    if min(width, height) < stride or width % stride or height % stride:
        near = "x".join(str(nearest(side, stride)) for side in (width, height))
        raise ConfigError(f"model.size={text}: sides are multiples of {stride} px; the nearest is {near}")
    return height, width


def nearest(side: float, stride: int) -> int:
    """The nearest multiple of a stride that is not 0; of two equally near, the even one.

    >>> nearest(1080, 32), nearest(48, 32), nearest(3, 32)
    (1088, 64, 32)
    """
    return max(1, round(side / stride)) * stride
