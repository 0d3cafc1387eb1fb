# SPDX-License-Identifier: Apache-2.0
"""Pipelines to kill: for each kind of sink, the ways of loading it. All have rejects and an earlier
run, so that state, seen and unmatched rows are there from the beginning."""

import random
from dataclasses import dataclass, field
from pathlib import Path

from pipelines import files
from pipelines.balances import COLUMNS, KEY, LUA_STEP, SERIES

EARLIER_ROWS, ROWS = 1500, 5000
PEOPLE = 120
DAY_SECONDS = 86_400
START = 1_709_280_000  # 2024-03-01T08:00:00Z
EARLIER_DAYS, DAYS = 10, 40
BAD_EVERY = 400
NOTE_BYTES = 120  # so that a small memory spills


@dataclass(frozen=True)
class Mode:
    """A way of loading; `commits_min` is what an undisturbed run must come to, so that there is a
    middle to be killed in."""

    name: str
    config: dict
    sink: dict = field(default_factory=dict)
    commits_min: int = 20

    @property
    def appends_again(self) -> bool:
        """Whether a run after a complete one appends all rows once more."""
        return self.sink.get("again") == "append"


MODES = {
    mode.name: mode
    for mode in (
        Mode(
            "append",
            {**SERIES, "steps": [LUA_STEP], "commit": {"rows": 70}},
            {"mode": "append"},
        ),
        Mode(
            "merge_series",
            {**SERIES, "steps": [LUA_STEP], "commit": {"rows": 70}},
            {"mode": "merge", **KEY},
        ),
        Mode(
            "merge",
            {"partitions": 32, "commit": {"rows": 10}},
            {"mode": "merge", **KEY},
        ),
        Mode(
            "replace",
            {**SERIES, "steps": [LUA_STEP], "commit": {"rows": 70}},
            {"mode": "replace"},
        ),
        Mode("stream", {"steps": []}, {"mode": "append", "again": "append"}),
    )
}
# Their documents are in a search server; the ground says in which index.
SEARCH_MODES = {
    "staged": Mode("staged", {"steps": []}, {"mode": "append", "again": "append"}, commits_min=4)
}
COMBINATIONS = [
    (sink, mode)
    for sink in ("sqlite", "postgres", "csv")
    for mode in MODES | SEARCH_MODES
    if not (sink == "csv" and mode.startswith("merge"))
]


class Data:
    """Events of an earlier run (old.ndjson) and of the run that is killed: some of the old ones are
    gone or changed by then."""

    def __init__(
        self, seed: int, earlier: int = EARLIER_ROWS, later: int = ROWS, bad_every: int = BAD_EVERY
    ) -> None:
        self.rng = random.Random(seed)
        self.bad_every = bad_every
        self.earlier = [self.event(i, 0, EARLIER_DAYS) for i in range(earlier)]
        self.later = [self.event(earlier + i, EARLIER_DAYS, DAYS) for i in range(later)]

    def event(self, number: int, first_day: int, last_day: int) -> dict:
        rng = self.rng
        at = START + rng.randrange(first_day * DAY_SECONDS, last_day * DAY_SECONDS)
        return {
            "event_id": f"e{number}",
            "person": f"p{min(int(rng.expovariate(0.02)), PEOPLE - 1)}",
            "used_at": at - at % rng.choice([1, 3600]),
            "amount": f"{rng.randrange(-500, 20000) / 100:.2f}",
            "kind": rng.choice("abcdefgh"),
            "points": rng.randrange(50),
            "note": rng.randbytes(NOTE_BYTES).hex(),
        }

    def documents(self, events: list[dict]) -> list[dict]:
        """As they are stored: some with a value that no row can have."""
        bad = {"amount": "much"}
        last = self.bad_every - 1
        return [
            {**event, **bad} if i % self.bad_every == last else event
            for i, event in enumerate(events)
        ]

    def lines(self, events: list[dict]) -> bytes:
        return b"".join(map(files.ndjson_line, self.documents(events)))

    def write_earlier(self, directory: Path) -> None:
        files.compress(directory / "in" / "a.ndjson", self.lines(self.earlier))

    def write_later(self, directory: Path) -> None:
        changed = [dict(event) for event in self.earlier]
        for i in range(0, len(changed), 300):
            changed[i]["points"] += 100
        del changed[7::500]
        files.compress(directory / "in" / "a.ndjson", self.lines(changed))
        half = len(self.later) // 2
        files.compress(directory / "in" / "b.ndjson", self.lines(self.later[:half]))
        files.compress(directory / "in" / "c.ndjson", self.lines(self.later[half:]))


def config(mode: Mode, table: str) -> dict:
    return {
        "source": {"files": "in/*.ndjson", "split_bytes": 70_000},
        "columns": COLUMNS,
        "max_rejects": 100_000,
        **({"until": "2024-04-05T00:00:00Z"} if "series" in mode.config else {}),
        **mode.config,
        "sink": {"connection": "sink", "table": table, **mode.sink},
    }
