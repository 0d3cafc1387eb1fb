# SPDX-License-Identifier: Apache-2.0
"""A proxy that counts what goes over PostgreSQL's wire, by the protocol alone: what a client tried
with rows, and what the server refused."""

import re
import threading
from dataclasses import dataclass, field

from psycopg.conninfo import conninfo_to_dict, make_conninfo
from tworuns.pg_wire import PgProxy, ReadingLink

SIMPLE_QUERY, PARSE = b"Q", b"P"
COPY_IN, ERROR = b"G", b"E"


@dataclass
class Tried:
    """Statements that bring rows into a table, by how they come; and errors by their SQLSTATE."""

    copies: int = 0  # the server has asked for rows
    inserts: int = 0  # INSERT INTO the table, by parameters or from another table
    errors: dict[str, int] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def count(self) -> int:
        return self.copies + self.inserts

    def refused(self) -> int:
        return sum(self.errors.values())


def sqlstate_of(message: bytes) -> str:
    fields = (part for part in message[5:].split(b"\0") if part)
    return next(part[1:].decode() for part in fields if part[:1] == b"C")


class CountingLink(ReadingLink):
    def ask(self, message: bytes) -> bool:
        tried = self.proxy.tried
        if self.asked.typed and message[:1] in (SIMPLE_QUERY, PARSE):
            with tried.lock:
                tried.inserts += len(self.proxy.insert.findall(message))
        return super().ask(message)

    def answer(self, message: bytes) -> bool:
        tried, kind = self.proxy.tried, message[:1]
        with tried.lock:
            if kind == COPY_IN:
                tried.copies += 1
            elif kind == ERROR:
                state = sqlstate_of(message)
                tried.errors[state] = tried.errors.get(state, 0) + 1
        self.client.sendall(message)
        return True


class WireCounter(PgProxy):
    """`tried` since it was taken last; the table is the one that inserts are counted into."""

    link_class = CountingLink

    def __init__(self, conninfo: str, table: str) -> None:
        self.tried = Tried()
        self.insert = re.compile(rf'INSERT INTO (?:"?\w+"?\.)?"?{table}"?[ (]'.encode())
        parts = conninfo_to_dict(conninfo)
        super().__init__(int(parts["port"]))
        # Without compression or TLS, so that the proxy can read what passes.
        self.conninfo = make_conninfo(
            conninfo, host="127.0.0.1", port=self.port, sslmode="disable", gssencmode="disable"
        )

    def take(self) -> Tried:
        tried, self.tried = self.tried, Tried()
        return tried
