"""The tree of errors, and the exit code of each.

    VmatteError
    ├── InputError        a clip cannot be read: missing, empty, truncated, no picture in it
    ├── HintError         a mask or plate is missing, unreadable or does not belong to the clip
    ├── WeightsError      a checkpoint is missing, has another hash, or its keys differ
    ├── ConfigError       an unknown key, model or value
    ├── OutputError       a file exists already, cannot be written, or failed its check
    └── ModelError        the model failed on a frame

A message says what is wrong, in which file or key, and what to do next, in one line.
"""

from __future__ import annotations


class VmatteError(Exception):
    """Anything vmatte knows how to explain to its user."""

    exit_code = 1


class ConfigError(VmatteError):
    """An unknown key, model or value in the configuration."""

    exit_code = 2


class InputError(VmatteError):
    """A clip is missing, empty, damaged or holds no picture."""

    exit_code = 3


class HintError(VmatteError):
    """A hint is needed and missing, cannot be read, or does not belong to the clip."""

    exit_code = 4


class WeightsError(VmatteError):
    """A checkpoint is missing, has another hash than its card states, or its keys differ."""

    exit_code = 5


class OutputError(VmatteError):
    """An output exists already, cannot be written, or did not pass its check after writing."""

    exit_code = 6


class ModelError(VmatteError):
    """The model failed on a frame; the message names the frame and the setting that would help."""

    exit_code = 7
