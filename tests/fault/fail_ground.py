# SPDX-License-Identifier: Apache-2.0
"""Fail-the-Nth: small pipelines whose Nth allocation, read, write, fsync, connect, ... fails, and
what must come of it: success, or a clear error after which the same command without faults makes
the tables of an undisturbed run."""

import json
import os
import random
import re
import shutil
import signal
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timezone
from functools import cached_property
from pathlib import Path

from fail_cases import (
    ARGUMENTS,
    ERRORS,
    PIPELINE,
    READING,
    ROWS,
    RUNNING,
    TABLE,
    TYPES,
    WRITTEN,
    Case,
    Fault,
    change_files,
    events,
    write_project,
)
from fake_search import FakeSearch
from pipelines import engine
from pipelines.tables import CsvReader, OneConnection, Reader, SqliteReader, Tables, sort_rows

SECONDS_MAX = 60
CODES = {
    engine.EXIT_FAILED,
    engine.EXIT_CONFIG,
    engine.EXIT_SOURCE,
    engine.EXIT_SINK,
    engine.EXIT_REJECTS,
}
FEW_CALLS = 40
SAID_BYTES_MIN = 10


class BrokenError(AssertionError):
    """A fault had a consequence that it may not have."""


@dataclass
class Outcome:
    fault: Fault
    code: int
    said: str
    happened: bool
    stack: str = ""  # of the call that failed, as in FailGround.stacks


class FailGround:
    """A case: a project that is copied for each fault, and what its command must come to."""

    def __init__(
        self,
        binary: Path,
        failer: Path,
        directory: Path,
        case: Case,
        servers: dict[str, str],
        search: FakeSearch | None = None,
    ) -> None:
        """`search`: the server where the documents of this case are, if it has any there."""
        self.binary, self.failer, self.case = binary, failer, case
        self.search = search if case.source == "elasticsearch" else None
        self.servers = servers  # "postgres": conninfo of a database, "elasticsearch": its url
        self.base = directory / re.sub(r"\W", "_", str(case))
        self.work = self.base.with_name("work")
        self.base.mkdir(parents=True)
        if case.sink == "postgres":
            self.opened = OneConnection(servers["postgres"], PIPELINE, TABLE, TYPES)
        self.is_fresh = False  # the database holds what begin is to leave in it
        self.write_project()
        if case.needs_run:
            self.begin(reset=False)
            self.must_succeed("again")
            shutil.rmtree(self.base)
            shutil.copytree(self.work, self.base)
        self.expected = self.undisturbed()

    def write_project(self) -> None:
        write_project(self.base, self.case, self.servers)

    def begin(self, reset: bool = True) -> None:
        """A fresh copy; a database of PostgreSQL has what the run before it left."""
        if self.search:
            self.search.hold(documents(self.case))
        shutil.rmtree(self.work, ignore_errors=True)
        shutil.copytree(self.base, self.work)
        (self.work / "spill").mkdir(exist_ok=True)
        if self.case.sink == "postgres" and not self.is_fresh:
            self.empty_database()
            if reset and self.case.needs_run:
                self.must_succeed("again")
        self.is_fresh = False
        if reset and self.case.command == "night":
            change_files(self.work / "in")
        if reset and self.case.command == "cursor":
            self.search.hold(documents(self.case) | later_documents())

    def empty_database(self) -> None:
        connection = self.opened.connection
        connection.execute("set client_min_messages = error")
        connection.execute("drop schema public cascade")
        connection.execute("create schema public")

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
            return self.opened
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
        by_cursor = tables and self.case.command == "cursor"
        return without_written(tables) if by_cursor else tables

    def undisturbed(self) -> Tables | None:
        self.begin()
        self.must_succeed(self.case.command)
        tables = self.tables()
        if tables and self.case.command not in ("check", "plan", "reset"):
            assert tables.output
            assert tables.rejects or self.case.command == "rewind"  # perhaps of a later day
        if tables and self.case.mode == "append" and self.case.command in ("night", "cursor"):
            assert tables.late
        return tables

    def preload(self, **environment: str) -> dict[str, str]:
        return {"LD_PRELOAD": str(self.failer), **environment}

    @cached_property
    def stacks(self) -> dict[str, list[str]]:
        """Of each kind all calls, each with whence and how it was reached; again and again alike but
        for what threads do."""
        self.begin()
        counts, path = (self.work.with_name(name) for name in ("counts", "stacks"))
        preload = self.preload(TIDEMILL_FAIL_COUNTS=str(counts), TIDEMILL_FAIL_STACKS=str(path))
        done = self.execute(self.case.command, **preload)
        assert done.returncode == 0, done
        stacks: dict[str, list[str]] = {kind: [] for kind in read_counts(counts)}
        for line in path.read_text().splitlines():
            kind, _, stack = line.split()
            stacks[kind].append(stack)
        assert {kind: len(calls) for kind, calls in stacks.items()} == read_counts(counts)
        return stacks

    @property
    def counts(self) -> dict[str, int]:
        return {kind: len(calls) for kind, calls in self.stacks.items()}

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
        counts, stack = (self.work.with_name(name) for name in ("counts", "stack"))
        for path in (counts, stack):
            path.unlink(missing_ok=True)
        preload = self.preload(
            TIDEMILL_FAIL=str(fault),
            TIDEMILL_FAIL_COUNTS=str(counts),
            TIDEMILL_FAIL_STACK=str(stack),
        )
        try:
            done = self.execute(self.case.command, **preload)
            self.judge(done)
            if done.returncode != 0 or self.case.command == "reset":
                self.repeat()
            self.compare()
        except BrokenError as broken:
            raise BrokenError(f"{self.case} {fault}: {broken}") from None
        self.is_fresh = self.case.command in READING  # as compare has found
        struck = stack.read_text().strip() if stack.exists() else ""
        happened = was_met(counts, fault)
        assert happened == bool(struck), f"{self.case} {fault}"
        return Outcome(fault, done.returncode, done.stderr.strip(), happened, struck)

    def judge(self, done: subprocess.CompletedProcess) -> None:
        if done.returncode < 0:
            name = signal.Signals(-done.returncode).name
            raise BrokenError(f"{name}: {done.stderr.strip()[-2000:]}")
        if done.returncode != 0 and done.returncode not in CODES:
            raise BrokenError(f"exit {done.returncode}: {done.stderr.strip()}")
        if done.returncode != 0 and len(done.stderr.strip()) < SAID_BYTES_MIN:
            raise BrokenError(f"exit {done.returncode} without a word")
        if self.search and self.search.crimes:
            told = "; ".join(self.search.crimes)
            self.search.crimes.clear()
            raise BrokenError(told)

    def repeat(self) -> None:
        if self.is_loaded_by_each_run and self.is_complete():
            return
        self.must_succeed(self.case.command)

    @property
    def is_loaded_by_each_run(self) -> bool:
        """Whether a run after a complete one loads the same rows again."""
        return self.case.mode in ("stream", "staged") or self.case.command == "night"

    def is_complete(self) -> bool:
        if self.case.sink == "discard":
            return False
        done = subprocess.run(
            [str(self.binary), "runs", "--json"], cwd=self.work, capture_output=True, check=True
        )
        rows = [json.loads(line) for line in done.stdout.splitlines()]
        done = [row for row in rows if row["status"] == "complete" and row["pending"] is None]
        return len(done) > self.case.needs_run

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
        if isinstance(reader, CsvReader) and self.case.command in RUNNING:
            left += reader.foreign_files()
        if left:
            raise BrokenError(f"left behind: {left}")


def read_counts(path: Path) -> dict[str, int]:
    return {kind: int(n) for kind, n in map(str.split, path.read_text().splitlines())}


def was_met(counts: Path, fault: Fault) -> bool:
    """Whether there was an Nth call at all; a process that ended itself wrote no counts."""
    return not counts.exists() or read_counts(counts)[fault.kind] >= fault.nth


def without_written(tables: Tables) -> Tables:
    """When a document was written is another moment in each trial, and digests are of all cells."""
    return Tables(
        output=without(tables.output, WRITTEN),
        rejects=[(*key, without_cell(values)) for *key, values in tables.rejects],
        late=without(tables.late, WRITTEN),
        state=without(tables.state, "_digest"),
    )


def without(rows: list[dict], column: str) -> list[dict]:
    return sort_rows([{n: cell for n, cell in row.items() if n != column} for row in rows])


def without_cell(values: str) -> str:
    cells = json.loads(values)
    cells.pop(WRITTEN, None)
    return json.dumps(cells, sort_keys=True)


def documents(case: Case) -> dict[str, dict]:
    """The same rows as the files of the first night."""
    more = {WRITTEN: "2024-04-01T00:00:00Z"} if case.command == "cursor" else {}
    return {row["event_id"]: row | more for row in events()[:ROWS]}


def later_documents() -> dict[str, dict]:
    """Written now."""
    now = datetime.now(timezone.utc).isoformat()
    return {row["event_id"]: row | {WRITTEN: now} for row in events()[ROWS:]}


def search_server() -> FakeSearch:
    """A ground says what it holds."""
    return FakeSearch({})
