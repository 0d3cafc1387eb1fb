# SPDX-License-Identifier: Apache-2.0
"""The night after: a run by a cursor has gone undisturbed, then documents came - new ones, with a
cursor that is late within the lag or beyond it, changed ones -, and the faults strike the second run.

    cursor ---- 2024 ----|-- too late --|MOMENT - 10 h|-- new, changed --|MOMENT - 30 min|-- not yet
                            below the first high mark      between the marks      above the second

The first runs are made once, one for each route and sink; each second run begins with a copy of what
they left. What it must come to is worked out from the documents by a few plain lines.
"""

import random
import shutil
import time
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timezone
from decimal import Decimal
from pathlib import Path

import psycopg
from pipelines.tables import Reader, Tables
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from wire_checks import require
from wire_scenarios import (
    CURSOR_INDICES,
    CURSOR_ROUTES,
    MAPPING,
    PIPELINE,
    Case,
    Ground,
    Wanted,
    as_row,
    bad_ids,
    day_of,
    draw_source,
    fetch,
    good,
    newest,
    work_out_days,
)

EARLIER, NEW, CHANGED, EDITED = 2000, 1500, 300, 60  # documents
NOT_YET, TOO_LATE = 40, 150
NEW_FIRST_DAY = 18  # of most of them
HOUR = 3600
MOMENT = int(time.time())  # the first runs come within the hour
EARLIER_LAG = "10h"
EARLIER_HIGH = MOMENT - 10 * HOUR
LATER_HIGH = MOMENT - HOUR // 2
# Days after that are left.
EARLIER_UNTIL, UNTIL = date(2024, 3, 22), date(2024, 3, 29)
LAG_MICROS = 1_800_000_000
COUNTED = ("consumed", "seen", "late", "left", "rejected")
MICRO = 1_000_000

Documents = dict[str, dict]


def instant(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def make_documents(seed: int) -> tuple[Documents, Documents]:
    """Those of the first night, and those that came or changed after it."""
    rng = random.Random(f"cursor {seed}")
    earlier = {f"e{i}": draw_source(rng, i) for i in range(EARLIER)}
    for i, source in enumerate(earlier.values()):
        source["at"] = instant(source["used_at"] + rng.randrange(20 * HOUR * 1000) / 1000)
        if i % 250 == 0:
            source["at"] = None
    later = {}
    for i in range(EARLIER, EARLIER + NEW + NOT_YET + TOO_LATE):
        later[f"e{i}"] = draw_source(rng, i, rng.choice([0, *[NEW_FIRST_DAY] * 3]))
        later[f"e{i}"]["at"] = instant(between_marks(rng))
    identifiers = list(later)
    for identifier in identifiers[:NOT_YET]:
        later[identifier]["at"] = instant(MOMENT + 400 * 24 * HOUR)
    for identifier in identifiers[-TOO_LATE:]:
        later[identifier]["at"] = instant(EARLIER_HIGH - rng.uniform(1, 9) * HOUR)
    for number, identifier in enumerate(rng.sample(list(earlier), CHANGED)):
        source = {**earlier[identifier], "amount": f"{rng.randrange(1000, 90000) / 100:.2f}"}
        if number >= EDITED:  # the others by somebody who leaves the cursor as it was
            source["at"] = instant(between_marks(rng))
        later[identifier] = source
    return earlier, later


def between_marks(rng: random.Random) -> float:
    return rng.uniform(MOMENT - 9 * HOUR, MOMENT - HOUR)


@dataclass
class Reference:
    """What runs by a cursor leave, the naive way."""

    route: str
    known: int = -(2**62)  # up to here was read; from `low` on it is read again
    low: int = -(2**62)
    left: list[dict] = field(default_factory=list)
    rows: list[dict] = field(default_factory=list)
    late: list[dict] = field(default_factory=list)
    rejects: set[str] = field(default_factory=set)
    counts: dict[str, int] = field(default_factory=dict)
    days: dict[str, date] = field(default_factory=dict)  # the last of each person
    balances: dict = field(default_factory=lambda: defaultdict(Decimal))
    active: dict = field(default_factory=lambda: defaultdict(int))
    asked: Documents = field(default_factory=dict)

    def run(self, documents: Documents, high: int, until: date) -> None:
        self.asked = {i: d for i, d in documents.items() if self.asks_for(d, high)}
        bad = bad_ids(self.asked)
        self.rejects |= bad
        rows = [as_row(document) for document in good(self.asked)]
        self.counts = dict.fromkeys(COUNTED, 0) | {"rejected": len(bad)}
        if self.route == "cursor_ordered":
            rows = self.of_new_days(rows, until)
            self.rows += work_out_days(rows, self.balances, self.active)
            self.days |= {
                p: max(day_of(r) for r in rows if r["person"] == p) for p in persons(rows)
            }
        else:
            self.rows += rows
        if self.route == "cursor_merge":
            self.rows = newest(self.rows)
        self.counts["consumed"] = len(rows)
        self.known = high
        self.low = min([row["at"] for row in self.left], default=high)

    def asks_for(self, document: dict, high: int) -> bool:
        if document["at"] is None:
            return True
        at = as_row({**document, "amount": "0"})["at"]
        return self.low <= at < high

    def of_new_days(self, rows: list[dict], until: date) -> list[dict]:
        new, self.left = [], []
        for row in rows:
            day = day_of(row)
            if day <= self.days.get(row["person"], date.min):
                if row["at"] < self.known:
                    self.counts["seen"] += 1
                else:
                    self.late.append(row)
                    self.counts["late"] += 1
            elif day >= until:
                self.left.append(row)
                self.counts["left"] += 1
            else:
                new.append(row)
        return new


def persons(rows: list[dict]) -> set[str]:
    return {row["person"] for row in rows}


@dataclass
class CursorGround(Ground):
    """The documents of both nights."""

    earlier: Documents
    references: dict[str, Reference] = field(default_factory=dict)

    def reference(self, route: str) -> Reference:
        if route not in self.references:
            reference = self.references[route] = Reference(route)
            reference.run(self.earlier, EARLIER_HIGH * MICRO, EARLIER_UNTIL)
            reference.run(self.documents, LATER_HIGH * MICRO, UNTIL)
        return self.references[route]

    def read(self, route: str) -> Documents:
        return self.reference(route).asked

    def wanted(self, route: str) -> Wanted:
        reference = self.reference(route)
        return Wanted(reference.rows, reference.rejects, reference.late)


@dataclass(frozen=True)
class Earlier:
    """What a first run left."""

    directory: Path
    database: str | None
    tables: Tables
    marks: list


Pair = tuple[str, str]  # a route and a sink


def all_pairs() -> list[Pair]:
    sinks = ("sqlite", "postgres", "csv")
    return [(r, s) for r in CURSOR_ROUTES for s in sinks if s != "csv" or "merge" not in r]


def marks(reader: Reader) -> list[tuple]:
    return reader.query("select name, value from tidemill_marks order by name, value")[1]


def administrate(conninfo: str, *statements: str) -> None:
    with psycopg.connect(make_conninfo(conninfo, dbname="postgres"), autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement)


def copy_database(conninfo: str, source: str, target: str) -> None:
    administrate(
        conninfo,
        f"drop database if exists {target} with (force)",
        f"create database {target} template {source}",
    )


class Nights:
    """The first nights at one server, and what second ones are held to."""

    def __init__(self, stage, seed: int, pairs: Iterable[Pair]) -> None:
        self.stage = stage
        server = stage.ground.server
        earlier, later = make_documents(seed)
        for index, documents in by_index(earlier).items():
            mapping = {**MAPPING, "at": {"type": "date"}}
            server.create_index(index, mapping, CURSOR_INDICES[index])
            server.load(index, documents)
        self.first = {pair: self.run_first(*pair) for pair in pairs}
        assert time.time() < MOMENT + HOUR, "the first runs come too late for their lag"
        for index, documents in by_index(later).items():
            server.load(index, documents)
        self.ground = CursorGround(server, *fetch(server, CURSOR_INDICES), earlier)
        assert self.ground.documents == earlier | later

    def run_first(self, route: str, sink: str) -> Earlier:
        stage = self.stage
        case = Case(route, sink, "scroll", None, 1000, 2, False, False)
        project = stage.clean(case)
        pipeline = project.content["pipelines"][PIPELINE]
        pipeline["lag"] = EARLIER_LAG
        if "until" in pipeline:
            pipeline["until"] = str(EARLIER_UNTIL)
        project.write()
        done = stage.execute(project, case)
        assert done.code == 0, done.describe()
        database = None
        if sink == "postgres":
            name = conninfo_to_dict(stage.conninfo)["dbname"]
            database = f"{name}_{stage.ground.server.name}_{route}"
            copy_database(stage.conninfo, name, database)
        place = stage.directory.with_name(f"{stage.directory.name}_{route}_{sink}")
        shutil.copytree(stage.directory, place)
        reader = stage.reader(case)
        return Earlier(place, database, reader.read(), marks(reader))

    def of(self, case: Case) -> Earlier:
        return self.first[case.route, case.sink]

    def restore(self, case: Case) -> None:
        """The place and the database as the first run left them."""
        earlier = self.of(case)
        shutil.copytree(earlier.directory, self.stage.directory)
        if earlier.database:
            name = conninfo_to_dict(self.stage.conninfo)["dbname"]
            copy_database(self.stage.conninfo, earlier.database, name)

    # After a second run.

    def check_unmoved(self, case: Case) -> None:
        """A run that is not complete leaves the marks where they were."""
        found = marks(self.stage.reader(case))
        require(found == self.of(case).marks, f"marks {found} after a failure")

    def has_begun(self, case: Case) -> bool:
        """Whether there is a second run, whose interval is kept from then on."""
        ((runs,),) = self.stage.reader(case).query("select count(*) from tidemill_runs")[1]
        return runs == 2

    def check_marks(self, case: Case, begun: int, ended: int) -> None:
        """The high one: by the clock when the run was planned, between these instants."""
        ((name, value),) = marks(self.stage.reader(case))
        high, low = map(int, value.split()[:2])
        first, last = (t - t % 1000 - LAG_MICROS for t in (begun, ended))
        require(name == "cursor" and first <= high <= last, f"high {high}, not {first} to {last}")
        reference = self.ground.reference(case.route)
        wanted = reference.low if reference.left else high
        require(low == wanted, f"low mark {low}, wanted {wanted}")

    def check_counts(self, case: Case, counts: dict[str, int]) -> None:
        wanted = self.ground.reference(case.route).counts
        found = {name: counts[name] for name in wanted}
        require(found == wanted, f"counts {found}, wanted {wanted}")
        read = sum(found.values()) + counts["discarded"]
        require(counts["read"] == read, f"read {counts['read']}, but {read} went somewhere")


def by_index(documents: Documents) -> dict[str, list[tuple[str, dict]]]:
    """By the number of the document, so that a changed one stays where it was."""
    a, b, c = CURSOR_INDICES
    found = defaultdict(list)
    for identifier, source in documents.items():
        at = int(identifier[1:]) * 7919 % 6
        found[[a, b, b, c, c, c][at]].append((identifier, source))
    return found


def now_micros() -> int:
    return time.time_ns() // 1000
