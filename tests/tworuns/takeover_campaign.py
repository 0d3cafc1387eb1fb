# SPDX-License-Identifier: Apache-2.0
"""Runs that stand still (SIGSTOP) at a point drawn from all that they pass while they hold the lease.

In PostgreSQL another run takes over and completes; the first goes on, and must change nothing any
more. A SQLite file, or a file set, can't be taken from a process that is alive: the other run must be
refused with its pid, and the first completes. In the end the tables are those of an undisturbed run.
"""

import random
import threading
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from commit_cuts import SmallGround
from embedded import EmbeddedGround, refuse_and_go_on
from kill_ground import DifferenceError
from kill_scenarios import COMBINATIONS, SEARCH_MODES
from search_takeover import SearchEmbeddedGround, SearchTakeoverGround
from takeover import (
    Point,
    TakeoverGround,
    ended_at_last,
    take_over,
    wait_until_stopped,
)


@dataclass
class TakeoverCampaign:
    binary: Path
    directory: Path
    server: str
    search: object
    grounds: dict[tuple[str, str], SmallGround] = field(default_factory=dict)
    held: Counter = field(default_factory=Counter)  # by sink, mode
    points: dict[tuple[str, str], set[str]] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)  # of all above

    def make_grounds(self) -> None:
        """Before several threads ask for them."""
        for sink, mode in COMBINATIONS:
            self.ground(sink, mode)

    def check_contexts(self) -> None:
        """In the end: before, others stand still with theirs."""
        for (sink, mode), ground in self.grounds.items():
            ground.alone = True
            try:
                ground.check_open(f"{sink} {mode}")
            except DifferenceError as difference:
                self.failures.append(str(difference))

    def copy(self, ground: SmallGround, seed: int):
        """One at a time: a database is copied from one that nobody else looks at."""
        with self.lock:
            return ground.copy(f"stopped{seed}")

    def ground(self, sink: str, mode: str) -> SmallGround:
        if (sink, mode) not in self.grounds:
            taken = sink == "postgres"
            values = [self.binary, self.directory, sink, mode, 1, self.server if taken else None]
            if mode in SEARCH_MODES:
                kind = SearchTakeoverGround if taken else SearchEmbeddedGround
                self.grounds[sink, mode] = kind(*values, self.search)
                self.grounds[sink, mode].alone = False
            else:
                kind = TakeoverGround if taken else EmbeddedGround
                self.grounds[sink, mode] = kind(*values)
        return self.grounds[sink, mode]

    def draw(self, seed: int) -> tuple[SmallGround, Point]:
        """Sinks and modes go round; names of points are drawn alike, though most points are those of
        units."""
        rng = random.Random(f"take-over {seed}")
        ground = self.ground(*COMBINATIONS[seed % len(COMBINATIONS)])
        by_name: dict[str, list[Point]] = {}
        for point in ground.points:
            by_name.setdefault(point.name, []).append(point)
        return ground, rng.choice(by_name[rng.choice(sorted(by_name))])

    def describe(self, seed: int) -> str:
        ground, point = self.draw(seed)
        return f"{ground.sink} {ground.mode.name} {point}"

    def run(self, seed: int) -> bool:
        ground, point = self.draw(seed)
        place = self.copy(ground, seed)
        try:
            self.hold(ground, place, point)
        except DifferenceError as difference:
            with self.lock:
                self.failures.append(f"seed {seed}, {self.describe(seed)}: {difference}")
            return False
        with self.lock:
            key = ground.sink, ground.mode.name
            self.held[key] += 1
            self.points.setdefault(key, set()).add(point.name)
            place.remove()
        return True

    def hold(self, ground: SmallGround, place, point: Point) -> None:
        where = f"{ground.sink} {ground.mode.name} {point}"
        first = place.start(ground.arguments(), {"TIDEMILL_FAULT": f"{point}:stop"})
        with ended_at_last(first):
            if not wait_until_stopped(first):
                raise DifferenceError(f"{where}: it never passed the point")
            if ground.sink == "postgres":
                take_over(ground, place, first, where)
            else:
                refuse_and_go_on(ground, place, first, where)
        if spilled := place.project.spilled_files():
            raise DifferenceError(f"{where}: left behind: {spilled[:5]}")
