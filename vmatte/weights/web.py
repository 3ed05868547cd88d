"""One GET and what its answer means. Nothing else in vmatte touches the network.

Proxies are taken from HTTP_PROXY, HTTPS_PROXY and NO_PROXY by the library. Messages name the host that was asked for,
never an address that a redirect led to: those carry signatures.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import pairwise

import requests
from urllib3.exceptions import HTTPError, InvalidHeader, ReadTimeoutError
from urllib3.util.retry import Retry

from vmatte.core.errors import WeightsError
from vmatte.weights.address import host, shown

# Seconds to connect, and seconds of silence after which a connection counts as dead.
_PATIENCE = (15, 60)
_PIECE = 2**16

# Request Timeout, Too Early, Too Many Requests; with every 5xx, what RFC 9110 and RFC 6585 invite to try again.
_LATER = frozenset({408, 425, 429})
_RANGE = re.compile(r"bytes (?:(\d+)-\d+|\*)/(\d+|\*)")


class Interrupted(Exception):  # noqa: N818  an event to be mended, not an error that reaches anyone
    """This attempt failed and the next may not.

    Attributes:
        after: Seconds the server asks to be left alone; None when it does not say.
    """

    def __init__(self, reason: str, after: float | None = None) -> None:
        super().__init__(reason)
        self.after = after


class Answer:
    """A response whose body has not been read.

    Attributes:
        status: 200, 206 or 416; nothing else becomes an answer.
        start: Place of the body's first byte in the file.
        total: Bytes of the whole file; None when the server does not say.
        validator: A strong entity tag or a date, empty when there is neither.
    """

    def __init__(self, response: requests.Response, url: str) -> None:
        self._response, self._url = response, url
        self.status = response.status_code
        self.start, self.total = 0, None
        headers = response.headers
        tag = headers.get("ETag", "")
        self.validator = tag if tag.startswith('"') else headers.get("Last-Modified", "")
        # A length is that of what travels, which the library unpacks.
        packed = headers.get("Content-Encoding", "identity") != "identity"
        if self.status == 200 and not packed and (length := headers.get("Content-Length", "")).isdigit():
            self.total = int(length)
        if packed:
            self.validator = ""
        if self.status != 200 and (found := _RANGE.fullmatch(headers.get("Content-Range", "").strip())):
            self.start = int(found[1] or 0)
            self.total = int(found[2]) if found[2] != "*" else None

    def pieces(self) -> Iterator[bytes]:
        """The body.

        Raises:
            Interrupted: The connection was lost or fell silent.
        """
        with _understood(self._url):
            # Unlike the usual iteration, this hands over what came before a connection broke, to the last byte.
            while piece := self._response.raw.read1(_PIECE, decode_content=True):
                yield piece


@contextmanager
def asked(url: str, start: int = 0, validator: str = "") -> Iterator[Answer]:
    """GETs a file from byte `start` on, or all of it if it is no longer the one that `validator` belongs to.

    Raises:
        Interrupted: It may work later.
        WeightsError: It will not.
    """
    # Packed bytes could not be resumed.
    headers = {"Accept-Encoding": "identity", "User-Agent": "vmatte"}
    if start:
        headers["Range"] = f"bytes={start}-"
        if validator:
            headers["If-Range"] = validator
    with requests.Session() as session:
        with _understood(url):
            response = session.get(url, headers=headers, stream=True, timeout=_PATIENCE)
        with response:
            _refuse(response, url)
            yield Answer(response, url)


@contextmanager
def _understood(url: str) -> Iterator[None]:
    """The library's errors in our words."""
    # `from None`: their texts hold the addresses that redirects led to.
    where = host(url)
    try:
        yield
    except requests.exceptions.SSLError:
        raise WeightsError(
            f"{where} does not prove who it is (TLS certificate): check the date of this machine, or the proxy"
        ) from None
    except requests.exceptions.ProxyError:
        raise Interrupted(f"the proxy does not let through to {where}") from None
    except (ReadTimeoutError, requests.exceptions.Timeout):
        raise Interrupted(f"{where} does not answer") from None
    except (HTTPError, requests.exceptions.ChunkedEncodingError):
        raise Interrupted(f"the connection to {where} was cut") from None
    except requests.exceptions.ConnectionError:
        raise Interrupted(f"no connection to {where}") from None
    except requests.exceptions.TooManyRedirects:
        raise WeightsError(f"{shown(url)} leads in circles") from None
    except requests.exceptions.RequestException as error:
        raise WeightsError(f"{shown(url)} cannot be asked for: {type(error).__name__}") from None


def _refuse(response: requests.Response, url: str) -> None:
    """Stops at every answer without the file in it."""
    status, where = response.status_code, host(url)
    hops = [hop.url for hop in (*response.history, response)]
    if any(a.startswith("https:") and b.startswith("http:") for a, b in pairwise(hops)):
        raise WeightsError(f"{shown(url)} leads from https to plain http, where anybody could change the file")
    if status in _LATER or status >= 500:
        raise Interrupted(f"{where} says {status} {response.reason}", _asked_to_wait(response))
    if status in (401, 403):
        raise WeightsError(f"{where} says {status} {response.reason} for {shown(url)}: it wants a login or agreement")
    if status in (404, 410):
        raise WeightsError(f"{shown(url)} is not there ({status} {response.reason})")
    if status not in (200, 206, 416):
        raise WeightsError(f"{where} says {status} {response.reason} for {shown(url)}")
    if status != 416 and response.headers.get("Content-Type", "").startswith("text/html"):
        raise WeightsError(
            f"{shown(url)} answers with a web page, not weights: open it in a browser to see what it says"
        )


def _asked_to_wait(response: requests.Response) -> float | None:
    """Seconds that `Retry-After` names, given as a number or a date."""
    with suppress(InvalidHeader):
        if text := response.headers.get("Retry-After", "").strip():
            return Retry().parse_retry_after(text)
    return None
