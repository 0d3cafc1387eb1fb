# SPDX-License-Identifier: Apache-2.0
"""Whole runs into a PostgreSQL that refuses 1, 100 or all of their rows, for each reason there is.

What a run tries is counted on the wire, and held to what docs/rejects.md says: of n rows with k bad
ones at most 2 k (log2 n + 1) chunks more, never more than 1.5 n, and n when all are bad. What is loaded and what is rejected is compared
with the rows that were made bad, and a second run must change neither.
"""

import json
import math
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
import servers
from project import Project
from wire_counter import Tried, WireCounter

ROWS = 200
# Where trying row by row, or halving all the way down, is far from what is promised.
MANY_ROWS = 20_000
FEW_BAD = (1, 100)
BAD = (1, 100, ROWS)
SERIES = 4
COLUMNS = {"who": "text", "at": "timestamp", "n": "int64", "v": "int32", "s": "text"}


@dataclass(frozen=True)
class Refusal:
    """What makes a row bad, and which table refuses it."""

    spoil: dict  # over the good row's fields
    sqlstate: str | None  # of the server; None: decided before anything is sent
    table: str = ""  # more of its columns and constraints
    before: str = ""
    after: str = ""
    stage: str = "load"


PARENT = (
    "create table parent (v int primary key); "
    "insert into parent select generate_series(0, {rows_max})"
)
REFUSE = """create function refuse() returns trigger language plpgsql as $$ begin
            if new.v < 0 then raise exception 'no negative %', new.n using errcode = 'P0001';
            end if; return new; end $$;
            create trigger refuse {} insert on t for each row execute function refuse()"""
NEGATIVE = {"v": -1}
LATER = "deferrable initially deferred"
# The table has this row already, so which of several rows in conflict is refused is no question.
MINE = "insert into t (n, v) values (-1, -1)"

REFUSALS = {
    "unique": Refusal(NEGATIVE, "23505", ", unique (v)", after=MINE),
    "unique deferred": Refusal(NEGATIVE, "23505", f", unique (v) {LATER}", after=MINE),
    "foreign key": Refusal(NEGATIVE, "23503", ", foreign key (v) references parent", before=PARENT),
    "foreign key deferred": Refusal(
        NEGATIVE, "23503", f", foreign key (v) references parent {LATER}", before=PARENT
    ),
    "check": Refusal(NEGATIVE, "23514", ", check (v >= 0)"),
    "trigger before": Refusal(NEGATIVE, "P0001", after=REFUSE.format("before")),
    "trigger after": Refusal(NEGATIVE, "P0001", after=REFUSE.format("after")),
    "out of range, by the server": Refusal(
        {"v": 2_000_000_000}, "22003", ", w int generated always as (v * 2) stored"
    ),
    "too long, by the server": Refusal(
        {"s": "ten letters"}, "22001", ", w varchar(5) generated always as (s) stored"
    ),
    "not null, by the server": Refusal(
        {"v": None}, "23502", ", w int generated always as (v) stored not null"
    ),
    # Found when the server empties its buffer of up to 1,000 rows: it names the last line of it.
    "too big": Refusal({"s": "x" * 9000}, "54000", after="alter table t alter s set storage plain"),
    "not null": Refusal({"v": None}, None, after="alter table t alter v set not null"),
    "too long": Refusal({"s": "ten letters"}, None, after="alter table t alter s type varchar(5)"),
    "out of range": Refusal({"v": 3_000_000_000}, None, stage="decode"),
    "U+0000": Refusal({"s": "a\0b"}, None, stage="decode"),
}

MODES = {
    "ordered": {"series": "who", "time": "at"},
    "streamed": {},
    "merge": {"sink": {"mode": "merge", "key": "n", "newest": "at"}},
    "replace": {"sink": {"mode": "replace"}},
}
OTHER_MODES = [
    (mode, kind)
    for mode in ("streamed", "merge", "replace")
    for kind in ("check", "foreign key deferred")
]


@pytest.fixture(scope="module")
def counter(postgres: servers.Postgres) -> Iterator[WireCounter]:
    with psycopg.connect(postgres.conninfo(), autocommit=True) as connection:
        connection.execute("create database refusals")
        # Many small transactions, of which none has to outlive a power cut.
        connection.execute("alter database refusals set synchronous_commit = off")
    with WireCounter(postgres.conninfo("refusals"), "t") as made:
        yield made


@dataclass
class Refused:
    """A pipeline of so many rows into a table that refuses some."""

    project: Project
    counter: WireCounter
    database: str
    kind: Refusal
    mode: str
    count: int = ROWS

    def rows(self, bad: set[int]) -> list[dict]:
        good = [
            {
                "who": f"S{i % SERIES}",
                "at": f"2024-03-{1 + i // (self.count * 2 // 5):02}T{i // 60 % 24:02}:{i % 60:02}:00Z",
                "n": i,
                "v": i,
                "s": f"s{i}",
            }
            for i in range(self.count)
        ]
        return [{**row, **self.kind.spoil} if row["n"] in bad else row for row in good]

    def prepare(self, bad: set[int]) -> None:
        """The rows, and a database with nothing but the table."""
        lines = "".join(json.dumps(row) + "\n" for row in self.rows(bad))
        self.project.write("in.ndjson", lines)
        keys = {**MODES[self.mode]}
        sink = {"connection": "to", "table": "t", "mode": "append", **keys.pop("sink", {})}
        pipeline = {
            "source": {"files": "in.ndjson"},
            "columns": COLUMNS,
            "max_rejects": 2 * self.count,
            **keys,
            "sink": sink,
        }
        connections = {"to": {"postgres": self.counter.conninfo}}
        content = {"connections": connections, "pipelines": {"p": pipeline}}
        self.project.write("tidemill.yaml", json.dumps(content))
        unique = ", unique (n)" if self.mode == "merge" else ""
        self.execute(
            "set client_min_messages = warning; drop schema if exists public cascade; "
            "create schema public",
            self.kind.before.format(rows_max=self.count),
            "create table t (who text, at timestamptz, _day date, n bigint, v int, s text"
            f"{unique}{self.kind.table})",
            self.kind.after,
        )
        self.accept()

    def execute(self, *statements: str) -> None:
        with psycopg.connect(self.database, autocommit=True) as connection:
            for statement in filter(None, statements):
                connection.execute(statement)

    def accept(self) -> None:
        """A row that the table had before is no state's."""
        if self.kind.after == MINE:
            self.project.run("state", "p", "accept")

    def run(self) -> tuple[dict, Tried]:
        self.counter.take()
        counts = self.project.record()["counts"]
        return counts, self.counter.take()

    def state(self) -> tuple[list, list]:
        """What is in the table and among the rejects."""
        with psycopg.connect(self.database) as connection:
            loaded = connection.execute("select n, v, s from t where n >= 0 order by n")
            rejects = connection.execute(
                "select (row_values ->> 'n')::int, stage, sqlstate, position, reason, undone "
                "from t_rejects order by 1, 4"
            )
            return loaded.fetchall(), rejects.fetchall()


@pytest.fixture
def make(
    tidemill: Path, tmp_path: Path, counter: WireCounter, postgres: servers.Postgres
) -> Callable[[str, str], Refused]:
    def made(kind: str, mode: str) -> Refused:
        database = postgres.conninfo("refusals")
        return Refused(Project(tmp_path, tidemill), counter, database, REFUSALS[kind], mode)

    return made


# What a run without a bad row tries: the same for all kinds of a mode.
undisturbed: dict[tuple[str, int], int] = {}


def tried_without_bad_rows(refused: Refused) -> int:
    key = (refused.mode, refused.count)
    if key not in undisturbed:
        refused.prepare(set())
        counts, tried = refused.run()
        assert (counts["loaded"], tried.errors) == (refused.count, {})
        undisturbed[key] = tried.count()
    return undisturbed[key]


def tries_max(base: int, bad: int, count: int) -> int:
    """Each chunk of an undisturbed run is halved on its own."""
    halvings = math.ceil(math.log2(count))
    by_count = count if bad == count else count * 3 // 2
    return base + min(2 * bad * (halvings + 1), by_count + base * halvings)


def check(refused: Refused, bad: int) -> None:
    print("seed", bad)
    base = tried_without_bad_rows(refused)
    spoiled = set(random.Random(bad).sample(range(refused.count), bad))
    refused.prepare(spoiled)
    kind = refused.kind
    counts, tried = refused.run()
    print(f"{refused.mode}: {bad} bad rows: {tried.count()} tries, {base} without")
    rejected = counts["refused"] + counts["rejected"]
    assert (counts["read"], counts["loaded"], rejected) == (refused.count, refused.count - bad, bad)
    loaded, rejects = refused.state()
    wanted = [(r["n"], r["v"], r["s"]) for r in refused.rows(set()) if r["n"] not in spoiled]
    assert loaded == wanted
    whose = [(n, kind.stage, kind.sqlstate) for n in sorted(spoiled)]
    assert [reject[:3] for reject in rejects] == whose
    assert len({position for *_, position, _, _ in rejects}) == bad
    if kind.sqlstate is None:
        assert (tried.errors, tried.count() <= base) == ({}, True)
    else:
        assert set(tried.errors) == {kind.sqlstate}
        assert bad <= tried.refused() <= tried.count() <= tries_max(base, bad, refused.count)
    refused.run()
    assert refused.state() == (loaded, rejects)


@pytest.mark.parametrize("bad", BAD)
@pytest.mark.parametrize("kind", REFUSALS)
def test_each_reason(make: Callable[[str, str], Refused], kind: str, bad: int) -> None:
    check(make(kind, "ordered"), bad)


@pytest.mark.parametrize("bad", BAD)
@pytest.mark.parametrize("mode, kind", OTHER_MODES)
def test_each_mode(make: Callable[[str, str], Refused], mode: str, kind: str, bad: int) -> None:
    check(make(kind, mode), bad)


@pytest.mark.parametrize("bad", FEW_BAD)
@pytest.mark.parametrize(
    "mode, kind",
    [
        ("ordered", "foreign key deferred"),  # no error names a line
        ("ordered", "check"),
        ("streamed", "foreign key deferred"),
        ("merge", "foreign key deferred"),
    ],
)
def test_few_of_many_rows(
    make: Callable[[str, str], Refused], mode: str, kind: str, bad: int
) -> None:
    refused = make(kind, mode)
    refused.count = MANY_ROWS
    base = tried_without_bad_rows(refused)
    assert tries_max(base, bad, MANY_ROWS) < MANY_ROWS / 5  # far from a search row by row
    check(refused, bad)


@pytest.mark.parametrize("bad", [1, 3])
def test_lines_that_the_server_names_wrongly(make: Callable[[str, str], Refused], bad: int) -> None:
    """The line at which a buffer was emptied may be 999 rows behind the bad one."""
    refused = make("too big", "streamed")
    refused.count = 2000
    check(refused, bad)
