# SPDX-License-Identifier: Apache-2.0
"""Random sources that change between runs, and random pipelines over them."""

import json
import random
import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pipeline_reference as reference
from pipeline_expressions import DERIVED, FILTERS
from pipeline_reference import Row, Values
from pipeline_scripts import COLUMNS, SCRIPTS
from pipelines import files

SOURCE_COLUMNS = {
    "event_id": "text",
    "person": "text",
    "region": "int64",
    "used_at": "timestamp",
    "amount": "decimal(12,2)",
    "score": "double",
    "kind": "text",
    "points": "int64",
    "flag": "bool",
}
# In these spans some of the zones change their clocks, or skip a whole day (Apia, 2011-12-30).
STARTS = [
    datetime(2024, 3, 28, tzinfo=timezone.utc),
    datetime(2024, 10, 24, tzinfo=timezone.utc),
    datetime(2018, 11, 2, tzinfo=timezone.utc),
    datetime(2011, 12, 27, tzinfo=timezone.utc),
    datetime(1969, 12, 29, tzinfo=timezone.utc),
]
ZONES = [
    "UTC",
    "Europe/Warsaw",
    "America/Sao_Paulo",
    "America/New_York",
    "Pacific/Apia",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "Africa/Cairo",
]
DAY = 86_400_000_000
KINDS = ["a", "b", "ab", "", None, "zażółć", 'quote"d, and\tmore', "💡"]


def micros(moment: datetime) -> int:
    return (moment - reference.EPOCH) // timedelta(microseconds=1)


def instant_text(instant: int, rng: random.Random) -> str:
    """An ISO 8601 text of the instant, with one of many offsets, and digits as needed."""
    zone = rng.choice([timezone.utc, timezone(timedelta(hours=2)), timezone(timedelta(hours=-9.5))])
    moment = (reference.EPOCH + timedelta(microseconds=instant)).astimezone(zone)
    return moment.isoformat().replace("+00:00", rng.choice(["Z", "+00:00"]))


@dataclass
class Entry:
    """A record of the source: its fields, or bytes that are not one."""

    id: str
    fields: Values
    bad: str | None = None  # the column that can't be typed
    raw: bytes | None = None

    def is_row(self) -> bool:
        return self.bad is None and self.raw is None


@dataclass
class Events:
    """Where rows come from, whatever they are stored in."""

    rng: random.Random
    shape: str
    milliseconds: bool
    zone: str
    start: int = 0
    days: int = 0
    people: list = field(default_factory=list)
    next_id: int = 0

    def __post_init__(self) -> None:
        self.start = micros(self.rng.choice(STARTS))
        self.days = self.rng.choice([1, 4, 9, 9])
        count = {"few": 4, "skewed": 30, "tiny": 3000, "giant": 1}[self.shape]
        self.people = [self.person(i) for i in range(count)]

    def person(self, i: int) -> str:
        return ["p%d", "p%d", "ślimak %d", "p/%d", "p'%d\"", "%d"][i % 6] % i

    def pick_person(self) -> str:
        if self.shape == "skewed":
            return self.people[min(int(self.rng.expovariate(0.3)), len(self.people) - 1)]
        return self.rng.choice(self.people)

    def instant(self, first_day: float, last_day: float) -> int:
        low = self.start + int(first_day * DAY)
        at = low + self.rng.randrange(max(1, int((last_day - first_day) * DAY)))
        kind = self.rng.random()
        if kind < 0.3:
            at -= at % (DAY // 4)  # ties
        elif kind < 0.4:
            at = self.midnight(at) + self.rng.choice([0, -1, -1000, 1])
        if self.milliseconds or kind > 0.7:
            at -= at % 1000
        return at

    def midnight(self, at: int) -> int:
        zone = ZoneInfo(self.zone)
        day = reference.local_day(at, self.zone)
        return micros(datetime(day.year, day.month, day.day, tzinfo=zone))

    def make(self, count: int, first_day: float, last_day: float) -> list[Entry]:
        return [self.one(first_day, last_day) for _ in range(count)]

    def one(self, first_day: float, last_day: float) -> Entry:
        rng = self.rng
        self.next_id += 1
        score = rng.choice([None, rng.uniform(-5, 5), rng.randrange(9) / 8, 0.0, 1e-300, 1e18])
        fields = {
            "event_id": f"e{self.next_id}",
            "person": self.pick_person(),
            "region": rng.choice([1, 2, 2**40]),
            "used_at": self.instant(first_day, last_day),
            "amount": rng.choice([None, Decimal(rng.randrange(-999, 99999)) / 100, Decimal(7)]),
            "score": score,
            "kind": rng.choice(KINDS),
            "points": rng.choice([None, rng.randrange(-9, 30), rng.randrange(3), 2**53 - 1]),
            "flag": rng.choice([None, True, False]),
        }
        return Entry(f"e{self.next_id}", fields)

    def make_bad(self, malformed: bool) -> Entry:
        entry = self.one(0, self.days)
        kind = self.rng.choice(["amount", "points", "person", "used_at", "malformed"])
        if kind == "malformed" and not malformed:
            kind = "amount"
        if kind in ("amount", "points"):
            entry.bad = kind
        elif kind == "malformed":
            entry.raw = self.rng.choice([b"no json\n", b'{"person": \n', b"[1]\n"])
        else:
            entry.fields[kind] = None
        return entry


def encode(value: object, name: str, milliseconds: bool, rng: random.Random) -> object:
    """A value as a source holds it."""
    if value is None:
        return None
    if name == "used_at":
        return value // 1000 if milliseconds else instant_text(value, rng)
    if isinstance(value, Decimal):
        return str(value)
    return value


@dataclass
class Source:
    """Rows by file or index, as they are now; what is written, and what the reference reads."""

    kind: str  # ndjson, hits, csv, search
    events: Events
    parts: dict[str, list[Entry]] = field(default_factory=dict)

    def part_name(self, number: int) -> str:
        if self.kind == "search":
            return f"events-{number}"
        suffix = "csv" if self.kind == "csv" else "ndjson"
        packed = self.events.rng.choice(["", "", "", ".gz", ".zst"])
        folder = self.events.rng.choice(["in", "in", "in/more"])
        return f"{folder}/{number:03d}.{suffix}{packed}"

    def add_part(self, entries: list[Entry]) -> None:
        self.parts[self.part_name(len(self.parts))] = entries

    def all(self) -> list[tuple[str, int]]:
        return [(name, i) for name in self.parts for i in range(len(self.parts[name]))]

    def change(self) -> str:
        """Late rows, removed rows, changed rows or a removed series."""
        rng = self.events.rng
        places = self.all()
        kind = rng.choice(["none", "none", "late", "remove", "change", "swap", "vanish"])
        if not places:
            return "none"
        if kind in ("late", "swap"):
            self.parts[rng.choice(list(self.parts))] += self.events.make(2, 0, self.events.days)
        if kind in ("remove", "swap"):
            for name, i in sorted(rng.sample(places, min(2, len(places))), reverse=True):
                del self.parts[name][i]
        if kind == "change":
            name, i = rng.choice(places)
            fields = dict(self.parts[name][i].fields)
            fields["points"] = rng.randrange(1000, 2000)
            old = self.parts[name][i]
            self.parts[name][i] = Entry(old.id, fields, old.bad, old.raw)
        if kind == "vanish":
            person = self.events.pick_person()
            for name, entries in self.parts.items():
                self.parts[name] = [e for e in entries if e.fields["person"] != person]
        return kind

    # As files.

    def fields_of(self, entry: Entry) -> Values:
        rng, milliseconds = self.events.rng, self.events.milliseconds
        fields = {
            name: encode(value, name, milliseconds, rng) for name, value in entry.fields.items()
        }
        if entry.bad is not None:
            fields[entry.bad] = "x"
        return fields

    def line(self, entry: Entry) -> bytes:
        if entry.raw is not None:
            return entry.raw
        fields = self.fields_of(entry)
        if self.kind == "csv":
            return files.csv_line([fields[name] for name in SOURCE_COLUMNS])
        if self.events.rng.random() < 0.3:  # a missing field is a null
            fields = {name: value for name, value in fields.items() if value is not None}
        if self.kind == "hits":
            del fields["event_id"]
            return files.hit_line(entry.id, fields)
        return files.ndjson_line(fields)

    def write(self, directory: Path) -> "Content":
        """Writes all files; tells what is in them."""
        content = Content()
        for name in sorted(self.parts):
            text = bytearray()
            if self.kind == "csv":
                text += files.csv_line(list(SOURCE_COLUMNS))
            for entry in self.parts[name]:
                content.add(entry, (name, len(text)), f"{name}:{len(text)}")
                text += self.line(entry)
                if self.kind == "ndjson" and self.events.rng.random() < 0.02:
                    text += b"\n"
            files.compress(directory / name, bytes(text))
        return content

    # As an index.

    def documents(self, prefix: str) -> tuple[dict[str, list], "Content"]:
        """(documents by index, what is in them)."""
        content, indices = Content(), {}
        for name, entries in self.parts.items():
            index = f"{prefix}{name}"
            indices[index] = []
            for entry in entries:
                fields = self.fields_of(entry)
                del fields["event_id"]
                indices[index].append((entry.id, fields))
                content.add(entry, (entry.id, index), f"{index}/{entry.id}")
        return indices, content


@dataclass
class Content:
    """The rows of a source as decoded, and where the bad ones are."""

    rows: list[Row] = field(default_factory=list)
    # (position, column); null keys are bad where there is a series.
    undecodable: list[tuple[str, str | None]] = field(default_factory=list)
    null_keys: list[tuple[str, str, Row]] = field(default_factory=list)
    positions: dict[tuple, str] = field(default_factory=dict)

    def add(self, entry: Entry, place: tuple, position: str) -> None:
        self.positions[place] = position
        if not entry.is_row():
            self.undecodable.append((position, entry.bad))
            return
        row = Row(entry.fields, place)
        null = [name for name in ("person", "used_at") if entry.fields[name] is None]
        if null:
            self.null_keys.append((position, null[0], row))
        else:
            self.rows.append(row)


# Pipelines.


@dataclass
class Design:
    """A pipeline as the project file says it, and as the reference takes it."""

    config: dict
    pipeline: reference.Pipeline
    types: dict[str, str]  # of output, state and late columns
    scripts: dict[str, str]


def column_config(name: str, kind: str, source: Source) -> object:
    if name == "used_at" and source.events.milliseconds:
        return {"type": kind, "format": "epoch_millis"}
    if name == "event_id" and source.kind in ("hits", "search"):
        return {"type": kind, "from": "_id"}
    return kind


def without_person(script: str) -> str:
    """User code does not fill what the engine does."""
    return re.sub(r"person = (r\.person|rows\.person\[1\]), ", "", script)


class Designer:
    """Draws a pipeline for a source and a sink."""

    def __init__(self, rng: random.Random, source: Source, sink: str) -> None:
        self.rng = rng
        self.source = source
        self.sink = sink
        self.columns = dict(SOURCE_COLUMNS)  # after the steps so far
        self.steps: list[dict] = []
        self.models: list[reference.Step] = []
        self.state_types: dict[str, str] = {}
        self.scripts: dict[str, str] = {}
        self.filled: list[tuple[str, str]] = []

    def draw(self) -> Design:
        rng = self.rng
        modes = ["append"] * 5 + ["merge"] * 3 + ["replace"] * 2
        mode = rng.choice([m for m in modes if self.sink != "csv" or m != "merge"])
        ordered = rng.random() < 0.8
        self.series = tuple(rng.choice([["person"], ["person"], ["person", "region"]]))
        if not ordered:
            self.series = ()
        keyed = mode == "merge" or (mode == "replace" and rng.random() < 0.4 and self.sink != "csv")
        self.draw_steps()
        key: tuple[str, ...] = ()
        if keyed:
            key = tuple(rng.choice([["person", "kind"], ["person"], ["points", "person"]]))
        return self.finish(mode, key)

    def draw_steps(self) -> None:
        kinds = ["keep", "running", "daily", "spread"] if self.series else ["spread"]
        kinds += ["where", "where", "derive", "derive"]
        for _ in range(self.rng.choice([0, 1, 1, 2, 3])):
            kind = self.rng.choice(kinds)
            if kind in SCRIPTS:
                self.add_script(kind)
            else:
                getattr(self, "add_" + kind)()

    def add_keep(self) -> None:
        which = self.rng.choice(["newest", "oldest"])
        by = self.rng.choice([["kind"], ["flag", "kind"], ["points"]])
        self.steps.append({"keep": which, "by": by})
        self.models.append(reference.keep(which, tuple(by)))

    def add_where(self) -> None:
        text, true = self.rng.choice(FILTERS)
        self.steps.append({"where": text})
        self.models.append(reference.where(true))

    def add_derive(self) -> None:
        name, kind, text, compute = self.rng.choice(DERIVED)
        self.steps.append({"derive": {name: {"as": text, "type": kind}}})
        self.models.append(reference.derive(**{name: compute}))
        self.columns[name] = kind

    def add_script(self, name: str) -> None:
        script = SCRIPTS[name]
        self.scripts[f"{name}.lua"] = script.text
        output = {**COLUMNS, **script.extra}
        step = {"lua": f"{name}.lua", "output": dict(output)}
        if script.state:
            step["state"] = script.state
        self.steps.append(step)
        self.models.append(script.step)
        number = len(self.steps)
        self.state_types |= {f"s{number}_{k}": v for k, v in script.state.items()}
        self.columns = output

    def fill_last(self) -> None:
        """Lets the engine fill series and day where the last step says so."""
        if self.steps and "lua" in self.steps[-1] and self.series and self.rng.random() < 0.5:
            path = self.steps[-1]["lua"]
            filled = path.replace(".lua", "_filled.lua")
            self.scripts[filled] = without_person(self.scripts[path])
            self.steps[-1]["lua"] = filled
            output = self.steps[-1]["output"]
            output["person"] = {"from": "series"}
            output["the_day"] = {"from": "day"}
            self.columns["the_day"] = "date"
            self.filled += [("person", "person"), ("the_day", "day")]

    def passes_through(self, name: str) -> bool:
        steps = self.steps
        return (
            not any("lua" in step or name in step.get("derive", {}) for step in steps)
            or (name, name) in self.filled
        )

    def add_missing(self) -> None:
        """What the engine adds so that an append table always has series and day."""
        for name in self.series:
            if not self.passes_through(name):
                self.columns[f"_series_{name}"] = SOURCE_COLUMNS[name]
                self.filled.append((f"_series_{name}", name))
        if ("the_day", "day") not in self.filled:
            self.columns["_day"] = "date"
            self.filled.append(("_day", "day"))

    def finish(self, mode: str, key: tuple[str, ...]) -> Design:
        rng, source = self.rng, self.source
        self.fill_last()
        if mode == "append" and self.series:
            self.add_missing()
        tie = rng.choice([[], [], ["points"], ["kind", "points"]]) if self.series else []
        zone, late = source.events.zone, rng.choice(["report", "report", "fail", "drop"])
        config: dict = {
            "columns": {n: column_config(n, k, source) for n, k in SOURCE_COLUMNS.items()},
            "max_rejects": 1_000_000,
            "steps": self.steps,
            "sink": {"mode": mode},
        }
        if not self.steps:
            del config["steps"]
        if self.series:
            config |= {"series": list(self.series), "time": "used_at", "timezone": zone}
            config |= {"late": late}
            if tie:
                config["tie"] = tie
        elif mode == "append":
            config["sink"]["again"] = "append"
        if key:
            config["sink"] |= {"key": list(key), "newest": "used_at"}
        pipeline = reference.Pipeline(
            columns=tuple(SOURCE_COLUMNS),
            series=self.series,
            time="used_at" if self.series else None,
            tie=tuple(tie),
            zone=zone,
            late=late,
            steps=tuple(self.models),
            mode=mode,
            key=key,
            newest="used_at" if key else None,
            output=tuple(self.columns),
            filled=tuple(self.filled),
            with_id=source.kind == "search",
        )
        types = {**SOURCE_COLUMNS, **self.columns, **self.state_types}
        return Design(config, pipeline, types, self.scripts)


def describe(design: Design) -> str:
    return json.dumps(design.config, ensure_ascii=False)
