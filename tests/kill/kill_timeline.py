# SPDX-License-Identifier: Apache-2.0
"""Where in its life a run is: told from the fault points that it has passed.

    planning    until the first split is read           commit     a COMMIT is under way
    reading     reading, spilling and sorting           rename     a part file is being published
    begun       processing, nothing committed yet       finishing  after the last unit
    between     after the first commit                  recovery   a resume, nothing committed yet

A timeline is what an undisturbed run passed, with the time of each passing; it gives the points and
the moments at which to kill a run in the class wanted.
"""

import random
import subprocess
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

CLASSES = (
    "planning",
    "reading",
    "begun",
    "between",
    "commit",
    "rename",
    "finishing",
    "recovery",
)
FIRST_COMMIT_MISSING = ("planning", "reading", "begun")
# What begins and what ends a commit. A replaced file set, and what is staged, is
# published all at once at the end.
COMMITTING = ("sqlite.commit.before", "postgres.commit.before")
COMMITTED = ("sqlite.commit.after", "postgres.commit.after")
PUBLISHING = "csv.manifest.before"
PUBLISHED = {
    "append": "csv.rename.after",
    "replace": "csv.manifest.after",
    "staged": "csv.manifest.after",
}
POLL_SECONDS = 0.0005


class Place:
    """Follows a run from point to point."""

    def __init__(self, mode: str) -> None:
        self.loads_from = "reading" if mode in ("stream", "staged") else "processing"
        self.published = PUBLISHED.get(mode, PUBLISHED["append"])
        self.stage = "planning"
        self.loading = False
        self.commits = 0
        self.committing = 0
        self.publishing = 0

    def pass_point(self, name: str) -> None:
        if name in ("reading", "sorting", "processing", "finishing", "done"):
            self.stage = name
            self.loading = self.loading or name == self.loads_from
        if name in COMMITTING:
            self.committing += 1
        elif name == PUBLISHING:
            self.publishing += 1
        elif name == self.published:
            self.publishing -= 1
            self.commits += self.loading
        elif name in COMMITTED:
            self.committing -= 1
            self.commits += self.loading

    def name(self) -> str:
        if self.stage in ("finishing", "done"):
            return "finishing"
        if self.publishing > 0:
            return "rename"
        if self.committing > 0 and self.loading:
            return "commit"
        if self.commits > 0:
            return "between"
        if self.stage == "planning":
            return "planning"
        return "begun" if self.stage == "processing" else "reading"


def place_of(log: Iterable[str], mode: str, resumed: bool) -> str:
    """The class of a run that passed these points and was killed then."""
    place = Place(mode)
    for name in log:
        place.pass_point(name)
    found = place.name()
    return "recovery" if resumed and found in FIRST_COMMIT_MISSING else found


@dataclass(frozen=True)
class Kill:
    """How to kill a run: at a point's Nth passing, or after some time."""

    point: str | None = None
    passing: int = 0
    seconds: float = 0.0

    def __str__(self) -> str:
        return f"{self.point}:{self.passing}" if self.point else f"{self.seconds:.4f}s"

    @staticmethod
    def parse(text: str) -> "Kill":
        if text.endswith("s"):
            return Kill(seconds=float(text[:-1]))
        name, _, passing = text.rpartition(":")
        return Kill(name, int(passing))


@dataclass
class Timeline:
    points: dict[str, list[Kill]]  # by class
    moments: dict[str, list[tuple[float, float]]]  # by class: spans of seconds since the start
    commits: int
    seconds: float

    def draw(self, rng: random.Random, wanted: str) -> Kill | None:
        """A kill that probably hits the class; by a point or by time."""
        classes = FIRST_COMMIT_MISSING if wanted == "recovery" else (wanted,)
        points = [kill for name in classes for kill in self.points.get(name, [])]
        spans = [span for name in classes for span in self.moments.get(name, [])]
        # Short classes are hardly ever hit by time.
        length = sum(end - begin for begin, end in spans)
        often = 0.6 if length > 0.15 * self.seconds else 0.15
        if spans and (not points or rng.random() < often):
            weights = [end - begin + 1e-6 for begin, end in spans]
            begin, end = rng.choices(spans, weights)[0]
            return Kill(seconds=rng.uniform(begin, end))
        return rng.choice(points) if points else None


def read_log(path: Path) -> list[str]:
    if not path.exists():
        return []
    lines = path.read_text().splitlines()
    return [line for line in lines if not line.startswith("killed ")]


def observe(process: subprocess.Popen, log: Path, mode: str) -> Timeline:
    """Waits for the end of an undisturbed run, and notes when it passed which point."""
    begun = time.monotonic()
    seen: list[tuple[float, str]] = []
    while process.poll() is None:
        note(log, seen, time.monotonic() - begun)
        time.sleep(POLL_SECONDS)
    total = time.monotonic() - begun
    note(log, seen, total)
    return make_timeline(seen, total, mode)


def note(log: Path, seen: list[tuple[float, str]], now: float) -> None:
    names = read_log(log)
    seen += [(now, name) for name in names[len(seen) :]]


def make_timeline(seen: list[tuple[float, str]], total: float, mode: str) -> Timeline:
    points: dict[str, list[Kill]] = {}
    moments: dict[str, list[tuple[float, float]]] = {}
    passings: dict[str, int] = {}
    place, last = Place(mode), 0.0
    for at, name in seen:
        moments.setdefault(place.name(), []).append((last, at))
        place.pass_point(name)
        passings[name] = passings.get(name, 0) + 1
        points.setdefault(place.name(), []).append(Kill(name, passings[name]))
        last = at
    moments.setdefault(place.name(), []).append((last, total))
    return Timeline(points, moments, place.commits, total)
