# SPDX-License-Identifier: Apache-2.0
"""A run that leaves rejects whose cause is mended then, and retries of them that are killed: at any
instant each row is in the table or a reject, never both or neither."""

import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from kill_ground import DifferenceError

KINDS = ["postgres", "sqlite", "merge", "csv"]
ROWS = 60
BAD = 40
UNITS = {"TIDEMILL_RETRY_ROWS": "7"}


class RetryGround:
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

    def retry_code(self, **environment: str) -> int:
        command = [self.binary, "rejects", "retry", self.name, "--json"]
        environment = {**os.environ, **environment}
        done = subprocess.run(
            command, cwd=self.directory, env=environment, capture_output=True, timeout=120
        )
        return done.returncode

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


@dataclass
class RetryCampaign:
    """Kinds go round; a retry is killed at a drawn point, up to three times in a row, and then comes
    to its end."""

    binary: Path
    directory: Path
    server: str
    points: dict[str, tuple[list[str], list[int]]] = field(default_factory=dict)
    kills: Counter = field(default_factory=Counter)  # by kind
    names: dict[str, set[str]] = field(default_factory=dict)  # of points, by kind
    failures: list[str] = field(default_factory=list)

    def make(self, kind: str, name: str) -> RetryGround:
        database = f"retry_{kind}_{name}"
        conninfo = f"{self.server} dbname={database}"
        if kind in ("postgres", "merge"):
            with psycopg.connect(f"{self.server} dbname=postgres", autocommit=True) as connection:
                connection.execute(f"drop database if exists {database} with (force)")
                connection.execute(f"create database {database}")
        shutil.rmtree(self.directory / database, ignore_errors=True)
        ground = RetryGround(kind, self.directory / database, self.binary, conninfo, "loaded")
        ground.make()
        return ground

    def undisturbed(self, kind: str) -> tuple[list[str], list[int]]:
        """The points that a retry passes, and the table that it ends with."""
        if kind not in self.points:
            ground = self.make(kind, "undisturbed")
            log = ground.directory / "points"
            ground.retry(TIDEMILL_FAULT_LOG=str(log), **UNITS)
            assert ground.rejects() == []
            self.points[kind] = (log.read_text().splitlines(), ground.table())
        return self.points[kind]

    def draw(self, seed: int) -> tuple[str, list[int]]:
        rng = random.Random(f"retry {seed}")
        kind = KINDS[seed % len(KINDS)]
        points, _ = self.undisturbed(kind)
        return kind, [rng.randint(1, len(points)) for _ in range(rng.choice([1, 1, 2, 3]))]

    def run(self, seed: int) -> bool:
        kind, kills = self.draw(seed)
        try:
            self.kill(kind, kills, f"seed {seed}, {kind} {kills}")
        except DifferenceError as difference:
            self.failures.append(str(difference))
            return False
        return True

    def kill(self, kind: str, kills: list[int], where: str) -> None:
        points, wanted = self.undisturbed(kind)
        ground = self.make(kind, "killed")
        for depth, number in enumerate(kills):
            code = ground.retry_code(TIDEMILL_FAULT=f"*:{number}", **UNITS)
            if code == -signal.SIGKILL:
                self.kills[kind] += 1
                if depth == 0:  # a resume passes other ones
                    self.names.setdefault(kind, set()).add(points[number - 1])
            elif code != 0:
                raise DifferenceError(f"{where}: a retry ended with {code}")
            compare(ground.everything(), wanted, where)
        if ground.retry_code(**UNITS) != 0:
            raise DifferenceError(f"{where}: the last retry failed")
        compare(ground.table(), wanted, where)
        if left := ground.rejects():
            raise DifferenceError(f"{where}: {len(left)} rejects are left")


def compare(found: list[int], wanted: list[int], where: str) -> None:
    if found != wanted:
        more, less = Counter(found) - Counter(wanted), Counter(wanted) - Counter(found)
        raise DifferenceError(f"{where}: too many {sorted(more)[:5]}, missing {sorted(less)[:5]}")
