# SPDX-License-Identifier: Apache-2.0
"""Campaigns: runs with a fault or some, each drawn from one seed, and what must hold after each.

A run through the proxy ends 0 with the tables of an undisturbed run, or with exit code 4, a clear
error and nothing committed by halves; then the same command, undisturbed, completes them. The
contexts that it opened on the server are closed, but for those that nobody could close: the
client was never told of them, or its requests to close them were cut off twice.
"""

import json
import random
import shutil
import time
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from pipelines import engine
from pipelines.balances import SCRIPT, TYPES
from pipelines.engine import EXIT_SOURCE, RUN_SECONDS_MAX, Execution, Project
from pipelines.tables import CsvReader, PostgresReader, Reader, SqliteReader, Tables, sort_rows
from wire_checks import differences, require, without
from wire_cursor import Nights, now_micros
from wire_faults import Plan, draw
from wire_messages import Context
from wire_proxy import Proxy, Script
from wire_restart import COLD_TIMEOUT, draw_restart
from wire_scenarios import (
    ALL_ROUTES,
    DRAWS,
    PIPELINE,
    TABLE,
    Case,
    Ground,
    as_row,
    bad_ids,
)

CONTEXT_SECONDS_MAX = 20.0
CLOSE_TRIES = 2
# A server that is down is waited for; a cold one may keep each attempt until its timeout.
PATIENT_SECONDS_MAX = 600
EMPTY = Tables([], [], [], [])
# What an operator can do stands in every error.
ADVICE = ("run the same command again",)


@dataclass
class Outcome:
    seed: int
    server: str
    case: Case
    plan: Plan
    code: int
    left_behind: int  # contexts that nobody could close
    said: str = ""


class Stage:
    """Where runs happen: a server's ground, a proxy before it, a place for each run's files."""

    def __init__(
        self, binary: Path, directory: Path, ground: Ground, postgres: str, known: "Expectations"
    ) -> None:
        self.binary = binary
        self.directory = directory / ground.server.name
        self.ground = ground
        self.conninfo = postgres
        self.known = known
        self.proxy = Proxy(ground.server.port, ground.opensearch)
        self.nights: Nights | None = None  # where routes by a cursor are run

    def __enter__(self) -> "Stage":
        return self

    def __exit__(self, *exception: object) -> None:
        self.proxy.__exit__(*exception)

    def ground_of(self, case: Case) -> Ground:
        return self.nights.ground if case.by_cursor else self.ground

    def before(self, case: Case) -> Tables:
        """What a run finds."""
        return self.nights.of(case).tables if case.by_cursor else EMPTY

    def prepare(self, case: Case) -> Project:
        """What the first run left; without one, nothing."""
        if not case.by_cursor:
            return self.clean(case)
        shutil.rmtree(self.directory, ignore_errors=True)
        self.nights.restore(case)
        return self.write(case)

    def clean(self, case: Case) -> Project:
        """An empty project directory, and an empty database."""
        shutil.rmtree(self.directory, ignore_errors=True)
        if case.sink == "postgres":
            with psycopg.connect(self.conninfo, autocommit=True) as connection:
                connection.execute("drop schema public cascade; create schema public")
        return self.write(case)

    def write(self, case: Case) -> Project:
        project = Project(self.binary, self.directory)
        sinks = {"sqlite": "out.sqlite", "csv": "out", "postgres": self.conninfo}
        sink = {case.sink: sinks[case.sink]}
        project.content = case.config(self.proxy.url, sink)
        project.write()
        (self.directory / "day.lua").write_text(SCRIPT)
        return project

    def reader(self, case: Case) -> Reader:
        names = (PIPELINE, TABLE, {**TYPES, "at": "timestamp"})
        if case.sink == "postgres":
            return PostgresReader(self.conninfo, *names)
        if case.sink == "csv":
            return CsvReader(self.directory / "out", *names)
        return SqliteReader(self.directory / "out.sqlite", *names)

    def execute(self, project: Project, case: Case) -> Execution:
        process = project.start(*engine.options(case.workers, case.few_rows))
        waits = case.patient or case.timeout == COLD_TIMEOUT
        done = engine.finish(process, PATIENT_SECONDS_MAX if waits else RUN_SECONDS_MAX)
        self.proxy.settle()
        return done

    def expected(self, case: Case) -> Tables:
        """The tables of an undisturbed run, which agree with what is worked out from the
        documents."""
        if case.route not in self.known:
            undisturbed = self.undisturbed(case)
            self.known[case.route] = undisturbed
        return self.known[case.route]

    def undisturbed(self, case: Case) -> Tables:
        done = self.execute(self.prepare(case), case)
        require(done.code == 0, done.describe())
        tables, wanted = self.reader(case).read(), self.ground_of(case).wanted(case.route)
        self.check_contexts()
        for found, ours in ((tables.output, wanted.output), (tables.late, wanted.late)):
            names = list(found[0]) if found else []
            ours = sort_rows([{name: row[name] for name in names if name in row} for row in ours])
            require(found == ours, differences(found, ours))
        self.check_rejects(tables, wanted.rejects)
        return tables

    @staticmethod
    def check_rejects(tables: Tables, ids: set[str]) -> None:
        found = sorted(map(document_of, tables.rejects))
        require(found == sorted(ids), f"rejects are {found}, wanted {sorted(ids)}")

    # A run with faults.

    def run(self, seed: int, case: Case, plan: Plan) -> Outcome:
        expected = self.expected(case)
        project = self.prepare(case)
        plan.spilled = lambda: any(
            path.is_file() and path.stat().st_size for path in project.spill.rglob("*")
        )
        self.proxy.reset()
        self.proxy.one_worker = case.workers == 1
        self.proxy.script = plan
        begun = now_micros()
        try:
            done = self.execute(project, case)
        finally:
            self.proxy.script = Script()
            plan.settle()
        planned = now_micros()
        left = self.check_contexts()
        outcome = Outcome(seed, self.ground.server.name, case, plan, done.code, left, done.said)
        require(not project.spilled_files(), f"spill files: {project.spilled_files()}")
        if done.code != 0:
            require(done.code == EXIT_SOURCE, done.describe())
            self.check_error(done, case)
            self.check_halves(case, expected)
            is_kept = case.by_cursor and self.nights.has_begun(case)
            self.complete(project, case)
            planned = planned if is_kept else now_micros()
        elif case.by_cursor:
            self.nights.check_counts(case, done.record["counts"])
        self.compare(case, expected)
        if case.by_cursor:
            self.nights.check_marks(case, begun, planned)
        return outcome

    def complete(self, project: Project, case: Case) -> None:
        """The same command again, and nothing disturbs it."""
        self.proxy.reset()
        again = self.execute(project, case)
        require(again.code == 0, f"the same command again: {again.describe()}")
        self.check_contexts()

    def compare(self, case: Case, expected: Tables) -> None:
        reader = self.reader(case)
        found = reader.read()
        for name in ("output", "rejects", "late", "state"):
            ours, theirs = getattr(found, name), getattr(expected, name)
            require(ours == theirs, f"{name}: {differences(ours, theirs)}")
        self.check_left(reader)

    @staticmethod
    def check_left(reader: Reader) -> None:
        """No tables that only a run that is under way has, and no files that nobody committed."""
        require(not reader.foreign_tables(), f"left: {reader.foreign_tables()}")
        if isinstance(reader, SqliteReader):
            reader.check_integrity()
        if isinstance(reader, CsvReader):
            require(not reader.foreign_files(), f"left: {reader.foreign_files()}")

    def check_error(self, done: Execution, case: Case) -> None:
        """It names the server, or the split, what happened, and what to do."""
        said = json.loads(done.said.strip().splitlines()[-1])["error"]
        named = self.proxy.url in said or ALL_ROUTES[case.route].prefix in said
        require(named, f"the error does not name the server: {said}")
        require(any(text in said for text in ADVICE), f"the error does not say what to do: {said}")

    def check_halves(self, case: Case, expected: Tables) -> None:
        """After a failure of the source: what was there before, and, where splits are committed one
        by one, some of them whole."""
        reader, before = self.reader(case), self.before(case)
        found = reader.read()
        if isinstance(reader, CsvReader):
            # What is staged lies under names that nobody reads, until the next run.
            staged = "." if case.is_staged() else "nothing"
            files = [name for name in reader.foreign_files() if not name.startswith(staged)]
            require(not files, f"not committed: {files}")
        if case.by_cursor:
            self.nights.check_unmoved(case)
        if case.commits_splits():
            self.check_whole_splits(case, found, before)
            return
        for name in ("output", "late", "state"):
            ours, theirs = getattr(found, name), getattr(before, name)
            require(ours == theirs, f"{name} after a failure: {differences(ours, theirs)}")
        # Rejects are told at once; the run that completes finds the same ones.
        known = {*before.rejects, *expected.rejects}
        require(set(found.rejects) <= known, f"rejects {found.rejects}")

    def check_whole_splits(self, case: Case, found: Tables, before: Tables) -> None:
        ground, splits = self.ground_of(case), {}
        for identifier, document in ground.read(case.route).items():
            split = case.split_of(ground.shards[identifier])
            splits.setdefault(split, {})[identifier] = document
        new, old = without(found.output, before.output), rejected(before)
        ids = {row["event_id"] for row in new} | (rejected(found) - old)
        there = [held for held in splits.values() if ids & held.keys()]
        bad = {i for held in there for i in bad_ids(held)}
        wanted = [as_row(d) for held in there for i, d in held.items() if i not in bad]
        require(
            new == sort_rows(wanted), f"not whole splits: {differences(new, sort_rows(wanted))}"
        )
        self.check_rejects(found, bad | old)

    # Contexts.

    def check_contexts(self) -> int:
        """How many contexts were left open because nobody could close them; they are closed
        now."""
        proxy = self.proxy
        require(not proxy.crimes, f"crimes: {proxy.crimes}")
        left = [context for context in proxy.contexts.values() if not context.closed]
        for context in left:
            require(self.excused(context), f"left open: {context}")
            proxy.delete(context)
        deadline = time.monotonic() + CONTEXT_SECONDS_MAX
        while (count := self.open_contexts()) and time.monotonic() < deadline:
            time.sleep(0.02)
        require(count == 0, f"{count} contexts are open that the proxy knows nothing of")
        return len(left)

    def excused(self, context: Context) -> bool:
        tried = context.close_tries >= CLOSE_TRIES
        return not context.told or context.doubtful or tried or self.proxy.downs > 0

    def open_contexts(self) -> int:
        search = self.ground.server.request("GET", "/_nodes/stats/indices/search")
        return sum(
            node["indices"]["search"][name]
            for node in search["nodes"].values()
            for name in ("open_contexts", "scroll_current")
        )


Expectations = dict[str, Tables]


def document_of(reject: tuple) -> str:
    return reject[1].rpartition("/")[2]


def rejected(tables: Tables) -> set[str]:
    return set(map(document_of, tables.rejects))


@dataclass
class Campaign:
    """Runs over any number of stages; those whose faults never struck do not count. `name`: of its
    draws."""

    stages: list[Stage]
    name: str = "wire"
    outcomes: list[Outcome] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    missed: int = 0
    told: int = 0  # failures

    def draw(self, seed: int) -> tuple[Stage, Case, Plan]:
        rng = random.Random(f"{self.name} {seed}")
        stage = rng.choice(self.stages)
        case = stage.ground.suit(DRAWS[self.name](rng))
        return stage, case, draw(rng, case.requests())

    def describe(self, seed: int) -> str:
        stage, case, plan = self.draw(seed)
        strikes = "; ".join(map(str, plan.strikes))
        return f"{self.name} {seed}: {stage.ground.server.name} {case}: {strikes}"

    def run(self, seed: int) -> Outcome | None:
        return self.execute(seed, *self.draw(seed), self.describe(seed))

    def restart(self, seed: int) -> str:
        """A run in which the server is killed and started again; how it went."""
        stage = self.stages[seed // 2 % len(self.stages)]
        case, plan = draw_restart(seed, stage.ground)
        said = f"restart {seed}: {stage.ground.server.name} {case}: {plan}"
        outcome = self.execute(seed, stage, case, plan, said)
        return f"{said}: {self.failures[-1] if outcome is None else outcome.code}"

    def execute(self, seed: int, stage: Stage, case: Case, plan: Plan, said: str) -> Outcome | None:
        try:
            outcome = stage.run(seed, case, plan)
        except AssertionError as error:
            self.failures.append(f"{said}: {error}")
            # What this run left must not be held against the next.
            stage.proxy.settle()
            for context in stage.proxy.contexts.values():
                stage.proxy.delete(context)
            return None
        if plan.hits:
            self.outcomes.append(outcome)
        else:
            self.missed += 1
        return outcome
