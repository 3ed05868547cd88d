"""What is known about a published checkpoint before a byte of it is here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit

from vmatte.core.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Weights:
    """A published checkpoint.

    Attributes:
        url: Where its authors publish it: a plain GET, redirects allowed.
        sha256: Of the file, as published; None when nobody publishes it, and then the first download is trusted.
        size: In bytes; None when unknown.
        licence: Of the weights, which may differ from the code's.
        free: Whether that licence allows every use. Weights that are not free wait until their licence is accepted.
        licence_url: Where the licence can be read.
        filename: The name it is stored under; empty takes the last part of the address.
        notes: What else a user should know before fetching, one line.
        about: Its size in bytes as others list it, or as the network's numbers take: said where `size` is unknown,
            and never demanded.
        elsewhere: Gives the places where another program may keep the same file; there it needs no second download.

    Raises:
        ConfigError: No file name can be had from it; an author of a card forgot `filename`.
    """

    url: str
    sha256: str | None
    size: int | None
    licence: str
    free: bool = False
    licence_url: str = ""
    filename: str = ""
    notes: str = ""
    about: int | None = None
    elsewhere: Callable[[], Sequence[Path]] | None = None

    def __post_init__(self) -> None:
        if not self.file or self.file != PurePosixPath(self.file.replace("\\", "/")).name:
            raise ConfigError(f"weights at {self.url}: {self.file!r} is no file name; the card must state one")
        if self.sha256 is not None and len(self.sha256) != 64:
            raise ConfigError(f"weights at {self.url}: {self.sha256!r} is no SHA-256 in hexadecimal")

    @property
    def licence_line(self) -> str:
        """The licence of the weights, for people."""
        return f"their licence: {self.licence}" + (f", {self.licence_url}" if self.licence_url else "")

    @property
    def bytes(self) -> int | None:
        """The best that is known of its size."""
        return self.size if self.size is not None else self.about

    @property
    def file(self) -> str:
        """The name it is stored under."""
        return self.filename or unquote(PurePosixPath(urlsplit(self.url).path).name)


def on_google_drive(key: str) -> str:
    """The address of a file that its authors share there, past the page that asks about files above 100 MB.

    >>> on_google_drive("1ao")
    'https://drive.usercontent.google.com/download?id=1ao&export=download&confirm=t'
    """
    return f"https://drive.usercontent.google.com/download?id={key}&export=download&confirm=t"
