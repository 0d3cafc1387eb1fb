# SPDX-License-Identifier: Apache-2.0
"""What incremental runs over files should leave, the naive way: by whole contents, never by digests.

Written from the documentation. A registry remembers of every path what has been read of it; a night
plans what is to be read; a complete run applies it to plain lists of rows.
"""

import gzip
import json
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby

from pipelines.tables import micros

DAY = 86_400_000_000
ALL = 10**18


@dataclass(frozen=True)
class Row:
    key: str
    time: int
    value: int

    @property
    def day(self) -> int:
        return self.time // DAY


@dataclass(frozen=True)
class File:
    """A file as it lies on disk."""

    content: bytes
    mtime: int


@dataclass(frozen=True)
class Mark:
    """What a complete run has read of a file: these bytes, as it lay on disk then."""

    read: bytes
    file: File
    open: bool = False


@dataclass(frozen=True)
class Reading:
    """A file of a run: its bytes up to the end of the whole records, read from `begin` on. Rows at
    positions below `known` were read by an earlier complete run."""

    path: str
    read: bytes
    file: File
    begin: int = 0
    known: int = 0


@dataclass
class Plan:
    readings: list[Reading] = field(default_factory=list)
    known: dict[str, Mark] = field(default_factory=dict)
    changed: list[str] = field(default_factory=list)
    by_marks: bool = False
    horizon: int = 0


def is_plain(path: str) -> bool:
    return path.endswith(".ndjson")


def is_document(text: bytes) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except ValueError:
        return False


def is_closed(text: bytes) -> bool:
    """Nothing of the line is missing, be it a document or not. No text of a case holds a brace."""
    return text.count(b"{") == text.count(b"}") > 0


def whole(path: str, content: bytes) -> bytes:
    """Without a last line that is still being written."""
    if not is_plain(path):
        return content
    lines, tail = content[: content.rfind(b"\n") + 1], content[content.rfind(b"\n") + 1 :]
    return content if is_closed(tail) else lines


def records(reading: Reading) -> list[tuple[int, bytes]]:
    """Position and text of the records of a file, from where it is read."""
    content = reading.read
    if reading.path.endswith(".gz"):
        content = gzip.decompress(content)
    found, at = [], 0
    for line in content.splitlines(keepends=True):
        found.append((at, line.strip()))
        at += len(line)
    if reading.path.endswith(".csv"):
        found = found[1:]
    return [(at, text) for at, text in found if text and at >= reading.begin]


def instant(text: str) -> int:
    return micros(datetime.fromisoformat(text))


def parse(path: str, text: bytes) -> Row | None:
    """A row, or None for what is rejected."""
    if path.endswith(".csv"):
        cells = text.decode().split(",")
        return Row(cells[0], instant(cells[1]), int(cells[2])) if len(cells) == 3 else None
    if not is_document(text):
        return None
    fields = json.loads(text)
    return Row(fields["k"], instant(fields["t"]), fields["v"])


class Registry:
    """Marks of complete runs, by path. Contents are what counts; a path may hold another one by now."""

    def __init__(self) -> None:
        self.marks: dict[str, Mark] = {}

    def plan(self, files: dict[str, File], reread: set[str]) -> Plan:
        plan = Plan()
        taken: set[bytes] = set()  # contents that are read, or known by a file that is read
        gone = {path for path in self.marks if not self.holds(path, files)}
        for path in sorted(files, key=lambda path: (self.turn(path, files, gone), path)):
            self.look(path, files, reread, plan, taken, gone)
        return plan

    def holds(self, path: str, files: dict[str, File]) -> bool:
        """Is what was read of the path still there, be it with more behind it?"""
        if path not in files:
            return False
        content, mark = whole(path, files[path].content), self.marks[path]
        return content == mark.read or self.grown(path, content, mark)

    def turn(self, path: str, files: dict[str, File], gone: set[str]) -> int:
        """Which of several files with the same content is read: rather one that has been touched, and
        one that only has what was left of one that is gone after those that have more."""
        own_is_open = path in self.marks and path not in gone and self.marks[path].open
        if not own_is_open and self.left_of(whole(path, files[path].content), gone):
            return 3
        if path not in self.marks or path in gone:
            return 2
        mark = self.marks[path]
        content = whole(path, files[path].content)
        longer = self.longer(path, content, mark, files)
        more = content != mark.read and (self.knows(content) or longer)
        others = (m for p, m in self.marks.items() if p != path and m.open)
        is_same = mark.file == files[path]
        return int(bool(is_same or more or any(m.read == mark.read for m in others)))

    def knows(self, content: bytes) -> bool:
        return any(m.read == content for m in self.marks.values())

    def longer(self, path: str, content: bytes, mark: Mark, files: dict[str, File]) -> list[Mark]:
        """What is known of a file that has grown beyond its own mark, by names that are free now."""
        absent = [m for p, m in self.marks.items() if p not in files]
        longer = [m for m in absent if len(m.read) > len(mark.read)]
        return sorted(
            (m for m in longer if self.grown(path, content, m)), key=lambda m: len(m.read)
        )

    def left_of(self, content: bytes, gone: set[str]) -> bool:
        """Are there rows of it that were left, and can't be read where they were?"""
        return any(m.open and m.read == content and p in gone for p, m in self.marks.items())

    def look(self, path, files, reread, plan, taken, gone) -> None:
        file, mark = files[path], self.marks.get(path)
        content = whole(path, file.content)

        def read(begin: int, known: int, instead_of: bytes | None = None) -> None:
            plan.readings.append(Reading(path, content, file, begin, known))
            taken.update({content, instead_of} - {None})
            for name, other in self.marks.items():
                if other.open and other.read == instead_of and name not in files:
                    plan.known[name] = Mark(other.read, other.file)

        def know() -> None:
            plan.known[path] = Mark(content, file)

        if path in reread:
            read(0, ALL if mark is not None and mark.read == content else 0)
        elif mark is not None and path not in gone:
            is_open = mark.open or self.left_of(mark.read, gone)
            if content != mark.read:
                again = is_open and mark.read not in taken
                longer = self.longer(path, content, mark, files)
                self.look_at_grown(content, mark, longer, again, read, know, taken, gone)
            elif is_open and content not in taken:
                read(0, ALL, content)
            elif mark.open or mark.file != file:
                plan.known[path] = Mark(content, file)
        elif is_plain(path) and not content and mark is None:
            pass
        elif content in taken:
            plan.known[path] = Mark(content, file)
        elif any(m.read == content for m in self.marks.values()):
            if self.left_of(content, gone):
                read(0, ALL, content)
            else:
                plan.known[path] = Mark(content, file)
        elif moved := self.moved_and_grown(path, content, gone):
            again = moved.open and moved.read not in taken
            read(0 if again else len(moved.read), len(moved.read), moved.read if again else None)
        elif mark is not None:
            plan.changed.append(path)
        else:
            read(0, 0)

    def look_at_grown(self, content, mark, longer, again, read, know, taken, gone) -> None:
        """It holds what it held, and more, which may be known from elsewhere."""
        is_open = any(m.open for m in self.marks.values() if m.read == content)
        if content in taken:
            know()
        elif self.knows(content):
            if again and not is_open:
                read(0, ALL, mark.read)
            elif self.left_of(content, gone):
                read(0, ALL, content)
            else:
                know()
        elif longer:
            length = len(longer[-1].read)
            was_left = self.left_of(longer[-1].read, gone) and longer[-1].read not in taken
            read(0 if again or was_left else length, length, mark.read if again else None)
            if was_left:
                taken.add(longer[-1].read)
        else:
            length = len(mark.read)
            read(0 if again else length, length, mark.read if again else None)

    @staticmethod
    def grown(path: str, content: bytes, mark: Mark) -> bool:
        if not is_plain(path) or len(content) <= len(mark.read):
            return False
        return content.startswith(mark.read) and continues(content, len(mark.read))

    def moved_and_grown(self, path, content, gone) -> Mark | None:
        if not is_plain(path):
            return None
        # Of several with the same content, one of which rows were left.
        marks = [self.marks[p] for p in sorted(gone)]
        fits = [m for m in marks if m.read and self.grown(path, content, m)]
        return max(fits, key=lambda m: (len(m.read), m.open), default=None)


def continues(content: bytes, at: int) -> bool:
    return at == 0 or content[at - 1 : at] == b"\n" or content[at:].lstrip(b"\r")[:1] == b"\n"


@dataclass
class Series:
    last_day: int
    rows: int  # processed, or late
    count: int  # the step's own state


class Reference:
    """Everything that complete runs have left."""

    def __init__(self, kind: str, late: str = "report") -> None:
        self.kind = kind  # "append", "merge" or "ordered"
        self.late_rule = late
        self.registry = Registry()
        self.output: list[tuple] = []
        self.late: list[Row] = []
        self.rejects: set[str] = set()
        self.series: dict[str, Series] = {}

    def plan(self, files: dict[str, File], reread: set[str], horizon: int) -> Plan:
        plan = self.registry.plan(files, reread)
        plan.by_marks = bool(self.registry.marks)
        plan.horizon = horizon
        return deepcopy(plan)

    def apply(self, plan: Plan) -> dict[str, int]:
        """A complete run; its counts."""
        rows: list[tuple[Row, Reading, int]] = []
        counts = dict.fromkeys(("read", "consumed", "seen", "late", "left", "rejected"), 0)
        for reading in plan.readings:
            for position, text in records(reading):
                row = parse(reading.path, text)
                counts["read"] += 1
                if row is None:
                    counts["rejected"] += 1
                    self.rejects.add(f"{reading.path}:{position}")
                else:
                    rows.append((row, reading, position))
        left = self.process(plan, rows, counts)
        for reading in plan.readings:
            self.registry.marks[reading.path] = Mark(
                reading.read, reading.file, reading.path in left
            )
        self.registry.marks.update(plan.known)
        return counts

    def process(self, plan: Plan, rows: list, counts: dict[str, int]) -> set[str]:
        """Paths of files with rows that are left."""
        if self.kind == "ordered":
            return self.process_series(plan, rows, counts)
        counts["consumed"] = len(rows)
        self.output += [(row.key, row.time, row.value) for row, _, _ in rows]
        if self.kind == "merge":
            newest: dict[str, tuple] = {}
            for key, time, value in self.output:
                newest[key] = max(newest.get(key, ()), (key, time, value))
            self.output = list(newest.values())
        return set()

    def process_series(self, plan: Plan, rows: list, counts: dict[str, int]) -> set[str]:
        left: set[str] = set()
        rows = sorted(rows, key=lambda entry: (entry[0].key, entry[0].time))
        for key, entries in groupby(rows, key=lambda entry: entry[0].key):
            series = self.series.get(key, Series(-1, 0, 0))
            before = series.last_day
            for row, reading, position in entries:
                if row.day <= before:
                    self.take_old(row, position < reading.known, series, counts)
                elif (row.day + 1) * DAY > plan.horizon:
                    counts["left"] += 1
                    left.add(reading.path)
                else:
                    counts["consumed"] += 1
                    series.last_day = row.day
                    series.rows += 1
                    series.count += 1
                    self.output.append((row.key, row.time, row.value, series.count))
            if series.rows > 0:
                self.series[key] = series
        return left

    def take_old(self, row: Row, known: bool, series: Series, counts: dict[str, int]) -> None:
        counts["seen" if known else "late"] += 1
        if not known:
            series.rows += 1
            if self.late_rule == "report":
                self.late.append(row)
