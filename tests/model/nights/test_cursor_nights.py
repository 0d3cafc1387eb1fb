# SPDX-License-Identifier: Apache-2.0
"""Nights of runs by a cursor over a real Elasticsearch, against a reference that keeps all documents
in a dict and reads those whose cursor lies in the interval.

Each night documents come - on time, late, without a cursor, with one that lies in the future, or with
one that is too old to be found - some are written anew, indices come and go, and the pipeline or
its table is changed behind the runs' back.

TIDEMILL_MODEL_SEED=3 TIDEMILL_MODEL_CASES=1 repeats case 3.
"""

import os
import random
import time
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

import nights_mishaps
import pytest
from nights_reference import DAY, Row, Series
from nights_world import (
    COUNT_LUA,
    FIRST_DAY,
    KEYS,
    TYPES,
    assert_same,
    day_text,
    run_rows,
    time_text,
)
from pipelines import engine
from pipelines.engine import Project
from pipelines.tables import PostgresReader, SqliteReader

FIRST_SEED = int(os.environ.get("TIDEMILL_MODEL_SEED", "0"))
CASES = int(os.environ.get("TIDEMILL_MODEL_CASES", "3"))
NIGHTS = int(os.environ.get("TIDEMILL_MODEL_NIGHTS", "12"))
MAPPING = {"k": "keyword", "t": "date", "at": "date", "v": "long"}
FUTURE = timedelta(days=400)


def now_millis() -> int:
    return time.time_ns() // 1_000_000


@dataclass(frozen=True)
class Document:
    row: Row
    at: int | None  # milliseconds; None: without a cursor


class CursorCase:
    def __init__(self, seed: int, binary, place, fixture) -> None:
        self.rng = rng = random.Random(7_000 + seed)
        self.kind = ["ordered", "append", "merge", "ordered"][seed % 4]
        self.sink = rng.choice(["sqlite", "postgres"])
        self.late_rule = rng.choice(["report", "drop"])
        self.name = f"cursor{seed}"
        self.project = Project(binary, place)
        self.server = fixture("elasticsearch_8")
        self.fixture = fixture
        self.indices: dict[str, dict[str, Document]] = {}
        self.serial = self.night = self.complete_runs = self.kills = 0
        self.pinned = False
        self.script = COUNT_LUA
        self.mishaps: Counter = Counter()
        self.forget_all()

    def forget_all(self) -> None:
        self.known = self.low = 0  # what complete runs have read, and where rows were left
        self.output: list[tuple] = []
        self.late: list[tuple] = []
        self.rejects: set[str] = set()
        self.series: dict[str, Series] = {}

    def has_states(self) -> bool:
        return bool(self.series)

    def has_output(self) -> bool:
        return bool(self.output)

    def describe(self) -> str:
        return f"{self.kind} into {self.sink}, late: {self.late_rule}"

    # --- documents ---

    def document(self) -> Document:
        self.serial += 1
        day = FIRST_DAY + self.night + self.rng.choice([-3, -2, -1, -1, -1, 0, 0, 1])
        row = Row(
            self.rng.choice(KEYS),
            day * DAY + self.rng.randrange(86_000) * 1_000_000 + self.serial * 1000,
            self.serial,
        )
        # A document without a cursor is asked for by every run, a resumed one, too.
        kind = 1.0 if self.pinned else self.rng.random()
        if kind < 0.04:
            return Document(row, None)
        if kind < 0.08:
            return Document(row, now_millis() + FUTURE // timedelta(milliseconds=1))
        if kind < 0.12 and self.known:
            return Document(row, self.low - 1_000)  # below what the next run reads
        return Document(row, now_millis())

    def write(self, index: str, identifiers: list[str]) -> None:
        documents = {identifier: self.document() for identifier in identifiers}
        self.indices[index].update(documents)
        self.server.load(index, [(i, source_of(d)) for i, d in documents.items()])
        self.server.request("POST", f"/{index}/_refresh")

    def new_index(self) -> None:
        index = f"{self.name}-{self.night}"
        if index not in self.indices:
            self.indices[index] = {}
            properties = {name: {"type": kind} for name, kind in MAPPING.items()}
            self.server.create_index(index, properties, shards=self.rng.choice([1, 3]))

    def add(self) -> None:
        index = self.rng.choice(sorted(self.indices))
        count = self.rng.choice([1, 3, 20])
        self.write(index, [f"d{self.serial + i + 1}" for i in range(count)])

    def rewrite(self) -> None:
        index = self.rng.choice(sorted(self.indices))
        known = sorted(self.indices[index])
        if known:
            self.write(index, self.rng.sample(known, min(2, len(known))))

    def change_documents(self) -> None:
        if not self.indices or self.rng.random() < 0.3:
            self.new_index()
        for _ in range(self.rng.choice([0, 1, 3])):
            self.rng.choice([self.add, self.add, self.rewrite])()
        if len(self.indices) > 2 and self.rng.random() < 0.3:
            index = self.rng.choice(sorted(self.indices))
            del self.indices[index]
            self.server.request("DELETE", f"/{index}")
        time.sleep(0.002)  # the cursor's own step: what is written now lies below the next high

    # --- runs ---

    def write_project(self) -> None:
        pipeline = {
            "source": {"connection": "events", "index": f"{self.name}-*"},
            "columns": {"k": "text", "t": "timestamp", "v": "int64", "at": "timestamp"},
            "cursor": "at",
            "lag": "0s",
            "max_rejects": 100_000,
            "sink": {"connection": "out", "table": self.name + "_out", "mode": "append"},
        }
        if self.kind == "merge":
            pipeline["sink"].update(mode="merge", key=["k"], newest="t")
        if self.kind == "ordered":
            output = {"k": "text", "t": "timestamp", "v": "int64", "n": "int64"}
            step = {"lua": "count.lua", "state": {"n": "int64"}, "output": output}
            pipeline |= {"series": "k", "time": "t", "late": self.late_rule, "steps": [step]}
            pipeline |= {"until": day_text(FIRST_DAY + self.night), "commit": {"rows": 3}}
            (self.project.directory / "count.lua").write_text(self.script)
        out = {"sqlite": "out.sqlite"}
        if self.sink == "postgres":
            out = {"postgres": self.fixture("pipelines_database")}
        self.project.content = {
            "connections": {"events": {"elasticsearch": self.server.address}, "out": out},
            "pipelines": {self.name: pipeline},
        }
        self.project.write()

    def reader(self):
        arguments = (self.name, self.name + "_out", {**TYPES, "at": "timestamp"})
        if self.sink == "postgres":
            return PostgresReader(self.fixture("pipelines_database"), *arguments)
        return SqliteReader(self.project.directory / "out.sqlite", *arguments)

    def run_rows(self) -> list[tuple]:
        return run_rows(self.reader(), self.name)

    def options(self) -> list[str]:
        return engine.options(workers=self.rng.choice([1, 2]))

    def run_to_the_end(self) -> None:
        self.write_project()
        arguments = self.options()
        snapshot, high = self.look()
        while self.rng.random() < 0.4:
            fault = f"*:{self.rng.randrange(1, 25)}"
            execution = self.project.run(*arguments, TIDEMILL_FAULT=fault)
            assert execution.code in (0, -9), execution.describe()
            if execution.code != 0:
                self.kills += 1
                # Who is killed closes nothing.
                self.server.request("DELETE", "/_search/scroll/_all")
            runs = self.run_rows()
            if len(runs) > self.complete_runs and runs[-1][1] == "complete":
                return self.complete(snapshot, high)
            if len(runs) > self.complete_runs:
                time.sleep(0.002)
                self.pinned = True
                self.add()  # for the next run: the interval is fixed
                self.pinned = False
            else:
                snapshot, high = self.look()
        execution = self.project.run(*arguments)
        assert execution.code == 0, execution.describe()
        return self.complete(snapshot, high)

    def look(self) -> tuple[list, int]:
        """What a run that begins now finds."""
        documents = [
            (f"{index}/{identifier}", document)
            for index, held in self.indices.items()
            for identifier, document in held.items()
        ]
        return documents, now_millis()

    def complete(self, documents: list, high: int) -> None:
        self.complete_runs += 1
        rows = []
        for position, document in documents:
            if document.at is None:
                self.rejects.add(position)
            elif self.low <= document.at <= high:
                rows.append(document)
        left = self.process(rows)
        self.known = high + 1
        self.low = min([d.at for d in left if d.at is not None], default=self.known)

    def process(self, rows: list[Document]) -> list[Document]:
        if self.kind == "ordered":
            return self.process_series(rows)
        self.output += [(d.row.key, d.row.time, d.row.value) for d in rows]
        if self.kind == "merge":
            newest: dict[str, tuple] = {}
            for key, instant, value in self.output:
                newest[key] = max(newest.get(key, ()), (key, instant, value))
            self.output = list(newest.values())
        return []

    def process_series(self, rows: list[Document]) -> list[Document]:
        left = []
        before = {key: series.last_day for key, series in self.series.items()}
        for document in sorted(rows, key=lambda d: (d.row.key, d.row.time)):
            row = document.row
            series = self.series.get(row.key, Series(-1, 0, 0))
            if row.day <= before.get(row.key, -1):
                if document.at >= self.known:
                    series.rows += 1
                    if self.late_rule == "report":
                        self.late.append((row.key, row.time, row.value))
            elif row.day >= FIRST_DAY + self.night:
                left.append(document)
            else:
                series.last_day, series.rows = row.day, series.rows + 1
                series.count += 1
                self.series[row.key] = series
                self.output.append((row.key, row.time, row.value, series.count))
        return left

    def compare(self) -> None:
        tables = self.reader().read()
        columns = ("k", "t", "v", "n") if self.kind == "ordered" else ("k", "t", "v")
        found = [tuple(row[c] for c in columns) for row in tables.output]
        assert_same("output", found, self.output)
        assert_same("late", [(r["k"], r["t"], r["v"]) for r in tables.late], self.late)
        assert_same("rejects", [position for _, position, *_ in tables.rejects], [*self.rejects])
        states = [(r["k"], r["_last_day"].isoformat(), r["_rows"], r["s1_n"]) for r in tables.state]
        expected = [(k, day_text(s.last_day), s.rows, s.count) for k, s in self.series.items()]
        assert_same("state", states, expected)


def source_of(document: Document) -> dict:
    row = document.row
    source = {"k": row.key, "t": time_text(row.time), "v": row.value}
    if document.at is not None:
        at = datetime.fromtimestamp(document.at // 1000, timezone.utc)
        source["at"] = (at + timedelta(milliseconds=document.at % 1000)).isoformat()
    return source


@pytest.mark.parametrize("seed", range(FIRST_SEED, FIRST_SEED + CASES))
def test_equal_to_reference(seed, tidemill, tmp_path, request):
    case = CursorCase(seed, tidemill, tmp_path, request.getfixturevalue)
    print(f"\nseed {seed}: {case.describe()}")
    for _ in range(NIGHTS):
        case.night += 1
        case.change_documents()
        if case.rng.random() < 0.15:
            nights_mishaps.happen(case)
        case.run_to_the_end()
        case.compare()
    print(dict(case.mishaps))
    print(f"{case.kills} kills, {len(case.output)} rows, {len(case.late)} late")
