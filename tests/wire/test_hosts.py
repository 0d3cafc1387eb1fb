# SPDX-License-Identifier: Apache-2.0
"""Several hosts of one cluster: whatever becomes of one of them, what is read is the same; it is
left alone for a while, and asked again when that is over.

Two proxies before one real server are its two hosts. They share their books: a scroll belongs to
the cluster, so that its next page may be asked for at either host, but never twice."""

import json
import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from integration.project import Project
from wire_messages import Answer, Request
from wire_proxy import DropError, Proxy, Script

DOCUMENTS = 1600
SHARDS = 4
PAGE = 25
SERVERS = ("elasticsearch_8", "opensearch_2")
COLUMNS = {"id": {"type": "text", "from": "_id"}, "k": "text", "t": "timestamp", "n": "int64"}


class Dying(Script):
    """Well until the given request of a kind has arrived; from then on it does as `end` says."""

    def __init__(self, end: str, kind: str, number: int) -> None:
        self.end, self.kind, self.number = end, kind, number
        self.dead = False
        self.asked_when_dead = 0

    def _is_dead(self, request: Request) -> bool:
        self.dead = self.dead or (request.kind == self.kind and request.number >= self.number)
        self.asked_when_dead += self.dead
        return self.dead

    def before(self, proxy: Proxy, request: Request) -> Answer | None:
        if not self._is_dead(request):
            return None
        if self.end == "refuses":
            proxy._close_listener()
            raise DropError(reset=True)
        if self.end in ("502", "503"):
            answer = Answer(int(self.end), [("content-type", "text/html")], b"<html>no</html>")
            # Whether the server has moved on, a client can't know.
            proxy.note_spoilt(request)
            return answer
        return None

    def after(self, proxy: Proxy, request: Request, answer: Answer) -> None:
        if self.dead and self.end == "drops":
            answer.cut_at, answer.reset = len(answer.head()) + 10, True


class Host(Proxy):
    """Shares the books of contexts with the other host."""

    def share(self, other: "Host") -> None:
        self.contexts, self.crimes = other.contexts, other.crimes
        self.last_pages = other.last_pages

    def note_spoilt(self, request: Request) -> None:
        context = self.contexts.get(request.context or "")
        if context and request.kind == "next":
            context.spoilt = "it was answered by a gateway"


@pytest.fixture(params=SERVERS)
def server(request: pytest.FixtureRequest):
    return request.getfixturevalue(request.param)


@pytest.fixture
def index(server, request) -> Iterator[str]:
    name = f"hosts-{abs(hash(request.node.nodeid)):x}"
    properties = {"k": {"type": "keyword"}, "t": {"type": "date"}, "n": {"type": "long"}}
    server.create_index(name, properties, shards=SHARDS)
    documents = (
        {"k": f"k{i % 40}", "t": f"2024-03-{1 + i % 20:02}T00:00:00Z", "n": i}
        for i in range(DOCUMENTS)
    )
    server.load(name, ((f"d{i}", document) for i, document in enumerate(documents)))
    yield name
    server.request("DELETE", f"/{name}")


@pytest.fixture
def hosts(server) -> Iterator[tuple[Host, Host]]:
    opensearch = server.product == "opensearch"
    with Host(server.port, opensearch) as one, Host(server.port, opensearch) as other:
        other.share(one)
        yield one, other


@pytest.fixture
def project(tidemill: Path, tmp_path: Path) -> Project:
    return Project(tmp_path, tidemill)


def write(project: Project, hosts: list[str], index: str, snapshot: str = "scroll", **keys) -> None:
    connection = {"elasticsearch": hosts, "retry_pause": "5ms", **keys}
    pipeline = {
        "source": {
            "connection": "events",
            "index": index,
            "page_size": PAGE,
            "snapshot": snapshot,
        },
        "columns": COLUMNS,
        "series": "k",
        "time": "t",
        "sink": {"connection": "lite", "table": "t", "mode": "append"},
    }
    connections = {"events": connection, "lite": {"sqlite": "out.sqlite"}}
    content = {"connections": connections, "pipelines": {"p": pipeline}}
    project.write("tidemill.yaml", json.dumps(content))


def expect_all(project: Project, record: dict) -> None:
    assert project.rows("select id, n from t order by n") == [
        (f"d{i}", i) for i in range(DOCUMENTS)
    ]
    counts = record["counts"]
    assert counts["loaded"] == DOCUMENTS
    assert counts["read"] == DOCUMENTS + counts["discarded"]


def expect_nothing_open(server, hosts: tuple[Host, Host]) -> None:
    """All contexts are closed, but for those whose id never reached the client: these end by
    themselves, later."""
    for host in hosts:
        host.settle()
    for context in hosts[0].contexts.values():
        if not context.closed:
            assert not context.told, f"{context.id} was left open"
            hosts[0].delete(context)
    path = "/_nodes/stats/indices/search?filter_path=nodes.*.indices.search.open_contexts"
    deadline = time.monotonic() + 20
    while True:
        nodes = server.request("GET", path)["nodes"].values()
        left = sum(node["indices"]["search"]["open_contexts"] for node in nodes)
        if left == 0 or time.monotonic() > deadline:
            break
        time.sleep(0.05)
    assert left == 0


@pytest.mark.parametrize("snapshot", ["scroll", "pit"])
@pytest.mark.parametrize("end", ["refuses", "drops", "502", "503"])
def test_a_host_that_dies_in_the_middle(project, server, index, hosts, snapshot, end):
    one, other = hosts
    one.script = Dying(end, "pit_next" if snapshot == "pit" else "next", 4)
    write(project, [one.url, other.url], index, snapshot)
    record = project.record("--workers", "3")
    expect_all(project, record)
    assert one.script.dead
    # Those under way when it died, and a trial now and then; all else went to the other one.
    assert one.script.asked_when_dead < 20
    assert sum(other.counts.values()) > DOCUMENTS / PAGE / 2
    assert [crime for crime in one.crimes if "old id" not in crime] == []
    expect_nothing_open(server, hosts)


def test_a_host_that_was_dead_from_the_beginning(project, server, index, hosts):
    one, other = hosts
    one._close_listener()
    write(project, [one.url, other.url], index)
    record = project.record("--workers", "3")
    expect_all(project, record)
    assert record["counts"]["discarded"] == 0
    assert record.get("attempts_failed", 0) == 0
    expect_nothing_open(server, hosts)


class Ill(Script):
    """Answers 502 until it has been asked so many times."""

    def __init__(self, answers: int) -> None:
        self.left = answers
        self.well = 0

    def before(self, proxy: Proxy, request: Request) -> Answer | None:
        if self.left > 0:
            self.left -= 1
            proxy.note_spoilt(request)
            return Answer(502, [("content-type", "text/plain")], b"bad gateway")
        self.well += 1
        return None


class Slow(Script):
    """Takes its time, so that a run outlasts the moments for which another host is avoided."""

    def before(self, proxy: Proxy, request: Request) -> Answer | None:
        time.sleep(0.05)
        return None


def test_a_host_that_comes_back_is_asked_again(project, server, index, hosts):
    one, other = hosts
    one.script = Ill(3)
    other.script = Slow()
    write(project, [one.url, other.url], index, retry_pause="1ms")
    record = project.record("--workers", "2")
    expect_all(project, record)
    assert one.script.left == 0
    assert one.script.well > 10, "the host was never trusted again"
    assert sum(other.counts.values()) > 3


def test_an_error_names_every_host_and_what_it_said(project, server, index, hosts):
    one, other = hosts
    one._close_listener()
    other.script = Ill(10**6)
    write(project, [one.url, other.url], index, retries=2)
    for command in ("check", "run"):
        result = project.run(command, code=4)
        said = result.stdout + result.stderr
        assert one.url in said and other.url in said
        assert re.search(re.escape(one.url) + r":[^;]*(refused|connect)", said, re.IGNORECASE)
        assert re.search(re.escape(other.url) + r".*502", said)
    other._close_listener()
    other._drop_connections()
    said = project.run("run", code=4).stderr
    assert one.url in said and other.url in said
    assert len(re.findall(r"connect to 127\.0\.0\.1|refused", said, re.IGNORECASE)) >= 2
    assert project.run("runs").returncode == 0
