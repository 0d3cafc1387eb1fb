# SPDX-License-Identifier: Apache-2.0
"""What incremental runs over files should leave, the naive way: by whole contents, never by digests.

Written from the documentation. A registry remembers of every path what has been read of it; a night
plans what is to be read; a complete run applies it to plain lists of rows.
"""

import gzip
import json
from copy import deepcopy
from dataclasses import dataclass, field, replace
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
    """What a complete run has read of a file: these bytes, as it lay on disk then. If it is open, rows
    of it were left, none of them before `start`, and all of days that end after `horizon`."""

    read: bytes
    file: File
    open: bool = False
    start: int = 0
    horizon: int = 0


@dataclass(frozen=True)
class Reading:
    """A file of a run: its bytes up to the end of the whole records, read from `begin` on. Rows at
    positions below `known` were read by an earlier complete run, which has left those below
    `left_end` of days that end after `left_horizon`. `reached` is the latest such horizon."""

    path: str
    read: bytes
    file: File
    begin: int = 0
    known: int = 0
    left_end: int = 0
    left_horizon: int = 0
    reached: int = 0

    def has_been_read(self, row: Row, position: int) -> bool:
        was_left = position < self.left_end and (row.day + 1) * DAY > self.left_horizon
        return position < self.known and not was_left


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


@dataclass
class Group:
    """Files with the same content, of which one is read at most."""

    content: bytes
    paths: list[str]
    known: int = 0
    left: int = ALL  # rows were left from there on
    left_end: int = 0
    left_horizon: int = 0


class Registry:
    """Marks of complete runs, by path. Contents are what counts; a path may hold another one by now."""

    def __init__(self) -> None:
        self.marks: dict[str, Mark] = {}

    def plan(self, files: dict[str, File], reread: set[str]) -> Plan:
        return Night(self.marks, files, reread).plan()

    def kept(self, files: dict[str, File]) -> set[str]:
        """Paths whose files still hold what was read of them."""
        return Night(self.marks, files, set()).kept


class Night:
    def __init__(self, marks: dict[str, Mark], files: dict[str, File], reread: set[str]) -> None:
        self.marks, self.files, self.reread = marks, files, reread
        self.contents = {path: whole(path, file.content) for path, file in files.items()}
        self.kept = {path for path in marks if self.is_kept(path)}
        self.groups = [Group(b"", [path]) for path in sorted(files) if not self.contents[path]]
        for content in sorted({content for content in self.contents.values() if content}):
            paths = sorted(path for path in files if self.contents[path] == content)
            self.groups.append(Group(content, paths))
        self.result = Plan()

    def is_kept(self, path: str) -> bool:
        """Is what was read of the path still there, be it with more behind it?"""
        content, mark = self.contents.get(path), self.marks[path]
        return content is not None and (content == mark.read or grown(path, content, mark))

    def plan(self) -> Plan:
        for group in self.groups:
            group.known = max((self.known(path) for path in group.paths), default=0)
        for content in {mark.read for mark in self.marks.values() if mark.open}:
            self.claim(content)
        for group in self.groups:
            self.judge(group)
        self.result.readings.sort(key=lambda reading: reading.path)
        self.result.changed.sort()
        return self.result

    def known(self, path: str) -> int:
        """How much of a file earlier runs have read: as this one, or as one that has gone."""
        content = self.contents[path]
        if any(mark.read == content for mark in self.marks.values()):
            return len(content)
        ends = [len(self.marks[path].read)] if path in self.kept else []
        gone = (mark for name, mark in self.marks.items() if name not in self.kept)
        ends += [len(mark.read) for mark in gone if grown(path, content, mark)]
        return max(ends, default=0)

    def claim(self, content: bytes) -> None:
        """What was left of a content is read of one file: of one that goes on from it, if there is
        one, else of one that has it."""
        named = {name: mark for name, mark in self.marks.items() if mark.read == content}
        heirs = [group for group in self.groups if group.content == content]
        wanted = bool(heirs) and bool(self.reread & set(heirs[0].paths))
        for name, mark in named.items():
            if name in self.kept:
                heirs += [group for group in self.groups if name in group.paths]
            elif mark.open:
                heirs += [group for group in self.groups if self.goes_on(group, mark)]
        opened = {name: mark for name, mark in named.items() if mark.open}
        if heirs:
            heir = heirs[0] if wanted else max(heirs, key=lambda group: len(group.content))
            several = heir.left < ALL  # then it is not known of which of them a row was left
            heir.left_end = len(content)
            heir.left_horizon = ALL if several else max(m.horizon for m in opened.values())
            heir.left = min(heir.left, *(mark.start for mark in opened.values()))
            for name, mark in opened.items():
                if name not in self.files:
                    self.result.known[name] = Mark(mark.read, mark.file)

    def goes_on(self, group: Group, mark: Mark) -> bool:
        """Files that lie as they did are not looked into."""
        return any(
            grown(path, group.content, mark) for path in group.paths if not self.is_untouched(path)
        )

    def is_untouched(self, path: str) -> bool:
        known = path in self.marks and self.marks[path].file == self.files[path]
        return known and path not in self.reread

    def rank(self, path: str) -> tuple:
        """Which of several files with the same content is read: the lowest."""
        if path in self.reread:
            return 0, path
        if path in self.kept:
            return (1 if self.marks[path].open else 2), path
        return (4 if path in self.marks else 3), path

    def judge(self, group: Group) -> None:
        path = min(group.paths, key=self.rank)
        length = len(group.content)
        is_changed = group.known == 0 and all(
            name in self.marks and name not in self.kept for name in group.paths
        )
        is_wanted = path in self.reread
        if length == 0:
            is_read = not is_plain(path) and (is_wanted or path not in self.marks)
        else:
            is_read = is_wanted or (not is_changed and min(group.known, group.left) < length)
        if is_read:
            self.read(group, path)
        if is_changed and not is_wanted:
            self.result.changed += group.paths
            return
        for name in group.paths:
            if not (is_read and name == path):
                self.know(name)

    def read(self, group: Group, path: str) -> None:
        length, known, begin = len(group.content), group.known, min(group.known, group.left)
        if path in self.reread:
            is_same = path in self.kept and self.marks[path].read == group.content
            known, begin = length if is_same else 0, 0
        if not is_plain(path):
            begin = 0
        known = ALL if known == length else known
        reading = Reading(path, group.content, self.files[path], begin, known)
        reading = replace(reading, reached=group.left_horizon)
        if path not in self.reread:
            left = {"left_end": group.left_end, "left_horizon": group.left_horizon}
            reading = replace(reading, **left)
        self.result.readings.append(reading)

    def know(self, path: str) -> None:
        mark = self.marks.get(path)
        if mark is None and not self.contents[path]:
            return
        if not self.is_untouched(path) or mark.open:
            self.result.known[path] = Mark(self.contents[path], self.files[path])


def grown(path: str, content: bytes, mark: Mark) -> bool:
    if not is_plain(path) or len(content) <= len(mark.read):
        return False
    return content.startswith(mark.read) and continues(content, len(mark.read))


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
                reading.read,
                reading.file,
                reading.path in left,
                reading.begin,
                max(plan.horizon, reading.reached),
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
                    self.take_old(row, reading.has_been_read(row, position), series, counts)
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
