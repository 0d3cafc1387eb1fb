# SPDX-License-Identifier: Apache-2.0
"""A campaign of calls that fail: in which order, by several processes, for how long."""

import itertools
import multiprocessing
import random
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import servers
from fail_cases import ERRORS, Case, Fault
from fail_ground import BrokenError, FailGround, Outcome, search_server
from fail_record import Record
from fake_search import FakeSearch
from pipelines.files import scratch_directory

# A server for thousands of runs, whose own faults are not what is looked at; Kerberos, which the
# client library tries first, dies where it runs out of memory (libgssapi_krb5 1.20).
POSTGRES = {"fsync": "off", "full_page_writes": "off", "autovacuum": "off"}
WITHOUT_KERBEROS = " gssencmode=disable"
LASTING_STEP = 25
PIECE = 100  # faults until others get their turn and the record is read again


@dataclass
class Plan:
    binary: Path
    failer: Path
    record: Path
    digest: str
    cases: list[Case]
    kinds: list[str]
    seed: int
    ends_at: float  # time.monotonic
    postgres: str | None = None


def other_calls(ground: FailGround, plan: Plan, record: Record) -> Iterator[Fault]:
    """All but allocations."""
    return (fault for fault in ground.faults() if fault.kind != "alloc")


def new_places(ground: FailGround, plan: Plan, record: Record) -> Iterator[Fault]:
    """One allocation of each stack that has not failed in any case."""
    return firsts(ground, record, set().union(*record.stacks.values()))


def new_stacks(ground: FailGround, plan: Plan, record: Record) -> Iterator[Fault]:
    """One allocation of each stack that has not failed in this case."""
    return firsts(ground, record, set(record.stacks[str(ground.case)]))


def firsts(ground: FailGround, record: Record, known: set[str]) -> Iterator[Fault]:
    """Which call has which stack may differ a little from one execution to the next: one that was
    tried and turned out to be another is none."""
    for i, stack in enumerate(ground.stacks["alloc"]):
        fault = Fault("alloc", i + 1, ERRORS["alloc"][0])
        if stack not in known and not record.is_done(ground.case, fault):
            known.add(stack)
            yield fault


def lasting_calls(ground: FailGround, plan: Plan, record: Record) -> Iterator[Fault]:
    """As the first, but all calls after the Nth fail, too. A run waits half a minute for a server
    that it has lost: of PostgreSQL only some."""
    step = LASTING_STEP if ground.case.sink == "postgres" else 1
    for fault in itertools.islice(other_calls(ground, plan, record), 0, None, step):
        yield Fault(fault.kind, fault.nth, fault.error, goes_on=True)


def all_allocations(ground: FailGround, plan: Plan, record: Record) -> Iterator[Fault]:
    """Each, in an order of chance, so that a part of them is a fair one."""
    numbers = list(range(1, ground.counts["alloc"] + 1))
    random.Random(f"{plan.seed} {ground.case}").shuffle(numbers)
    return (Fault("alloc", n, ERRORS["alloc"][0]) for n in numbers)


@dataclass(frozen=True)
class Stage:
    choose: Callable[[FailGround, Plan, Record], Iterator[Fault]]
    faults_max: int = 1_000_000  # of a case


ROUNDS = 40  # so that all cases have got as far as each other when the time is up
STAGES = [
    Stage(other_calls),
    Stage(new_places),
    Stage(lasting_calls),
    Stage(new_stacks),
    *[Stage(all_allocations, 500)] * ROUNDS,
    Stage(all_allocations),
]


class Grounds:
    """Those of one process, with its servers."""

    def __init__(self, plan: Plan, stack: ExitStack) -> None:
        self.plan, self.stack = plan, stack
        directory = tempfile.TemporaryDirectory(prefix="fail-", dir=scratch_directory())
        self.directory = Path(stack.enter_context(directory))
        self.servers: dict[str, str] = {}
        self.search: FakeSearch | None = None
        self.made = 0

    def make(self, case: Case) -> FailGround:
        if case.sink == "postgres" and "postgres" not in self.servers:
            self.servers["postgres"] = self.plan.postgres or self.start_postgres()
        if case.source == "elasticsearch" and self.search is None:
            self.search = self.stack.enter_context(search_server())
            self.servers["elasticsearch"] = self.search.url
        self.made += 1
        plan, directory = self.plan, self.directory / str(self.made)
        return FailGround(plan.binary, plan.failer, directory, case, self.servers, self.search)

    def start_postgres(self) -> str:
        server = self.stack.enter_context(servers.start("postgres", settings=POSTGRES))
        return server.conninfo() + WITHOUT_KERBEROS


def try_fault(ground: FailGround, fault: Fault, record: Record | None = None) -> Outcome | None:
    outcome = None
    try:
        outcome = ground.trial(fault)
        said = outcome.said
    except BrokenError as broken:
        said = str(broken)
        print(f"BROKEN {said}", flush=True)
    if record:
        record.add(ground.case, fault, outcome, said)
    return outcome


class Worker:
    """Does pieces of the campaign until nothing is left or the time is up."""

    def __init__(self, plan: Plan, turn: "multiprocessing.Value") -> None:
        self.plan, self.turn = plan, turn
        self.record = Record(plan.record, plan.digest)
        self.tried: set[tuple[Case, Fault]] = set()

    def run(self) -> None:
        with ExitStack() as stack:
            grounds = Grounds(self.plan, stack)
            for stage, case in self.take_turns():
                self.run_case(grounds.make(case), stage)

    def take_turns(self) -> Iterator[tuple[Stage, Case]]:
        """Each stage has all cases before the next has any."""
        turns = [(stage, case) for stage in STAGES for case in self.plan.cases]
        while not self.is_over():
            with self.turn.get_lock():
                number = self.turn.value
                self.turn.value += 1
            if number >= len(turns):
                return
            yield turns[number]

    def is_over(self) -> bool:
        return time.monotonic() > self.plan.ends_at

    def run_case(self, ground: FailGround, stage: Stage) -> None:
        self.record.add_case(ground)
        begun, count = time.monotonic(), 0
        while faults := self.piece(ground, stage, stage.faults_max - count):
            for fault in faults:
                if self.is_over():
                    break
                try_fault(ground, fault, self.record)
                count += 1
        shutil.rmtree(ground.base.parent)
        seconds = time.monotonic() - begun
        self.record.append({"seconds": seconds})
        if count:
            name = stage.choose.__name__
            print(f"{name} {ground.case}: {count} in {seconds:.0f} s", flush=True)

    def piece(self, ground: FailGround, stage: Stage, count: int) -> list[Fault]:
        """Some that are left to be tried, each once by this process."""
        if self.is_over():
            return []
        self.record.refresh()
        left = [
            fault
            for fault in stage.choose(ground, self.plan, self.record)
            if fault.kind in self.plan.kinds
            and not self.record.is_done(ground.case, fault)
            and (ground.case, fault) not in self.tried
        ][: min(count, PIECE)]
        self.tried.update((ground.case, fault) for fault in left)
        return left


def run_campaign(plan: Plan, jobs: int) -> None:
    turn = multiprocessing.Value("i", 0)
    workers = [multiprocessing.Process(target=Worker(plan, turn).run) for _ in range(jobs)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    if any(worker.exitcode != 0 for worker in workers):
        raise SystemExit("a process of the campaign failed")
