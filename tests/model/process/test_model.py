# SPDX-License-Identifier: Apache-2.0
"""The process stage (driver.c) against reference.py, on seeded random sources that grow, change and
lose rows from run to run, and are rewound in between, with ties, zones with daylight saving, horizons, tiny batches and units,
colliding hashes, and runs that are killed after some units and resumed.

TIDEMILL_PROCESS_DRIVER names the driver. TIDEMILL_MODEL_SEED and TIDEMILL_MODEL_CASES choose seeds.
"""

import json
import os
import random
import subprocess
from collections import Counter
from datetime import date, datetime, timedelta, timezone

import pytest
import reference
from reference import Options, Row, State

DRIVER = os.environ.get("TIDEMILL_PROCESS_DRIVER", "")
FIRST_SEED = int(os.environ.get("TIDEMILL_MODEL_SEED", "1"))
CASES = int(os.environ.get("TIDEMILL_MODEL_CASES", "120"))
ZONES = [
    "UTC",
    "Europe/Warsaw",
    "America/Sao_Paulo",
    "Pacific/Apia",
    "Asia/Kathmandu",
    "Africa/Cairo",
]
CHAINS = [
    [],
    ["filter"],
    ["running"],
    ["filter", "running"],
    ["filter", "wave_running"],
    ["sum"],
    ["filter", "sum"],
    ["running", "filter", "sum"],
    ["newest", "running"],
    ["filter", "oldest", "sum"],
]
# In these spans each of the zones changes its clock, or skips a whole day (Apia, 2011-12-30).
STARTS = [
    datetime(2024, 3, 28),
    datetime(2024, 10, 25),
    datetime(2018, 11, 2),
    datetime(2011, 12, 28),
]
COUNTED = (
    "consumed",
    "rebuilt",
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
STATE_COLUMNS = {"running": 3, "wave_running": 3, "sum": 2}


def micros(moment):
    return int((moment.replace(tzinfo=timezone.utc) - reference.EPOCH) / timedelta(microseconds=1))


def cell(value):
    return "\\N" if value is None else str(value)


class Source:
    """A source whose rows come, go and change."""

    def __init__(self, rng):
        self.rng = rng
        self.start = micros(rng.choice(STARTS))
        self.days = rng.choice([2, 5, 9])
        self.series = [(rng.choice("abc"), rng.randrange(4)) for _ in range(rng.choice([1, 3, 12]))]
        self.rows = {}
        self.next_id = 0

    def add(self, count, from_day=0):
        for _ in range(count):
            region, person = self.rng.choice(self.series)
            when = self.start + self.rng.randrange(
                from_day * 86_400_000_000, self.days * 86_400_000_000
            )
            if self.rng.random() < 0.4:
                when -= when % 21_600_000_000  # ties, and midnights
            if self.rng.random() < 0.02:
                when = None
            if self.rng.random() < 0.01:
                person = None
            identity = f"d{self.next_id}"
            self.next_id += 1
            self.rows[identity] = [
                region,
                person,
                when,
                self.rng.randrange(3),
                identity,
                self.rng.randrange(-50, 50),
            ]

    def change(self):
        """Late rows, removed rows, changed rows, a removed series: one of them."""
        kind = self.rng.choice(["none", "none", "late", "remove", "change", "swap", "vanish"])
        if kind in ("late", "swap"):
            self.add(2)
        if kind in ("remove", "swap"):
            for identity in self.rng.sample(sorted(self.rows), min(2, len(self.rows))):
                del self.rows[identity]
        if kind == "change" and self.rows:
            self.rows[self.rng.choice(sorted(self.rows))][5] += 1
        if kind == "vanish":
            gone = self.rng.choice(self.series)
            self.rows = {k: r for k, r in self.rows.items() if (r[0], r[1]) != gone}


def driver_input(rows, state, options, limits):
    lines = [f"option\t{name}\t{value}" for name, value in limits.items()]
    lines += [
        f"option\tzone\t{options.zone}",
        f"option\thorizon\t{options.horizon}",
        f"option\tlate\t{options.late}",
        f"option\trun\t{options.run}",
    ]
    lines += [f"step\t{name}" for name in options.steps]
    lines += ["row\t" + "\t".join(cell(value) for value in row) for row in rows]
    for (region, person), row in state.items():
        values = []
        for name, columns in zip(options.steps, row.values, strict=True):
            width = STATE_COLUMNS.get(name, 0)
            values += list(columns) if columns else [None] * width
        cells = [
            region,
            person,
            row.last_day,
            row.previous_day,
            row.run,
            row.rows,
            f"{row.digest:032x}",
            *values,
        ]
        lines.append("state\t" + "\t".join(cell(value) for value in cells))
    return "\n".join(lines) + "\n"


def drive(rows, state, options, limits):
    done = subprocess.run(
        [DRIVER],
        input=driver_input(rows, state, options, limits),
        text=True,
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    answer = {kind: [] for kind in ("digest", "out", "state", "unit", "counts", "step", "error")}
    for line in done.stdout.splitlines():
        kind, _, text = line.partition(" ")
        answer[kind].append(json.loads(text))
    assert not answer["error"], answer["error"]
    return answer


def day_number(text):
    return None if text is None else (date.fromisoformat(text) - date(1970, 1, 1)).days


def read_state(row, options):
    values = []
    for number in range(1, len(options.steps) + 1):
        columns = tuple(v for k, v in row.items() if k.startswith(f"s{number}_"))
        values.append(columns if any(v is not None for v in columns) else None)
    return State(
        day_number(row["_last_day"]),
        day_number(row["_previous_day"]),
        row["_run"],
        row["_rows"],
        int(row["_digest"].replace("-", ""), 16),
        tuple(values),
    )


def instant(text):
    moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    return (moment - reference.EPOCH) // timedelta(microseconds=1)


def read_output(row):
    region = row.pop("_series_region", row.get("region"))
    person = row.pop("_series_person", row.get("person"))
    day = day_number(row.pop("_day"))
    if "used_at" in row:
        row["used_at"] = instant(row["used_at"])
    return (region, person), day, row


def ordered(output):
    """Per series in the order given: days and rows have one, series (and waves of them) do not."""
    return sorted(output, key=lambda item: item[0])


def totals(answer):
    sums = Counter()
    for unit in answer["counts"]:
        sums.update(unit)
    return sums


def random_limits(rng):
    return {
        "batch_rows": rng.choice([1, 2, 5, 30, 8192]),
        "unit_rows": rng.choice([1, 3, 20, 200000]),
        "hash_bits": rng.choice([0, 1, 3, 64, 64]),
        "stream_rows": rng.choice([1, 2, 7, 1000]),
        "state_rows": rng.choice([1, 3, 1000]),
    }


def check_run(rng, source, state, options):
    """One run, perhaps killed and resumed a few times; returns the state after it."""
    rows = list(source.rows.values())
    rng.shuffle(rows)
    output, now, kills = [], dict(state), rng.choice([0, 0, 1, 3])
    while True:
        limits = random_limits(rng)
        killed = kills > 0
        if killed:
            kills -= 1
            limits["units_max"] = rng.randrange(0, 4)
            limits["unit_rows"] = rng.choice([1, 3])
        answer = drive(rows, now, options, limits)
        digests = [int(text, 16) for text in answer["digest"]]
        before = dict(now)
        for row in answer["state"]:
            now[(row["region"], row["person"])] = read_state(row, options)
        output += [read_output(dict(row)) for row in answer["out"]]
        whole = [Row(*row, digest) for row, digest in zip(rows, digests, strict=True)]
        if not killed:
            break
    # The last execution is compared by itself, all of them together with an undisturbed run.
    last = reference.run(whole, before, options)
    sums = totals(answer)
    assert {k: sums[k] for k in COUNTED} == {k: last.counts[k] for k in COUNTED}
    for number, expected in enumerate(last.steps):
        for name in ("rows_in", "rows_out", "filtered", "deduplicated"):
            found = sum(s[name] for s in answer["step"] if s["number"] == number)
            assert found == expected[name], (number, name)
    for name in (unit["name"] for unit in answer["unit"]):
        assert name.startswith("p0/")
    undisturbed = reference.run(whole, state, options)
    assert ordered(output) == ordered(undisturbed.output)
    assert now == undisturbed.state
    return now


@pytest.mark.parametrize("seed", range(FIRST_SEED, FIRST_SEED + CASES))
def test_equal_to_reference(seed):
    assert DRIVER, "set TIDEMILL_PROCESS_DRIVER to the built driver"
    print(f"seed {seed}")
    rng = random.Random(seed)
    source = Source(rng)
    steps, zone = rng.choice(CHAINS), rng.choice(ZONES)
    source.add(rng.choice([0, 3, 40, 150]))
    state, horizon = {}, source.start
    for run in range(1, 5):
        horizon += rng.randrange(0, source.days * 70_000_000_000)
        if rng.random() < 0.3:
            horizon -= horizon % 3_600_000_000
        options = Options(zone, horizon, rng.choice(["report", "fail", "drop"]), run, steps)
        state = check_run(rng, source, state, options)
        source.add(rng.choice([0, 10, 40]), from_day=rng.randrange(source.days))
        source.change()


@pytest.mark.parametrize("seed", range(FIRST_SEED, FIRST_SEED + CASES))
def test_rewound_it_goes_on_from_any_day(seed):
    """Runs over a source that changes, rewound now and then, killed and resumed."""
    assert DRIVER, "set TIDEMILL_PROCESS_DRIVER to the built driver"
    print(f"seed {seed}")
    rng = random.Random(f"rewind {seed}")
    source = Source(rng)
    steps, zone = rng.choice(CHAINS), rng.choice(ZONES)
    source.add(rng.choice([20, 60, 150]))
    state, horizon = {}, source.start
    first_day = reference.local_day(source.start, zone)
    for run in range(1, 6):
        horizon += rng.randrange(0, source.days * 70_000_000_000)
        until = horizon - rng.choice([0, 0, 0, 200_000_000_000])  # earlier than the one before
        options = Options(zone, until, rng.choice(["report", "fail", "drop"]), run, steps)
        state = check_run(rng, source, state, options)
        if rng.random() < 0.7:
            day = first_day + rng.randrange(-1, source.days)
            state = reference.rewound(state, day, everything=rng.random() < 0.2)
        source.add(rng.choice([0, 10, 40]), from_day=rng.randrange(source.days))
        source.change()


@pytest.mark.parametrize("seed", range(FIRST_SEED, FIRST_SEED + CASES))
def test_rewound_it_equals_an_undisturbed_run(seed):
    """Of the source as it is then: only days after the one rewound to are others than before."""
    assert DRIVER, "set TIDEMILL_PROCESS_DRIVER to the built driver"
    print(f"seed {seed}")
    rng = random.Random(f"undisturbed {seed}")
    source = Source(rng)
    steps, zone = rng.choice(CHAINS), rng.choice(ZONES)
    source.add(rng.choice([20, 60, 150]))
    end = source.start + (source.days + 3) * 86_400_000_000
    day = reference.local_day(source.start, zone) + rng.randrange(-1, source.days)
    first = run_once(rng, source, {}, Options(zone, end, "fail", 1, steps))
    kept = [item for item in first[0] if item[1] <= day]
    for identity in sorted(source.rows):
        row = source.rows[identity]
        if row[2] is not None and reference.local_day(row[2], zone) > day and rng.random() < 0.3:
            row[5] += 1
    state = reference.rewound(first[1], day)
    again = run_once(rng, source, state, Options(zone, end, "fail", 2, steps))
    whole = run_once(rng, source, {}, Options(zone, end, "fail", 1, steps))
    assert ordered(kept + again[0]) == ordered(whole[0])
    assert bare(again[1]) == bare(whole[1])


def run_once(rng, source, state, options):
    rows = list(source.rows.values())
    rng.shuffle(rows)
    answer = drive(rows, state, options, random_limits(rng))
    now = dict(state)
    for row in answer["state"]:
        now[(row["region"], row["person"])] = read_state(row, options)
    return [read_output(dict(row)) for row in answer["out"]], now


def bare(state):
    """Without what tells runs apart."""
    return {key: (s.last_day, s.rows, s.digest, s.values) for key, s in state.items()}
