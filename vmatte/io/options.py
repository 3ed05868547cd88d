"""What a user may say about how a clip is to be read."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from vmatte.core.errors import ConfigError

DEINTERLACE = ("frame", "field", "off", "refuse")
MATRICES = {"bt601": 6, "bt709": 1, "bt2020": 9}
RANGES = {"limited": False, "full": True}


@dataclass(frozen=True, slots=True)
class InputOptions:
    """How to read a clip; the defaults suit every file that is tagged correctly.

    Attributes:
        deinterlace: For interlaced clips: `frame` makes one progressive frame of each, `field` one of each field (twice
            the rate), `off` leaves the fields woven, `refuse` makes such a clip an error.
        matrix: `auto` follows the file and the rule for untagged files; `bt601`, `bt709`, `bt2020` overrule it.
        range: `auto`, `limited` or `full`, likewise.
        rate: Frames per second of an image sequence; None for 24.
        threads: Decoder threads; 0 lets the decoder choose.
        truncated: What to do with a file that is cut short: `keep` the frames that are there, or `refuse` it.
    """

    deinterlace: str = "frame"
    matrix: str = "auto"
    range: str = "auto"
    rate: Fraction | None = None
    threads: int = 0
    truncated: str = "keep"

    def __post_init__(self) -> None:
        _check("deinterlace", self.deinterlace, DEINTERLACE)
        _check("matrix", self.matrix, ("auto", *MATRICES))
        _check("range", self.range, ("auto", *RANGES))
        _check("truncated", self.truncated, ("keep", "refuse"))
        if self.rate is not None and self.rate <= 0:
            raise ConfigError(f"input rate must be above zero, not {self.rate}")
        if self.threads < 0:
            raise ConfigError(f"input threads must be 0 or more, not {self.threads}")


def _check(name: str, value: str, known: tuple[str, ...]) -> None:
    if value not in known:
        raise ConfigError(f"input {name} {value!r} is not one of {', '.join(known)}")
