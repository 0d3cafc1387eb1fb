# SPDX-License-Identifier: Apache-2.0
"""A case: a source, a pipeline, one or two places where it runs, and what they should hold."""

import random
from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pipeline_reference as reference
from pipeline_cases import DAY, ZONES, Content, Designer, Events, Source, describe
from pipelines import engine
from pipelines.engine import Project
from pipelines.tables import CsvReader, PostgresReader, Reader, SqliteReader, Tables, sort_rows

END_OF_TIME = 10**18
LARGE_ROWS = 15_000  # more than few rows


class Place:
    """A project directory with a sink of some kind."""

    def __init__(self, case: "Case", sink: str, label: str) -> None:
        self.case = case
        self.sink = sink
        self.name = f"p{case.seed}_{label}"
        self.table = self.name + "_out"
        self.project = Project(case.binary, case.directory / label)
        self.unfinished = False

    def connection(self) -> dict:
        if self.sink == "postgres":
            return {"postgres": self.case.fixture("pipelines_database")}
        if self.sink == "csv":
            return {"csv": "out"}
        return {"sqlite": "out.sqlite"}

    def reader(self) -> Reader:
        arguments = (self.name, self.table, self.case.design.types)
        directory = self.project.directory
        if self.sink == "postgres":
            return PostgresReader(self.case.fixture("pipelines_database"), *arguments)
        if self.sink == "csv":
            return CsvReader(directory / "out", *arguments)
        return SqliteReader(directory / "out.sqlite", *arguments)


class Case:
    def __init__(
        self, seed: int, binary: Path, directory: Path, fixture: Callable[[str], object]
    ) -> None:
        self.seed = seed
        self.rng = rng = random.Random(seed)
        self.limits = random.Random(2_000_000 + seed)
        self.binary = binary
        self.directory = directory
        self.fixture = fixture
        shape = rng.choice(["few", "skewed", "tiny", "giant"])
        kind = rng.choice(["ndjson", "ndjson", "hits", "csv", "csv", "search"])
        # Text of events is drawn apart, so that the pipeline of a seed does not depend on it.
        draws = random.Random(1_000_000 + seed)
        events = Events(draws, shape, rng.random() < 0.3, rng.choice(ZONES))
        self.source = Source(kind, events)
        self.place = Place(self, rng.choice(["sqlite"] * 5 + ["csv"] * 2 + ["postgres"] * 2), "one")
        self.design = Designer(rng, self.source, self.place.sink).draw()
        self.twin: Place | None = None
        if rng.random() < 0.4:
            self.twin = Place(self, rng.choice([self.place.sink, "sqlite"]), "two")
        self.large = rng.random() < 0.12
        self.run_count = rng.choice([2, 3, 4])
        self.world = reference.World()
        self.decode_rejects: dict[str, str | None] = {}  # column by position
        self.rejects_before_end: dict[str, str | None] = {}
        self.spilled_bytes = 0
        self.horizon = events.start

    def describe(self) -> str:
        source, events = self.source, self.source.events
        places = "+".join(p.sink for p in self.places())
        return f"{source.kind} {events.shape} {events.zone} -> {places} {describe(self.design)}"

    def places(self) -> list[Place]:
        return [self.place] + ([self.twin] if self.twin else [])

    @property
    def ordered(self) -> bool:
        return bool(self.design.pipeline.series)

    # The source.

    def change_source(self) -> None:
        rng, events, source = self.rng, self.source.events, self.source
        if not source.parts:
            counts = [LARGE_ROWS] if self.large else [0, 1, 20, 100, 400]
            for _ in range(1 if self.large else rng.choice([1, 1, 2, 5])):
                source.add_part(self.mixed(rng.choice(counts), 0))
            return
        print("  change:", source.change())
        if rng.random() < 0.7:
            source.add_part(self.mixed(rng.choice([0, 10, 200]), rng.randrange(events.days)))

    def mixed(self, count: int, first_day: float) -> list:
        events = self.source.events
        entries = events.make(count, first_day, events.days)
        if self.rng.random() < 0.3:
            malformed = self.source.kind in ("ndjson", "hits")
            for _ in range(self.rng.choice([1, 3])):
                at = self.rng.randrange(len(entries) + 1)
                entries.insert(at, events.make_bad(malformed))
        return entries

    def write_source(self) -> Content:
        if self.source.kind == "search":
            return self.write_indices()
        # What is random in the text of a record is drawn alike for each place.
        state = self.source.events.rng.getstate()
        for place in self.places():
            self.source.events.rng.setstate(state)
            content = self.source.write(place.project.directory)
        return content

    def write_indices(self) -> Content:
        server = self.fixture("elasticsearch_8")
        indices, content = self.source.documents(f"model-{self.seed}-")
        self.delete_indices()
        properties = {
            "person": {"type": "keyword"},
            "region": {"type": "long"},
            "used_at": {"type": "date", "format": "strict_date_optional_time_nanos||epoch_millis"},
            "amount": {"type": "keyword"},
            "score": {"type": "double"},
            "kind": {"type": "keyword"},
            "points": {"type": "keyword"},
            "flag": {"type": "boolean"},
        }
        for index, documents in indices.items():
            server.create_index(index, properties, shards=self.rng.choice([1, 3]))
            server.load(index, documents)
        return content

    def delete_indices(self) -> None:
        server = self.fixture("elasticsearch_8")
        found = server.request("GET", f"/_cat/indices/model-{self.seed}-*?format=json")
        for index in found:
            server.request("DELETE", f"/{index['index']}")

    # A run.

    def draw_limits(self, place: Place, config: dict, arguments: list[str]) -> None:
        """Whatever must not change the result."""
        rng = self.rng
        if self.source.kind != "search":
            config["source"]["split_bytes"] = rng.choice([200, 1500, 20_000, 33_554_432])
        else:
            config["source"]["page_size"] = rng.choice([500 if self.large else 3, 100, 5000])
            config["source"]["slices"] = rng.choice([0, 1, 4])
        config["partitions"] = rng.choice([0, 1, 3, 16, 64])
        config["commit"] = {"rows": rng.choice([1, 7, 60, 1000, 0])}
        if self.large:
            config["commit"] = {"rows": rng.choice([300, 5000, 0])}
        arguments += engine.options(
            workers=rng.choice([1, 2, 3, 8]),
            few_rows=self.large or rng.random() < 0.3,
            new=place.unfinished,
        )

    def write_project(self, place: Place, until: str | None) -> list[str]:
        config = {**self.design.config}
        if self.source.kind == "search":
            config["source"] = {"connection": "events", "index": f"model-{self.seed}-*"}
        else:
            suffix = "csv" if self.source.kind == "csv" else "ndjson"
            patterns = [
                f"in/{middle}*.{suffix}{end}"
                for middle in ("", "more/")
                for end in ("", ".gz", ".zst")
            ]
            config["source"] = {"files": patterns, "allow_empty": True}
        config["sink"] = {"connection": "sink", "table": place.table, **config["sink"]}
        if until is not None:
            config["until"] = until
        arguments: list[str] = []
        self.draw_limits(place, config, arguments)
        connections = {"sink": place.connection()}
        if self.source.kind == "search":
            connections["events"] = {"elasticsearch": self.fixture("elasticsearch_8").address}
        place.project.content = {"connections": connections, "pipelines": {place.name: config}}
        place.project.write()
        for name, text in self.design.scripts.items():
            (place.project.directory / name).write_text(text)
        return arguments

    def draw_horizon(self) -> str | None:
        """Moves the horizon on; as `until`."""
        rng = self.rng
        if not self.ordered or rng.random() < 0.2:
            self.horizon = END_OF_TIME
        if self.horizon == END_OF_TIME:
            return None
        self.horizon += rng.randrange(0, (self.source.events.days + 1) * DAY * 2 // 3)
        if rng.random() < 0.4:
            self.horizon = self.source.events.midnight(self.horizon)
        moment = reference.EPOCH + reference.timedelta(microseconds=self.horizon)
        return moment.isoformat()

    def run_and_compare(self) -> None:
        content = self.write_source()
        until = self.draw_horizon()
        rows = content.rows
        if not self.ordered:
            rows = rows + [row for _, _, row in content.null_keys]
        outcome = reference.run(self.design.pipeline, self.world, rows, self.horizon)
        self.world = outcome.world
        rejects = dict(content.undecodable)
        if self.ordered:
            rejects |= {position: column for position, column, _ in content.null_keys}
        # What a replace rejected goes with its rows, when the next one ends.
        self.rejects_before_end = self.decode_rejects | rejects
        replaces = self.design.pipeline.mode == "replace"
        self.decode_rejects = rejects if replaces else self.rejects_before_end
        outcome.counts["rejected"] += len(rejects)
        outcome.counts["read"] = len(rows) + len(rejects)
        found = [self.run_at(place, until, outcome) for place in self.places()]
        if self.twin:
            same(found[1].output, found[0].output)
            same(found[1].state, found[0].state)
            assert [r[:4] for r in found[1].rejects] == [r[:4] for r in found[0].rejects]

    def run_with_too_low_a_limit(self, place: Place, until: str | None, rejected: int) -> None:
        """Nothing is loaded; the rejects are there. The run after it, with another limit, resumes."""
        before = place.reader().read()
        arguments = self.write_project(place, until)
        place.project.content["pipelines"][place.name]["max_rejects"] = rejected - 1
        place.project.write()
        done = place.project.run(*arguments)
        print(f"  {place.sink}: max_rejects {rejected - 1} -> {done.describe()}")
        assert done.code == engine.EXIT_REJECTS, done.describe()
        found = place.reader().read()
        same(found.output, before.output)
        same(found.state, before.state)
        self.compare_decode_rejects(found, self.rejects_before_end)
        place.unfinished = False

    def run_at(self, place: Place, until: str | None, outcome: reference.Outcome) -> Tables:
        rejected = outcome.counts["rejected"]
        stored = self.ordered or self.design.pipeline.key
        if rejected > 0 and stored and self.limits.random() < 0.3:
            self.run_with_too_low_a_limit(place, until, rejected)
        arguments = self.write_project(place, until)
        done = place.project.run(*arguments)
        print(f"  {place.sink}: until {until} {' '.join(arguments)} -> {done.describe()}")
        failed = outcome.counts["failed_series"] > 0
        place.unfinished = failed  # its files will change, so it can't be resumed
        assert done.code == (1 if failed else 0), done.describe()
        record = done.record
        assert record["status"] == ("failed" if failed else "complete")
        assert record["run"] == outcome.world.runs
        self.compare_counts(record, outcome)
        found = place.reader().read()
        self.compare_tables(found)
        self.spilled_bytes += record["spilled_bytes"]
        assert place.project.spilled_files() == []
        return found

    def compare_counts(self, record: dict, outcome: reference.Outcome) -> None:
        counts = record["counts"]
        expected = {name: outcome.counts[name] for name in reference.COUNTS}
        assert {name: counts[name] for name in expected} == expected
        assert counts["late"] == counts["discarded"] == 0
        assert counts["refused"] == outcome.counts["refused"]
        assert counts["loaded"] + counts["superseded"] == counts["emitted"] - counts["refused"]
        if not self.design.pipeline.key:
            assert counts["superseded"] == 0
        for found, step in zip(record["steps"], outcome.steps, strict=True):
            names = ("rows_in", "rows_out", "filtered", "deduplicated", "rejected")
            assert {n: found[n] for n in names} == {n: step[n] for n in names}, found["step"]

    # Tables.

    def compare_tables(self, found: Tables) -> None:
        same(found.output, sort_rows(self.world.output))
        same(without_digest(found.state), self.expected_state())
        assert found.late == []
        self.compare_rejects(found)

    def compare_rejects(self, found: Tables) -> None:
        self.compare_decode_rejects(found, self.decode_rejects)
        others = Counter((r[0], r[2], r[1]) for r in found.rejects if r[0] != "decode")
        if self.ordered:  # SERIES/DAY/ORDINAL
            others = Counter((*r[:2], tuple(r[2].rsplit("/", 2)[1:])) for r in others.elements())
        else:
            others = Counter((*r[:2], self.record_of(r[2])) for r in others.elements())
        expected = Counter(map(self.expected_reject, self.world.rejects))
        same_set(set(others.items()), set(expected.items()))

    def compare_decode_rejects(self, found: Tables, expected: dict[str, str | None]) -> None:
        decode = {(r[1], r[3]) for r in found.rejects if r[0] == "decode"}
        same_set(decode, set(expected.items()))

    def expected_reject(self, reject: tuple) -> tuple:
        """(stage, step, position); the series of a position are left out."""
        stage, step, place, ordinal = reject
        if stage == "step":
            ordinal = f"{step.split()[0]}.{ordinal}"
        if not self.ordered:
            return stage, step, self.position(place)
        return stage, step, (str(place[1]), str(ordinal))

    def record_of(self, position: str) -> str:
        """Without the ordinal that is there when a step made several rows of a record."""
        record, _, ordinal = position.rpartition("/")
        separator = "/" if self.source.kind == "search" else ":"
        return record if ordinal[:1].isdigit() and separator in record else position

    def position(self, place: tuple) -> str:
        """Of a record in the source."""
        if self.source.kind == "search":
            return f"{place[1]}/{place[0]}"
        return f"{place[0]}:{place[1]}"

    def expected_state(self) -> list[dict]:
        rows = []
        for key, series in self.world.state.items():
            row = dict(zip(self.design.pipeline.series, key, strict=True))
            row |= {
                "_last_day": series.last_day,
                "_previous_day": series.previous_day,
                "_run": series.run,
                "_rows": series.rows.total(),
            }
            for number, values in enumerate(series.steps, 1):
                row |= {f"s{number}_{name}": value for name, value in values.items()}
            rows.append(row)
        return sort_rows(rows)

    def check_nothing_left(self) -> None:
        for place in self.places():
            reader = place.reader()
            assert not [n for n in reader.foreign_tables() if place.name in n]
            if isinstance(reader, PostgresReader):
                assert reader.backends() == []
            elif isinstance(reader, CsvReader):
                assert reader.foreign_files() == []
        if self.source.kind == "search":
            server = self.fixture("elasticsearch_8")
            stats = server.request("GET", f"/model-{self.seed}-*/_stats/search")
            assert stats["_all"]["total"]["search"].get("open_contexts", 0) == 0
            self.delete_indices()


def without_digest(state: list[dict]) -> list[dict]:
    return sort_rows(
        [{k: v for k, v in row.items() if k not in ("_hash", "_digest")} for row in state]
    )


def same(found: list[dict], expected: list[dict]) -> None:
    """Equal lists of rows; says which rows are in one of them only, not all of both."""
    if normal(found) == normal(expected):
        return
    more = Counter(map(repr, map(ordered_row, found)))
    less = Counter(map(repr, map(ordered_row, expected)))
    only_found, missing = list((more - less).elements()), list((less - more).elements())
    raise AssertionError(
        f"{len(only_found)} rows too many, such as\n  "
        + "\n  ".join(only_found[:3])
        + f"\n{len(missing)} rows missing, such as\n  "
        + "\n  ".join(missing[:3])
    )


def same_set(found: set, expected: set) -> None:
    more, less = sorted(found - expected, key=repr), sorted(expected - found, key=repr)
    assert not more and not less, f"{len(more)} more {more[:3]}, {len(less)} less {less[:3]}"


def ordered_row(row: dict) -> list:
    return sorted((name, canonical(value)) for name, value in row.items())


def canonical(value: object) -> object:
    """Decimals of the same value are printed alike."""
    return value.normalize() + 0 if isinstance(value, Decimal) else value


def normal(rows: list[dict]) -> list[str]:
    return sorted(repr(ordered_row(row)) for row in rows)
