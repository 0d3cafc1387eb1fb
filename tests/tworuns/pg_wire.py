# SPDX-License-Identifier: Apache-2.0
"""A proxy that understands PostgreSQL's wire protocol and breaks it where a plan says: around the
answer to a COMMIT, or anywhere else by closing or holding all connections.

    before       the COMMIT does not reach the server
    unanswered   it does; the client is cut off before any answer
    answered     the server has answered; nothing of it is passed on
    torn         the connection ends within CommandComplete
    between      it ends after CommandComplete, before ReadyForQuery
    after        it ends within ReadyForQuery, or right after it
"""

import contextlib
import re
import select
import socket
import struct
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

PLACES = ("before", "unanswered", "answered", "torn", "between", "after")
NO_TLS = (80877103, 80877104)  # requests for TLS and GSSAPI, which are refused by one byte
COMMIT = b"COMMIT\0"
NAMED = re.compile(rb"SET LOCAL application_name = '([^']*)'")
RENEWAL = b"SET renewed_at = clock_timestamp() WHERE"
READ_BYTES = 1 << 16
HELD_SECONDS_MAX = 60


@dataclass(frozen=True)
class Cut:
    """Where the nth COMMIT of a kind of transaction is cut. `keeps`: the server is told nothing, as
    when a network breaks silently. `share`: how much of the message or what is between arrives."""

    kind: str
    nth: int
    place: str
    keeps: bool = False
    share: float = 0.5

    def __str__(self) -> str:
        return f"{self.kind}:{self.nth}:{self.place}"


def kind_of(application: str) -> str:
    """What a transaction is for, from the name it gives itself: the last word, less numbers."""
    who = application.rpartition(" ")[2].rstrip("0123456789")
    return {"w": "unit", "": "other"}.get(who, who)


@dataclass
class Plan:
    """The cuts that are still to come, and what has been."""

    cuts: list[Cut] = field(default_factory=list)
    seen: dict[str, int] = field(default_factory=dict)
    hits: list[Cut] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def meet(self, kind: str) -> Cut | None:
        """Counts a COMMIT; the cut that is planned for it."""
        with self.lock:
            nth = self.seen[kind] = self.seen.get(kind, 0) + 1
            for cut in self.cuts:
                if (cut.kind, cut.nth) == (kind, nth):
                    self.hits.append(cut)
                    return cut
        return None


class Messages:
    """Takes bytes, gives whole messages; those of a client begin with one that has no type."""

    def __init__(self, typed: bool) -> None:
        self.typed = typed
        self.held = b""

    def feed(self, data: bytes) -> list[bytes]:
        self.held += data
        found = []
        while (size := self.size()) is not None and len(self.held) >= size:
            message, self.held = self.held[:size], self.held[size:]
            if not self.typed:
                self.typed = struct.unpack("!I", message[4:8])[0] not in NO_TLS
            found.append(message)
        return found

    def size(self) -> int | None:
        begin = 1 if self.typed else 0
        if len(self.held) < begin + 4:
            return None
        return begin + struct.unpack("!I", self.held[begin : begin + 4])[0]


def close(end: socket.socket) -> None:
    with contextlib.suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
    end.close()


class Link(threading.Thread):
    """One client and its connection to the server."""

    def __init__(self, proxy: "PgProxy", client: socket.socket) -> None:
        super().__init__(daemon=True)
        self.proxy = proxy
        self.client = client
        self.server = proxy.dial()
        for end in (self.client, self.server):  # or each message would wait for the last one's ACK
            if end.family == socket.AF_INET:
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.asked = Messages(typed=False)
        self.answered = Messages(typed=True)
        self.application = ""
        self.renews = False  # it is the one that renews the lease
        self.flowing = threading.Event()
        self.flowing.set()
        self.cut: Cut | None = None

    def run(self) -> None:
        try:
            with contextlib.suppress(OSError):
                while self.turn():
                    pass
        finally:
            close(self.client)
            if self.server not in self.proxy.kept:
                close(self.server)
            self.proxy.links.discard(self)

    def turn(self) -> bool:
        """One wait for either end; False when the link is to end."""
        ready, _, _ = select.select([self.client, self.server], [], [])
        if not self.flowing.wait(HELD_SECONDS_MAX):
            return False
        if self.client in ready:
            data = self.client.recv(READ_BYTES)
            return bool(data) and all(self.ask(message) for message in self.asked.feed(data))
        data = self.server.recv(READ_BYTES)
        if self.cut is None:
            self.client.sendall(data)
            return bool(data)
        return bool(data) and all(self.answer(message) for message in self.answered.feed(data))

    def ask(self, message: bytes) -> bool:
        if not self.asked.typed:
            self.client.sendall(b"N")
            return True
        if named := NAMED.search(message[:400]):
            self.application = named[1].decode()
        self.renews = self.renews or RENEWAL in message
        if message[:1] == b"Q" and message[5:] == COMMIT:
            self.cut = self.proxy.plan.meet(kind_of(self.application))
        if self.cut is None:
            self.server.sendall(message)
            return True
        return self.ask_cut(message)

    def ask_cut(self, message: bytes) -> bool:
        if self.cut.place == "before":
            if self.cut.keeps:
                self.proxy.kept.append(self.server)
            return False
        self.server.sendall(message)
        if self.cut.place == "unanswered":
            close(self.client)
            self.server.shutdown(socket.SHUT_WR)
            while self.server.recv(READ_BYTES):
                pass
            return False
        return True

    def answer(self, message: bytes) -> bool:
        """A message of the answer to the COMMIT that is cut."""
        kind, place, share = message[:1], self.cut.place, self.cut.share
        if place == "answered":
            return kind != b"Z"
        if place == "torn" and kind == b"C":
            self.client.sendall(message[: 1 + int(share * (len(message) - 1))])
            return False
        if place == "between" and (kind == b"Z" or (kind == b"S" and share < 0.5)):
            return False
        if place == "after" and kind == b"Z":
            self.client.sendall(message[: 1 + int(share * len(message))])
            return False
        self.client.sendall(message)
        return True


class ReadingLink(Link):
    """Answers come to `answer` message by message from the first one on; nothing is encrypted."""

    def turn(self) -> bool:
        self.cut = READS
        return super().turn()

    def ask(self, message: bytes) -> bool:
        if not self.asked.typed:
            self.client.sendall(b"N")
            return True
        self.server.sendall(message)
        return True


READS = object()  # in the place of a cut


class PgProxy:
    """Listens on 127.0.0.1, or at a path. `cut_all` ends what is open; while `refusing`, whatever
    comes is closed at once. A link that is not `flowing` is silent both ways."""

    link_class = Link

    def __init__(self, port: int, path: Path | None = None) -> None:
        self.server_port = port
        self.plan = Plan()
        self.kept: list[socket.socket] = []
        self.links: set[Link] = set()
        self.refusing = False
        if path is None:
            self.listener = socket.create_server(("127.0.0.1", 0), backlog=64)
            self.port = self.listener.getsockname()[1]
        else:
            self.listener = socket.socket(socket.AF_UNIX)
            self.listener.bind(str(path))
            self.listener.listen(64)
        threading.Thread(target=self.accept, daemon=True).start()

    def dial(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.server_port))

    def accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                if self.refusing:
                    client.close()
                    continue
                try:
                    link = self.link_class(self, client)
                except OSError:
                    client.close()
                    continue
                self.links.add(link)
                link.start()

    def cut_all(self, wanted: Callable[[Link], bool] = lambda link: True) -> int:
        links = [link for link in list(self.links) if wanted(link)]
        for link in links:
            for end in (link.client, link.server):
                with contextlib.suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)
        return len(links)

    def begin(self, plan: Plan) -> None:
        self.plan = plan
        self.drop_kept()

    def drop_kept(self) -> None:
        while self.kept:
            close(self.kept.pop())

    def __enter__(self) -> "PgProxy":
        return self

    def __exit__(self, *_exception: object) -> None:
        for link in list(self.links):
            link.flowing.set()
        close(self.listener)
        self.cut_all()
        self.drop_kept()
