"""What a page shows: clips, each with one matte or several."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from vmatte.metrics.scorer import Result
from vmatte.run.score import Scored


@dataclass(frozen=True)
class Shot:
    """One clip.

    Attributes:
        name: Of the clip.
        mattes: Its scored mattes by name; the frames of all are the same.
    """

    name: str
    mattes: Mapping[str, Scored]

    @property
    def first(self) -> Result:
        """The scores of the first matte."""
        return next(iter(self.mattes.values())).result
