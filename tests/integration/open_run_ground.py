# SPDX-License-Identifier: Apache-2.0
"""A pipeline in any sink whose runs are ended halfway: what its table holds then, and what its runs
have come to."""

import csv
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path

import psycopg
import pytest
import servers
from project import Project

COLUMNS = {"c": "text", "ts": "timestamp", "n": "int64"}
MERGE = {"mode": "merge", "key": ["n"], "newest": "ts"}
REPLACE = {"mode": "replace"}
SERIES = {"series": "c", "time": "ts", "commit": {"rows": 1}}
# The first passing of it is where the first unit is about to be committed.
UNIT = {
    "sqlite": "sqlite.commit.before",
    "postgres": "postgres.marker",
    "csv": "csv.manifest.before",
}
ALL = ("sqlite", "postgres", "csv")
DATABASES = ("sqlite", "postgres")
# For pipelines of all kinds: what only some of them fill may be null.
OWN = {
    "sqlite": "create table t (c text, ts integer, n integer, at integer, _day text)",
    "postgres": "create table t (c text, ts timestamptz, n bigint, at timestamptz, _day date)",
}


def line(n: int, day: int = 1, series: str = "x", **more: object) -> str:
    row = {"c": series, "ts": f"2024-03-{day:02}T10:00:{n % 60:02}Z", "n": n}
    return json.dumps(row | more) + "\n"


@dataclass
class Ground(Project):
    """A project whose pipeline `p` goes to table `t` of a sink of some kind."""

    kind: str = "sqlite"
    database: str = ""
    connections: dict = field(default_factory=dict)

    def configure(
        self, source: dict | None = None, sink: dict | None = None, **keys: object
    ) -> None:
        pipeline = {
            "source": {"files": "in/*", "format": "ndjson"} | (source or {}),
            "columns": COLUMNS,
            "sink": {"connection": "to", "table": "t", "mode": "append"} | (sink or {}),
        }
        to = {
            "sqlite": {"sqlite": "out.sqlite"},
            "postgres": {"postgres": self.database},
            "csv": {"csv": "out"},
        }
        connections = {"to": to[self.kind]} | self.connections
        content = {"connections": connections, "pipelines": {"p": pipeline | keys}}
        self.write("tidemill.yaml", json.dumps(content))

    def fails(self, problem: str, *arguments: str, code: int = 1) -> str:
        said = self.run(*(arguments or ("run",)), code=code).stderr
        assert f"[{problem}]" in said, said
        return said

    def kill_at(self, point: str) -> None:
        ended = subprocess.run(
            [self.binary, "run", "--workers", "1"],
            cwd=self.directory,
            env=os.environ | {"TIDEMILL_FAULT": point},
            capture_output=True,
            timeout=60,
            check=False,
        )
        assert ended.returncode == -signal.SIGKILL, (ended.stdout, ended.stderr)

    def kill_after(self, units: int) -> list[int]:
        """Kills a run that has committed so many units; what is loaded by then."""
        self.kill_at(f"{UNIT[self.kind]}:{units + 1}")
        return self.numbers()

    def reset(self) -> None:
        self.run("state", "p", "reset", "--yes")

    def accept(self) -> None:
        self.run("state", "p", "accept")

    def own_table(self) -> None:
        """A table that is there before the first run, and fits with a series and without one."""
        if self.kind != "csv":
            self.ask(OWN[self.kind])

    def base(self) -> sqlite3.Connection:
        file = "out.sqlite" if self.kind == "sqlite" else "out/tidemill.sqlite"
        return sqlite3.connect(self.directory / file)

    def ask(self, statement: str) -> list[tuple]:
        if self.kind == "postgres":
            with psycopg.connect(self.database, autocommit=True) as connection:
                cursor = connection.execute(statement)
                return cursor.fetchall() if cursor.description else []
        with closing(self.base()) as base, base:
            return base.execute(statement).fetchall()

    def column(self, name: str, table: str = "t") -> list[int]:
        """The values of a column, sorted; none where there is no such table."""
        if self.kind == "csv" and table == "t":
            paths = (self.directory / "out/t").glob("part-*.csv")
            rows = [row for path in paths for row in csv.DictReader(path.read_text().splitlines())]
            return sorted(int(row[name]) for row in rows)
        try:
            return [value for (value,) in self.ask(f"select {name} from {table} order by 1")]
        except (sqlite3.OperationalError, psycopg.errors.UndefinedTable):
            return []

    def numbers(self) -> list[int]:
        return self.column("n")

    def late(self) -> list[int]:
        return self.column("n", "t_late")

    def statuses(self) -> list[str]:
        return [status for (status,) in self.ask("select status from tidemill_runs order by run")]

    def take_rows(self, how: str) -> None:
        """As somebody does it by hand: `emptied` or `dropped`."""
        if self.kind == "csv":
            shutil.rmtree(self.directory / "out/t")
        else:
            self.ask("delete from t" if how == "emptied" else "drop table t")

    def holds(self, *numbers: int) -> None:
        """These are loaded, none of them late; and a further run changes nothing."""
        for again in (False, True):
            if again:
                self.run("run")
            assert (self.numbers(), self.late()) == (sorted(numbers), []), again


@dataclass
class SearchGround(Ground):
    """The same with documents of indices `open-*`, which can be read by a cursor."""

    server: servers.SearchServer | None = None
    indices: list[str] = field(default_factory=list)

    def search(self, cursor: bool = True, index: str = "open-*", **keys: object) -> None:
        self.connections = {"events": {"elasticsearch": self.server.address}}
        if cursor:
            keys |= {"cursor": "at", "lag": "0s"}
        keys["columns"] = COLUMNS | {"at": "timestamp"}
        self.configure(**keys)
        file = self.directory / "tidemill.yaml"
        content = json.loads(file.read_text())
        content["pipelines"]["p"]["source"] = {"connection": "events", "index": index}
        file.write_text(json.dumps(content))

    def create(self, index: str) -> None:
        types = {"at": "date", "ts": "date", "n": "long", "c": "keyword"}
        mappings = {name: {"type": kind} for name, kind in types.items()}
        self.server.create_index(index, mappings, shards=1)
        self.indices.append(index)

    def load(self, *numbers: int, index: str = "open-1") -> None:
        """Documents of now, each of a day of its own, which any later run finds by the cursor."""
        if index not in self.indices:
            self.create(index)
        time.sleep(0.05)
        instant = datetime.now(timezone.utc).isoformat(timespec="milliseconds")
        sources = [(f"d{n}", json.loads(line(n, day=n, at=instant))) for n in numbers]
        self.server.load(index, sources)
        time.sleep(0.05)


def make_ground(request: pytest.FixtureRequest, tidemill: Path, directory: Path) -> Ground:
    """In the sink that a test is parametrized with by `in_sinks`, else in SQLite."""
    kind = getattr(request, "param", "sqlite")
    database = request.getfixturevalue("postgres_database") if kind == "postgres" else ""
    (directory / "in").mkdir()
    return Ground(directory, tidemill, kind, database)


@contextmanager
def make_search(
    server: servers.SearchServer, tidemill: Path, directory: Path
) -> Iterator[SearchGround]:
    (directory / "in").mkdir()
    made = SearchGround(directory, tidemill, server=server)
    try:
        yield made
    finally:
        for index in made.indices:
            server.request("DELETE", f"/{index}")


def in_sinks(*kinds: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("ground", kinds, indirect=True)
