# SPDX-License-Identifier: Apache-2.0
"""Hundreds of small indices: planned in a handful of requests, read whole, with few search contexts
open at a time - by the server's own statistics."""

import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from integration.project import Project
from wire_proxy import Proxy

INDICES = 400
DOCUMENTS = 5  # of each
WORKERS = 4
PLAN_REQUESTS_MAX = 40
STATISTICS = (
    "/_nodes/stats/indices/search?filter_path=nodes.*.indices.search.open_contexts,"
    "nodes.*.indices.search.scroll_current,nodes.*.indices.search.scroll_total"
)


class Watch:
    """Samples how many contexts are open, as often as the server answers."""

    def __init__(self, server) -> None:
        self.server = server
        self.over = threading.Event()
        self.most = 0
        self.samples = 0
        self.thread = threading.Thread(target=self._run)

    def search(self) -> dict:
        nodes = self.server.request("GET", STATISTICS)["nodes"]
        return next(iter(nodes.values()))["indices"]["search"]

    def _run(self) -> None:
        while not self.over.is_set():
            now = self.search()
            self.most = max(self.most, now["open_contexts"])
            self.samples += 1

    def __enter__(self) -> "Watch":
        self.before = self.search()
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.over.set()
        self.thread.join()
        self.after = self.search()


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
    elasticsearch_8.request("POST", "/many-*/_refresh")
    yield elasticsearch_8
    for first in range(0, INDICES, step):
        names = (f"many-{i:03}" for i in range(first, min(first + step, INDICES)))
        elasticsearch_8.request("DELETE", "/" + ",".join(names))
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
    with Proxy(many.port) as proxy, Watch(many) as watch:
        write(project, proxy.url, "many-*")
        begun = time.monotonic()
        record = project.record("--workers", str(WORKERS))
        seconds = time.monotonic() - begun
        proxy.settle()
    print(
        f"{seconds:.2f} s, at most {watch.most} contexts in {watch.samples} samples", proxy.counts
    )
    count = INDICES * DOCUMENTS
    assert record["counts"]["read"] == count
    assert record["counts"]["discarded"] == 0
    assert project.rows("select n from t order by n") == [(n,) for n in range(count)]
    assert proxy.crimes == []
    assert proxy.counts["plan"] <= PLAN_REQUESTS_MAX
    assert proxy.counts["open"] == INDICES
    assert watch.samples > 3
    assert watch.most <= 2 * WORKERS
    assert watch.after["open_contexts"] == 0
    assert watch.after["scroll_total"] - watch.before["scroll_total"] == INDICES


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
    write(project, tight.url, "tight-*", slices=1, page_size=4, snapshot=snapshot)
    with Watch(tight) as watch:
        record = project.record("--workers", "3")
    print(f"at most {watch.most} contexts in {watch.samples} samples")
    assert record["counts"]["read"] == 1200
    assert record["counts"]["discarded"] == 0
    assert watch.samples > 3
    assert 2 <= watch.most <= 3
    assert watch.after["open_contexts"] == 0
