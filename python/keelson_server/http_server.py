"""HTTP/1.1 for one process: a thread per connection, keep-alive, small parsing of its own.

`http.server` reads headers through the `email` package and logs each request, which costs more than the model itself.
"""

from __future__ import annotations

import socket
import threading
import time
from http import HTTPStatus
from typing import Callable

Respond = Callable[[str, str, dict[str, str], bytes], tuple[int, bytes]]
"""method, path, headers (lower-case names), body -> status, JSON body"""

MAX_HEAD_BYTES = 64 * 1024
IDLE_SECONDS = 75.0
READ_SECONDS = 30.0


class HttpError(Exception):
    """A request that is not HTTP as it should be; the connection is closed after the answer."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


class HttpServer:
    """Listens on one address. `stop` drains: idle connections are closed, answers under way are finished."""

    def __init__(self, host: str, port: int, respond: Respond, max_body_bytes: int, extra_head: Callable[[], str]) -> None:
        """`extra_head` gives header lines (each with its line end) that every answer carries."""
        self.respond = respond
        self.max_body_bytes = max_body_bytes
        self.extra_head = extra_head
        self._listener = socket.create_server((host, port), backlog=512, family=socket.AF_INET6 if ":" in host else socket.AF_INET)
        self.port: int = self._listener.getsockname()[1]
        self._connections: set[Connection] = set()
        self._lock = threading.Lock()
        self.stopping = False

    def start(self) -> None:
        threading.Thread(target=self._accept, name="accept", daemon=True).start()

    def _accept(self) -> None:
        while not self.stopping:
            try:
                peer, _ = self._listener.accept()
            except OSError:
                if self.stopping:
                    return
                time.sleep(0.05)  # out of descriptors: those in use come back
                continue
            connection = Connection(self, peer)
            with self._lock:
                self._connections.add(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: Connection) -> None:
        try:
            connection.run()
        finally:
            with self._lock:
                self._connections.discard(connection)

    def stop(self, within_seconds: float) -> None:
        """Takes no new connection and returns when the last answer is out, or when the time is over."""
        self.stopping = True
        try:
            self._listener.shutdown(socket.SHUT_RDWR)  # wakes the thread that accepts
        except OSError:
            pass
        self._listener.close()
        until = time.monotonic() + within_seconds
        while time.monotonic() < until:
            with self._lock:
                left = list(self._connections)
            if not left:
                return
            for connection in left:
                connection.close_if_idle()
            time.sleep(0.02)


class Connection:
    def __init__(self, server: HttpServer, peer: socket.socket) -> None:
        self._server = server
        self._peer = peer
        self._buffer = bytearray()
        self._busy = False

    def close_if_idle(self) -> None:
        if not self._busy:
            try:
                self._peer.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def run(self) -> None:
        try:
            self._peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            while self._one():
                pass
        except (OSError, EOFError):
            pass  # the other side went away
        finally:
            self._peer.close()

    def _one(self) -> bool:
        """One request and its answer; False when the connection ends with it."""
        self._peer.settimeout(IDLE_SECONDS)
        if not self._buffer and not self._receive(allow_end=True):
            return False
        self._busy = True
        self._peer.settimeout(READ_SECONDS)
        try:
            method, path, headers = self._head()
            body = self._body(headers)
        except HttpError as problem:
            self._send(problem.status, _error(problem.message), close=True)
            return False
        close = headers.get("connection", "").lower() == "close" or headers[":version"] == "HTTP/1.0"
        status, payload = self._server.respond(method, path, headers, body)
        close = close or self._server.stopping
        self._send(status, payload, close, head_only=method == "HEAD")
        self._busy = False
        return not close

    def _receive(self, allow_end: bool = False) -> bool:
        chunk = self._peer.recv(65536)
        if not chunk:
            if allow_end:
                return False
            raise EOFError
        self._buffer += chunk
        return True

    def _head(self) -> tuple[str, str, dict[str, str]]:
        while (end := self._buffer.find(b"\r\n\r\n")) < 0:
            if len(self._buffer) > MAX_HEAD_BYTES:
                raise HttpError(431, "the request's head is too large")
            self._receive()
        text = bytes(self._buffer[:end]).decode("latin-1")
        del self._buffer[: end + 4]
        first, _, rest = text.partition("\r\n")
        parts = first.split(" ")
        if len(parts) != 3 or parts[2] not in ("HTTP/1.1", "HTTP/1.0"):
            raise HttpError(400, "the request line is not HTTP/1.1")
        headers: dict[str, str] = {}
        for line in rest.split("\r\n") if rest else ():
            name, colon, value = line.partition(":")
            if not colon or not name or name != name.strip():
                raise HttpError(400, "a header line is malformed")
            name = name.lower()
            if name in headers and name in ("content-length", "transfer-encoding"):
                raise HttpError(400, f"the header {name} is there twice")
            headers[name] = value.strip()
        headers[":version"] = parts[2]
        return parts[0], _path(parts[1]), headers

    def _body(self, headers: dict[str, str]) -> bytes:
        coding = headers.get("transfer-encoding")
        length = headers.get("content-length")
        if coding is not None and length is not None:
            raise HttpError(400, "content-length and transfer-encoding exclude each other")
        if coding is not None:
            if coding.lower() != "chunked":
                raise HttpError(501, "this transfer encoding is not supported")
            self._continue(headers)
            return self._chunked()
        if length is None:
            return b""
        if not (length.isascii() and length.isdigit()):
            raise HttpError(400, "content-length must be a number")
        if int(length) > self._server.max_body_bytes:
            raise HttpError(413, f"the body is larger than {self._server.max_body_bytes} bytes")
        self._continue(headers)
        return self._take(int(length))

    def _continue(self, headers: dict[str, str]) -> None:
        if headers.get("expect", "").lower() == "100-continue":
            self._peer.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")

    def _take(self, count: int) -> bytes:
        while len(self._buffer) < count:
            self._receive()
        body = bytes(self._buffer[:count])
        del self._buffer[:count]
        return body

    def _line(self) -> bytes:
        while (end := self._buffer.find(b"\r\n")) < 0:
            if len(self._buffer) > MAX_HEAD_BYTES:
                raise HttpError(400, "a chunk's head is too long")
            self._receive()
        return self._take(end + 2)[:-2]

    def _chunked(self) -> bytes:
        body = bytearray()
        while True:
            digits = self._line().split(b";", 1)[0].strip()
            if not digits or any(digit not in b"0123456789abcdefABCDEF" for digit in digits) or len(digits) > 8:
                raise HttpError(400, "a chunk's size is malformed")
            size = int(digits, 16)
            if len(body) + size > self._server.max_body_bytes:
                raise HttpError(413, f"the body is larger than {self._server.max_body_bytes} bytes")
            if size == 0:
                while self._line():
                    pass
                return bytes(body)
            body += self._take(size)
            if self._take(2) != b"\r\n":
                raise HttpError(400, "a chunk is longer than it says")

    def _send(self, status: int, payload: bytes, close: bool, head_only: bool = False) -> None:
        head = (
            f"HTTP/1.1 {status} {_PHRASES.get(status, 'Status')}\r\ncontent-type: application/json\r\n"
            f"content-length: {len(payload)}\r\n{self._server.extra_head()}{_CLOSE if close else ''}\r\n"
        ).encode()
        self._peer.sendall(head if head_only else head + payload)


def _path(target: str) -> str:
    from urllib.parse import unquote

    path = target.split("?", 1)[0]
    if "%" not in path:
        return path
    # Encoded slashes stay as they are: they must not make another path.
    return "/".join(part if "%2f" in part.lower() else unquote(part) for part in path.split("/"))


def _error(message: str) -> bytes:
    import json

    return json.dumps({"error": message}).encode()


_CLOSE = "connection: close\r\n"
_PHRASES = {status.value: status.phrase for status in HTTPStatus}
