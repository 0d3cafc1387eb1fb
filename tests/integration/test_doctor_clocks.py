# SPDX-License-Identifier: Apache-2.0
"""`tidemill doctor` before servers whose clocks differ: real ones, behind proxies that move the time in
their answers, since the clock of a server on this machine is this machine's."""

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPResponse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import ProxyHandler, build_opener

import pytest
import servers
from project import Project
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from tworuns.pg_wire import PgProxy, ReadingLink

TIMESTAMP = re.compile(rb'("timestamp":)(\d{13})')
MICROS = re.compile(rb"\A\d{16}\Z")  # of 2001 to 2286
DATA_ROW, HEAD_BYTES = b"D", 11  # kind, size, one column, its size
# Seconds that the server is ahead, what is said of it, and how it is judged.
SKEWS = [
    (0, "agrees with this machine's", "fine"),
    (-10, "behind this machine's", "warning"),
    (600, "ahead of this machine's", "failure"),
    (-600, "behind this machine's", "failure"),
]


def ask(url: str) -> HTTPResponse | HTTPError:
    """Also what is refused is an answer."""
    try:
        return build_opener(ProxyHandler({})).open(url)
    except HTTPError as refused:
        return refused


@contextmanager
def search_ahead(url: str, seconds: int) -> Iterator[str]:
    """The address of the server whose nodes say that it is so much later."""

    def moved(match: re.Match) -> bytes:
        return match[1] + str(int(match[2]) + 1000 * seconds).encode()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            with ask(url + self.path) as answer:
                body = TIMESTAMP.sub(moved, answer.read())
                self.send_response(answer.status)
                for name in ("Content-Type", "X-elastic-product"):
                    self.send_header(name, answer.headers.get(name, ""))
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class AheadLink(ReadingLink):
    def answer(self, message: bytes) -> bool:
        cell = message[HEAD_BYTES:]
        if message[:1] == DATA_ROW and MICROS.match(cell):
            later = int(cell) + self.proxy.seconds * 1_000_000
            message = message[:HEAD_BYTES] + str(later).encode()
        self.client.sendall(message)
        return True


class PostgresAhead(PgProxy):
    link_class = AheadLink

    def __init__(self, conninfo: str, seconds: int) -> None:
        self.seconds = seconds
        super().__init__(int(conninfo_to_dict(conninfo)["port"]))
        self.conninfo = make_conninfo(
            conninfo, host="127.0.0.1", port=self.port, sslmode="disable", gssencmode="disable"
        )


@pytest.fixture
def project(tidemill: Path, tmp_path: Path) -> Project:
    return Project(tmp_path, tidemill)


def look(project: Project, connection: dict, verdict: str) -> dict:
    """What is said of the clock."""
    pipeline = {"source": {"files": "*.csv"}, "columns": {"a": "text"}, "sink": {"discard": True}}
    content = {"connections": {"c": connection}, "pipelines": {"p": pipeline}}
    project.write("tidemill.yaml", json.dumps(content))
    code = 1 if verdict == "failure" else 0
    found = [
        json.loads(line) for line in project.run("doctor", "--json", code=code).stdout.splitlines()
    ]
    assert [one["topic"] for one in found if one["verdict"] == "failure"] == ["clock"] * code
    (clock,) = [one for one in found if (one["subject"], one["topic"]) == ("c", "clock")]
    return clock


def expect(clock: dict, seconds: int, words: str, verdict: str) -> None:
    assert (clock["verdict"], words in clock["text"]) == (verdict, True), clock
    if seconds != 0:
        # The way of the question may hide some of it, and shows no more.
        told = float(clock["text"].split(" s ")[0])
        assert abs(seconds) - 5 <= told <= abs(seconds) + 0.1
        assert "time service" in clock["advice"] and "lag" in clock["advice"]


@pytest.mark.parametrize(("seconds", "words", "verdict"), SKEWS)
def test_a_search_server_with_another_clock(
    project: Project, elasticsearch_8: servers.SearchServer, seconds: int, words: str, verdict: str
) -> None:
    with search_ahead(elasticsearch_8.url, seconds) as url:
        expect(look(project, {"elasticsearch": url}, verdict), seconds, words, verdict)


@pytest.mark.parametrize(("seconds", "words", "verdict"), SKEWS)
def test_a_database_with_another_clock(
    project: Project, postgres_database: str, seconds: int, words: str, verdict: str
) -> None:
    with PostgresAhead(postgres_database, seconds) as proxy:
        expect(look(project, {"postgres": proxy.conninfo}, verdict), seconds, words, verdict)
