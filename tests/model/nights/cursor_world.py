# SPDX-License-Identifier: Apache-2.0
"""A case: indices of a real Elasticsearch whose documents change from night to night, a pipeline that
reads them by a cursor with a lag, and the reference that says what should be there in the morning.

The nights are an hour apart by a clock of the case's own, which lies behind the real one by an hour
for each night to come. So the lag in the project file is that, and what the case means by a lag.
"""

import random
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import nights_mishaps
from cursor_reference import CursorReference, Document, whole_millis
from nights_reference import DAY, Row
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
from pipelines.engine import Execution, Project
from pipelines.tables import CsvReader, PostgresReader, Reader, SqliteReader

MINUTE = 60_000_000
HOUR = 60 * MINUTE
FUTURE = timedelta(days=400) // timedelta(microseconds=1)
AGES = [0, 0, 0, 0, 10 * MINUTE, 50 * MINUTE, 150 * MINUTE, 6 * HOUR]
LAGS = [0, 0, 5 * MINUTE, 20 * MINUTE, HOUR, 4 * HOUR]


def now_micros() -> int:
    return time.time_ns() // 1000


@dataclass
class Beginning:
    """What a run that begins finds: the documents, and between which instants it begins."""

    held: dict[str, Document]
    lag: int
    earliest: int
    latest: int = 0


class CursorCase:
    def __init__(
        self, seed: int, binary: Path, place: Path, fixture: Callable, nights: int
    ) -> None:
        self.rng = rng = random.Random(7_000 + seed)
        self.kind = ["ordered", "append", "merge", "ordered"][seed % 4]
        sinks = ["sqlite", "postgres"] + ([] if self.kind == "merge" else ["csv"])
        self.sink = sinks[(seed + seed // 4) % len(sinks)]
        self.late_rule = rng.choice(["report", "drop"])
        self.cursor_type = rng.choice(["date", "date", "date_nanos"])
        self.name = f"cursor{seed}"
        self.project = Project(binary, place)
        self.server = fixture("elasticsearch_8")
        self.fixture = fixture
        self.nights = nights
        self.indices: dict[str, dict[str, Document]] = {}
        self.serial = self.night = self.complete_runs = self.kills = self.lag = 0
        self.beginning: Beginning | None = None  # of a run that has begun and not ended
        self.pinned = False
        self.script = COUNT_LUA
        self.mishaps: Counter = Counter()
        self.changes: Counter = Counter()
        self.forget_all()

    def forget_all(self) -> None:
        self.reference = CursorReference(self.kind, self.late_rule)

    def has_states(self) -> bool:
        return bool(self.reference.series)

    def has_output(self) -> bool:
        return bool(self.reference.output)

    def describe(self) -> str:
        return f"{self.kind} into {self.sink}, late: {self.late_rule}, cursor: {self.cursor_type}"

    def clock(self) -> int:
        """Of the case; the last night is now."""
        return now_micros() - self.behind()

    def behind(self) -> int:
        return (self.nights - self.night) * HOUR

    # --- documents ---

    def row(self) -> Row:
        self.serial += 1
        day = FIRST_DAY + self.night + self.rng.choice([-3, -2, -1, -1, -1, 0, 0, 1])
        instant = day * DAY + self.rng.randrange(86_000) * 1_000_000 + self.serial * 1000
        return Row(self.rng.choice(KEYS), instant, self.serial)

    def cursor(self) -> int | None:
        """On time, late - within the lag, or beyond it -, never, in the next nights, or without."""
        # A document without a cursor is asked for by every run, a resumed one, too.
        kind = 1.0 if self.pinned else self.rng.random()
        if kind < 0.04:
            return None
        if kind < 0.08:
            at = self.clock() + self.rng.choice([90 * MINUTE, FUTURE])
        elif kind < 0.12 and self.reference.known > 0:
            at = self.reference.low - self.rng.choice([1, 1000]) * 1000
        else:
            at = self.clock() - (0 if self.pinned else self.rng.choice(AGES))
        return at if self.cursor_type == "date_nanos" else whole_millis(at)

    def document(self) -> Document:
        return Document(self.row(), self.cursor())

    def write(self, index: str, documents: dict[str, Document]) -> None:
        self.indices[index].update(documents)
        self.server.load(index, [(i, source_of(d)) for i, d in documents.items()])

    def new_index(self) -> None:
        index = f"{self.name}-{self.night}"
        if index not in self.indices:
            self.indices[index] = {}
            mapping = {"k": "keyword", "t": "date", "at": self.cursor_type, "v": "long"}
            properties = {name: {"type": kind} for name, kind in mapping.items()}
            self.server.create_index(index, properties, shards=self.rng.choice([1, 3]))

    def add(self) -> None:
        index = self.rng.choice(sorted(self.indices))
        count = self.rng.choice([1, 3, 20])
        documents = [self.document() for _ in range(count)]
        self.write(index, {f"d{document.row.value}": document for document in documents})

    def pick(self) -> tuple[str, list[str]]:
        """An index, and some of its documents."""
        index = self.rng.choice(sorted(self.indices))
        known = sorted(self.indices[index])
        return index, self.rng.sample(known, min(2, len(known)))

    def rewrite(self) -> None:
        """As it has to be done: with a cursor of its own."""
        index, known = self.pick()
        if known:
            self.write(index, {identifier: self.document() for identifier in known})

    def edit(self) -> None:
        """The cursor stays."""
        index, known = self.pick()
        if known:
            held = self.indices[index]
            self.write(index, {i: held[i].moved(self.row()) for i in known})

    def delete(self) -> None:
        index, known = self.pick()
        for identifier in known:
            del self.indices[index][identifier]
            self.server.request("DELETE", f"/{index}/_doc/{identifier}?refresh=true")

    def delete_index(self) -> None:
        if len(self.indices) > 2:
            index = self.rng.choice(sorted(self.indices))
            del self.indices[index]
            self.server.request("DELETE", f"/{index}")

    def remove_indices(self) -> None:
        for index in self.indices:
            self.server.request("DELETE", f"/{index}")

    def change_documents(self) -> None:
        if not self.indices or self.rng.random() < 0.3:
            self.new_index()
        changes = [self.add] * 5 + [self.rewrite, self.edit, self.delete, self.delete_index]
        for _ in range(self.rng.choice([0, 1, 3, 4])):
            change = self.rng.choice(changes)
            change()
            self.changes[change.__name__] += 1
        time.sleep(0.002)  # the cursor's own step: what is written now lies below the next high

    # --- runs ---

    def write_project(self) -> None:
        pipeline = {
            "source": {"connection": "events", "index": f"{self.name}-*"},
            "columns": {"k": "text", "t": "timestamp", "v": "int64", "at": "timestamp"},
            "cursor": "at",
            "lag": f"{(self.lag + self.behind()) // 1_000_000}s",
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
        self.project.content = {
            "connections": {
                "events": {"elasticsearch": self.server.address},
                "out": self.connection(),
            },
            "pipelines": {self.name: pipeline},
        }
        self.project.write()

    def connection(self) -> dict:
        if self.sink == "postgres":
            return {"postgres": self.fixture("pipelines_database")}
        return {"csv": "out"} if self.sink == "csv" else {"sqlite": "out.sqlite"}

    def reader(self) -> Reader:
        arguments = (self.name, self.name + "_out", {**TYPES, "at": "timestamp"})
        place = self.project.directory
        if self.sink == "postgres":
            return PostgresReader(self.fixture("pipelines_database"), *arguments)
        if self.sink == "csv":
            return CsvReader(place / "out", *arguments)
        return SqliteReader(place / "out.sqlite", *arguments)

    def settle(self) -> None:
        reader = self.reader()
        if isinstance(reader, PostgresReader):
            reader.settle()

    def run_rows(self) -> list[tuple]:
        return run_rows(self.reader(), self.name)

    def options(self) -> list[str]:
        return engine.options(workers=self.rng.choice([1, 2]))

    def spend_night(self) -> None:
        self.night += 1
        self.change_documents()
        if self.rng.random() < 0.15:
            nights_mishaps.happen(self)
        self.run_to_the_end()
        self.compare()

    def attempt(self, arguments: list[str], **environment: str) -> tuple[Execution, bool]:
        """A run, and whether one has begun by now."""
        begun = self.beginning is not None
        found = self.beginning or Beginning(self.held(), self.lag, now_micros())
        execution = self.project.run(*arguments, **environment)
        if not begun:
            found.latest = now_micros()
            begun = len(self.run_rows()) > self.complete_runs
        self.beginning = found if begun else None
        return execution, begun

    def run_to_the_end(self) -> None:
        self.lag = self.rng.choice(LAGS)
        self.write_project()
        arguments, undisturbed = self.options(), True
        while self.rng.random() < 0.4:
            fault = f"*:{self.rng.randrange(1, 25)}"
            execution, begun = self.attempt(arguments, TIDEMILL_FAULT=fault)
            if execution.code == 0:
                return self.complete(execution.record["counts"] if undisturbed else None)
            assert execution.code == -9, execution.describe()
            undisturbed = False
            self.kills += 1
            self.settle()
            # Who is killed closes nothing.
            self.server.request("DELETE", "/_search/scroll/_all")
            if begun and self.run_rows()[-1][1] == "complete":
                return self.complete(None)
            if begun:
                self.disturb()
        execution, _ = self.attempt(arguments)
        while not undisturbed and "run the same command again" in execution.said:
            execution, _ = self.attempt(arguments)
        assert execution.code == 0, execution.describe()
        return self.complete(execution.record["counts"] if undisturbed else None)

    def disturb(self) -> None:
        """The interval is fixed: what comes now is for the next run, and so is another lag."""
        time.sleep(0.002)
        self.pinned = True
        self.add()
        self.pinned = False
        self.lag = self.rng.choice(LAGS)
        self.write_project()

    def held(self) -> dict[str, Document]:
        return {
            f"{index}/{identifier}": document
            for index, held in self.indices.items()
            for identifier, document in held.items()
        }

    def complete(self, found: dict[str, int] | None) -> None:
        beginning, self.beginning = self.beginning, None
        assert beginning is not None
        self.complete_runs += 1
        known = self.reference.known
        lag = beginning.lag + self.behind()
        high, low = self.marks()
        first, last = (
            max(known, whole_millis(instant - lag))
            for instant in (beginning.earliest, beginning.latest)
        )
        assert first <= high <= last, f"high mark {high}, expected from {first} to {last}"
        counts = self.reference.apply(beginning.held, high, FIRST_DAY + self.night)
        assert low == self.reference.low, f"low mark {low}, expected {self.reference.low}"
        if found is not None:
            found = {name: found[name] for name in counts}
            assert found == counts, f"counts {found}, expected {counts}"

    def marks(self) -> tuple[int, int]:
        """High and low."""
        sql = f"select name, value from tidemill_marks where pipeline = '{self.name}'"
        ((name, value),) = self.reader().query(sql)[1]
        assert name == "cursor"
        high, low, _ = value.split()
        return int(high), int(low)

    # --- the morning ---

    def compare(self) -> None:
        tables = self.reader().read()
        reference = self.reference
        columns = ("k", "t", "v", "n") if self.kind == "ordered" else ("k", "t", "v")
        found = [tuple(row[c] for c in columns) for row in tables.output]
        assert_same("output", found, reference.output)
        assert_same("late", [(r["k"], r["t"], r["v"]) for r in tables.late], reference.late)
        positions = [position for _, position, *_ in tables.rejects]
        assert_same("rejects", positions, [*reference.rejects])
        states = [(r["k"], r["_last_day"].isoformat(), r["_rows"], r["s1_n"]) for r in tables.state]
        expected = [(k, day_text(s.last_day), s.rows, s.count) for k, s in reference.series.items()]
        assert_same("state", states, expected)


def source_of(document: Document) -> dict:
    row = document.row
    source = {"k": row.key, "t": time_text(row.time), "v": row.value}
    if document.at is not None:
        source["at"] = time_text(document.at)
    return source
