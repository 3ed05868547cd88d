"""Mattes that several workers have made, as those of one model."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from vmatte.core.errors import InputError
from vmatte.core.types import Clip, Frame, Hints, Matte, Stream
from vmatte.io.mattes import read_facts, read_layers
from vmatte.run.batch.task import Part


class Joined:
    """A Matter whose mattes were made in parts."""

    def __init__(self, parts: tuple[Part, ...]) -> None:
        self._parts = parts

    def facts(self) -> dict[str, Any]:
        """What the model had to say of how it ran, and in how many parts."""
        told = read_facts(self._parts[0].path) or {}
        return {**told.get("facts", {}), "parts": len(self._parts)}

    def mattes(self, clip: Clip, hints: Hints, frames: Iterator[Frame]) -> Stream[Matte]:
        """One matte a frame.

        Raises:
            InputError: A part is damaged, or has other frames than the clip.
        """
        made = (found for part in self._parts for found in read_layers(part.path))
        for frame in frames:
            index, layers = next(made, (-1, ()))
            if index != frame.index:
                raise InputError(f"{clip.path}: no matte was set aside for frame {frame.index}; run again")
            yield Matte(frame, layers)
