# SPDX-License-Identifier: Apache-2.0
"""A retry that is killed at any point: each row is in the table or a reject, never both or neither;
the same command again loads the rest, and the end is that of an undisturbed one."""

import json
import os
import signal
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

KINDS = ["postgres", "sqlite", "merge", "csv"]
ROWS = 60
BAD = 40
# Some of the points of a retry are tried in `make test`; TIDEMILL_KILL_STRIDE=1 tries all.
STRIDE = int(os.environ.get("TIDEMILL_KILL_STRIDE", "9"))


class Ground:
    def __init__(self, kind: str, directory: Path, binary: Path, conninfo: str, name: str) -> None:
        self.kind, self.directory, self.binary, self.name = kind, directory, binary, name
        self.conninfo = conninfo
        directory.mkdir()

    def is_postgres(self) -> bool:
        return self.kind in ("postgres", "merge")

    def database(self) -> Path:
        return self.directory / ("out/tidemill.sqlite" if self.kind == "csv" else "out.sqlite")

    def execute(self, *statements: str) -> list[tuple]:
        if self.is_postgres():
            with psycopg.connect(self.conninfo, autocommit=True) as connection:
                cursors = [connection.execute(statement) for statement in statements]
                return cursors[-1].fetchall() if cursors[-1].description else []
        with closing(sqlite3.connect(self.database(), timeout=30)) as connection:
            found = [connection.execute(statement).fetchall() for statement in statements]
            connection.commit()
            return found[-1]

    def make(self) -> None:
        """A run that leaves BAD rejects, whose cause is mended then."""
        rows = [
            {"who": f"S{i % 4}", "at": f"2024-03-0{1 + i % 3}T00:00:{i % 60:02}Z", "n": i}
            for i in range(ROWS)
        ]
        lines = "".join(json.dumps(row) + "\n" for row in rows)
        (self.directory / "in.ndjson").write_text(lines)
        to = {
            "csv": {"csv": "out"},
            "sqlite": {"sqlite": "out.sqlite"},
        }.get(self.kind, {"postgres": self.conninfo})
        sink = {"connection": "to", "table": self.name}
        pipeline = {
            "source": {"files": "in.ndjson"},
            "columns": {"who": "text", "at": "timestamp", "n": "int64"},
            "max_rejects": 1000,
            **({"series": "who", "time": "at"} if self.kind != "merge" else {}),
            "sink": {**sink, "mode": "merge", "key": "n", "newest": "at"}
            if self.kind == "merge"
            else sink,
        }
        content = {"connections": {"to": to}, "pipelines": {self.name: pipeline}}
        (self.directory / "tidemill.yaml").write_text(json.dumps(content))
        day = ", _day date" if self.kind == "postgres" else ", _day text"
        if self.kind == "merge":
            day = ", unique (n)"
        number, at = ("bigint", "timestamptz") if self.is_postgres() else ("integer", "integer")
        if self.kind != "csv":
            self.execute(
                f"create table bad_{self.name} (id integer primary key)",
                f"create table {self.name} (who text, at {at}, n {number}{day})",
            )
            self.refuse(True)
        self.run("run")
        if self.kind == "csv":
            self.make_csv_rejects()
        else:
            self.refuse(False)
        assert len(self.rejects()) == BAD

    def refuse(self, refuses: bool) -> None:
        name = self.name
        if not self.is_postgres():
            self.execute(
                f"create trigger {name}_no before insert on {name} when new.n < {BAD} "
                "begin select raise(abort, 'no'); end"
                if refuses
                else f"drop trigger {name}_no"
            )
        elif refuses:
            self.execute(f"alter table {name} add constraint no check (n >= {BAD})")
        else:
            self.execute(f"alter table {name} drop constraint no")

    def make_csv_rejects(self) -> None:
        """Files refuse nothing that a step lets through: see test_rejects_command.py."""
        for i in range(BAD):
            values = {"who": "A", "at": "2024-03-02T00:00:00Z", "_day": "2024-03-02", "n": 1000 + i}
            self.execute(
                f"insert into {self.name}_rejects (pipeline, stage, position, reason, row_values, "
                f"run) values ('{self.name}', 'load', 'A/2024-03-02/{i + 1}', 'U+0000', "
                f"'{json.dumps(values)}', 1)"
            )

    def run(self, *arguments: str, code: int | None = 0, **environment: str) -> str:
        done = subprocess.run(
            [self.binary, *arguments],
            cwd=self.directory,
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert code is None or done.returncode == code, (done.returncode, done.stdout, done.stderr)
        return done.stdout

    def retry(self, code: int | None = 0, **environment: str) -> str:
        return self.run("rejects", "retry", self.name, "--json", code=code, **environment)

    def rejects(self) -> list[int]:
        found = self.execute(f"select row_values from {self.name}_rejects")
        return sorted((v if isinstance(v, dict) else json.loads(v))["n"] for (v,) in found)

    def everything(self) -> list[int]:
        """Table and rejects, in one statement where a server may still be committing what the
        killed client has sent."""
        if not self.is_postgres():
            return sorted(self.table() + self.rejects())
        found = self.execute(
            f"select n from {self.name} union all "
            f"select (row_values ->> 'n')::bigint from {self.name}_rejects"
        )
        return sorted(n for (n,) in found)

    def table(self) -> list[int]:
        if self.kind != "csv":
            return sorted(n for (n,) in self.execute(f"select n from {self.name}"))
        # What a reader of the manifest sees: a part that waits for its name is committed.
        parts = self.execute("select name, temporary from tidemill_files")
        found = []
        for name, temporary in parts:
            path = self.directory / "out" / self.name / name
            if not path.exists():
                path = path.with_name(temporary)
            header, *rows = path.read_text().splitlines()
            place = header.split(",").index("n")
            found += [int(row.split(",")[place]) for row in rows]
        return sorted(found)


@pytest.fixture(params=KINDS)
def make_ground(request: pytest.FixtureRequest, tidemill: Path, tmp_path: Path, postgres_database):
    def make(name: str) -> Ground:
        ground = Ground(request.param, tmp_path / name, tidemill, postgres_database, name)
        ground.make()
        return ground

    return make


UNITS = {"TIDEMILL_RETRY_ROWS": "7"}


def test_killed_at_any_point(make_ground, tmp_path: Path) -> None:
    log = tmp_path / "points"
    whole = make_ground("undisturbed")
    before = whole.table()
    told = json.loads(whole.retry(TIDEMILL_FAULT_LOG=str(log), **UNITS))
    assert (told["tried"], told["loaded"]) == (BAD, BAD)
    wanted = whole.table()
    assert len(wanted) == len(before) + BAD and whole.rejects() == []
    points = len(log.read_text().splitlines())
    assert points > 20
    ground = make_ground("killed")
    for point in range(1, points + 1, STRIDE):
        fault = {"TIDEMILL_FAULT": f"*:{point}", **UNITS}
        if point > 1 and len(ground.rejects()) < BAD:  # what is left may not reach the point
            ground = make_ground(f"killed{point}")
        ground.retry(code=-signal.SIGKILL, **fault)
        assert ground.everything() == wanted, point
        # Killed there once more, or not, on its way to the end.
        ground.retry(code=None, **fault)
        assert ground.everything() == wanted, point
    ground.retry(**UNITS)
    assert (ground.table(), ground.rejects()) == (wanted, [])
    *retries, first = [json.loads(line) for line in ground.run("runs", "--json").splitlines()]
    assert (first["run"], first["status"]) == (1, "complete")
    assert all(run["status"] == "retried" and "ended_at" in run for run in retries)
    ground.run("run")
    assert ground.table() == wanted


def test_a_run_after_a_killed_retry(make_ground) -> None:
    """It takes no retry for a run to be resumed."""
    ground = make_ground("interrupted")
    before = ground.table()
    everything = sorted(before + ground.rejects())
    point = (
        "csv.manifest.after:2"
        if ground.kind == "csv"
        else ("sqlite.commit.after:2" if ground.kind == "sqlite" else "postgres.commit.after:4")
    )
    ground.retry(code=-signal.SIGKILL, TIDEMILL_FAULT=point, **UNITS)
    assert ground.everything() == everything
    ground.run("run")
    lines = [json.loads(line) for line in ground.run("runs", "--json").splitlines()]
    assert [(run["run"], run["status"]) for run in lines] == [
        (3, "complete"),
        (2, "retried"),
        (1, "complete"),
    ]
    assert all("ended_at" in run for run in lines)
    told = json.loads(ground.retry(**UNITS))
    assert told["loaded"] + told["superseded"] == told["tried"]
    assert (ground.table(), ground.rejects()) == (everything, [])
