# SPDX-License-Identifier: Apache-2.0
"""Runs that stand still (SIGSTOP) at a point drawn from all that they pass while they hold the lease.

In PostgreSQL another run takes over and completes; the first goes on, and must change nothing any
more. A SQLite file, or a file set, can't be taken from a process that is alive: the other run must be
refused with its pid, and the first completes. In the end the tables are those of an undisturbed run.
"""

import random
import signal
import threading
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from commit_cuts import SmallGround
from kill_ground import DifferenceError
from kill_scenarios import COMBINATIONS
from kill_timeline import read_log
from pipelines import engine
from takeover import (
    Point,
    TakeoverGround,
    check_tables,
    ended_at_last,
    take_over,
    wait_until_stopped,
)


class EmbeddedGround(SmallGround):
    """Its points are those between the first transaction, which takes the lease, and the last."""

    def undisturbed(self):
        place = self.copy("points")
        done = engine.finish(place.start(self.arguments(), {"TIDEMILL_FAULT_LOG": str(place.log)}))
        assert done.code == 0, done.describe()
        log = read_log(place.log)
        begun, finish = log.index(f"{self.sink}.begun"), log.index(f"{self.sink}.finish.before")
        seen: Counter = Counter()
        self.points = []
        for at, name in enumerate(log[: finish + 1]):
            seen[name] += 1
            if at >= begun:
                self.points.append(Point(name, seen[name]))
        tables = place.reader().read()
        place.remove()
        return tables, None


def refuse_and_go_on(ground: EmbeddedGround, place, first, where: str) -> None:
    """The pid is told by those who look at the lease and by those who meet its locks."""
    other = engine.finish(place.start(ground.arguments(), {}))
    if other.code == 0 or str(first.pid) not in other.said:
        raise DifferenceError(f"{where}: a second run beside a stopped one: {other.describe()}")
    first.send_signal(signal.SIGCONT)
    _out, said = first.communicate(timeout=engine.RUN_SECONDS_MAX)
    if first.returncode != 0:
        raise DifferenceError(f"{where}: it went on, exit {first.returncode}: {said.decode()}")
    check_tables(ground, place, f"{where}, after it went on")


@dataclass
class TakeoverCampaign:
    binary: Path
    directory: Path
    server: str
    grounds: dict[tuple[str, str], SmallGround] = field(default_factory=dict)
    held: Counter = field(default_factory=Counter)  # by sink, mode
    points: dict[tuple[str, str], set[str]] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)  # of all above

    def make_grounds(self) -> None:
        """Before several threads ask for them."""
        for sink, mode in COMBINATIONS:
            self.ground(sink, mode)

    def copy(self, ground: SmallGround, seed: int):
        """One at a time: a database is copied from one that nobody else looks at."""
        with self.lock:
            return ground.copy(f"stopped{seed}")

    def ground(self, sink: str, mode: str) -> SmallGround:
        if (sink, mode) not in self.grounds:
            kind = TakeoverGround if sink == "postgres" else EmbeddedGround
            server = self.server if sink == "postgres" else None
            self.grounds[sink, mode] = kind(self.binary, self.directory, sink, mode, 1, server)
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
