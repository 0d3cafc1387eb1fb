# SPDX-License-Identifier: Apache-2.0
"""A SQLite file, or a file set, can't be taken from a process that is alive, though it stands still."""

import signal
from collections import Counter

from commit_cuts import SmallGround
from kill_ground import DifferenceError
from kill_timeline import read_log
from pipelines import engine
from takeover import Point, check_tables


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

    def check_open(self, where: str) -> None:
        """What it had open elsewhere is closed."""


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
    ground.check_open(where)
