# SPDX-License-Identifier: Apache-2.0
"""How often a server that has fallen silent is asked, as docs/operations.md tells it: each time costs the
connection's `timeout`."""

import json
from pathlib import Path

import pytest
from fake_search import Answer, FakeSearch, Request
from integration.project import Project

DOCUMENTS = {f"d{i:04}": {"n": i} for i in range(90)}
PAGE = 20
RETRIES = 2
SILENT_MS = 400


@pytest.fixture
def project(tidemill: Path, tmp_path: Path) -> Project:
    return Project(tmp_path, tidemill)


def write(project: Project, url: str, snapshot: str) -> None:
    source = {"connection": "events", "index": "uses", "page_size": PAGE, "snapshot": snapshot}
    events = {"elasticsearch": url, "timeout": "150ms", "retries": RETRIES, "retry_pause": "1ms"}
    sink = {"connection": "lite", "table": "t", "mode": "replace"}
    config = {
        "connections": {"events": events, "lite": {"sqlite": "out.sqlite"}},
        "pipelines": {"p": {"source": source, "columns": {"n": "int64"}, "sink": sink}},
    }
    project.write("tidemill.yaml", json.dumps(config))


def silent_from(kinds: tuple[str, ...], number: int):
    """The `number`th page, and whatever is asked for after it."""
    pages = 0

    def fault(request: Request, answer: Answer) -> None:
        nonlocal pages
        pages += request.kind in kinds
        if request.kind in kinds and pages >= number:
            answer.silent_ms = SILENT_MS

    return fault


@pytest.mark.parametrize(
    ("snapshot", "kinds", "page", "asked"),
    [
        ("scroll", ("open", "next"), 1, RETRIES + 1),
        ("scroll", ("open", "next"), 3, RETRIES + 1),
        ("pit", ("pit_next",), 1, (RETRIES + 1) ** 2),
        ("pit", ("pit_next",), 3, (RETRIES + 1) ** 2 + 1),
    ],
)
def test_a_silent_server_is_asked_so_often(
    project: Project, snapshot: str, kinds: tuple[str, ...], page: int, asked: int
) -> None:
    with FakeSearch(DOCUMENTS, shards=1) as server:
        write(project, server.url, snapshot)
        server.fault = silent_from(kinds, page)
        said = project.run("run", "--workers", "1", code=4).stderr
        assert f"gave up after {RETRIES + 1} attempts" in said
        assert sum(server.count(kind) for kind in kinds) - (page - 1) == asked
        assert server.crimes == []
