# SPDX-License-Identifier: Apache-2.0
"""Data several times larger than the memory that runs get, and what is to come of it, computed
without the engine: rows are functions of their number."""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from functools import cached_property
from pathlib import Path

ROWS = 100_000
NOTE_BYTES = 1600
CUSTOMERS = 400
DAYS = 20
WIDE_ROWS = 2_400
FIRST_DAY = datetime(2024, 3, 1, tzinfo=timezone.utc)


@dataclass(frozen=True)
class Row:
    number: int
    wide: bool = False

    @property
    def name(self) -> str:
        return f"e{self.number:07d}"

    @property
    def customer(self) -> str:
        return f"C{self.number * 7919 % CUSTOMERS:04d}"

    @property
    def day(self) -> int:
        return self.number * 31 // 7 % DAYS

    @property
    def at(self) -> datetime:
        """No two rows have the same."""
        moment = timedelta(seconds=self.number * 37 % 86_000, microseconds=self.number)
        return FIRST_DAY + timedelta(days=self.day) + moment

    @property
    def value(self) -> int:
        return self.number * 13 % 1000

    @property
    def note(self) -> str:
        size = 10_000 + self.number * 4001 % 90_000 if self.wide else NOTE_BYTES
        # Hardly compressed by anything, so that what is spilled is large, too.
        word = hashlib.sha256(self.name.encode()).hexdigest()
        return (word * (size // len(word) + 1))[:size]

    def line(self) -> str:
        fields = {
            "id": self.name,
            "customer": self.customer,
            "all": "everything",
            "at": self.at.isoformat(),
            "value": self.value,
            "note": self.note,
        }
        return json.dumps(fields) + "\n"


@dataclass(frozen=True)
class Data:
    """A file of rows."""

    path: Path
    count: int
    wide: bool

    def rows(self) -> Iterator[Row]:
        return (Row(number, self.wide) for number in range(self.count))

    def write(self) -> None:
        with self.path.open("w") as out:
            out.writelines(row.line() for row in self.rows())

    def in_order(self, series: str) -> dict[str, list[Row]]:
        """Rows by series, in the order of time."""
        found: dict[str, list[Row]] = defaultdict(list)
        for row in self.rows():
            key = {"customer": row.customer, "id": row.name, "all": "everything"}[series]
            found[key].append(row)
        for rows in found.values():
            rows.sort(key=lambda row: row.at)
        return found

    def days(self, series: str) -> list[tuple]:
        """What the day form gives: day, rows and sum so far, digest of the day's last note."""
        out = []
        for key, rows in self.in_order(series).items():
            count = total = 0
            for i, row in enumerate(rows):
                count, total = count + 1, total + row.value
                if i + 1 == len(rows) or rows[i + 1].day != row.day:
                    out.append((key, count, total, digest(row.note)))
        return sorted(out)

    def running(self, series: str) -> list[tuple]:
        """What the row form gives: a row each, with its number."""
        return sorted(
            (key, n + 1, row.value, digest(row.note))
            for key, rows in self.in_order(series).items()
            for n, row in enumerate(rows)
        )

    @cached_property
    def plain(self) -> list[tuple]:
        return sorted((row.name, row.customer, row.value, digest(row.note)) for row in self.rows())

    @cached_property
    def newest(self) -> list[tuple]:
        """Of each customer and value, the newest row."""
        best: dict[tuple, Row] = {}
        for row in self.rows():
            key = (row.customer, row.value)
            if key not in best or row.at > best[key].at:
                best[key] = row
        return sorted((r.name, r.customer, r.value, digest(r.note)) for r in best.values())


def digest(note: str) -> str:
    return hashlib.md5(note.encode()).hexdigest()
