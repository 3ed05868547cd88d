"""A keyer for green, blue or any uniform background, white included: local screen colour, soft edges; no weights."""

from __future__ import annotations

import re
from dataclasses import dataclass

from vmatte.core.errors import ConfigError
from vmatte.models.registry import Card, ModelSettings


@dataclass(frozen=True)
class ChromaSettings(ModelSettings):
    """What a user may change about the keyer.

    Attributes:
        screen: `auto`, `green`, `blue`, or the colour as `#rrggbb`.
        despill: Take the screen's light off the subject (saturated screens only).
        interior: What enclosed regions of the screen's colour are: `keep` foreground, `key` background, or `auto`:
            background on a saturated screen (the loop of an arm), foreground on any other (the white of an eye).
        shade: Whether broad, even, darker patches of a saturated screen are screen: folds, shadows, a covered stand.
            Turn it off when a sheer black veil goes missing.
        edge: Width of the soft edge before a plain backdrop, in pixels at 360 rows; wider for out-of-focus clips.
    """

    name: str = "chroma"
    screen: str = "auto"
    despill: bool = True
    interior: str = "auto"
    shade: bool = True
    edge: float = 3.0

    def __post_init__(self) -> None:
        if self.screen not in ("auto", "green", "blue") and not re.fullmatch("#[0-9a-fA-F]{6}", self.screen):
            raise ConfigError(f"model.screen is {self.screen!r}: use auto, green, blue or a colour such as #00b140")
        if self.interior not in ("auto", "keep", "key"):
            raise ConfigError(f"model.interior is {self.interior!r}: use auto, keep or key")
        if not 1 <= self.edge <= 50:
            raise ConfigError(f"model.edge is {self.edge}: use a width from 1 to 50 pixels")


CARDS = (
    Card(
        name="chroma",
        summary="Keyer for green, blue or plain backdrops, white included; finds the colour itself and despills.",
        factory="vmatte.models.chroma.matter:build",
        settings=ChromaSettings,
        takes=frozenset({"mask"}),
        gives=frozenset({"alpha", "colour"}),
        paper="Smith and Blinn 1996, Blue Screen Matting",
        steady=True,
    ),
)
