"""Addresses: the one asked for, which a mirror may change, and the one shown, which holds no password."""

from __future__ import annotations

import os
from urllib.parse import urlsplit, urlunsplit

from vmatte.core.errors import ConfigError

_MIRROR = "VMATTE_WEIGHTS_MIRROR"


def mirrored(url: str) -> str:
    """The address to ask: `VMATTE_WEIGHTS_MIRROR`, if set, stands in for the host.

    >>> os.environ["VMATTE_WEIGHTS_MIRROR"] = "http://mirror.studio/weights/"
    >>> mirrored("https://example.org/v1/net.pth?confirm=t")
    'http://mirror.studio/weights/v1/net.pth?confirm=t'
    >>> del os.environ["VMATTE_WEIGHTS_MIRROR"]
    >>> mirrored("https://example.org/v1/net.pth")
    'https://example.org/v1/net.pth'

    Raises:
        ConfigError: The mirror is no address of a web server.
    """
    mirror = os.environ.get(_MIRROR, "").strip()
    if not mirror:
        return url
    base, asked = urlsplit(mirror), urlsplit(url)
    if base.scheme not in ("http", "https") or not base.hostname or base.query or base.fragment:
        raise ConfigError(f"{_MIRROR} is not an address like https://host/folder, without a question mark")
    return urlunsplit((base.scheme, base.netloc, base.path.rstrip("/") + asked.path, asked.query, ""))


def shown(url: str) -> str:
    """An address that may be printed and written down.

    >>> shown("https://me:secret@mirror.studio:8080/net.pth")
    'https://mirror.studio:8080/net.pth'
    """
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def host(url: str) -> str:
    """The server's name, with its port if it is unusual.

    >>> host("http://me:secret@127.0.0.1:8080/net.pth")
    '127.0.0.1:8080'
    """
    return urlsplit(shown(url)).netloc
