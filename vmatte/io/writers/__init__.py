"""Writers: pictures into files. One table says what there is; a new kind of output is a new row in it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, is_dataclass
from enum import Enum
from pathlib import Path
from typing import Any

from vmatte.core.errors import ConfigError, OutputError
from vmatte.core.timing import Meter
from vmatte.core.types import Clip, Writer
from vmatte.io.writers.master import MasterOptions, master
from vmatte.io.writers.mux import Cut
from vmatte.io.writers.player import PlayerOptions, player
from vmatte.io.writers.pool import automatic_workers
from vmatte.io.writers.prores import ProresOptions, Start, prores
from vmatte.io.writers.recipe import Recipe, require_codec
from vmatte.io.writers.video import Facts, VideoWriter

__all__ = ["OUTPUTS", "Cut", "Facts", "OutputKind", "Start", "open_writer", "output_kind", "output_path"]
