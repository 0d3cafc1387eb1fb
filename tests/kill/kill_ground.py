# SPDX-License-Identifier: Apache-2.0
"""Grounds: for a sink and a mode, what a run starts from and what it must end with; and trials,
which start from a copy, are killed, and are compared with that."""

import json
import random
import shutil
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from kill_scenarios import MODES, SEARCH_MODES, Data, config
from kill_timeline import Kill, Timeline, observe, place_of, read_log
from pipelines import engine
from pipelines.balances import SCRIPT, TYPES
from pipelines.engine import EXIT_CONFIG, EXIT_SOURCE, Execution, Project
from pipelines.tables import CsvReader, PostgresReader, Reader, SqliteReader, Tables

PIPELINE, TABLE = "events", "loaded"
BACKEND_SECONDS_MAX = 20.0
AGAIN_EVERY = 3


@dataclass(frozen=True)
class Hit:
    """A kill that found the run alive."""

    sink: str
    mode: str
    place: str
    depth: int
    kill: Kill


class DifferenceError(AssertionError):
    """The tables after a kill and a resume are not those of an undisturbed run."""


class Ground:
    """A project with an earlier run behind it; `expected` is what the next run makes of it, and
    `expected_again` what the one after that does where it appends all rows once more."""

    expected_again: Tables | None = None

    def __init__(
        self, binary: Path, directory: Path, sink: str, mode: str, seed: int, server: str | None
    ) -> None:
        self.binary = binary
        self.directory = directory
        self.sink = sink
        self.mode = (MODES | SEARCH_MODES)[mode]
        self.server = server
        self.rng = random.Random(f"{seed} {sink} {mode}")
        self.workers = self.rng.choice([1, 2, 2, 3])
        self.few_rows = self.rng.choice([False, True])
        self.trials = 0
        self.base = self.place("base")
        self.prepare(self.make_data(seed))
        self.expected, self.timeline = self.undisturbed()

    def make_data(self, seed: int) -> Data:
        return Data(seed)

    # Places: a project directory, and a database where the sink has one.

    def place(self, name: str) -> "GroundPlace":
        return GroundPlace(self, name)

    def prepare(self, data: Data) -> None:
        base = self.base
        base.create_database(None)
        base.write_project()
        self.write_earlier(data)
        done = base.run("--workers", "2")
        assert done.code == 0, done.describe()
        self.write_later(data)

    def write_earlier(self, data: Data) -> None:
        data.write_earlier(self.base.directory)

    def write_later(self, data: Data) -> None:
        data.write_later(self.base.directory)

    def connections(self) -> dict:
        """But for the sink's."""
        return {}

    def pipeline(self) -> dict:
        return config(self.mode, TABLE)

    def undisturbed(self) -> tuple[Tables, Timeline]:
        place = self.copy("undisturbed")
        process = place.start(self.arguments(), {"TIDEMILL_FAULT_LOG": str(place.log)})
        timeline = observe(process, place.log, self.mode.name)
        done = engine.finish(process)
        assert done.code == 0, done.describe()
        assert timeline.commits >= self.mode.commits_min, timeline.commits
        tables = place.reader().read()
        assert tables.output and tables.rejects
        assert bool(tables.state) == ("series" in self.mode.config)
        if self.mode.appends_again:
            self.expected_again = self.run_again(place)
        place.remove()
        return tables, timeline

    def run_again(self, place: "GroundPlace") -> Tables:
        """What another run makes of the tables, though there is nothing new."""
        done = place.run("--workers", "2")
        assert done.code == 0, done.describe()
        return place.reader().read()

    def is_appended_again(self) -> bool:
        """Of some trials one more run is looked at."""
        return self.expected_again is not None and self.trials % AGAIN_EVERY == 1

    def arguments(self) -> list[str]:
        return engine.options(self.workers, self.few_rows)

    def copy(self, name: str) -> "GroundPlace":
        place = self.place(name)
        place.copy_from(self.base)
        return place

    def trial(self) -> "Trial":
        self.trials += 1
        return Trial(self, self.copy(f"trial{self.trials}"))

    def remove(self) -> None:
        self.base.remove()


class GroundPlace:
    def __init__(self, ground: Ground, name: str) -> None:
        self.ground = ground
        self.directory = ground.directory / f"{ground.sink}_{ground.mode.name}_{name}"
        self.database = f"kill_{ground.mode.name}_{name}"
        self.project = Project(ground.binary, self.directory)
        self.log = self.directory / "points.log"

    def connection(self) -> dict:
        if self.ground.sink == "postgres":
            return {"postgres": self.conninfo()}
        return {"csv": "out"} if self.ground.sink == "csv" else {"sqlite": "out.sqlite"}

    def conninfo(self) -> str:
        return f"{self.ground.server} dbname={self.database}"

    def create_database(self, template: str | None) -> None:
        if self.ground.sink == "postgres":
            copied = f" template {template}" if template else ""
            self.administrate(f"drop database if exists {self.database} with (force)")
            self.administrate(f"create database {self.database}{copied}")

    def administrate(self, statement: str) -> None:
        conninfo = f"{self.ground.server} dbname=postgres"
        with psycopg.connect(conninfo, autocommit=True) as connection:
            connection.execute(statement)

    def write_project(self) -> None:
        self.project.content = {
            "connections": {"sink": self.connection(), **self.ground.connections()},
            "pipelines": {PIPELINE: self.ground.pipeline()},
        }
        self.project.write()
        (self.directory / "day.lua").write_text(SCRIPT)

    def copy_from(self, base: "GroundPlace") -> None:
        shutil.rmtree(self.directory, ignore_errors=True)
        shutil.copytree(base.directory, self.directory, copy_function=shutil.copy2)
        self.log.unlink(missing_ok=True)
        self.create_database(base.database)
        self.write_project()

    def reader(self) -> Reader:
        names = (PIPELINE, TABLE, TYPES)
        if self.ground.sink == "postgres":
            return PostgresReader(self.conninfo(), *names)
        if self.ground.sink == "csv":
            return CsvReader(self.directory / "out", *names)
        return SqliteReader(self.directory / "out.sqlite", *names)

    def start(self, arguments: list[str], environment: dict[str, str]) -> subprocess.Popen:
        return self.project.start(*arguments, **environment)

    def run(self, *arguments: str) -> Execution:
        return self.project.run(*arguments)

    def runs(self) -> list[dict]:
        """The newest first."""
        command = [str(self.ground.binary), "runs", "--json"]
        done = subprocess.run(command, cwd=self.directory, capture_output=True, check=True)
        return [json.loads(line) for line in done.stdout.splitlines()]

    def is_complete(self) -> bool:
        """Whether the run after the earlier one is complete."""
        return [row["status"] for row in self.runs() if row["run"] == 2] == ["complete"]

    def is_pending(self) -> bool:
        """Whether committed files are not in their places yet."""
        return self.runs()[0]["pending"] is not None

    @contextmanager
    def without_source(self) -> Iterator[None]:
        source = self.directory / "in"
        hidden = source.rename(self.directory / "hidden")
        yield
        hidden.rename(source)

    def remove(self) -> None:
        if self.ground.sink == "postgres":
            self.administrate(f"drop database if exists {self.database} with (force)")
        shutil.rmtree(self.directory, ignore_errors=True)


class Trial:
    """A run that is killed, perhaps several times, and then runs to its end."""

    def __init__(self, ground: Ground, place: GroundPlace) -> None:
        self.ground = ground
        self.place = place
        self.kills: list[Kill] = []
        self.hits: list[Hit] = []
        self.ended = False  # not by a kill

    def describe(self) -> str:
        ground = self.ground
        return f"{ground.sink} {ground.mode.name} " + " ".join(map(str, self.kills))

    def arguments(self) -> list[str]:
        """A resume may have other limits."""
        if not self.kills:
            return self.ground.arguments()
        rng = self.ground.rng
        return engine.options(rng.choice([1, 2, 3]), rng.choice([False, True]))

    def kill(self, kill: Kill) -> Hit | None:
        """Runs until it is killed; None if it came to its end before."""
        arguments, resumed = self.arguments(), bool(self.hits)
        self.kills.append(kill)
        self.place.log.unlink(missing_ok=True)
        environment = {"TIDEMILL_FAULT_LOG": str(self.place.log)}
        if kill.point:
            environment["TIDEMILL_FAULT"] = str(kill)
        process = self.place.start(arguments, environment)
        if not kill.point:
            kill_after(process, kill.seconds)
        done = engine.finish(process)
        if done.code == 0:
            self.ended = True
            return None
        if done.code != -signal.SIGKILL:
            raise DifferenceError(f"{self.describe()}: {done.describe()}")
        where = place_of(read_log(self.place.log), self.ground.mode.name, resumed)
        hit = Hit(self.ground.sink, self.ground.mode.name, where, len(self.kills), kill)
        self.hits.append(hit)
        return hit

    def is_over(self) -> bool:
        """A run that was killed after its last transaction is complete, and the same command would
        begin another; but where it puts files in their places and ends with that. Who appends again
        does so as soon as these are, whichever command was killed then."""
        if self.ground.mode.appends_again:
            return self.place.is_complete() and not self.place.is_pending()
        return self.hits[-1].place == "finishing" and self.place.is_complete()

    def finish(self) -> None:
        """Runs to the end and compares."""
        if not self.place.is_complete():
            done = self.place.run(*self.arguments())
            if done.code != 0:
                raise DifferenceError(f"{self.describe()}: the resume failed, {done.describe()}")
            self.ended = True
        elif self.place.is_pending():
            self.settle()
        self.compare()
        if self.ground.is_appended_again():
            found = self.ground.run_again(self.place)
            self.compare_tables(found, self.ground.expected_again, "appended again")
        self.place.remove()

    def settle(self) -> None:
        """Files that are committed get their places by the next command, which completes the run
        where another would append all rows once more; elsewhere its own run is none of this trial:
        it finds no source."""
        if self.ground.mode.appends_again:
            done = self.place.run(*self.arguments())
            good = done.code == 0 and done.record["run"] == 2
            self.ended = True
        else:
            with self.place.without_source():
                done = self.place.run(*self.arguments())
            good = done.code in (EXIT_CONFIG, EXIT_SOURCE)
        if not good or self.place.is_pending() or self.place.runs()[0]["run"] != 2:
            raise DifferenceError(f"{self.describe()}: what was pending, {done.describe()}")

    def compare(self) -> None:
        reader = self.place.reader()
        self.compare_tables(reader.read(), self.ground.expected, "resumed")
        left = reader.foreign_tables()
        if self.ended:
            left += self.place.project.spilled_files()
        if isinstance(reader, PostgresReader):
            left += wait_for_backends(reader)
        else:
            reader.check_integrity()
        if isinstance(reader, CsvReader):
            left += reader.foreign_files()
        if left:
            raise DifferenceError(f"{self.describe()}: left behind: {left[:5]}")

    def compare_tables(self, found: Tables, expected: Tables, when: str) -> None:
        for name in ("output", "state", "rejects", "late"):
            ours, theirs = getattr(found, name), getattr(expected, name)
            if ours != theirs:
                told = differences(ours, theirs)
                raise DifferenceError(f"{self.describe()}: {when}, {name}: {told}")


def kill_after(process: subprocess.Popen, seconds: float) -> None:
    try:
        process.wait(timeout=seconds)
    except subprocess.TimeoutExpired:
        process.kill()


def wait_for_backends(reader: PostgresReader) -> list[str]:
    """A backend takes a moment to see that its client is gone."""
    deadline = time.monotonic() + BACKEND_SECONDS_MAX
    while (backends := reader.backends()) and time.monotonic() < deadline:
        time.sleep(0.05)
    return backends


def differences(found: list, expected: list) -> str:
    more = Counter(map(repr, found)) - Counter(map(repr, expected))
    less = Counter(map(repr, expected)) - Counter(map(repr, found))
    return (
        f"{more.total()} rows too many {sorted(more.elements())[:3]}, "
        f"{less.total()} missing {sorted(less.elements())[:3]}"
    )
