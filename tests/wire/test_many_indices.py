# SPDX-License-Identifier: Apache-2.0
"""Hundreds of small indices: planned in a handful of requests, read whole, with few search contexts
open at a time - by what is asked of the server, and by the server's own statistics."""

import json
import random
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from integration.project import Project
from wire_books import ContextBooks, settle, statistics
from wire_messages import Answer, Request
from wire_proxy import Proxy

INDICES = 400
DOCUMENTS = 5  # of each
LARGE = "many-large"  # the last by its name
LARGE_DOCUMENTS = 3000
WORKERS = 4
PLAN_REQUESTS_MAX = 40


class Openings(ContextBooks):
    """Also: which indices were asked for first, in their order."""

    def __init__(self, server, shards: int) -> None:
        super().__init__(server, shards)
        self.names: list[str] = []

    def before(self, proxy: Proxy, request: Request) -> Answer | None:
        if request.kind in ("open", "search"):
            self.names.append(request.target.split("/")[1])
        return super().before(proxy, request)


def load_large(server) -> None:
    """Documents that do not compress, so that the store is larger, too."""
    documents = (
        (f"large-{d}", {"n": INDICES * DOCUMENTS + d, "noise": f"{random.getrandbits(800):x}"})
        for d in range(LARGE_DOCUMENTS)
    )
    server.load(LARGE, documents)


@pytest.fixture(scope="module")
def many(elasticsearch_8) -> Iterator[object]:
    settings = {"number_of_shards": 1, "number_of_replicas": 0}
    mappings = {"properties": {"n": {"type": "long"}}}
    template = {"settings": settings, "mappings": mappings}
    body = {"index_patterns": ["many-*"], "template": template}
    elasticsearch_8.request("PUT", "/_index_template/many", body)
    step = 50
    for first in range(0, INDICES, step):
        lines = []
        for i in range(first, min(first + step, INDICES)):
            for d in range(DOCUMENTS):
                lines.append(json.dumps({"index": {"_index": f"many-{i:03}", "_id": f"{i}-{d}"}}))
                lines.append(json.dumps({"n": i * DOCUMENTS + d}))
        answer = elasticsearch_8.request("POST", "/_bulk", "\n".join([*lines, ""]))
        assert not answer["errors"]
    load_large(elasticsearch_8)
    elasticsearch_8.request("POST", "/many-*/_refresh")
    yield elasticsearch_8
    for first in range(0, INDICES, step):
        names = (f"many-{i:03}" for i in range(first, min(first + step, INDICES)))
        elasticsearch_8.request("DELETE", "/" + ",".join(names))
    elasticsearch_8.request("DELETE", f"/{LARGE}")
    elasticsearch_8.request("DELETE", "/_index_template/many")


@pytest.fixture
def project(tidemill: Path, tmp_path: Path) -> Project:
    return Project(tmp_path, tidemill)


def write(project: Project, url: str, index: str, **source: object) -> None:
    pipeline = {
        "source": {"connection": "events", "index": index, **source},
        "columns": {"id": {"type": "text", "from": "_id"}, "n": "int64"},
        "sink": {"connection": "lite", "table": "t", "mode": "merge", "key": "id", "newest": "n"},
    }
    connections = {"events": {"elasticsearch": url}, "lite": {"sqlite": "out.sqlite"}}
    content = {"connections": connections, "pipelines": {"p": pipeline}}
    project.write("tidemill.yaml", json.dumps(content))


def test_many_small_indices(project, many):
    before = statistics(many)
    with Proxy(many.port) as proxy:
        proxy.script = openings = Openings(many, shards=1)
        write(project, proxy.url, "many-*")
        begun = time.monotonic()
        record = project.record("--workers", str(WORKERS))
        seconds = time.monotonic() - begun
        proxy.settle()
    after = settle(many)
    print(f"{seconds:.2f} s, {openings}", proxy.counts)
    count = INDICES * DOCUMENTS + LARGE_DOCUMENTS
    assert record["counts"]["read"] == count
    assert record["counts"]["discarded"] == 0
    assert project.rows("select n from t order by n") == [(n,) for n in range(count)]
    assert proxy.crimes == []
    assert proxy.counts["plan"] <= PLAN_REQUESTS_MAX
    assert (proxy.counts["search"], proxy.counts["open"]) == (INDICES, 1)
    assert len(set(openings.names)) == INDICES + 1
    assert LARGE in openings.names[:WORKERS]
    openings.check(most=WORKERS)
    assert after["scroll_total"] - before["scroll_total"] == 1
    queries = after["query_total"] - before["query_total"]
    assert queries == INDICES + 1 + proxy.counts["next"]


@pytest.fixture
def tight(elasticsearch_8) -> Iterator[object]:
    """Six contexts are allowed in all, and three indices want two each."""
    names = [f"tight-{i}" for i in range(3)]
    for name in names:
        elasticsearch_8.create_index(name, {"n": {"type": "long"}}, shards=2)
        documents = ((f"{name}-{d}", {"n": d}) for d in range(400))
        elasticsearch_8.load(name, documents)
    setting = "search.max_open_scroll_context"
    elasticsearch_8.request("PUT", "/_cluster/settings", {"persistent": {setting: 6}})
    yield elasticsearch_8
    elasticsearch_8.request("PUT", "/_cluster/settings", {"persistent": {setting: None}})
    elasticsearch_8.request("DELETE", "/" + ",".join(names))


@pytest.mark.parametrize("snapshot", ["scroll", "pit"])
def test_half_of_the_servers_limit_is_left_to_others(project, tight, snapshot):
    with Proxy(tight.port) as proxy:
        proxy.script = books = ContextBooks(tight, shards=2)
        write(project, proxy.url, "tight-*", slices=1, page_size=4, snapshot=snapshot)
        record = project.record("--workers", "3")
        proxy.settle()
    settle(tight)
    print(books, proxy.counts)
    assert record["counts"]["read"] == 1200
    assert record["counts"]["discarded"] == 0
    assert proxy.crimes == []
    assert proxy.counts["open"] + proxy.counts["pit_open"] == 3
    books.check(most=3)
