"""A small client: one thread keeps several connections to a server busy, so that the server never waits for it."""

import re
import selectors
import socket
from collections.abc import Mapping

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


def ask(port: int, path: str, headers: Mapping[str, str], *, connections: int, requests: int) -> bytes:
    """Get a page so many times; the last page. Raises AssertionError for any answer but 200."""
    lines = {"Host": f"127.0.0.1:{port}"} | dict(headers)
    request = "\r\n".join([f"GET {path} HTTP/1.1", *(f"{name}: {value}" for name, value in lines.items()), "", ""])
    talks = [_Talk(port, request.encode()) for _ in range(connections)]
    to_send, page = requests, b""
    with selectors.DefaultSelector() as selector:
        for talk in talks:
            selector.register(talk.socket, selectors.EVENT_READ, talk)
            talk.send()
            to_send -= 1
        answered = 0
        while answered < requests:
            ready = selector.select(30)
            assert ready, "the server says nothing any more"
            for key, _ in ready:
                body = key.data.receive()
                if body is None:
                    continue
                page = body
                answered += 1
                if to_send:
                    key.data.send()
                    to_send -= 1
    for talk in talks:
        talk.socket.close()
    return page


class _Talk:
    """One connection: a request, its answer, the next request."""

    def __init__(self, port: int, request: bytes) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=30)
        self._request = request
        self._read = bytearray()

    def send(self) -> None:
        """Ask."""
        self._read.clear()
        self.socket.sendall(self._request)

    def receive(self) -> bytes | None:
        """Read what is there; the body once it is whole."""
        part = self.socket.recv(1 << 18)
        assert part, "the server hung up"
        self._read += part
        end = self._read.find(b"\r\n\r\n")
        if end < 0:
            return None
        assert self._read.startswith(b"HTTP/1.1 200 "), bytes(self._read[:600])
        length = _LENGTH.search(self._read, 0, end)
        assert length is not None, "an answer without a length"
        whole = end + 4 + int(length.group(1))
        return bytes(self._read[end + 4 :]) if len(self._read) >= whole else None
