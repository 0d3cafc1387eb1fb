# SPDX-License-Identifier: Apache-2.0
"""What the process stage must compute, in the plainest way: dicts, sorted lists and zoneinfo.

Written from the design, not from the engine. It knows nothing of batches, segments, hashes, units
or partitions: a pipeline is a function of (rows, state, options) to (output, new state, counts).
"""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
DIGEST_MODULUS = 1 << 128
REWOUND = -1


@dataclass(frozen=True)
class Row:
    region: str | None
    person: int | None
    time: int | None  # microseconds since 1970, UTC
    tie: int
    id: str
    amount: int
    digest: int  # of this row alone

    def order(self):
        return (self.time, self.tie, self.id)


@dataclass
class State:
    last_day: int
    previous_day: int | None
    run: int
    rows: int
    digest: int
    values: tuple  # per step: tuple of its columns


def rewound(state, day, everything=False):
    """The states after taking a pipeline back to the end of a day."""
    return {
        key: State(min(s.last_day, day), None, s.run, REWOUND, s.digest, (None,) * len(s.values))
        if everything or s.last_day > day
        else s
        for key, s in state.items()
    }


@dataclass
class Options:
    zone: str
    horizon: int
    late: str  # report, fail or drop
    run: int
    steps: list  # names in STEPS


@dataclass
class Result:
    output: list = field(default_factory=list)  # (region, person, day, *columns of the last step)
    state: dict = field(default_factory=dict)
    counts: Counter = field(default_factory=Counter)
    steps: list = field(default_factory=list)  # a Counter per step


def local_day(micros, zone):
    moment = EPOCH + timedelta(microseconds=micros)
    return (moment.astimezone(ZoneInfo(zone)).date() - EPOCH.date()).days


def day_has_ended(day, zone, horizon):
    """Is every instant at or after the horizon on a later day than this?"""
    return horizon_day(zone, horizon) > day


def horizon_day(zone, horizon):
    return local_day(horizon, zone)


# Steps: a day's rows and the state tuple in; rows, new state tuple and counts out.


def step_filter(rows, state):
    kept = [row for row in rows if row["amount"] % 3 != 0]
    return kept, state, Counter(filtered=len(rows) - len(kept))


def step_running(rows, state):
    total, seen, last_id = state if state else (0, 0, None)
    out = []
    for row in rows:
        total += row["amount"]
        seen += 1
        last_id = row["id"]
        out.append({**row, "amount": total})
    return out, (total, seen, last_id), Counter()


def step_sum(rows, state):
    days, grand = state if state else (0, 0)
    total = sum(row["amount"] for row in rows)
    days, grand = days + 1, grand + total
    return (
        [{"n": len(rows), "total": total, "days": days, "grand": grand}],
        (days, grand),
        Counter(),
    )


def step_newest(rows, state):
    by_key = {row["tie"]: row["id"] for row in rows}
    kept = [row for row in rows if by_key[row["tie"]] == row["id"]]
    return kept, state, Counter(deduplicated=len(rows) - len(kept))


def step_oldest(rows, state):
    kept, keys = [], set()
    for row in rows:
        if row["tie"] not in keys:
            keys.add(row["tie"])
            kept.append(row)
    return kept, state, Counter(deduplicated=len(rows) - len(kept))


STEPS = {
    "filter": (step_filter, False),
    "running": (step_running, True),
    "wave_running": (step_running, True),
    "sum": (step_sum, True),
    "newest": (step_newest, False),
    "oldest": (step_oldest, False),
}


def run_steps(names, rows, states, counters):
    """One series-day through the chain. A step is not called when no row is left."""
    states = list(states)
    for number, name in enumerate(names):
        function, stateful = STEPS[name]
        counter = counters[number]
        counter["rows_in"] += len(rows)
        if rows:
            rows, state, counts = function(rows, states[number])
            if stateful:
                states[number] = state
            counter.update(counts)
        counter["rows_out"] += len(rows)
    return rows, tuple(states)


def visible(row):
    """What steps see: the declared columns."""
    return {
        "region": row.region,
        "person": row.person,
        "used_at": row.time,
        "tie": row.tie,
        "id": row.id,
        "amount": row.amount,
    }


class Series:
    def __init__(self, key, rows, state, options, result):
        self.key, self.state, self.options, self.result = key, state, options, result
        self.days = defaultdict(list)
        for row in sorted(rows, key=Row.order):
            self.days[local_day(row.time, options.zone)].append(row)

    def run(self):
        if self.state and self.state.rows == REWOUND:
            self.rebuild()
            return
        options, counts, state = self.options, self.result.counts, self.state
        old = [d for d in self.days if state and d <= state.last_day]
        new = sorted(d for d in self.days if d not in old)
        ended = [d for d in new if day_has_ended(d, options.zone, options.horizon)]
        counts["left"] += sum(len(self.days[d]) for d in new if d not in ended)
        old_rows = [row for d in old for row in self.days[d]]
        row_count = len(old_rows)
        digest = sum(row.digest for row in old_rows) % DIGEST_MODULUS
        changed = False
        if state:
            changed = (row_count, digest) != (state.rows, state.digest)
            if self.compare(old, row_count, changed) == "failed":
                counts["unmatched"] += sum(len(self.days[d]) for d in ended)
                self.result.state[self.key] = state
                return
        self.advance(ended, row_count, digest, changed)

    def rebuild(self):
        """As a run that stopped at the end of last_day, of which nothing is told, and one after."""
        reached = self.state.last_day
        options, counts = self.options, self.result.counts
        before = {d: rows for d, rows in self.days.items() if d <= reached}
        counts["rebuilt"] += sum(map(len, before.values()))
        untold = Result(steps=[Counter() for _ in options.steps])
        first = Series(self.key, [], None, options, untold)
        first.days = before
        first.advance(sorted(before), 0, 0, False)
        stopped = untold.state.get(self.key)
        if stopped:
            stopped.last_day = reached  # later rows may be gone, but the table has their days
            stopped.run = None  # no run of which anything is resumed
        second = Series(self.key, [], stopped, options, self.result)
        second.days = {d: rows for d, rows in self.days.items() if d > reached}
        ended = [d for d in second.days if day_has_ended(d, options.zone, options.horizon)]
        counts["left"] += sum(len(r) for d, r in second.days.items() if d not in ended)
        if not stopped and not ended:
            self.result.state[self.key] = self.state
            return
        rows, digest = (stopped.rows, stopped.digest) if stopped else (0, 0)
        second.advance(sorted(ended), rows, digest, True)

    def compare(self, old, row_count, changed):
        options, counts, state = self.options, self.result.counts, self.state
        if not changed:
            counts["seen"] += row_count
            return "same"
        for day in old:
            own = state.run == options.run and (
                state.previous_day is None or day > state.previous_day
            )
            counts["seen" if own else "unmatched"] += len(self.days[day])
        if row_count < state.rows:
            counts["gone_or_changed_series"] += 1
            return "changed"
        counts["late_or_changed_series"] += 1
        if options.late == "fail":
            counts["failed_series"] += 1
            return "failed"
        return "changed"

    def advance(self, ended, row_count, digest, changed):
        options, counts, state = self.options, self.result.counts, self.state
        values = state.values if state else (None,) * len(options.steps)
        for day in ended:
            rows = self.days[day]
            out, values = run_steps(
                options.steps, [visible(row) for row in rows], values, self.result.steps
            )
            for row in out:
                self.result.output.append((self.key, day, row))
            counts["consumed"] += len(rows)
            counts["emitted"] += len(out)
            counts["days"] += 1
            row_count += len(rows)
            digest = (digest + sum(row.digest for row in rows)) % DIGEST_MODULUS
        if ended:
            counts["series"] += 1
        if not ended and not changed:
            if state:
                self.result.state[self.key] = state
            return
        previous = state.last_day if state else None
        if state and state.run == options.run:
            previous = state.previous_day
        last_day = ended[-1] if ended else state.last_day
        self.result.state[self.key] = State(
            last_day, previous, options.run, row_count, digest, values
        )


def run(rows, state, options):
    """rows: every row of the source. state: series key -> State. Neither is changed."""
    result = Result(steps=[Counter() for _ in options.steps])
    series = defaultdict(list)
    for row in rows:
        if row.region is None or row.person is None or row.time is None:
            result.counts["rejected"] += 1
        else:
            series[(row.region, row.person)].append(row)
    for key in set(series) | set(state):
        if key not in series and state[key].rows == REWOUND:
            result.state[key] = state[key]
            continue
        Series(key, series.get(key, []), state.get(key), options, result).run()
    total = sum(
        result.counts[name]
        for name in ("consumed", "rebuilt", "seen", "unmatched", "left", "rejected")
    )
    assert total == len(rows)
    return result
