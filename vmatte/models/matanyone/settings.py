"""What a user may change about MatAnyone's recurrence, under its published names and with its published values."""

from __future__ import annotations

from dataclasses import dataclass, field

from vmatte.core.errors import ConfigError


@dataclass(frozen=True)
class LongTerm:
    """How old memory is condensed instead of forgotten; only with `use_long_term`.

    Attributes:
        max_mem_frames: Frames in working memory, the first among them, at which the old ones are condensed.
        min_mem_frames: Frames left in working memory then, the first among them.
        num_prototypes: Tokens that each condensation leaves.
        max_num_tokens: Size of the long-term memory.
        buffer_tokens: Room made beyond what is needed when it is full.
        count_usage: Whether the least used tokens make room; without it, the oldest do.
    """

    max_mem_frames: int = 10
    min_mem_frames: int = 5
    num_prototypes: int = 128
    max_num_tokens: int = 10000
    buffer_tokens: int = 2000
    count_usage: bool = True

    def __post_init__(self) -> None:
        """Checks the values."""
        low, high = self.min_mem_frames, self.max_mem_frames
        _require(low >= 1, f"long_term.min_mem_frames={low}: at least 1, the first frame")
        _require(high > low, f"long_term.max_mem_frames={high}: more than long_term.min_mem_frames={low}")
        _require(self.num_prototypes >= 1, f"long_term.num_prototypes={self.num_prototypes}: at least 1")
        _require(self.buffer_tokens >= 0, f"long_term.buffer_tokens={self.buffer_tokens}: 0 or more")
        least = self.num_prototypes + self.buffer_tokens
        _require(
            self.max_num_tokens >= least,
            f"long_term.max_num_tokens={self.max_num_tokens}: at least num_prototypes + buffer_tokens = {least}",
        )


@dataclass(frozen=True)
class RecurrenceSettings:
    """Memory and first frame of MatAnyone.

    Attributes:
        n_warmup: How often the first frame is predicted again from its own matte before the clip begins.
        erode_kernel: Diameter in px of the ellipse that the first mask is shrunk by; 0 leaves it.
        dilate_kernel: Diameter in px of the ellipse that the first mask is grown by, before; 0 leaves it.
        mem_every: Every how many frames one is remembered.
        max_mem_frames: Frames in memory, the first among them, which stays for the whole clip.
        stagger_updates: On how many of the `mem_every` frames between two remembered ones the sensory memory moves.
        top_k: Memory tokens that each pixel reads from.
        max_internal_size: Length in px that the shorter side is shrunk to inside the network; -1 leaves it.
        use_long_term: Whether old memory is condensed instead of forgotten; `long_term` then stands for
            `max_mem_frames`.
        long_term: How old memory is condensed.
    """

    n_warmup: int = 10
    erode_kernel: int = 10
    dilate_kernel: int = 10
    mem_every: int = 5
    max_mem_frames: int = 5
    stagger_updates: int = 5
    top_k: int = 30
    max_internal_size: int = -1
    use_long_term: bool = False
    long_term: LongTerm = field(default_factory=LongTerm)

    def __post_init__(self) -> None:
        """Checks the values."""
        for name in ("n_warmup", "erode_kernel", "dilate_kernel"):
            _require(getattr(self, name) >= 0, f"{name}={getattr(self, name)}: 0 or more")
        for name in ("mem_every", "max_mem_frames", "stagger_updates", "top_k"):
            _require(getattr(self, name) >= 1, f"{name}={getattr(self, name)}: at least 1")
        size = self.max_internal_size
        _require(size == -1 or size >= 1, f"max_internal_size={size}: -1 (off), or a length in px")


def _require(held: bool, message: str) -> None:
    if not held:
        raise ConfigError(f"model.{message}")
