"""The server of the page: the standard library's, on this machine alone, with a token that every question needs.

A question is a POST of at most 64 KB of JSON, an answer a length, JSON, and the bytes of arrays. No path comes from a request:
pages are a fixed table, and what is shown was named when the server was started.
"""

from __future__ import annotations

import hmac
import json
import secrets
import threading
import time
from collections.abc import Mapping, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from typing import Any

import numpy as np

from factorhub.errors import FactorhubError
from factorhub.explorer.answers import Shown, answer
from factorhub.factors import Array
from factorhub.printable import printable

MOST_ASKED = 1 << 16  # bytes of a question
PAGES = {
    "/": ("index.html", "text/html"), "/app.js": ("app.js", "text/javascript"), "/style.css": ("style.css", "text/css"),
    "/icon.svg": ("icon.svg", "image/svg+xml"),
}  # fmt: skip
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY, "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}  # fmt: skip


class Explorer(ThreadingHTTPServer):
    """A server of the page, on 127.0.0.1 and a free port unless one is named.

    Args:
        shown: what the page shows, in order.
        port: to listen on; 0 takes a free one.
        idle: seconds without a question after which it stops; None keeps on.
    """

    daemon_threads = True

    def __init__(self, shown: Sequence[Shown], port: int = 0, idle: float | None = None) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.shown, self.idle = tuple(shown), idle
        self.token = secrets.token_urlsafe(16)
        self.rendering = threading.BoundedSemaphore(2)
        self.asked = time.monotonic()

    @property
    def port(self) -> int:
        """The port that it listens on."""
        return int(self.server_address[1])

    @property
    def address(self) -> str:
        """Where the page is; the token stands behind #, which no browser sends."""
        return f"http://127.0.0.1:{self.port}/#{self.token}"

    def service_actions(self) -> None:
        """Stop when nothing was asked for long enough."""
        if self.idle is not None and time.monotonic() - self.asked > self.idle:
            threading.Thread(target=self.shutdown, daemon=True).start()


class Handler(BaseHTTPRequestHandler):
    """One connection: pages by GET, questions by POST."""

    server: Explorer
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # head and body are one write, sent at once
    wbufsize = -1
    timeout = 60

    def do_GET(self) -> None:
        """A file of the page."""
        if not self._is_ours():
            return
        name, kind = PAGES.get(self.path.partition("?")[0], ("", ""))
        if not name:
            self._send(404, "text/plain", b"there is no such page\n")
            return
        self._send(200, f"{kind}; charset=utf-8", files("factorhub.explorer").joinpath("page", name).read_bytes())

    def do_POST(self) -> None:
        """The answer to a question."""
        if not self._is_ours():
            return
        size = self.headers.get("Content-Length", "")
        if not size.isdecimal() or int(size) > MOST_ASKED:
            self.close_connection = True
            self._send(413, "text/plain", f"a question has at most {MOST_ASKED} bytes\n".encode())
            return
        body = self.rfile.read(int(size))
        if self.path != "/ask" or not hmac.compare_digest(self.headers.get("X-Token", ""), self.server.token):
            self._send(403, "text/plain", b"this needs the token that the explorer printed\n")
            return
        self.server.asked = time.monotonic()
        try:
            asked = json.loads(body)
            if not isinstance(asked, dict):
                raise ValueError("a question is an object")
        except (ValueError, RecursionError):
            self._send(400, "text/plain", b"a question is a JSON object\n")
            return
        try:
            with self.server.rendering:
                data, arrays = answer(self.server.shown, asked)
        except FactorhubError as error:
            self._send(200, "application/octet-stream", packed({"error": printable(str(error))}, {}))
            return
        except Exception as error:  # of anybody's generator: told to the page, and not to a log that nobody reads
            self._send(200, "application/octet-stream", packed({"error": printable(f"{type(error).__name__}: {error}")}, {}))
            return
        self._send(200, "application/octet-stream", packed(data, arrays))

    def _is_ours(self) -> bool:
        """True for requests of our own page on this machine; others are refused."""
        names = {f"{host}:{self.server.port}" for host in ("127.0.0.1", "localhost", "[::1]")}
        origin = self.headers.get("Origin")
        if self.headers.get("Host") in names and (origin is None or origin.partition("://")[2] in names):
            return True
        self.close_connection = True
        self._send(403, "text/plain", b"the explorer answers its own page on this machine alone\n")
        return False

    def _send(self, status: int, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        for name, value in HEADERS.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: a terminal is no log."""


def packed(data: Mapping[str, Any], arrays: Mapping[str, Array]) -> bytes:
    """An answer: the length of its JSON (4 bytes, little-endian), the JSON, then each array's bytes at multiples of 8."""
    placed, at = {}, 0
    for name, array in arrays.items():
        placed[name] = {"dtype": array.dtype.name, "shape": list(array.shape), "offset": at}
        at += -(-array.nbytes // 8) * 8
    head = json.dumps({**data, "arrays": placed}, ensure_ascii=True, allow_nan=False, default=_plain).encode()
    head += b" " * (-(4 + len(head)) % 8)
    parts = [len(head).to_bytes(4, "little"), head]
    for array in arrays.values():
        raw = np.ascontiguousarray(array).tobytes()
        parts += [raw, bytes(-len(raw) % 8)]
    return b"".join(parts)


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else str(value)
