# SPDX-License-Identifier: Apache-2.0
"""What goes through the proxy: requests, by what they are for, and answers, with what of them is to
reach the client; and what can be known of it: contexts, and the lines that clients speak on."""

import contextlib
import gzip
import http.client
import json
import re
import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import BinaryIO

ID = re.compile(rb'"(?:_scroll_id|pit_id|id)"\s*:\s*"([^"\\]+)"')


@dataclass
class Request:
    method: str
    target: str
    headers: dict[str, str]
    body: bytes
    kind: str  # plan, search, open, next, pit_open, pit_next, close, pit_close
    number: int  # among those of its kind, from 1
    context: str | None = None  # the server's id of the scroll or PIT that it names
    slice: str = ""

    @property
    def json(self) -> dict:
        return json.loads(self.body) if self.body else {}


@dataclass
class Answer:
    """What the server said, and what of it is to reach the client."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes
    length: int | None = None  # when the header shall lie
    cut_at: int | None = None  # bytes that get through; negative: from the end
    reset: bool = False  # end with a reset instead of an end
    silent_seconds: float = 0.0  # before the first byte
    drip: tuple[int, float] | None = None  # bytes a piece, seconds between pieces

    def plain(self) -> bytes:
        return gzip.decompress(self.body) if self.zipped else self.body

    @property
    def zipped(self) -> bool:
        return ("content-encoding", "gzip") in [(k.lower(), v) for k, v in self.headers]

    def edit(self, body: bytes) -> None:
        self.body = gzip.compress(body) if self.zipped else body

    def edit_json(self, change: Callable[[dict], None]) -> None:
        page = json.loads(self.plain())
        change(page)
        # As the servers write it: the reader looks at the ends of the text.
        self.edit(json.dumps(page, separators=(",", ":"), ensure_ascii=False).encode())

    def replace(self, status: int, value: object, **headers: str) -> None:
        text = value if isinstance(value, str) else json.dumps(value)
        self.status, self.body = status, text.encode()
        kept = [(k, v) for k, v in self.headers if k.lower() != "content-encoding"]
        self.headers = kept + [(k.replace("_", "-"), v) for k, v in headers.items()]

    def head(self) -> bytes:
        skipped = ("content-length", "transfer-encoding", "connection")
        lines = [f"HTTP/1.1 {self.status} {http.client.responses.get(self.status, 'x')}"]
        lines += [f"{k}: {v}" for k, v in self.headers if k.lower() not in skipped]
        length = len(self.body) if self.length is None else self.length
        lines += [f"content-length: {length}", "", ""]
        return "\r\n".join(lines).encode()

    def sent(self) -> bytes:
        whole = self.head() + self.body
        return whole if self.cut_at is None else whole[: self.cut_at]

    @property
    def is_whole(self) -> bool:
        return self.sent() == self.head() + self.body and self.length is None

    def is_healthy(self, page: bytes) -> bool:
        """Whether it still says what this page does, but for the id of the PIT."""
        try:
            said, wanted = json.loads(self.plain()), json.loads(page)
        except (ValueError, OSError, EOFError):
            return False
        return said | {"pit_id": ""} == wanted | {"pit_id": ""}

    def readable(self) -> bytes:
        """The part of the body that the client can read, unzipped as far as it goes."""
        data = self.sent()[len(self.head()) :]
        if self.length is not None:
            data = data[: self.length]
        if not self.zipped:
            return data
        with contextlib.suppress(OSError, EOFError):
            return gzip.decompress(data)
        return b""


@dataclass
class Context:
    """A scroll or PIT that the server has opened."""

    id: str
    pit: bool
    told: bool = False  # the client could read its id
    doubtful: bool = False  # slow or dropped answers: nobody knows whether it did
    spoilt: str = ""  # a scroll: the answer to a request that moved it on did not arrive as it was
    close_tries: int = 0
    closed: bool = False
    aliases: list[str] = field(default_factory=list)  # the PIT's ids in answers, after the first
    read: int = 0  # how many of them the client has certainly read, and must believe

    @property
    def newest(self) -> str:
        return self.aliases[-1] if self.aliases else self.id


@dataclass
class Line:
    """A client's connection. That an answer has been sent does not mean that it is read: a client
    that has given up waiting closes its end. Its next request here shows that it has read it."""

    connection: socket.socket
    stream: BinaryIO
    server: http.client.HTTPConnection
    pit: Context | None = None  # that the last answer named
    named: int = 0  # with how many aliases made, where the client must believe that
    said: str = ""  # the id in the last answer, whatever else became of it

    def sent(self, pit: Context | None, request: Request, answer: Answer, page: bytes) -> None:
        """`page`: the server's. What was spoilt does not have to be believed."""
        match = ID.search(answer.readable())
        self.said = match[1].decode() if match else ""
        self.pit = pit if request.kind == "pit_next" and answer.status == 200 else None
        if self.pit and self.pit.aliases and not (answer.is_whole and answer.is_healthy(page)):
            self.pit = None
        self.named = len(self.pit.aliases) if self.pit else 0

    def is_read(self) -> None:
        if self.pit is not None:
            self.pit.read = max(self.pit.read, self.named)
        self.pit = None

    def is_old(self, pit: Context, given: str) -> bool:
        """Whether the client has read of a newer id than that."""
        return given != self.said and given not in [pit.id, *pit.aliases][pit.read :]


def kind_of(method: str, target: str) -> str:
    path, _, query = target.partition("?")
    if path == "/_search/scroll":
        return "close" if method == "DELETE" else "next"
    if path.endswith(("/_pit", "/_search/point_in_time")):
        return "pit_close" if method == "DELETE" else "pit_open"
    if path == "/_search":
        return "pit_next"
    if path.endswith("/_search"):
        return "open" if "scroll=" in query else "search"
    return "plan"
