# SPDX-License-Identifier: Apache-2.0
"""Fail-the-Nth: small pipelines whose Nth allocation, read, write, fsync, connect, ... fails, and
what must come of it: success, or a clear error after which the same command without faults makes
the tables of an undisturbed run."""

import errno
import json
import os
import random
import re
import shutil
import signal
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import psycopg
from fake_search import FakeSearch
from pipelines import engine, files
from pipelines.tables import CsvReader, PostgresReader, Reader, SqliteReader, Tables

PIPELINE, TABLE = "events", "loaded"
SECONDS_MAX = 60
CODES = {
    engine.EXIT_FAILED,
    engine.EXIT_CONFIG,
    engine.EXIT_SOURCE,
    engine.EXIT_SINK,
    engine.EXIT_REJECTS,
}

# How calls of each kind fail (the kinds are those of failer.c).
ERRORS = {
    "alloc": [errno.ENOMEM],
    "read": [errno.EIO],
    "write": [errno.ENOSPC, errno.EIO],
    "fsync": [errno.EIO, errno.ENOSPC],
    "open": [errno.EMFILE, errno.EIO, errno.EACCES],
    "rename": [errno.EIO, errno.ENOSPC],
    "unlink": [errno.EIO],
    "mkdir": [errno.ENOSPC, errno.EROFS],
    "truncate": [errno.EIO],
    "mmap": [errno.ENOMEM],
    "socket": [errno.EMFILE],
    "connect": [errno.ECONNREFUSED, errno.ETIMEDOUT],
    "send": [errno.EPIPE, errno.ECONNRESET],
    "recv": [errno.ECONNRESET],
    "poll": [errno.ENOMEM],
    "thread": [errno.EAGAIN],
}

TYPES = {
    "id": "int64",
    "who": "text",
    "at": "timestamp",
    "amount": "decimal",
    "kind": "text",
    "day": "date",
    "total": "decimal",
    "s1_total": "decimal",
    "s2_total": "decimal",
}
COLUMNS = {
    "id": "int64",
    "who": "text",
    "at": {"type": "timestamp", "format": "epoch_seconds"},
    "amount": "decimal(12,2)",
    "kind": "text",
}
SCRIPT = """
local M = {}
function M.day(rows, state)
  local sum = state.total or decimal(0)
  for i = 1, rows.n do
    sum = sum + (rows.amount[i] or decimal(1))
  end
  state.total = sum
  return {kind = rows.kind[rows.n], at = rows.at[rows.n], total = sum, id = rows.id[1]}
end
return M
"""
LUA = {
    "lua": "day.lua",
    "state": {"total": "decimal(18,2)"},
    "output": {
        "who": {"from": "series"},
        "day": {"from": "day"},
        "id": "int64",
        "kind": "text",
        "at": "timestamp",
        "total": "decimal(18,2)",
    },
}
SERIES = {
    "series": "who",
    "time": "at",
    "timezone": "Europe/Warsaw",
    "until": "2024-04-01T00:00:00Z",
}
MODES = {
    "append": ({**SERIES, "steps": [{"where": "id >= 0"}, LUA]}, {"mode": "append"}),
    "merge": ({}, {"mode": "merge", "key": ["who", "kind"], "newest": "at"}),
    "replace": ({**SERIES, "steps": [LUA]}, {"mode": "replace"}),
    "stream": ({}, {"mode": "append", "again": "append"}),
}
FORMATS = ("ndjson", "csv", "ndjson.gz", "ndjson.zst")
SINKS = ("sqlite", "csv", "postgres", "discard")
ROWS = 40
FEW_CALLS = 40


@dataclass(frozen=True)
class Case:
    """What runs: `source` is a format of files, or elasticsearch."""

    source: str
    sink: str
    mode: str
    command: str = "run"

    def __str__(self) -> str:
        return f"{self.source}/{self.sink}/{self.mode}/{self.command}"

    @staticmethod
    def parse(text: str) -> "Case":
        return Case(*text.split("/"))


def all_cases() -> list[Case]:
    """Each source with each sink, each sink with each mode, and the other commands."""
    cases = []
    for source in (*FORMATS, "elasticsearch"):
        for sink in SINKS:
            cases.append(Case(source, sink, "stream" if sink == "discard" else "append"))
    for sink in SINKS[:3]:
        for mode in ("merge", "replace", "stream"):
            if (sink, mode) != ("csv", "merge"):
                cases.append(Case("ndjson", sink, mode))
        for command in ("check", "plan", "runs", "show", "state", "rewind", "reset", "again"):
            cases.append(Case("ndjson", sink, "append", command))
    for command in ("check", "plan"):
        cases.append(Case("elasticsearch", "sqlite", "append", command))
    return cases


@dataclass(frozen=True)
class Fault:
    """The Nth call of a kind, perhaps with all that follow it."""

    kind: str
    nth: int
    error: int
    goes_on: bool = False

    def __str__(self) -> str:
        return f"{self.kind}:{self.nth}:{self.error}" + (":on" if self.goes_on else "")

    @staticmethod
    def parse(text: str) -> "Fault":
        kind, nth, error, *more = text.split(":")
        return Fault(kind, int(nth), int(error), bool(more))


# What was said of an abort within a library.
LIBRARY = "glibc: glob frees twice"


class BrokenError(AssertionError):
    """A fault had a consequence that it may not have."""


def events() -> list[dict]:
    rng = random.Random(7)
    rows = []
    for i in range(ROWS):
        rows.append(
            {
                "id": i,
                "who": f"p{i % 5}",
                "at": 1_709_280_000 + rng.randrange(6 * 86_400),
                "amount": f"{rng.randrange(10_000) / 100:.2f}" if i != 17 else "much",
                "kind": "abc"[i % 3],
            }
        )
    return rows


def write_files(directory: Path, form: str) -> None:
    directory.mkdir()
    for name, rows in (("a", events()[:25]), ("b", events()[25:])):
        if form == "csv":
            lines = [",".join(rows[0]), *(",".join(map(str, row.values())) for row in rows)]
        else:
            lines = [json.dumps(row) for row in rows]
        data = ("\n".join(lines) + "\n").encode()
        files.compress(directory / f"{name}.{form}", data)


ARGUMENTS = {
    "run": ["run", "--json", "--workers", "2", "--spill", "spill"],
    "again": ["run", "--workers", "2", "--spill", "spill"],
    "check": ["check"],
    "plan": ["plan"],
    "runs": ["runs"],
    "show": ["show", PIPELINE],
    "state": ["state", PIPELINE],
    "rewind": ["state", PIPELINE, "rewind", "--to", "2024-03-03", "--yes"],
    "reset": ["state", PIPELINE, "reset", "--yes"],
}
READING = ("check", "plan", "runs", "show", "state")


@dataclass
class Outcome:
    fault: Fault
    code: int
    said: str
    happened: bool


class FailGround:
    """A case: a project that is copied for each fault, and what its command must come to."""

    def __init__(
        self, binary: Path, failer: Path, directory: Path, case: Case, servers: dict[str, str]
    ) -> None:
        self.binary, self.failer, self.case = binary, failer, case
        self.servers = servers  # "postgres": conninfo of a database, "elasticsearch": its url
        self.base = directory / re.sub(r"\W", "_", str(case))
        self.work = self.base.with_name("work")
        self.base.mkdir(parents=True)
        self.write_project()
        if self.needs_run:
            self.begin(reset=False)
            self.must_succeed("run")
            shutil.rmtree(self.base)
            shutil.copytree(self.work, self.base)
        self.expected = self.undisturbed()

    @property
    def needs_run(self) -> bool:
        return self.case.command not in ("run", "check", "plan")

    def write_project(self) -> None:
        case = self.case
        config, sink = MODES[case.mode]
        connections = {
            "postgres": {"postgres": self.servers.get("postgres", "")},
            "csv": {"csv": "out"},
            "sqlite": {"sqlite": "out.sqlite"},
        }
        used = {"sink": connections[case.sink]} if case.sink != "discard" else {}
        if case.source == "elasticsearch":
            url = self.servers["elasticsearch"]
            used["events"] = {"elasticsearch": url, "retry_pause": "1ms", "timeout": "5s"}
            source = {"connection": "events", "index": "uses"}
        else:
            write_files(self.base / "in", case.source)
            source = {"files": f"in/*.{case.source}"}
        target = {"connection": "sink", "table": TABLE, **sink}
        pipeline = {
            "source": source,
            "columns": COLUMNS,
            "max_rejects": 10,
            **config,
            "sink": {"discard": True} if case.sink == "discard" else target,
        }
        content = {"connections": used, "pipelines": {PIPELINE: pipeline}}
        (self.base / "tidemill.yaml").write_text(json.dumps(content))
        (self.base / "day.lua").write_text(SCRIPT)

    def begin(self, reset: bool = True) -> None:
        """A fresh copy; a database of PostgreSQL has what the run before it left."""
        shutil.rmtree(self.work, ignore_errors=True)
        shutil.copytree(self.base, self.work)
        (self.work / "spill").mkdir(exist_ok=True)
        if self.case.sink != "postgres":
            return
        with psycopg.connect(self.servers["postgres"], autocommit=True) as connection:
            connection.execute("set client_min_messages = error")
            connection.execute("drop schema public cascade")
            connection.execute("create schema public")
        if reset and self.needs_run:
            self.must_succeed("run")

    def execute(
        self,
        command: str,
        before: list[str] | None = None,
        limit: Callable[[], None] | None = None,
        **environment: str,
    ) -> subprocess.CompletedProcess:
        """`before`: a program that runs what follows it; `limit` is called in the new process."""
        try:
            return subprocess.run(
                [*(before or []), str(self.binary), *ARGUMENTS[command]],
                preexec_fn=limit,
                cwd=self.work,
                env={**os.environ, **environment},
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                errors="replace",
                timeout=SECONDS_MAX,
            )
        except subprocess.TimeoutExpired as late:
            raise BrokenError(f"no end within {SECONDS_MAX} s: {late.stderr}") from None

    def must_succeed(self, command: str) -> None:
        done = self.execute(command)
        if done.returncode != 0:
            raise BrokenError(
                f"{command} without faults: exit {done.returncode}: {done.stderr.strip()}"
            )

    def reader(self) -> Reader | None:
        names = (PIPELINE, TABLE, TYPES)
        if self.case.sink == "postgres":
            return PostgresReader(self.servers["postgres"], *names)
        if self.case.sink == "csv":
            return CsvReader(self.work / "out", *names)
        return (
            SqliteReader(self.work / "out.sqlite", *names) if self.case.sink == "sqlite" else None
        )

    def tables(self) -> Tables | None:
        reader = self.reader()
        tables = reader and reader.read()
        for row in tables.state if tables else []:
            row.pop("_run", None)
            row.pop("_previous_day", None)
        return tables

    def undisturbed(self) -> Tables | None:
        self.begin()
        self.must_succeed(self.case.command)
        tables = self.tables()
        if tables and self.case.command not in ("check", "plan", "reset"):
            assert tables.output
            assert tables.rejects or self.case.command == "rewind"  # perhaps of a later day
        return tables

    def preload(self, **environment: str) -> dict[str, str]:
        return {"LD_PRELOAD": str(self.failer), **environment}

    @cached_property
    def counts(self) -> dict[str, int]:
        """Calls of each kind; again and again alike but for what threads do."""
        self.begin()
        counts = self.work.with_name("counts")
        done = self.execute(self.case.command, **self.preload(TIDEMILL_FAIL_COUNTS=str(counts)))
        assert done.returncode == 0, done
        return {kind: int(n) for kind, n in map(str.split, counts.read_text().splitlines())}

    def faults(self) -> list[Fault]:
        """All of them."""
        every = []
        for kind, count in self.counts.items():
            for nth in range(1, count + 1):
                # Of a kind with many calls each fails in one of the ways, in turn.
                errors = ERRORS[kind]
                some = errors if count <= FEW_CALLS else [errors[nth % len(errors)]]
                every += [Fault(kind, nth, error) for error in some]
        return every

    def draw(self, rng: random.Random) -> Fault:
        """Each kind as often as any other but for allocations, which come as often as the rest."""
        kinds = [kind for kind, count in self.counts.items() if count and kind != "alloc"]
        kind = "alloc" if not kinds or rng.random() < 0.5 else rng.choice(kinds)
        nth = rng.randint(1, self.counts[kind])
        return Fault(kind, nth, rng.choice(ERRORS[kind]), rng.random() < 0.2)

    def trial(self, fault: Fault) -> Outcome:
        """The command with the fault, and without it if it failed."""
        self.begin()
        counts = self.work.with_name("counts")
        counts.unlink(missing_ok=True)
        where = f"{self.case} {fault}"
        try:
            preload = self.preload(TIDEMILL_FAIL=str(fault), TIDEMILL_FAIL_COUNTS=str(counts))
            done = self.execute(self.case.command, **preload)
            self.judge(done)
            if done.returncode != 0 or self.case.command == "reset":
                self.repeat()
            self.compare()
        except BrokenError as broken:
            if self.is_of_library(fault, str(broken)):
                return Outcome(fault, -signal.SIGABRT, LIBRARY, True)
            raise BrokenError(f"{where}: {broken}") from None
        return Outcome(fault, done.returncode, done.stderr.strip(), was_met(counts, fault))

    def is_of_library(self, fault: Fault, said: str) -> bool:
        """glob of glibc 2.36 frees names twice when memory for one of them runs out: an abort whose
        cause is a call from there is not ours. Told by the stack of the call that fails."""
        if fault.kind != "alloc" or "double free" not in said:
            return False
        self.begin()
        done = self.execute(
            self.case.command, **self.preload(TIDEMILL_FAIL=str(fault), TIDEMILL_FAIL_TRACE="1")
        )
        frames = [line for line in done.stderr.splitlines() if "failer.so" not in line]
        return any("libc.so" in line and "(glob" in line for line in frames[:3])

    def judge(self, done: subprocess.CompletedProcess) -> None:
        if done.returncode < 0:
            name = signal.Signals(-done.returncode).name
            raise BrokenError(f"{name}: {done.stderr.strip()[-2000:]}")
        if done.returncode != 0 and done.returncode not in CODES:
            raise BrokenError(f"exit {done.returncode}: {done.stderr.strip()}")
        if done.returncode != 0 and len(done.stderr.strip()) < 10:
            raise BrokenError(f"exit {done.returncode} without a word")

    def repeat(self) -> None:
        if self.case.mode == "stream" and self.is_complete():
            return  # would be loaded twice
        self.must_succeed(self.case.command)

    def is_complete(self) -> bool:
        if self.case.sink == "discard":
            return False
        done = subprocess.run(
            [str(self.binary), "runs", "--json"], cwd=self.work, capture_output=True, check=True
        )
        rows = [json.loads(line) for line in done.stdout.splitlines()]
        return any(row["status"] == "complete" for row in rows)

    def compare(self) -> None:
        found = self.tables()
        for name in ("output", "state", "rejects", "late"):
            ours, theirs = getattr(found, name, None), getattr(self.expected, name, None)
            if ours != theirs:
                raise BrokenError(
                    f"{name}: {len(ours)} rows, not {len(theirs)}, "
                    f"or others: {[row for row in ours if row not in theirs][:2]}"
                )
        reader = self.reader()
        if reader is None:
            return
        left = reader.foreign_tables()
        if isinstance(reader, CsvReader) and self.case.command in ("run", "again"):
            left += reader.foreign_files()
        if left:
            raise BrokenError(f"left behind: {left}")


def was_met(counts: Path, fault: Fault) -> bool:
    """Whether there was an Nth call at all; a process that ended itself wrote no counts."""
    if not counts.exists():
        return True
    lines = dict(line.split() for line in counts.read_text().splitlines())
    return int(lines[fault.kind]) >= fault.nth


def search_server() -> FakeSearch:
    """Holds the same rows as the files."""
    return FakeSearch({f"d{row['id']:02}": row for row in events()})
