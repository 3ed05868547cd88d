"""A real web server on 127.0.0.1 that behaves as badly as it is told to."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Behaviour = Callable[[BaseHTTPRequestHandler], None]


class Server:
    """Answers each GET with the next behaviour; the last one stays.

    Attributes:
        asked: Path and headers of every request so far.
        url: Address of its root, without a slash at the end.
    """

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, str]]] = []
        self._script: list[Behaviour] = [status(404)]
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                server.asked.append((self.path, dict(self.headers)))
                behaviour = server._script.pop(0) if len(server._script) > 1 else server._script[0]
                behaviour(self)
                self.close_connection = True

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), name="web-server")

    def script(self, *behaviours: Behaviour) -> None:
        self._script = list(behaviours)

    @property
    def ranges(self) -> list[str | None]:
        """The Range header of every request."""
        return [headers.get("Range") for _, headers in self.asked]

    def __enter__(self) -> Server:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def send(handler: BaseHTTPRequestHandler, code: int, headers: Mapping[str, object], body: bytes = b"") -> None:
    handler.send_response(code)
    for name, value in headers.items():
        handler.send_header(name, str(value))
    handler.end_headers()
    handler.wfile.write(body)


def serve(
    content: bytes,
    *,
    tag: str | None = '"v1"',
    ranges: bool = True,
    cut: int | None = None,
    claim: int | None = None,
    length: bool = True,
    kind: str = "application/octet-stream",
) -> Behaviour:
    """Serves a file, honouring Range and If-Range.

    Args:
        content: The file.
        tag: Its ETag.
        ranges: Whether parts may be asked for.
        cut: Bytes after which the connection ends.
        claim: What Content-Length says of the whole file.
        length: Whether there is a Content-Length.
        kind: Content-Type.
    """

    def answer(handler: BaseHTTPRequestHandler) -> None:
        headers: dict[str, object] = {"Content-Type": kind}
        if tag:
            headers["ETag"] = tag
        wanted, condition = handler.headers.get("Range"), handler.headers.get("If-Range")
        part = ranges and wanted is not None and condition in (None, tag)
        start = int(wanted.removeprefix("bytes=").removesuffix("-")) if part and wanted else 0
        if part and start >= len(content):
            send(handler, 416, {"Content-Range": f"bytes */{len(content)}", "Content-Length": 0})
            return
        if part:
            headers["Content-Range"] = f"bytes {start}-{len(content) - 1}/{len(content)}"
        if length:
            headers["Content-Length"] = (len(content) if claim is None else claim) - start
        body = content[start:]
        send(handler, 206 if part else 200, headers, body if cut is None else body[:cut])

    return answer


def status(code: int, headers: Mapping[str, object] | None = None, body: bytes = b"no") -> Behaviour:
    return lambda handler: send(handler, code, {"Content-Length": len(body), **(headers or {})}, body)


def redirect(where: str) -> Behaviour:
    return status(302, {"Location": where}, b"")
