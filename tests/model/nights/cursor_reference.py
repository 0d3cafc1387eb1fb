# SPDX-License-Identifier: Apache-2.0
"""What incremental runs by a cursor should leave, the naive way: all documents are held in a dict, and
a run reads those whose cursor lies in [low, high).

Written from the documentation. High is what the run chose; the case says between which clocks it lies.
"""

from dataclasses import dataclass, replace

from nights_reference import Row, Series

BEGINNING = -(2**62)  # of all time, in microseconds
MILLI = 1000


@dataclass(frozen=True)
class Document:
    row: Row
    at: int | None  # the cursor in microseconds; None: it has none

    def moved(self, row: Row) -> "Document":
        """Another content, written by somebody who leaves the cursor as it was."""
        return replace(self, row=row)


def whole_millis(instant: int) -> int:
    return instant - instant % MILLI


class CursorReference:
    """Everything that complete runs have left."""

    def __init__(self, kind: str, late_rule: str) -> None:
        self.kind = kind  # "append", "merge" or "ordered"
        self.late_rule = late_rule
        self.known = self.low = BEGINNING  # what was read, and where rows were left
        self.output: list[tuple] = []
        self.late: list[tuple] = []
        self.rejects: set[str] = set()
        self.series: dict[str, Series] = {}

    def apply(self, held: dict[str, Document], high: int, horizon_day: int) -> dict[str, int]:
        """A complete run up to high, over what the indices held when it began; its counts."""
        counts = dict.fromkeys(("read", "consumed", "seen", "late", "left", "rejected"), 0)
        without = {position for position, document in held.items() if document.at is None}
        self.rejects |= without
        rows = [d for d in held.values() if d.at is not None and self.low <= d.at < high]
        counts["read"], counts["rejected"] = len(rows) + len(without), len(without)
        left = self.process(rows, horizon_day, counts)
        self.known = high
        self.low = min([whole_millis(d.at) for d in left if d.at is not None], default=high)
        return counts

    def process(self, rows: list[Document], horizon_day: int, counts: dict) -> list[Document]:
        """Documents that are left."""
        if self.kind == "ordered":
            return self.process_series(rows, horizon_day, counts)
        counts["consumed"] = len(rows)
        self.output += [(d.row.key, d.row.time, d.row.value) for d in rows]
        if self.kind == "merge":
            newest: dict[str, tuple] = {}
            for key, instant, value in self.output:
                newest[key] = max(newest.get(key, ()), (key, instant, value))
            self.output = list(newest.values())
        return []

    def process_series(self, rows: list, horizon_day: int, counts: dict) -> list[Document]:
        left = []
        before = {key: series.last_day for key, series in self.series.items()}
        for document in sorted(rows, key=lambda d: (d.row.key, d.row.time)):
            row = document.row
            series = self.series.get(row.key, Series(-1, 0, 0))
            if row.day <= before.get(row.key, -1):
                self.take_old(document, series, counts)
            elif row.day >= horizon_day:
                counts["left"] += 1
                left.append(document)
            else:
                counts["consumed"] += 1
                series.last_day, series.rows = row.day, series.rows + 1
                series.count += 1
                self.series[row.key] = series
                self.output.append((row.key, row.time, row.value, series.count))
        return left

    def take_old(self, document: Document, series: Series, counts: dict[str, int]) -> None:
        known = document.at is not None and document.at < self.known
        counts["seen" if known else "late"] += 1
        if not known:
            series.rows += 1
            if self.late_rule == "report":
                row = document.row
                self.late.append((row.key, row.time, row.value))
