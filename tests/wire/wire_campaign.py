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
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from pipelines import engine
from pipelines.balances import SCRIPT, TYPES
from pipelines.engine import EXIT_SOURCE, RUN_SECONDS_MAX, Execution, Project
from pipelines.tables import PostgresReader, Reader, SqliteReader, Tables, sort_rows
from wire_faults import Plan, draw
from wire_messages import Context
from wire_proxy import Proxy, Script
from wire_restart import COLD_TIMEOUT, draw_restart
from wire_scenarios import (
    PIPELINE,
    TABLE,
    Case,
    Ground,
    as_row,
    bad_ids,
    draw_case,
    work_out,
)

CONTEXT_SECONDS_MAX = 20.0
CLOSE_TRIES = 2
# A server that is down is waited for; a cold one may keep each attempt until its timeout.
PATIENT_SECONDS_MAX = 600
EMPTY = Tables([], [], [], [])
# What an operator can do stands in every error.
ADVICE = ("run the same command again",)


class WireError(AssertionError):
    """What must hold after a run does not."""


def require(holds: object, said: str) -> None:
    if not holds:
        raise WireError(said)


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

    def __enter__(self) -> "Stage":
        return self

    def __exit__(self, *exception: object) -> None:
        self.proxy.__exit__(*exception)

    def clean(self, case: Case) -> Project:
        """An empty project directory, and an empty database."""
        shutil.rmtree(self.directory, ignore_errors=True)
        project = Project(self.binary, self.directory)
        sink = {"sqlite": "out.sqlite"}
        if case.sink == "postgres":
            sink = {"postgres": self.conninfo}
            with psycopg.connect(self.conninfo, autocommit=True) as connection:
                connection.execute("drop schema public cascade; create schema public")
        project.content = case.config(self.proxy.url, sink)
        project.write()
        (self.directory / "day.lua").write_text(SCRIPT)
        return project

    def reader(self, case: Case) -> Reader:
        names = (PIPELINE, TABLE, TYPES)
        if case.sink == "postgres":
            return PostgresReader(self.conninfo, *names)
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
        done = self.execute(self.clean(case), case)
        require(done.code == 0, done.describe())
        tables = self.reader(case).read()
        self.check_contexts()
        names = list(tables.output[0])
        ours = [
            {name: row[name] for name in names if name in row}
            for row in work_out(case.route, self.ground.documents)
        ]
        require(tables.output == sort_rows(ours), differences(tables.output, sort_rows(ours)))
        self.check_rejects(tables, bad_ids(self.ground.documents))
        return tables

    @staticmethod
    def check_rejects(tables: Tables, ids: set[str]) -> None:
        found = sorted(reject[1].rpartition("/")[2] for reject in tables.rejects)
        require(found == sorted(ids), f"rejects are {found}, wanted {sorted(ids)}")

    # A run with faults.

    def run(self, seed: int, case: Case, plan: Plan) -> Outcome:
        expected = self.expected(case)
        project = self.clean(case)
        plan.spilled = lambda: any(
            path.is_file() and path.stat().st_size for path in project.spill.rglob("*")
        )
        self.proxy.reset()
        self.proxy.one_worker = case.workers == 1
        self.proxy.script = plan
        try:
            done = self.execute(project, case)
        finally:
            self.proxy.script = Script()
            plan.settle()
        left = self.check_contexts()
        outcome = Outcome(seed, self.ground.server.name, case, plan, done.code, left, done.said)
        require(not project.spilled_files(), f"spill files: {project.spilled_files()}")
        if done.code != 0:
            require(done.code == EXIT_SOURCE, done.describe())
            self.check_error(done)
            self.check_halves(case, expected)
            self.proxy.reset()
            again = self.execute(project, case)
            require(again.code == 0, f"the same command again: {again.describe()}")
            self.check_contexts()
        self.compare(case, expected)
        return outcome

    def compare(self, case: Case, expected: Tables) -> None:
        reader = self.reader(case)
        found = reader.read()
        for name in ("output", "rejects", "late", "state"):
            ours, theirs = getattr(found, name), getattr(expected, name)
            require(ours == theirs, f"{name}: {differences(ours, theirs)}")
        require(not reader.foreign_tables(), f"left: {reader.foreign_tables()}")

    def check_error(self, done: Execution) -> None:
        """It names the server, or the split, what happened, and what to do."""
        said = json.loads(done.said.strip().splitlines()[-1])["error"]
        named = self.proxy.url in said or "wire-" in said
        require(named, f"the error does not name the server: {said}")
        require(any(text in said for text in ADVICE), f"the error does not say what to do: {said}")

    def check_halves(self, case: Case, expected: Tables) -> None:
        """After a failure of the source: nothing, or, where splits are committed one by one, some
        of them whole."""
        found = self.reader(case).read()
        if case.route != "stream" or case.is_staged():
            for name in ("output", "late", "state"):
                rows = getattr(found, name)
                require(not rows, f"{len(rows)} rows in {name} after a failure: {rows[:2]}")
            # Rejects are told at once; the run that completes finds the same ones.
            require(set(found.rejects) <= set(expected.rejects), f"rejects {found.rejects}")
            return
        documents, splits = self.ground.documents, {}
        for identifier, place in self.ground.shards.items():
            splits.setdefault(case.split_of(place), {})[identifier] = documents[identifier]
        ids = {row["event_id"] for row in found.output}
        ids |= {reject[1].rpartition("/")[2] for reject in found.rejects}
        there = [held for held in splits.values() if ids & held.keys()]
        bad = {i for held in there for i in bad_ids(held)}
        wanted = [as_row(d) for held in there for i, d in held.items() if i not in bad]
        require(
            found.output == sort_rows(wanted),
            f"not whole splits: {differences(found.output, sort_rows(wanted))}",
        )
        self.check_rejects(found, bad)

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


def differences(found: list, expected: list) -> str:
    more = Counter(map(repr, found)) - Counter(map(repr, expected))
    less = Counter(map(repr, expected)) - Counter(map(repr, found))
    return (
        f"{more.total()} rows too many {sorted(more.elements())[:2]}, "
        f"{less.total()} missing {sorted(less.elements())[:2]}"
    )


@dataclass
class Campaign:
    """Runs over any number of stages; those whose faults never struck do not count."""

    stages: list[Stage]
    outcomes: list[Outcome] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    missed: int = 0
    told: int = 0  # failures

    def draw(self, seed: int) -> tuple[Stage, Case, Plan]:
        rng = random.Random(f"wire {seed}")
        stage = rng.choice(self.stages)
        case = draw_case(rng)
        return stage, case, draw(rng, case.requests())

    def describe(self, seed: int) -> str:
        stage, case, plan = self.draw(seed)
        strikes = "; ".join(map(str, plan.strikes))
        return f"seed {seed}: {stage.ground.server.name} {case}: {strikes}"

    def run(self, seed: int) -> Outcome | None:
        return self.execute(seed, *self.draw(seed), self.describe(seed))

    def restart(self, seed: int) -> str:
        """A run in which the server is killed and started again; how it went."""
        stage = self.stages[seed // 2 % len(self.stages)]
        case, plan = draw_restart(seed, stage.ground.server)
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
