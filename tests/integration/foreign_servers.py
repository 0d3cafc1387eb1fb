# SPDX-License-Identifier: Apache-2.0
"""What may listen at a wrong address: servers that speak HTTP and are no search server, and servers
that don't speak it. Each answers whatever it is asked with the same bytes."""

import contextlib
import socket
import ssl
import threading
from collections.abc import Iterator

WAIT_SECONDS = 5.0


def http(status: str, body: bytes, *headers: str) -> bytes:
    head = [f"HTTP/1.1 {status}", f"content-length: {len(body)}", "connection: close", *headers]
    return "\r\n".join([*head, "", ""]).encode() + body


def json_error(status: str, kind: str, reason: str) -> bytes:
    """As Elasticsearch and OpenSearch write it."""
    body = f'{{"error":{{"type":"{kind}","reason":"{reason}"}},"status":{status[:3]}}}'
    return http(status, body.encode(), "content-type: application/json")


class Foreign:
    """`reply` to each connection that sends something; to each at once if it `speaks_first`."""

    def __init__(self, reply: bytes, speaks_first: bool, tls: ssl.SSLContext | None) -> None:
        self.reply, self.speaks_first, self.tls = reply, speaks_first, tls
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.connections = 0
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self) -> None:
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            self.connections += 1
            with connection, contextlib.suppress(OSError):
                connection.settimeout(WAIT_SECONDS)
                self.serve(connection)

    def serve(self, connection: socket.socket) -> None:
        if self.tls is not None:
            connection = self.tls.wrap_socket(connection, server_side=True)
        if not self.speaks_first:
            connection.recv(1 << 16)
        connection.sendall(self.reply)
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(1 << 16):  # what is unread would become a reset
            pass


@contextlib.contextmanager
def foreign(
    reply: bytes, speaks_first: bool = False, tls: ssl.SSLContext | None = None
) -> Iterator[Foreign]:
    server = Foreign(reply, speaks_first, tls)
    try:
        yield server
    finally:
        server.listener.close()
