# SPDX-License-Identifier: Apache-2.0
"""Equal rows that a table refuses are as many rejects as there are rows, in one run and over runs by
a cursor, wherever their splits begin and end; and a retry brings back each of them once."""

import json
import sqlite3
from collections import Counter
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

import psycopg
import pytest
import servers
from project import Project

# Each document gives a row of its kind alone: rows of a kind are equal.
GOOD, BAD, WORSE = 1, 2, 3
FIRST = {GOOD: 40, BAD: 30, WORSE: 9}
SECOND = {GOOD: 8, BAD: 12, WORSE: 4}
# Text that no file or table takes; in a CSV nothing else is refused.
STEP = """return {row = function(r)
  if r.kind == 1 then return {kind = 1, said = "good"} end
  return {kind = r.kind, said = SAID}
end}"""
SNAPSHOTS = ("pit", "scroll")
SINKS = ("postgres", "sqlite")


@dataclass
class Ground:
    project: Project
    server: servers.SearchServer
    index: str
    sink: str
    postgres: str

    def configure(self, snapshot: str, **keys: object) -> None:
        to = {"postgres": {"postgres": self.postgres}, "sqlite": {"sqlite": "out.sqlite"}}
        connections = {
            "es": {"elasticsearch": self.server.url},
            "to": to.get(self.sink, {"csv": "out"}),
        }
        pipeline = {
            "source": {"connection": "es", "index": self.index, "snapshot": snapshot},
            "columns": {"kind": "int64", "at": "timestamp"},
            "cursor": "at",
            "lag": "0s",
            "max_rejects": 1000,
            "steps": [{"lua": "step.lua", "output": {"kind": "int64", "said": "text"}}],
            **keys,
            "sink": {"connection": "to", "table": "t", "mode": "append"},
        }
        if snapshot == "pit":
            pipeline["source"]["slices"] = 3
        content = {"connections": connections, "pipelines": {"p": pipeline}}
        self.project.write("tidemill.yaml", json.dumps(content))
        said = '"a\\0b"' if self.sink == "csv" else '"bad"'
        self.project.write("step.lua", STEP.replace("SAID", said))

    def create(self) -> None:
        if self.sink != "csv":
            self.execute("create table t (kind bigint, said text check (said <> 'bad'))")

    def mend(self) -> None:
        """The table takes all; what a file can't take is corrected among the rejects."""
        if self.sink == "postgres":
            self.execute("alter table t drop constraint t_said_check")
        elif self.sink == "sqlite":
            self.execute("pragma writable_schema = on", "update sqlite_schema set sql = "
                "'CREATE TABLE t (kind integer, said text)' where name = 't'")  # fmt: skip
        else:
            self.execute(r"update t_rejects set row_values = replace(row_values, '\u0000', '')")

    def execute(self, *statements: str) -> None:
        with self.connect() as connection:
            for statement in statements:
                connection.execute(statement.replace("bigint", self.integer()))
            connection.commit()

    def integer(self) -> str:
        return "bigint" if self.sink == "postgres" else "integer"

    def connect(self) -> object:
        if self.sink == "postgres":
            return psycopg.connect(self.postgres)
        name = "out/t.tidemill.sqlite" if self.sink == "csv" else "out.sqlite"
        return closing(sqlite3.connect(self.project.directory / name))

    def rows(self, statement: str) -> list[tuple]:
        with self.connect() as connection:
            return list(connection.execute(statement).fetchall())

    def table(self) -> Counter:
        if self.sink != "csv":
            return Counter(kind for (kind,) in self.rows("select kind from t"))
        parts = (self.project.directory / "out").rglob("*.csv")
        lines = (line for part in parts for line in part.read_text().splitlines()[1:])
        return Counter(int(line.split(",")[0]) for line in lines)

    def rejects(self) -> Counter:
        found = self.rows("select position, row_values from t_rejects where stage = 'load'")
        assert len({position for position, _ in found}) == len(found)
        values = (v if isinstance(v, dict) else json.loads(v) for _, v in found)
        return Counter(value["kind"] for value in values)

    def add(self, counts: dict[int, int]) -> None:
        rows = [kind for kind, count in counts.items() for _ in range(count)]
        at = datetime.now(timezone.utc).isoformat()
        self.server.load(self.index, [(None, {"kind": kind, "at": at}) for kind in rows])


@pytest.fixture(params=SINKS)
def ground(
    request: pytest.FixtureRequest,
    tidemill: Path,
    tmp_path: Path,
    postgres_database: str,
    elasticsearch_8: servers.SearchServer,
) -> Ground:
    index = f"equal-{request.param}"
    elasticsearch_8.create_index(index, {"at": {"type": "date"}}, shards=2)
    request.addfinalizer(lambda: elasticsearch_8.request("DELETE", f"/{index}"))
    project = Project(tmp_path, tidemill)
    return Ground(project, elasticsearch_8, index, request.param, postgres_database)


def refused(*counts: dict[int, int]) -> Counter:
    return Counter({kind: sum(c[kind] for c in counts) for kind in (BAD, WORSE)})


def run(ground: Ground, counts: dict[int, int]) -> None:
    found = ground.project.record()["counts"]
    assert found["read"] == sum(counts.values())
    assert (found["loaded"], found["refused"]) == (counts[GOOD], sum(refused(counts).values()))


@pytest.mark.parametrize("snapshot", SNAPSHOTS)
def test_each_is_a_reject_and_comes_back_once(ground: Ground, snapshot: str) -> None:
    ground.add(FIRST)
    ground.configure(snapshot)
    ground.create()
    run(ground, FIRST)
    assert ground.rejects() == refused(FIRST)
    ground.add(SECOND)
    run(ground, SECOND)
    assert ground.rejects() == refused(FIRST, SECOND)
    assert ground.table() == Counter({GOOD: FIRST[GOOD] + SECOND[GOOD]})
    ground.mend()
    told = json.loads(ground.project.run("rejects", "retry", "p", "--json").stdout)
    assert (told["tried"], told["loaded"]) == (refused(FIRST, SECOND).total(),) * 2
    assert ground.table() == Counter(FIRST) + Counter(SECOND)
    assert ground.rejects() == Counter()


@pytest.mark.parametrize("snapshot", SNAPSHOTS)
@pytest.mark.parametrize("anew", [False, True])
def test_a_run_that_was_stopped_counts_none_twice(
    ground: Ground, snapshot: str, anew: bool
) -> None:
    """Over the limit: what some splits have committed, or staged, comes again or does not."""
    ground.add(FIRST)
    ground.configure(snapshot, max_rejects=refused(FIRST).total() - 5)
    ground.create()
    ground.project.run("run", code=6)
    ground.configure(snapshot)
    if anew and snapshot == "pit":
        ground.project.run("run", "--new", "p")
    else:
        ground.project.run("run")
    assert ground.rejects() == refused(FIRST)
    assert ground.table() == Counter({GOOD: FIRST[GOOD]})
    # A retry that is refused again leaves all as it was.
    told = json.loads(ground.project.run("rejects", "retry", "p", "--json").stdout)
    assert (told["tried"], told["refused"]) == (refused(FIRST).total(),) * 2
    assert ground.rejects() == refused(FIRST)
