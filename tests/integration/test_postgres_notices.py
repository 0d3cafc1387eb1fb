# SPDX-License-Identifier: Apache-2.0
"""More answers than libpq's buffer holds, while a COPY is under way, from a gateway that packs them
into whole TLS records: what is left of a record waits in the TLS library, where no poll sees it."""

import socket
import ssl
import threading
from collections.abc import Iterator
from select import select

import pytest
from commit_ground import execute, fetch
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from sink_driver import Sink
from tls_gateway import Authority

RECORD_BYTES = 16384
ROWS = [(i, "v") for i in range(24)]
NOTICE = "x" * 1000  # for each row
PATIENCE = 60  # seconds; a load takes some
QUIET = 0.05  # seconds without a byte: what has come is sent on

NOISY = """
create table t (k int, v text);
create function tell() returns trigger language plpgsql as
$$begin raise notice '%', '{}'; return new; end$$;
create trigger tell before insert on t for each row execute function tell()
"""


class Gateway:
    """Speaks TLS to clients. Answers beyond a record are sent as whole records, the odd rest first."""

    def __init__(self, server: tuple[str, int], authority: Authority) -> None:
        self.server = server
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(authority.certificate, authority.key)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.largest = 0  # burst of answers
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self) -> None:
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def serve(self, client: socket.socket) -> None:
        client.recv(8)  # SSLRequest
        client.sendall(b"S")
        server = socket.create_connection(self.server)
        try:
            with self.context.wrap_socket(client, server_side=True) as secured:
                threading.Thread(target=self.pass_up, args=(secured, server), daemon=True).start()
                while burst := self.collect(server):
                    self.send(secured, burst)
        except OSError:
            pass  # the client has left

    def pass_up(self, secured: ssl.SSLSocket, server: socket.socket) -> None:
        try:
            while data := secured.recv(65536):
                server.sendall(data)
            server.shutdown(socket.SHUT_WR)
        except OSError:
            server.close()

    def collect(self, server: socket.socket) -> bytes:
        burst = server.recv(65536)
        while burst and select([server], [], [], QUIET)[0]:
            more = server.recv(65536)
            if not more:
                break
            burst += more
        self.largest = max(self.largest, len(burst))
        return burst

    def send(self, secured: ssl.SSLSocket, burst: bytes) -> None:
        """Each record when the client has had time to read the one before."""
        rest = len(burst) % RECORD_BYTES
        pieces = [burst[:rest]] if rest else []
        pieces += [burst[i : i + RECORD_BYTES] for i in range(rest, len(burst), RECORD_BYTES)]
        for i, piece in enumerate(pieces):
            if i > 0:
                select([], [], [], 4 * QUIET)
            secured.sendall(piece)


@pytest.fixture
def gateway(postgres_database, tmp_path) -> Iterator[Gateway]:
    server = conninfo_to_dict(postgres_database)
    made = Gateway((server["host"], int(server["port"])), Authority(tmp_path, "gateway"))
    yield made
    made.listener.close()


def test_answers_that_wait_in_the_tls_library_are_read(postgres_database, gateway):
    execute(postgres_database, NOISY.format(NOTICE))
    behind = make_conninfo(
        postgres_database, port=gateway.port, sslmode="require", gssencmode="disable"
    )
    with Sink(behind, {"k": "int32", "v": "text"}) as sink:
        patience = threading.Timer(PATIENCE, sink.process.kill)
        patience.start()
        sink.begin()
        assert sink.load("u", ROWS) == (len(ROWS), 0, 0)
        sink.call("finish", 1)
        patience.cancel()
    assert fetch(postgres_database, "select * from t order by k") == ROWS
    assert gateway.largest > len(ROWS) * len(NOTICE)
