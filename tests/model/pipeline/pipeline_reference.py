# SPDX-License-Identifier: Apache-2.0
"""What a whole pipeline should do, as simply as it can be said: dicts, sorted lists, zoneinfo,
decimal. Written from what is promised, not from the engine."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone
from functools import cache
from zoneinfo import ZoneInfo

EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
MINUTE = 60_000_000

Values = dict[str, object]


def local_day(micros: int, zone: str) -> date:
    return (EPOCH + timedelta(microseconds=micros)).astimezone(ZoneInfo(zone)).date()


@cache
def day_end(day: date, zone: str) -> int:
    """The first instant after the last one of a day. Clocks change on whole minutes."""
    midnight = datetime(day.year, day.month, day.day, tzinfo=timezone.utc) + timedelta(days=1)
    instant = (midnight - EPOCH) // timedelta(microseconds=1) + 26 * 60 * MINUTE
    while local_day(instant - MINUTE, zone) > day:
        instant -= MINUTE
    return instant


def nulls_first(value: object) -> tuple:
    return (0,) if value is None else (1, value)


@dataclass(frozen=True)
class Row:
    """A decoded row and where it came from: (file, offset) or (document id, index)."""

    values: Values
    place: tuple

    def __hash__(self) -> int:
        return hash(self.place)


@dataclass
class Series:
    """The state of a series."""

    last_day: date
    previous_day: date | None
    run: int
    rows: Counter  # of identities, of days up to last_day
    steps: list[Values]


@dataclass(frozen=True)
class Step:
    """A step: `apply` takes a series' day (rows in order, the state, the day) and gives rows.
    Of rows that it rejects it appends the ordinal to its last argument."""

    kind: str  # where, keep, derive, lua
    apply: Callable[[list[Values], Values, date | None, list], list[Values]]
    state: tuple[str, ...] = ()


@dataclass(frozen=True)
class Pipeline:
    columns: tuple[str, ...]
    series: tuple[str, ...]  # none: no series
    time: str | None
    tie: tuple[str, ...]
    zone: str
    late: str
    steps: tuple[Step, ...]
    mode: str
    key: tuple[str, ...]
    newest: str | None
    output: tuple[str, ...]  # columns of the table
    filled: tuple[
        tuple[str, str], ...
    ]  # columns that the engine fills: from a series column, or day
    with_id: bool  # the document's id is part of its identity


COUNTS = (
    "read",
    "consumed",
    "seen",
    "unmatched",
    "left",
    "rejected",
    "emitted",
    "series",
    "days",
    "gone_or_changed_series",
    "late_or_changed_series",
    "failed_series",
)


@dataclass
class World:
    """All that a sink holds for a pipeline."""

    output: list[Values] = field(default_factory=list)
    state: dict[tuple, Series] = field(default_factory=dict)
    rejects: set[tuple] = field(default_factory=set)  # (stage, step, where, ordinal)
    runs: int = 0


@dataclass
class Outcome:
    world: World
    counts: Counter
    steps: list[Counter]


class Run:
    """One undisturbed run of a pipeline over decoded rows."""

    def __init__(self, pipeline: Pipeline, world: World, horizon: int) -> None:
        self.pipeline = pipeline
        self.world = World(
            list(world.output),
            dict(world.state),
            set(world.rejects),
            world.runs + 1,
        )
        self.horizon = horizon
        self.counts: Counter = Counter()
        self.steps = [Counter() for _ in pipeline.steps]
        self.emitted: list[tuple[tuple, Values]] = []  # (where, row)

    def execute(self, rows: list[Row]) -> Outcome:
        if self.pipeline.mode == "replace":
            self.world.state = {}
            self.world.output = []
            self.world.rejects = set()
        if self.pipeline.series:
            self.process_series(rows)
        else:
            self.counts["consumed"] += len(rows)
            for row in sorted(rows, key=lambda row: row.place):
                output = self.apply_steps([dict(row.values)], None, None, row.place)
                self.emit(output, None, row.place)
        self.load()
        return Outcome(self.world, self.counts, self.steps)

    # Ordered processing.

    def identity(self, row: Row) -> tuple:
        values = tuple(row.values[name] for name in self.pipeline.columns)
        return (row.place[0], values) if self.pipeline.with_id else values

    def order(self, row: Row) -> tuple:
        p = self.pipeline
        return (
            row.values[p.time],
            tuple(nulls_first(row.values[name]) for name in p.tie),
            row.place,
        )

    def process_series(self, rows: list[Row]) -> None:
        by_series: dict[tuple, list[Row]] = {}
        for row in rows:
            key = tuple(row.values[name] for name in self.pipeline.series)
            by_series.setdefault(key, []).append(row)
        for key in by_series.keys() | self.world.state.keys():
            self.process_one(key, sorted(by_series.get(key, []), key=self.order))

    def process_one(self, key: tuple, rows: list[Row]) -> None:
        p, known = self.pipeline, self.world.state.get(key)
        by_day: dict[date, list[Row]] = {}
        for row in rows:
            by_day.setdefault(local_day(row.values[p.time], p.zone), []).append(row)
        old = [day for day in by_day if known and day <= known.last_day]
        new = sorted(day for day in by_day if day not in old)
        done = [day for day in new if day_end(day, p.zone) <= self.horizon]
        self.counts["left"] += sum(len(by_day[day]) for day in new if day not in done)

        baseline = Counter(self.identity(row) for day in old for row in by_day[day])
        changed = known is not None and baseline != known.rows
        self.counts["unmatched" if changed else "seen"] += baseline.total()
        if changed and baseline.total() < known.rows.total():
            self.counts["gone_or_changed_series"] += 1
        elif changed:
            self.counts["late_or_changed_series"] += 1
            if p.late == "fail":
                self.counts["failed_series"] += 1
                self.counts["unmatched"] += sum(len(by_day[day]) for day in done)
                return
        if not changed and not done:
            return
        before = known.steps if known else [dict.fromkeys(step.state) for step in p.steps]
        state = Series(
            max(done) if done else known.last_day,
            known.last_day if known else None,
            self.world.runs,
            baseline,
            [dict(values) for values in before],
        )
        for day in done:
            state.rows.update(self.identity(row) for row in by_day[day])
            self.process_day(key, day, by_day[day], state)
        self.counts["series"] += bool(done)
        self.world.state[key] = state

    def process_day(self, key: tuple, day: date, rows: list[Row], state: Series) -> None:
        self.counts["days"] += 1
        self.counts["consumed"] += len(rows)
        output = self.apply_steps([dict(row.values) for row in rows], state, day, (key, day))
        known = dict(zip(self.pipeline.series, key, strict=True)) | {"day": day}
        self.emit(output, known, (key, day))

    # Steps and loading.

    def apply_steps(
        self, rows: list[Values], state: Series | None, day: date | None, place: tuple
    ) -> list[Values]:
        for i, step in enumerate(self.pipeline.steps):
            counts = self.steps[i]
            counts["rows_in"] += len(rows)
            if not rows:
                continue
            rejected: list = []
            values = state.steps[i] if state else {}
            after = step.apply(rows, values, day, rejected)
            gone = len(rows) - len(after) - len(rejected)
            counts["filtered"] += gone if step.kind == "where" else 0
            counts["deduplicated"] += gone if step.kind == "keep" else 0
            counts["rejected"] += len(rejected)
            for ordinal in rejected:
                self.world.rejects.add(("step", f"{i + 1} {step.kind}", place, ordinal))
            rows = after
            counts["rows_out"] += len(rows)
        return rows

    def emit(self, rows: list[Values], known: Values | None, place: tuple) -> None:
        self.counts["emitted"] += len(rows)
        filled = {name: known[source] for name, source in self.pipeline.filled} if known else {}
        for ordinal, row in enumerate(rows, 1):
            whole = {**row, **filled}
            kept = {name: whole[name] for name in self.pipeline.output}
            self.emitted.append(((place, ordinal), kept))

    def load(self) -> None:
        p = self.pipeline
        if not p.key:
            self.world.output += [row for _, row in self.emitted]
            return
        winners = {tuple(row[name] for name in p.key): row for row in self.world.output}
        for place, row in self.emitted:
            key = tuple(row[name] for name in p.key)
            if None in key:
                self.counts["refused"] += 1
                self.world.rejects.add(("load", None, *place))
            elif key not in winners or self.rank(row) > self.rank(winners[key]):
                winners[key] = row
        self.world.output = list(winners.values())

    def rank(self, row: Values) -> tuple:
        p = self.pipeline
        columns = (p.newest, *p.output)
        return tuple(nulls_first(row[name]) for name in columns)


def run(pipeline: Pipeline, world: World, rows: list[Row], horizon: int) -> Outcome:
    return Run(pipeline, world, horizon).execute(rows)


# Steps in Python.


def keep(which: str, by: tuple[str, ...]) -> Step:
    def apply(rows: list[Values], _state: Values, _day: date | None, _rejected: list) -> list:
        position: dict[tuple, int] = {}
        for i, row in enumerate(rows):
            key = tuple(row[name] for name in by)
            if which == "newest" or key not in position:
                position[key] = i
        return [rows[i] for i in sorted(position.values())]

    return Step("keep", apply)


def where(true: Callable[[Values], object]) -> Step:
    def apply(rows: list[Values], _state: Values, _day: date | None, _rejected: list) -> list:
        return [row for row in rows if true(row) is True]

    return Step("where", apply)


def derive(**columns: Callable[[Values], object]) -> Step:
    """A column's function gives REJECT where the expression fails."""

    def apply(rows: list[Values], _state: Values, _day: date | None, rejected: list) -> list:
        after = []
        for ordinal, row in enumerate(rows, 1):
            derived = {name: compute(row) for name, compute in columns.items()}
            if any(value is REJECT for value in derived.values()):
                rejected.append(ordinal)
            else:
                after.append({**row, **derived})
        return after

    return Step("derive", apply)


REJECT = object()


def lua_rows(one: Callable[[Values, Values], list[Values]], state: tuple[str, ...]) -> Step:
    """A step whose script has `row`."""

    def apply(rows: list[Values], values: Values, _day: date | None, _rejected: list) -> list:
        return [output for row in rows for output in one(row, values)]

    return Step("lua", apply, state)


def lua_days(
    one: Callable[[list[Values], Values, date], list[Values]], state: tuple[str, ...]
) -> Step:
    """A step whose script has `day`."""

    def apply(rows: list[Values], values: Values, day: date | None, _rejected: list) -> list:
        return one(rows, values, day)

    return Step("lua", apply, state)
