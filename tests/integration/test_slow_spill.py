# SPDX-License-Identifier: Apache-2.0
"""Rows that do not fit into memory are spilled to a slow disk, each time for longer than a scroll or a
point in time lives: meanwhile the readers are kept alive, and nothing is begun anew."""

import random
from pathlib import Path

import pytest
from pipelines import engine
from pipelines.balances import COLUMNS, KEY, LUA_STEP, SCRIPT, SERIES, TYPES
from pipelines.engine import Project
from pipelines.tables import SqliteReader, sort_rows
from wire_books import settle
from wire_scenarios import MAPPING, as_row, draw_source, newest, work_out_days

# Not in the trees of sanitizers, which have a loader of their own.
PRELOADED = Path(__file__).resolve().parents[2] / "build/test/tests/fault/slow_spill.so"
DOCUMENTS, SHARDS, PAGE, SEED = 1500, 2, 30, 1
KEEP_ALIVE_SECONDS = 1
BYTES_PER_SECOND = 120_000
ROUTES = {
    "ordered": ({**SERIES, "steps": [LUA_STEP], "until": "2024-05-01"}, {"mode": "append"}),
    "merge": ({"partitions": 4}, {"mode": "merge", **KEY}),
}


@pytest.fixture(scope="module")
def documents() -> dict[str, dict]:
    rng = random.Random(SEED)
    drawn = {f"e{i}": draw_source(rng, i) for i in range(DOCUMENTS)}
    return {i: source for i, source in drawn.items() if source["amount"] != "much"}


@pytest.fixture(scope="module")
def index(elasticsearch_8, documents):
    elasticsearch_8.create_index("slow", MAPPING, shards=SHARDS)
    elasticsearch_8.load("slow", documents.items())
    yield "slow"
    elasticsearch_8.request("DELETE", "/slow")


def make_project(binary: Path, place: Path, address: str, route: str, snapshot: str) -> Project:
    project = Project(binary, place)
    config, sink = ROUTES[route]
    project.content = {
        "connections": {"events": {"elasticsearch": address}, "out": {"sqlite": "out.sqlite"}},
        "pipelines": {
            "events": {
                "source": {
                    "connection": "events",
                    "index": "slow",
                    "page_size": PAGE,
                    "keep_alive": f"{KEEP_ALIVE_SECONDS}s",
                    "snapshot": snapshot,
                },
                "columns": COLUMNS,
                **config,
                "sink": {"connection": "out", "table": "t", **sink},
            }
        },
    }
    project.write()
    (place / "day.lua").write_text(SCRIPT)
    return project


def wanted(route: str, documents: dict[str, dict]) -> list[dict]:
    rows = [as_row(document) for document in documents.values()]
    return sort_rows(work_out_days(rows) if route == "ordered" else newest(rows))


class Run:
    """A run with a slow disk."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.log = project.directory / "writes"
        self.process = project.start(
            *engine.options(workers=2, few_rows=True),
            LD_PRELOAD=str(PRELOADED),
            TIDEMILL_SLOW_SPILL=str(BYTES_PER_SECOND),
            TIDEMILL_SLOW_SPILL_LOG=str(self.log),
        )

    def finish(self) -> None:
        self.execution = engine.finish(self.process)

    def check(self, rows: int) -> None:
        execution = self.execution
        assert execution.code == 0, execution.describe()
        longest = max(map(int, self.log.read_text().split())) / BYTES_PER_SECOND
        assert longest > 1.5 * KEEP_ALIVE_SECONDS, longest
        record = execution.record
        assert (record["attempts_failed"], record["counts"]["read"]) == (0, rows)
        assert record["held_back_rows"] >= PAGE
        assert not self.project.spilled_files()

    def output(self) -> list[dict]:
        reader = SqliteReader(self.project.directory / "out.sqlite", "events", "t", TYPES)
        rows = reader.rows("t")
        return sort_rows([{n: v for n, v in r.items() if not n.startswith("_")} for r in rows])


def test_a_slow_disk_costs_no_context(
    tidemill, tmp_path, elasticsearch_8, index, documents
) -> None:
    """Side by side: they do nothing but wait."""
    before = settle(elasticsearch_8)["scroll_total"]
    runs = {}
    for route in ROUTES:
        for snapshot in ("scroll", "pit"):
            place = tmp_path / f"{route}-{snapshot}"
            project = make_project(tidemill, place, elasticsearch_8.address, route, snapshot)
            runs[route, snapshot] = Run(project)
    for run in runs.values():
        run.finish()
    for run in runs.values():
        run.check(len(documents))
    # Of each slice one, and none anew.
    assert settle(elasticsearch_8)["scroll_total"] - before == len(ROUTES) * SHARDS
    for (route, _), run in runs.items():
        assert run.output() == wanted(route, documents)
