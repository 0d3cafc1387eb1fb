# SPDX-License-Identifier: Apache-2.0
"""Power cuts: a history of commands is recorded once, cut anywhere as often as one likes, and after
each cut the commands that were not complete are given again. The tables must be those of an
undisturbed history, and what had been reported as complete must be complete."""

import json
import os
import random
import shutil
import signal
import subprocess
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from disk import Disk, Op, Wreck, read_log
from kill_scenarios import DAY_SECONDS, MODES, START, Data, config
from pipelines import engine
from pipelines.balances import SCRIPT, TYPES
from pipelines.engine import Project
from pipelines.tables import CsvReader, Reader, SqliteReader, Tables

PIPELINE, TABLE = "events", "loaded"
DAY = "2024-03-15"


@dataclass(frozen=True)
class Step:
    """A command of a history, over the sources as they are by then."""

    command: str  # run or rewind
    sources: str  # earlier, later, corrected
    killed: bool = False  # by SIGKILL, in its middle: the next step resumes it


HISTORIES = {
    "nights": (Step("run", "earlier"), Step("run", "later")),
    "rewound": (Step("run", "later"), Step("rewind", "corrected"), Step("run", "corrected")),
    "killed": (Step("run", "earlier", True), Step("run", "earlier"), Step("run", "later")),
}
COMBINATIONS = [
    *[("sqlite", mode, "nights") for mode in MODES],
    ("sqlite", "append", "rewound"),
    ("sqlite", "append", "killed"),
    *[("csv", mode, "nights") for mode in ("append", "replace", "stream")],
    ("csv", "append", "rewound"),
    ("csv", "append", "killed"),
    ("csv", "replace", "killed"),
]


class DifferenceError(AssertionError):
    """What follows a power cut is not what follows none."""


@dataclass
class Place:
    """A project directory of a ground."""

    ground: "Ground"
    directory: Path
    project: Project = field(init=False)

    def __post_init__(self) -> None:
        self.project = Project(self.ground.binary, self.directory)

    def take_sources(self, name: str) -> None:
        """Times of files are part of what a run remembers."""
        shutil.rmtree(self.directory / "in", ignore_errors=True)
        shutil.copytree(self.ground.directory / name, self.directory / "in")

    def reader(self) -> Reader:
        names = (PIPELINE, TABLE, TYPES)
        if self.ground.sink == "csv":
            return CsvReader(self.directory / "out", *names)
        return SqliteReader(self.directory / "out.sqlite", *names)

    def tables(self) -> Tables:
        """Numbers of runs depend on how often a rewind was repeated."""
        tables = self.reader().read()
        for row in tables.state:
            row.pop("_run")
            row.pop("_previous_day", None)
        return tables

    def command(self, step: Step, workers: int) -> list[str]:
        if step.command == "run":
            return self.project.command("--workers", str(workers))
        binary = str(self.ground.binary)
        return [binary, "state", PIPELINE, "rewind", "--to", DAY, "--yes"]

    def execute(self, step: Step, workers: int, **environment: str) -> subprocess.CompletedProcess:
        return subprocess.run(
            self.command(step, workers),
            cwd=self.directory,
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            timeout=engine.RUN_SECONDS_MAX,
        )

    def complete_runs(self) -> int:
        command = [str(self.ground.binary), "runs", "--json"]
        done = subprocess.run(command, cwd=self.directory, capture_output=True, text=True)
        if done.returncode != 0:
            raise DifferenceError(f"runs: exit {done.returncode}: {done.stderr.strip()}")
        rows = [json.loads(line) for line in done.stdout.splitlines()]
        return sum(row["status"] == "complete" for row in rows)


class Ground:
    """A sink, a mode and a history: recorded, and what it must come to."""

    def __init__(
        self, binary: Path, recorder: Path, directory: Path, which: tuple[str, str, str], seed: int
    ) -> None:
        self.binary, self.recorder = binary, recorder
        self.name = "/".join(which)
        self.directory = directory / "_".join(which)
        self.directory.mkdir(parents=True)
        self.sink, mode, history = which
        self.mode, self.steps = MODES[mode], HISTORIES[history]
        self.rng = random.Random(f"{seed} {self.name}")
        self.workers = self.rng.choice([1, 2, 3])
        self.trials = self.first_points = 0
        self.write_sources(Data(seed))
        self.expected = self.undisturbed()
        self.record()

    def write_sources(self, data: Data) -> None:
        work = self.directory / "sources"
        data.write_earlier(work)
        shutil.move(work / "in", self.directory / "earlier")
        data.write_later(work)
        shutil.move(work / "in", self.directory / "later")
        last = START + 14 * DAY_SECONDS
        for event in data.earlier + data.later:
            if event["used_at"] >= last and data.rng.random() < 0.2:
                event["points"] += 1000
        data.write_later(work)
        shutil.move(work / "in", self.directory / "corrected")

    def place(self, name: str) -> Place:
        return Place(self, self.directory / name)

    def new_place(self, name: str) -> Place:
        place = self.place(name)
        connection = {"csv": "out"} if self.sink == "csv" else {"sqlite": "out.sqlite"}
        place.project.content = {
            "connections": {"sink": connection},
            "pipelines": {PIPELINE: config(self.mode, TABLE)},
        }
        place.project.write()
        (place.directory / "day.lua").write_text(SCRIPT)
        return place

    def undisturbed(self) -> Tables:
        place = self.new_place("undisturbed")
        points = self.directory / "points.log"
        for step in self.steps:
            if not step.killed:
                place.take_sources(step.sources)
                done = place.execute(step, self.workers, TIDEMILL_FAULT_LOG=str(points))
                assert done.returncode == 0, done
                self.first_points = self.first_points or points.read_bytes().count(b"\n")
        tables = place.tables()
        assert tables.output and tables.rejects
        shutil.rmtree(place.directory)
        return tables

    def record(self) -> None:
        """self.ops, and how many of them there were at the end of each step."""
        place = self.new_place("recorded")
        start = self.directory / "start"
        shutil.copytree(place.directory, start)
        log = self.directory / "operations.log"
        log.touch()
        self.ends: list[int] = []
        disk = Disk(place.directory.resolve(), start)
        for step in self.steps:
            place.take_sources(step.sources)
            preload = {"LD_PRELOAD": str(self.recorder), "TIDEMILL_RECORD": str(log)}
            if step.killed:
                point = int(self.first_points * self.rng.uniform(0.3, 0.9))
                preload["TIDEMILL_FAULT"] = f"*:{point}"
            done = place.execute(step, self.workers, **preload)
            wanted = -signal.SIGKILL if step.killed else 0
            assert done.returncode == wanted, (self.name, done)
            self.ops = read_log(log)
            for op in self.ops[self.ends[-1] if self.ends else 0 :]:
                disk.play(op)
            self.ends.append(len(self.ops))
            shutil.rmtree(place.directory / "in")
            assert disk.differences(place.directory) == [], "the log is not complete"
        self.compare(place.tables(), "recorded")
        shutil.rmtree(place.directory)

    def compare(self, found: Tables, where: str) -> None:
        for name in ("output", "state", "rejects", "late"):
            ours, theirs = getattr(found, name), getattr(self.expected, name)
            if ours != theirs:
                more = Counter(map(repr, ours)) - Counter(map(repr, theirs))
                less = Counter(map(repr, theirs)) - Counter(map(repr, ours))
                raise DifferenceError(
                    f"{where}: {name}: {more.total()} rows too many {sorted(more)[:2]}, "
                    f"{less.total()} missing {sorted(less)[:2]}"
                )

    def draw_cut(self, rng: random.Random) -> int:
        """How many operations happen: any number, or near an fsync or a change of names, where what
        is certain changes."""
        if rng.random() < 0.5:
            return rng.randint(1, len(self.ops))
        kinds = rng.choice(["s", "r", "um", "o"])
        near = [i for i, op in enumerate(self.ops) if op.kind in kinds] or [0]
        return min(max(rng.choice(near) + rng.randint(0, 2), 1), len(self.ops))

    def trial(self, seed: int) -> "Trial":
        self.trials += 1
        return Trial(self, seed)


def kind_of(path: str) -> str:
    """What a file is in the life of a sink."""
    if path.endswith(("-wal", "-journal", "-shm")):
        return "log of SQLite"
    if path.endswith(".sqlite"):
        return "SQLite"
    if "part-" in path:
        return "part file"
    return "spill file" if "tidemill-" in path else "folder"


VERBS = {"o": "open", "w": "write", "t": "size", "s": "fsync", "r": "rename", "u": "unlink"}


class Trial:
    """One cut: everything about it follows from its seed."""

    def __init__(self, ground: Ground, seed: int) -> None:
        self.ground = ground
        self.seed = seed
        self.rng = random.Random(f"{seed} {ground.name}")
        self.cut = ground.draw_cut(self.rng)
        self.done = sum(end <= self.cut for end in ground.ends)  # steps that had ended
        self.wreck: Wreck | None = None

    @property
    def op(self) -> Op:
        return self.ground.ops[self.cut - 1]

    def class_of(self) -> str:
        """After which operation it fell."""
        return f"{VERBS.get(self.op.kind, 'mkdir')}, {kind_of(self.op.where)}"

    def step_name(self) -> str:
        steps = self.ground.steps
        if self.done == len(steps):
            return "after the end"
        step = steps[self.done]
        if step.killed:
            return "killed run"
        if step.command == "rewind":
            return "rewind"
        return "later run" if runs_in(steps[: self.done]) else "first run"

    def describe(self) -> str:
        ground = self.ground
        wreck = self.wreck.describe() if self.wreck else "not played"
        return (
            f"{ground.name} seed {self.seed}: after operation {self.cut} of {len(ground.ops)} "
            f"({self.class_of()}: {self.op.where}), {self.done} of {len(ground.steps)} steps done; "
            f"{wreck}"
        )

    def run(self) -> None:
        place = self.ground.place("trial")
        shutil.rmtree(place.directory)
        disk = Disk((self.ground.directory / "recorded").resolve(), self.ground.directory / "start")
        for op in self.ground.ops[: self.cut]:
            disk.play(op)
        self.wreck = Wreck(disk, self.rng)
        self.wreck.write(place.directory)
        try:
            self.go_on(place)
        except DifferenceError as difference:
            kept = self.ground.directory / f"failed{self.seed}"
            shutil.rmtree(kept, ignore_errors=True)
            shutil.copytree(place.directory, kept)
            raise DifferenceError(f"{self.describe()}: {difference}") from None

    def go_on(self, place: Place) -> None:
        """The commands that had not ended, then the comparison."""
        steps = self.ground.steps
        self.check_done(place)
        for i, step in enumerate(steps):
            if i < self.done or step.killed:
                continue
            place.take_sources(step.sources)
            if self.ends_in_doubt(step) and place.complete_runs() >= runs_in(steps[: i + 1]):
                continue  # all of it was there, only nobody had been told
            done = place.execute(step, self.rng.choice([1, 2, 3]))
            if done.returncode != 0:
                raise DifferenceError(
                    f"{step.command} {i + 1}: exit {done.returncode}: {done.stderr.strip()}"
                )
        self.ground.compare(place.tables(), "in the end")
        self.check_rest(place)

    def ends_in_doubt(self, step: Step) -> bool:
        """Whether a command that was complete may not be given again: it would load twice. One that
        may be is given again, as whoever was not told that it had ended would do; then a set of
        CSV files that was replaced gets its names, should they be late."""
        return step.command == "run" and self.ground.mode.name == "stream"

    def check_done(self, place: Place) -> None:
        promised = runs_in(self.ground.steps[: self.done])
        if promised > 0 and (found := place.complete_runs()) < promised:
            raise DifferenceError(f"{promised} runs were reported complete, {found} are")

    def check_rest(self, place: Place) -> None:
        """Nothing is left behind by what went on, if anything did."""
        reader = place.reader()
        reader.check_integrity()
        left = reader.foreign_tables()
        if self.done < len(self.ground.steps) and isinstance(reader, CsvReader):
            left += reader.foreign_files()
        if left:
            raise DifferenceError(f"left behind: {left[:5]}")


def runs_in(steps: tuple[Step, ...]) -> int:
    return sum(step.command == "run" and not step.killed for step in steps)
