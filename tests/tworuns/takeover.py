# SPDX-License-Identifier: Apache-2.0
"""A run that is stopped while another takes over, and goes on afterwards."""

import json
import os
import re
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg
from commit_cuts import SmallGround
from kill_ground import DifferenceError, GroundPlace
from kill_timeline import read_log
from pipelines import engine
from pipelines.engine import EXIT_SINK

IN_A_HURRY = {"TIDEMILL_LOCK_WAIT_MS": "1000"}  # for what the first process keeps locked
FENCED = re.compile("another run (of pipeline events )?has taken over")


@dataclass(frozen=True)
class Point:
    name: str
    passing: int

    def __str__(self) -> str:
        return f"{self.name}:{self.passing}"


COMMITS_OF_LEASE = 2  # the engine's tables are made, the lease is taken


def list_points(log: list[str], last_commit: int) -> list[Point]:
    """The points from the lease's COMMIT to that which must not be: of a run the one which makes it
    complete, though its record may be told more after it; of a command the first after the lease."""
    points, passings = [], {}
    for name in log:
        passings[name] = passings.get(name, 0) + 1
        points.append(Point(name, passings[name]))
    done = [i for i, point in enumerate(points) if point.name == "postgres.commit.after"]
    sent = [i for i, point in enumerate(points) if point.name == "postgres.commit.sent"]
    return points[done[COMMITS_OF_LEASE - 1] + 1 : sent[last_commit]]


def count_commits(log: list[str]) -> int:
    """Those before the one which makes a run complete."""
    return log[: log.index("postgres.finish.after")].count("postgres.commit.sent")


class TakeoverGround(SmallGround):
    """Knows the points that a run passes while it holds the lease."""

    def undisturbed(self):
        place = self.copy("points")
        done = engine.finish(place.start(self.arguments(), {"TIDEMILL_FAULT_LOG": str(place.log)}))
        assert done.code == 0, done.describe()
        log = read_log(place.log)
        self.points = list_points(log, count_commits(log))
        tables = place.reader().read()
        place.remove()
        return tables, None

    def check_end(self, code: int, said: str, where: str) -> None:
        """Of a run or command that has been taken over from."""
        check_fenced(code, said, where)

    def check_open(self, where: str) -> None:
        """What it had open elsewhere is closed."""


@contextmanager
def ended_at_last(process: subprocess.Popen) -> Iterator[subprocess.Popen]:
    """A process that stands still ends with the test, also with one that fails."""
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
            process.communicate()


def wait_until_stopped(process: subprocess.Popen) -> bool:
    """False when it ended instead."""
    _, status = os.waitpid(process.pid, os.WUNTRACED)
    if os.WIFSTOPPED(status):
        return True
    process.returncode = os.waitstatus_to_exitcode(status)
    return False


def age_lease(place: GroundPlace, seconds: int = 61) -> None:
    """As if the holder had been silent for so long: nobody waits a minute for a test."""
    with psycopg.connect(place.conninfo(), autocommit=True) as connection:
        changed = connection.execute(
            "update tidemill_lease set renewed_at = clock_timestamp() - "
            f"interval '{seconds} seconds' where holder <> ''"
        )
        assert changed.rowcount == 1


def check_fenced(code: int, said: str, where: str) -> None:
    lines = [json.loads(line) for line in said.splitlines() if line.startswith("{")]
    told = [
        k
        for k in lines
        if (k.get("code"), k.get("problem")) == ("fenced", "E5003") and FENCED.search(k["error"])
    ]
    plain = FENCED.search(said) and not lines  # a command without --json
    if code != EXIT_SINK or not (told or plain):
        raise DifferenceError(f"{where}: it was taken over, and ended with exit {code}: {said}")


def take_over(
    ground: TakeoverGround, place: GroundPlace, first: subprocess.Popen, where: str
) -> None:
    """The first process stands still. Another run takes its place and completes; then the first
    goes on, and must change nothing any more."""
    refused = engine.finish(place.start(ground.arguments(), IN_A_HURRY))
    if refused.code != EXIT_SINK or "is being run by another process" not in refused.said:
        raise DifferenceError(f"{where}: a second run while the lease is fresh: {refused.said}")
    age_lease(place)
    second = engine.finish(place.start(["--workers", "2"], IN_A_HURRY))
    if second.code != 0:
        raise DifferenceError(f"{where}: the run that took over: {second.describe()}")
    check_tables(ground, place, f"{where}, taken over")
    first.send_signal(signal.SIGCONT)
    _out, said = first.communicate(timeout=engine.RUN_SECONDS_MAX)
    ground.check_end(first.returncode, said.decode(), where)
    check_tables(ground, place, f"{where}, after it went on")
    ground.check_open(where)
    statuses = [status for (status,) in place.reader().query(STATUSES)[1]]
    if statuses[-1] != "complete" or "failed" in statuses:
        raise DifferenceError(f"{where}: the runs are {statuses}")


STATUSES = "select status from tidemill_runs order by run"


def check_tables(ground: SmallGround, place: GroundPlace, where: str) -> None:
    found = place.reader().read()
    for name in ("output", "state", "rejects", "late"):
        ours, theirs = getattr(found, name), getattr(ground.expected, name)
        if ours != theirs:
            raise DifferenceError(f"{where}: {name} differ: {len(ours)} rows, {len(theirs)} wanted")
    if left := place.reader().foreign_tables():
        raise DifferenceError(f"{where}: left behind: {left}")


def start_command(place: GroundPlace, arguments: list[str], environment: dict[str, str]):
    return subprocess.Popen(
        [place.ground.binary, *arguments],
        cwd=place.directory,
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
