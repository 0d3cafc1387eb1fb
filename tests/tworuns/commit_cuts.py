# SPDX-License-Identifier: Apache-2.0
"""Runs whose COMMITs are cut on the wire, and what must hold after each: the tables are those of an
undisturbed run, the run's own counts too, and nothing is left on the server."""

import random
import shutil
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

import psycopg
from kill_ground import PIPELINE, TABLE, DifferenceError, Ground, GroundPlace, Trial
from kill_scenarios import MODES, SEARCH_MODES, Data
from pg_wire import PLACES, Cut, PgProxy, Plan
from pipelines.balances import TYPES
from pipelines.engine import EXIT_SINK, Execution
from pipelines.tables import OneConnection
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from search_ground import SearchGround

EARLIER_ROWS, ROWS, BAD_EVERY = 150, 500, 50
SECOND_CUT_SHARE = 0.25
KEEPS_SHARE = 0.5
CUT_MODES = (*MODES, *SEARCH_MODES)
COUNTS_THAT_TELL = ("emitted", "loaded", "superseded", "refused", "rejected", "consumed")


class SmallGround(Ground):
    """A ground of a few rows and many units, so that a run takes a moment."""

    def make_data(self, seed: int) -> Data:
        return Data(seed, EARLIER_ROWS, ROWS, BAD_EVERY)


class CutPlace(GroundPlace):
    """One database for all trials of a ground. What a run starts from is kept in a schema and copied
    from there, at a tenth of what a new database costs."""

    def create_database(self, template: str | None) -> None:
        super().create_database(template)
        with psycopg.connect(self.conninfo(), autocommit=True) as connection:
            connection.execute("alter schema public rename to kept")
        self.opened = self.open_reader()

    def open_reader(self) -> OneConnection:
        return OneConnection(self.conninfo(), PIPELINE, TABLE, TYPES)

    def reader(self) -> OneConnection:
        return self.opened

    def restore(self) -> None:
        tables = [name for (name,) in self.opened.query(KEPT_TABLES)[1]]
        copies = [
            f'create table public."{name}" (like kept."{name}" including all);'
            f'insert into public."{name}" select * from kept."{name}";'
            for name in tables
        ]
        self.opened.connection.execute(
            "begin; drop schema if exists public cascade; create schema public;"
            + "".join(copies)
            + f"update public.tidemill_pipelines set table_oid = 'public.{TABLE}'::regclass; commit"
        )
        shutil.rmtree(self.project.spill)
        self.project.spill.mkdir()

    def is_complete(self) -> bool:
        sql = "select status from tidemill_runs where run = 2"
        return "tidemill_runs" in self.opened.names() and self.opened.query(sql)[1] == [
            ("complete",)
        ]

    def is_pending(self) -> bool:
        """There are no files."""
        return False

    def remove(self) -> None:
        """It stays for the next trial."""


KEPT_TABLES = "select table_name from information_schema.tables where table_schema = 'kept'"


class CutGround(SmallGround):
    """All runs go through a proxy. `weights`: how often COMMITs of which kind are cut."""

    weights: ClassVar = {"unit": 4}

    def __init__(
        self, binary: Path, directory: Path, sink: str, mode: str, seed: int, server: str
    ) -> None:
        port = conninfo_to_dict(server)["port"]
        self.proxy = PgProxy(int(port))
        super().__init__(binary, directory, sink, mode, seed, server)

    def undisturbed(self):
        """It counts the COMMITs of each kind of transaction."""
        place = self.copy("undisturbed")
        route_through(place, self.proxy)
        self.proxy.begin(Plan())
        done = place.run(*self.arguments())
        assert done.code == 0, done.describe()
        self.commits = dict(self.proxy.plan.seen)
        self.counts = counts_of(done)
        tables = place.reader().read()
        assert tables.output and tables.rejects and self.commits["unit"] >= 3, self.commits
        assert bool(tables.state) == ("series" in self.mode.config)
        if self.mode.appends_again:
            self.expected_again = self.run_again(place)
        place.remove()
        return tables, None

    def trial(self) -> Trial:
        """The place of the one before, as it was at the beginning."""
        if self.trials == 0:
            self.cut = CutPlace(self, "cut")
            self.cut.copy_from(self.base)
        self.trials += 1
        self.cut.restore()
        return Trial(self, self.cut)

    def remove(self) -> None:
        if self.trials > 0:
            self.cut.opened.connection.close()
            GroundPlace.remove(self.cut)
        super().remove()
        self.proxy.__exit__()


class SearchCutGround(SearchGround, CutGround):
    """Of a load that is staged."""

    weights: ClassVar = {"unit": 4, "finish": 3}


def draw_cut(rng: random.Random, kind: str, nth: int, place: str) -> Cut:
    return Cut(kind, nth, place, rng.random() < KEEPS_SHARE, rng.choice([0.0, rng.random(), 1.0]))


def route_through(place: GroundPlace, proxy: PgProxy) -> None:
    """The run's connection goes through the proxy; the tests' own do not."""
    conninfo = make_conninfo(place.conninfo(), port=proxy.port)
    place.project.content["connections"]["sink"] = {"postgres": conninfo}
    place.project.write()


def counts_of(done: Execution) -> dict:
    counts = done.record["counts"]
    return {name: counts[name] for name in COUNTS_THAT_TELL if name in counts}


@dataclass(frozen=True)
class Outcome:
    mode: str
    hits: tuple[Cut, ...]
    went_on: bool
    said: str


@dataclass
class Campaign:
    grounds: dict[str, CutGround]
    outcomes: list[Outcome] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    told: int = 0  # of the failures

    def draw(self, seed: int) -> tuple[CutGround, list[Cut]]:
        """Places and modes go round; which COMMIT it is, and how it is cut, is drawn."""
        rng = random.Random(f"cut {seed}")
        place = PLACES[seed % len(PLACES)]
        modes = list(self.grounds)
        ground = self.grounds[modes[seed // len(PLACES) % len(modes)]]
        kinds = list(ground.commits)
        (kind,) = rng.choices(kinds, [ground.weights.get(kind, 1) for kind in kinds])
        nth = rng.randint(1, ground.commits[kind])
        cuts = [draw_cut(rng, kind, nth, place)]
        if rng.random() < SECOND_CUT_SHARE:  # that of what is done again
            cuts.append(draw_cut(rng, kind, nth + 1, rng.choice(PLACES)))
        return ground, cuts

    def describe(self, seed: int) -> str:
        ground, cuts = self.draw(seed)
        return f"{ground.mode.name} " + " ".join(map(str, cuts))

    def run(self, seed: int) -> Outcome | None:
        ground, cuts = self.draw(seed)
        ground.proxy.begin(Plan(cuts))
        trial = ground.trial()
        try:
            outcome = self.run_trial(trial, ground)
        except DifferenceError as difference:
            self.failures.append(f"seed {seed}, {self.describe(seed)}: {difference}")
            return None
        self.outcomes.append(outcome)
        return outcome

    def run_trial(self, trial: Trial, ground: CutGround) -> Outcome:
        place = trial.place
        route_through(place, ground.proxy)
        done = place.run(*trial.arguments())
        hits = tuple(ground.proxy.plan.hits)
        if not hits:
            raise DifferenceError("no COMMIT was cut")
        check_end(done, place, ground)
        ground.proxy.begin(Plan())  # the resume has a whole wire
        trial.ended = done.code == 0
        trial.finish()
        return Outcome(ground.mode.name, hits, done.code == 0, done.said)


def check_end(done: Execution, place: GroundPlace, ground: CutGround) -> None:
    """It went on and counted everything once, or it says what is wrong with which connection."""
    if done.code == 0:
        if not place.is_complete():
            raise DifferenceError("the run ended well, and is not complete")
        if counts_of(done) != ground.counts:
            raise DifferenceError(f"counts {counts_of(done)}, undisturbed {ground.counts}")
    elif done.code != EXIT_SINK or "PostgreSQL connection" not in done.said:
        raise DifferenceError(done.describe())


def make_grounds(
    binary: Path, directory: Path, seed: int, server: str, search, modes: Iterable[str]
) -> dict[str, CutGround]:
    """`search`: a server, for modes of SEARCH_MODES."""
    grounds = {}
    for mode in modes:
        values = [binary, directory, "postgres", mode, seed, server]
        if mode in SEARCH_MODES:
            grounds[mode] = SearchCutGround(*values, search)
        else:
            grounds[mode] = CutGround(*values)
    return grounds


def tabulate(outcomes: list[Outcome]) -> tuple[Counter, Counter]:
    """Cuts by place and kind of transaction, and by place and mode."""
    kinds = Counter((hit.place, hit.kind) for o in outcomes for hit in o.hits)
    modes = Counter((hit.place, o.mode) for o in outcomes for hit in o.hits)
    return kinds, modes
