# SPDX-License-Identifier: Apache-2.0
"""Two runs on machines that know nothing of each other's processes: while the first renews its lease
the second is refused; when it has been silent for a minute it is taken over, and is fenced when it
goes on. PostgreSQL, and SQLite and CSV in a directory that both see.

TIDEMILL_TAKEOVER_SEED chooses where the first stands still.
"""

import os
import random
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from commit_cuts import SmallGround
from kill_ground import GroundPlace
from kill_timeline import read_log
from machine import Machine, go_on, wait_until_stopped
from pg_wire import PgProxy
from pipelines import engine
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from takeover import Point, age_lease, check_fenced, list_points

SEED = int(os.environ.get("TIDEMILL_TAKEOVER_SEED", "1"))
COMBINATIONS = [
    ("postgres", "append"),
    ("sqlite", "append"),
    ("sqlite", "replace"),
    ("csv", "append"),
    ("csv", "replace"),
]
ENDLESS = "return {day = function(rows, state) while true do end end}"
HURRY = {"TIDEMILL_LEASE_RENEW_MS": "50"}
LEASE_FILES = {"sqlite": "out.sqlite", "csv": "out/tidemill.sqlite"}
ELSEWHERE = {
    "postgres": "update tidemill_lease set holder = 'host=boxa pid=1 start=1 boot=a pidns=1'",
    "sqlite": "update tidemill_lease set holder_boot = 'a', holder_host = 'boxa'",
}


class TwoMachines(SmallGround):
    """One ground, of which both machines see the directory, and the server by a socket in it."""

    def undisturbed(self):
        place = self.copy("points")
        done = engine.finish(place.start(self.arguments(), {"TIDEMILL_FAULT_LOG": str(place.log)}))
        assert done.code == 0, done.describe()
        self.points = self.holding(read_log(place.log))
        tables = place.reader().read()
        place.remove()
        return tables, None

    def holding(self, log: list[str]) -> list[Point]:
        """The points while it holds the lease and another can take it: not those in a transaction of
        SQLite's, which keeps everybody out."""
        if self.sink == "postgres":
            return list_points(log, -1)
        begun = log.index("csv.begun" if self.sink == "csv" else "sqlite.commit.after")
        ends = log.index("finishing")
        free = ("sqlite.commit.after", "csv.begun", "processing", "csv.part.synced", "sorting")
        return [
            Point(name, log[: i + 1].count(name))
            for i, name in enumerate(log)
            if begun <= i < ends and name in free
        ]

    def start(self, place: GroundPlace, machine: Machine, environment: dict[str, str]):
        """One worker: another's transaction in SQLite would stand still as well."""
        command = place.project.command("--workers", "1" if environment else "2")
        if machine.real:
            command = machine.command(command)
        return engine.subprocess.Popen(
            command,
            cwd=place.directory,
            env={**os.environ, **environment},
            stdin=engine.subprocess.DEVNULL,
            stdout=engine.subprocess.PIPE,
            stderr=engine.subprocess.PIPE,
        )

    def run_on(self, place: GroundPlace, machine: Machine) -> engine.Execution:
        return engine.finish(self.start(place, machine, {}))

    def change_lease(self, place: GroundPlace, for_postgres: str, for_sqlite: str) -> None:
        if self.sink == "postgres":
            with psycopg.connect(place.conninfo(), autocommit=True) as connection:
                connection.execute(for_postgres)
        else:
            path = place.directory / LEASE_FILES[self.sink]
            with closing(sqlite3.connect(path, timeout=30)) as base, base:
                base.execute(for_sqlite)

    def age(self, place: GroundPlace) -> None:
        if self.sink == "postgres":
            age_lease(place)
        else:
            self.change_lease(
                place, "", "update tidemill_lease set renewed_at = renewed_at - 61000000"
            )


def same_tables(ground: SmallGround, place: GroundPlace, where: str) -> None:
    found = place.reader().read()
    for name in ("output", "state", "rejects", "late"):
        assert getattr(found, name) == getattr(ground.expected, name), f"{where}: {name}"
    assert place.reader().foreign_tables() == [], where
    if ground.sink == "csv":
        assert place.reader().foreign_files() == [], where


@pytest.fixture
def machines(tmp_path) -> list[Machine]:
    made = [Machine(name, tmp_path) for name in ("boxa", "boxb")]
    for machine in made:
        machine.real = machine.is_real()
        print(machine.name, "has namespaces" if machine.real else "is written into the lease")
    return made


def make_ground(sink, mode, tidemill, tmp_path, request) -> TwoMachines:
    server = None
    if sink == "postgres":
        server = request.getfixturevalue("postgres").conninfo().rpartition(" dbname=")[0]
    return TwoMachines(tidemill, tmp_path, sink, mode, SEED, server)


def route_by_socket(ground: TwoMachines, place: GroundPlace, directory: Path) -> PgProxy | None:
    """Another network namespace sees no port of ours, but the file of a socket."""
    if ground.sink != "postgres":
        return None
    proxy = PgProxy(int(conninfo_to_dict(ground.server)["port"]), directory / ".s.PGSQL.5432")
    conninfo = make_conninfo(place.conninfo(), host=str(directory), port=5432)
    place.project.content["connections"]["sink"] = {"postgres": conninfo}
    place.project.write()
    return proxy


@pytest.mark.parametrize(("sink", "mode"), COMBINATIONS)
def test_the_other_machine_takes_over(sink, mode, tidemill, tmp_path, machines, request):
    print(f"seed {SEED}")
    first_machine, second_machine = machines
    ground = make_ground(sink, mode, tidemill, tmp_path, request)
    place = ground.copy("stopped")
    proxy = route_by_socket(ground, place, tmp_path)
    point = random.Random(f"{SEED} {sink} {mode}").choice(ground.points)
    print(point)
    first = ground.start(place, first_machine, {"TIDEMILL_FAULT": f"{point}:stop"})
    stopped = wait_until_stopped(first)
    assert stopped, f"it never passed {point}: {first.communicate()}"
    if not first_machine.real:
        ground.change_lease(place, ELSEWHERE["postgres"], ELSEWHERE["sqlite"])
    refused = ground.run_on(place, second_machine)
    assert refused.code in (engine.EXIT_SINK, engine.EXIT_FAILED), refused.describe()
    assert "boxa" in refused.said, refused.said
    ground.age(place)
    second = ground.run_on(place, second_machine)
    assert second.code == 0, second.describe()
    same_tables(ground, place, "taken over")
    go_on(stopped)
    _out, said = first.communicate(timeout=engine.RUN_SECONDS_MAX)
    check_fenced(first.returncode, said.decode(), f"{sink} {mode} {point}")
    same_tables(ground, place, "after it went on")
    if proxy:
        proxy.__exit__()
    ground.remove()


def wait_for(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.01)


def test_a_run_that_commits_nothing_renews_its_lease_in_a_file(tidemill, tmp_path, request):
    """A step's own code does not end: nothing is committed, and the lease's thread goes on."""
    ground = make_ground("sqlite", "append", tidemill, tmp_path, request)
    place = ground.copy("reading")
    for path in place.directory.glob("out.sqlite*"):
        path.unlink()
    (place.directory / "day.lua").write_text(ENDLESS)
    process = place.start(["--workers", "1"], HURRY)
    sql = "select renewed_at from tidemill_lease where holder_pid is not null"

    def renewed_at() -> int:
        reader = place.reader()
        rows = reader.query(sql)[1] if "tidemill_lease" in reader.names() else []
        return rows[0][0] if rows else 0

    wait_for(renewed_at)
    for _ in range(3):
        last = renewed_at()
        wait_for(lambda old=last: renewed_at() > old)
    process.kill()
    process.communicate()
    ground.remove()
