# SPDX-License-Identifier: Apache-2.0
"""Pipelines that read by marks - files with a registry, documents by a cursor, with a series and
without - over three nights, of which the first two may have been an older version's: of each kind one
whose second night has ended, and one whose second night was killed.

Files grow, with rows that were left and without, are moved and copied; documents come on time, late
and without a cursor. Each row has a number of its own, so that it can be seen to be there once.
"""

import json
import os
import subprocess
import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from fault.fake_search import FakeSearch
from older_ground import COUNT_LUA, TYPES, Sink
from pipelines.engine import Execution, Project
from pipelines.tables import PostgresReader, Reader, SqliteReader, Tables

ROUTES = ("kept", "lines", "events", "docs")
ENDED = tuple(f"{route}_ended" for route in ROUTES)
HALFWAY = tuple(f"{route}_halfway" for route in ROUTES)
NAMES = ENDED + HALFWAY
SERIES = ("kept", "events")
KEYS = "abc"
UNTIL = ("2024-03-03", "2024-03-06", "2024-03-10")
# Up to here documents are read by their cursor, but for the second that a run may take to begin.
HIGH = ("2024-03-03T12:00:00+00:00", "2024-03-06T12:00:00+00:00", "2024-03-09T12:00:00+00:00")
FIRST_NANOSECONDS = 1_709_900_000_000_000_000
# Each night: the name of a file, the number of its rows, the days they are of in the order of writing.
# What has grown has late rows, too: of day 1 in the second night, of day 4 in the third.
FILES: tuple[dict[str, tuple[int, list[int]]], ...] = (
    {"a": (1, [1, 2, 3]), "b": (2, [1, 2]), "c": (3, [2])},
    {"a": (1, [1, 2, 3, 4]), "b": (2, [1, 2, 1, 5, 6]), "c.moved": (3, [2]), "d": (4, [4, 6])},
    {
        "a": (1, [1, 2, 3, 4, 8]),
        "b": (2, [1, 2, 1, 5, 6, 4, 9]),
        "c.moved": (3, [2]),
        "c.copied": (3, [2]),
        "d.moved": (4, [4, 6]),
        "e": (5, [7, 9]),
    },
)
# Each night: (event day, day of the cursor) of what has come.
DOCUMENTS: tuple[list[tuple[int, int | None]], ...] = (
    [(1, 1), (2, 2), (3, 3), (2, 4), (1, None)],
    [(4, 4), (1, 5), (5, 5), (6, 6), (6, 7)],
    [(7, 7), (4, 8), (9, 9)],
)


def rows_of(first: int, day: int) -> list[dict]:
    return [
        {"k": key, "t": f"2024-03-{day:02}T0{hour}:00:00Z", "v": first + hour}
        for hour, key in enumerate(KEYS)
    ]


def rows_of_file(number: int, days: list[int]) -> list[dict]:
    found = [rows_of(1000 * number + 10 * i, day) for i, day in enumerate(days)]
    return [row for rows in found for row in rows]


def write_files(directory: Path, night: int) -> None:
    directory.mkdir(exist_ok=True)
    for path in directory.iterdir():
        path.unlink()
    for name, (number, days) in FILES[night].items():
        path = directory / f"{name}.ndjson"
        path.write_text("".join(json.dumps(row) + "\n" for row in rows_of_file(number, days)))
        since = next(n for n in range(night + 1) if (number, days) in FILES[n].values())
        moment = FIRST_NANOSECONDS + since
        os.utime(path, ns=(moment, moment))


def documents(night: int) -> dict[str, dict]:
    """All that are there by then."""
    found = {}
    for n in range(night + 1):
        for i, (day, came) in enumerate(DOCUMENTS[n]):
            for row in rows_of(1000 * n + 10 * i, day):
                at = {} if came is None else {"at": f"2024-03-{came:02}T01:00:00.000Z"}
                found[f"d{row['v']}"] = row | at
    return found


def lag(night: int) -> str:
    return f"{int(time.time() - datetime.fromisoformat(HIGH[night]).timestamp())}s"


def pipeline(name: str, night: int) -> dict:
    route = name.partition("_")[0]
    columns = {"k": "text", "t": "timestamp", "v": "int64"}
    made: dict = {"columns": columns, "max_rejects": 1000, "commit": {"rows": 3}}
    made["sink"] = {"connection": "out", "table": name, "mode": "append"}
    if route in ("kept", "lines"):
        made["source"] = {"files": ["in/*.ndjson"], "registry": True}
    else:
        made["source"] = {"connection": "search", "index": "uses"}
        made["columns"] = columns | {"at": "timestamp"}
        made |= {"cursor": "at", "lag": lag(night)}
    if route in SERIES:
        output = columns | {"n": "int64"}
        step = {"lua": "count.lua", "state": {"n": "int64"}, "output": output}
        made |= {"series": "k", "time": "t", "until": f"{UNTIL[night]}T00:00:00Z", "steps": [step]}
    return made


@dataclass
class Marked:
    """A case: the project, its sink, and the search server."""

    project: Project
    sink: Sink
    search: FakeSearch

    def night(self, night: int) -> None:
        """Puts down what the night has, and the project file."""
        write_files(self.project.directory / "in", night)
        self.search.hold(documents(night))
        (self.project.directory / "count.lua").write_text(COUNT_LUA)
        self.project.content = {
            "connections": {
                "out": self.sink.connection,
                "search": {"elasticsearch": self.search.url},
            },
            "pipelines": {name: pipeline(name, night) for name in NAMES},
        }
        self.project.write()

    def run(self, name: str, **environment: str) -> Execution:
        return self.project.run("--workers", "1", name, **environment)

    def record(self, name: str) -> dict:
        execution = self.run(name)
        assert execution.code == 0, (name, execution.describe())
        return execution.record

    def look(self, command: str, name: str) -> tuple[int, str]:
        """Exit code of another command, and what it said."""
        done = subprocess.run(
            [self.project.binary, command, name],
            cwd=self.project.directory,
            capture_output=True,
            text=True,
        )
        return done.returncode, done.stdout + done.stderr

    def reader(self, name: str) -> Reader:
        types = TYPES | {"at": "timestamp"}
        if self.sink.kind == "postgres":
            return PostgresReader(self.sink.conninfo, name, name, types)
        return SqliteReader(self.sink.path, name, name, types)

    def tables(self) -> dict[str, Tables]:
        return {name: self.reader(name).read() for name in NAMES}

    def query(self, sql: str) -> list[tuple]:
        return [tuple(row) for row in self.reader(NAMES[0]).query(sql)[1]]


def make(
    binary: Path, directory: Path, kind: str, search: FakeSearch, conninfo: str = ""
) -> Marked:
    return Marked(Project(binary, directory), Sink(kind, directory, conninfo), search)
