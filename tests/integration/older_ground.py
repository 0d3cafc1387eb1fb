# SPDX-License-Identifier: Apache-2.0
"""Three pipelines over two nights, whose second night is killed in the middle, and what is left then
as text: it can be put down elsewhere, or long after, and the same command given once more.

Each night has rows that can't be decoded, that an expression refuses and, where the sink is a
database, that the table refuses: the first night before, and the second on both sides of the kill.
"""

import json
import os
import shutil
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import psycopg
from pipelines.engine import Project
from pipelines.tables import CsvReader, PostgresReader, Reader, SqliteReader, Tables

LEDGER = 3  # the layout of now: src/flow/ledger_version.h
KEYS = "abcdefgh"
NIGHTS = ("2024-03-03", "2024-03-06")
# A file's time is part of what a run that goes on looks at.
FIRST_NANOSECONDS = 1_709_900_000_000_000_000
COUNT_LUA = """
local M = {}
function M.row(r, state)
  state.n = (state.n or 0) + 1
  return {k = r.k, t = r.t, v = r.v, n = state.n}
end
return M
"""
TYPES = {
    "k": "text",
    "t": "timestamp",
    "v": "int64",
    "n": "int64",
    "s1_n": "int64",
    "s2_n": "int64",
}
REFUSED, UNDEFINED = 777, 0
PIPELINES = {"sqlite": ("kept", "newest", "whole"), "csv": ("kept", "whole")}
PIPELINES["postgres"] = PIPELINES["sqlite"]


def rows_of(day: int) -> list[dict]:
    rows = [
        {"k": key, "t": f"2024-03-0{day}T{hour:02}:00:00Z", "v": 100 * day + 10 * hour + i}
        for hour in range(3)
        for i, key in enumerate(KEYS)
    ]
    rows[day]["v"] = rows[day + 11]["v"] = UNDEFINED
    rows[day + 2]["v"] = rows[day + 9]["v"] = REFUSED
    rows[day + 4]["v"] = "many"
    rows[day + 5]["t"] = "some day"
    rows[day + 6]["k"] = None
    return rows


def night_file(directory: Path, night: int) -> None:
    days = range(1, int(NIGHTS[night][-1]) + 1)
    path = directory / "in.ndjson"
    path.write_text("".join(json.dumps(row) + "\n" for day in days for row in rows_of(day)))
    moment = FIRST_NANOSECONDS + night
    os.utime(path, ns=(moment, moment))


def pipeline(name: str, until: str) -> dict:
    columns = {"k": "text", "t": "timestamp", "v": "int64"}
    count = {"lua": "count.lua", "state": {"n": "int64"}, "output": {**columns, "n": "int64"}}
    defined = {"where": "100 / v > -1"}
    made = {"source": {"files": ["in.ndjson"]}, "columns": columns, "max_rejects": 1000}
    made["commit"] = {"rows": 3}
    sink = {"connection": "out", "table": name}
    if name == "newest":
        return {
            **made,
            "steps": [defined],
            "sink": {**sink, "mode": "merge", "key": "k", "newest": "t"},
        }
    ordered = {**made, "series": "k", "time": "t", "until": f"{until}T00:00:00Z"}
    mode = "append" if name == "kept" else "replace"
    return {**ordered, "steps": [defined, count], "sink": {**sink, "mode": mode}}


class Sink:
    """Where a case's pipelines go, and what is there as text."""

    def __init__(self, kind: str, directory: Path, conninfo: str = "") -> None:
        self.kind, self.directory, self.conninfo = kind, directory, conninfo
        self.path = directory / ("out/tidemill.sqlite" if kind == "csv" else "out.sqlite")

    @property
    def connection(self) -> dict:
        names = {"sqlite": "out.sqlite", "csv": "out", "postgres": self.conninfo}
        return {self.kind: names[self.kind]}

    def script(self, text: str) -> None:
        if self.kind == "postgres":
            with psycopg.connect(self.conninfo, autocommit=True) as connection:
                connection.execute(text)
        else:
            self.path.parent.mkdir(exist_ok=True)
            with closing(sqlite3.connect(self.path)) as connection:
                connection.executescript(text)

    def prepare(self) -> None:
        """Tables that refuse something."""
        if self.kind == "csv":
            return
        moment, day = ("timestamptz", "date") if self.kind == "postgres" else ("integer", "text")
        columns = f"k text, t {moment}, v bigint check (v <> {REFUSED})"
        columns = columns.replace("bigint", "integer") if self.kind == "sqlite" else columns
        number = "bigint" if self.kind == "postgres" else "integer"
        strict = " strict" if self.kind == "sqlite" else ""
        self.script(
            f"create table kept ({columns}, n {number}, _series_k text not null, "
            f"_day {day} not null){strict};"
            f"create table newest ({columns}, unique (k)){strict};"
        )

    def reader(self, name: str) -> Reader:
        if self.kind == "postgres":
            return PostgresReader(self.conninfo, name, name, TYPES)
        if self.kind == "csv":
            return CsvReader(self.directory / "out", name, name, TYPES)
        return SqliteReader(self.path, name, name, TYPES)

    def tables(self) -> dict[str, Tables]:
        return {name: self.reader(name).read() for name in PIPELINES[self.kind]}

    def run_states(self) -> list[tuple]:
        """(pipeline, run, status) of the newest runs."""
        statement = "select pipeline, run, status from tidemill_runs order by 1, 2"
        return [tuple(row) for row in self.reader("kept").query(statement)[1]]


@dataclass
class Older:
    """A case: the project beside its sink."""

    project: Project
    sink: Sink

    def night(self, night: int) -> None:
        """Puts down what the night has, and the project file."""
        night_file(self.project.directory, night)
        (self.project.directory / "count.lua").write_text(COUNT_LUA)
        names = PIPELINES[self.sink.kind]
        self.project.content = {
            "connections": {"out": self.sink.connection},
            "pipelines": {name: pipeline(name, NIGHTS[night]) for name in names},
        }
        self.project.write()


def make(binary: Path, directory: Path, kind: str, conninfo: str = "") -> Older:
    return Older(Project(binary, directory), Sink(kind, directory, conninfo))


def put_down(older: Older, layout: Path) -> None:
    """What another version has left."""
    older.sink.script((layout / f"{older.sink.kind}.sql").read_text())
    if older.sink.kind == "csv":
        shutil.copytree(layout / "out", older.project.directory / "out", dirs_exist_ok=True)
