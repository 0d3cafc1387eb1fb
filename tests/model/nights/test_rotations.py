# SPDX-License-Identifier: Apache-2.0
"""Logs that are rotated, copied and tidied away between nights: whatever the files are called, each
row is loaded once. Nothing here knows how files are told apart: rows have numbers, and those that
were in any file when a run read them must be in the table, each once, and none of them late.

TIDEMILL_MODEL_SEED=41 TIDEMILL_MODEL_CASES=1 repeats case 41; there is no last case.
"""

import json
import os
import random
import re
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from pipelines.engine import Project

FIRST_SEED = int(os.environ.get("TIDEMILL_MODEL_SEED", "0"))
CASES = int(os.environ.get("TIDEMILL_MODEL_CASES", "3"))
NIGHTS = 14
KEPT = 4  # of each log
LOGS = ["api", "web"]
EXIT_SOURCE = 4


class Logs:
    """api.ndjson is written to; api.ndjson.1 was until the last rotation; api.ndjson.copy7 is a copy."""

    def __init__(self, rng: random.Random, place: Path) -> None:
        self.rng, self.place = rng, place
        self.names: set[str] = set()
        self.days: dict[int, int] = {}  # of each row
        self.serial = self.clock = 0
        place.mkdir()
        for name in LOGS:
            self.write(self.live(name), 1)

    def live(self, name: str) -> Path:
        return self.place / f"{name}.ndjson"

    def old(self, name: str, age: int) -> Path:
        return self.place / f"{name}.ndjson.{age}"

    def stamp(self, path: Path) -> None:
        """Not two within a tick of the file system's clock."""
        self.clock += 1
        moment = 1_700_000_000_000_000_000 + self.clock * 1_000_003
        os.utime(path, ns=(moment, moment))

    def write(self, path: Path, night: int) -> None:
        with path.open("a") as file:
            for _ in range(self.rng.randrange(1, 5)):
                self.serial += 1
                self.days[self.serial] = night + self.rng.randrange(3)
                time = f"2024-03-{self.days[self.serial]:02}T10:00:00Z"
                row = {"c": self.rng.choice("xyz"), "ts": time, "n": self.serial}
                file.write(json.dumps(row) + "\n")
        self.stamp(path)

    def rows(self, path: Path) -> set[int]:
        return {json.loads(line)["n"] for line in path.read_text().splitlines()}

    def rotate(self, name: str, night: int) -> None:
        for age in range(KEPT, 0, -1):
            source = self.old(name, age - 1) if age > 1 else self.live(name)
            if source.exists() and not self.old(name, age).exists():
                source.rename(self.old(name, age))
        if self.rng.random() < 0.6 and not self.live(name).exists():
            self.write(self.live(name), night)

    def copy(self) -> None:
        source = self.rng.choice(sorted(self.place.iterdir()))
        self.serial += 1
        target = source.with_name(f"{source.name}.copy{self.serial}")
        shutil.copyfile(source, target)
        self.stamp(target)

    def refresh(self) -> None:
        """A copy is made again where it was; or a file gets back a name that was free by now."""
        files = sorted(self.place.iterdir())
        for one in self.rng.sample(files, len(files)):
            other = self.rng.choice(files)
            if one != other and other.read_text().startswith(one.read_text()):
                shutil.copyfile(other, one)
                return self.stamp(one)
        free = sorted(name for name in self.names if not (self.place / name).exists())
        if free:
            self.rng.choice(files).rename(self.place / self.rng.choice(free))
        return None

    def fork(self, night: int) -> None:
        """A copy that a run has seen goes on by itself."""
        copies = sorted(path for path in self.place.iterdir() if ".copy" in path.name)
        if copies:
            self.write(self.rng.choice(copies), night)

    def tidy(self) -> None:
        """Of two files one of which holds all that the other does, either may go if both are alike,
        else the smaller."""
        files = sorted(self.place.iterdir())
        self.rng.shuffle(files)
        for one in files:
            others = (f for f in files if f != one and self.rows(one) <= self.rows(f))
            if next(others, None) is not None:
                one.unlink()
                return

    def spend(self, night: int) -> None:
        if self.rng.random() < 0.25:
            self.fork(night)
        for name in LOGS:
            if self.rng.random() < 0.4:
                self.rotate(name, night)
            if self.rng.random() < 0.7:
                self.write(self.live(name), night)
        for chance, change in ((0.35, self.copy), (0.35, self.tidy), (0.25, self.refresh)):
            if self.rng.random() < chance:
                change()
        self.names |= {path.name for path in self.place.iterdir()}
        if self.rng.random() < 0.2:
            self.stamp(self.rng.choice(sorted(self.place.iterdir())))


class Case:
    def __init__(self, seed: int, kind: str, tidemill: Path, directory: Path) -> None:
        self.rng = random.Random(f"{seed} {kind}")
        self.kind = kind
        self.project = Project(tidemill, directory)
        self.logs = Logs(self.rng, directory / "in")
        self.seen: set[int] = set()
        self.rotated = random.Random(f"{seed} {kind} rotated").random() < 0.5
        self.held: dict[str, str] = {}  # what each file had in it when the last run had read it
        self.rereads = 0

    def configure(self, until: int) -> None:
        pipeline = {
            "source": {"files": "in/*", "format": "ndjson"},
            "columns": {"c": "text", "ts": "timestamp", "n": "int64"},
            "sink": {"connection": "lite", "table": "t", "mode": "append"},
        }
        if self.rotated:
            pipeline["source"]["rotated"] = True
        if self.kind == "series":
            pipeline["source"]["registry"] = True
            pipeline |= {"series": "c", "time": "ts", "until": f"2024-03-{until:02}"}
        self.project.content = {
            "connections": {"lite": {"sqlite": "out.sqlite"}},
            "pipelines": {"p": pipeline},
        }
        self.project.write()

    def run(self) -> None:
        """New files at the paths of others are told, and read at the user's word; without one where
        names are given on, if what was there is elsewhere."""
        done = self.project.run()
        if done.code == EXIT_SOURCE and "E2002" in done.said:
            names = re.findall(r"in/[\w.]+", done.said)
            assert names, done.said
            for name in names:
                assert not self.logs.rows(self.project.directory / name) & self.seen, done.said
                assert not (self.rotated and self.is_elsewhere(self.held[name])), done.said
            arguments = (part for name in names for part in ("--reread", name))
            self.rereads += 1
            done = self.project.run(*arguments)
        assert done.code == 0, done.describe()

    def is_elsewhere(self, text: str) -> bool:
        return any(path.read_text() == text for path in self.logs.place.iterdir())

    def loaded(self) -> list[int]:
        with closing(sqlite3.connect(self.project.directory / "out.sqlite")) as connection:
            return sorted(n for (n,) in connection.execute("select n from t"))

    def spend(self, night: int, until: int) -> None:
        self.configure(until)
        self.run()
        for path in self.logs.place.iterdir():
            self.seen |= self.logs.rows(path)
            self.held[f"in/{path.name}"] = path.read_text()
        due = self.seen
        if self.kind == "series":
            due = {n for n in self.seen if self.logs.days[n] < until}
        assert self.loaded() == sorted(due), f"night {night}"


@pytest.mark.parametrize("kind", ["append", "series"])
@pytest.mark.parametrize("seed", range(FIRST_SEED, FIRST_SEED + CASES))
def test_each_row_once(seed: int, kind: str, tidemill: Path, tmp_path: Path) -> None:
    print(f"\nseed {seed} {kind}")
    case = Case(seed, kind, tidemill, tmp_path)
    for night in range(1, NIGHTS + 1):
        case.logs.spend(night)
        case.spend(night, until=night)
    case.spend(NIGHTS + 1, until=31)
    print(f"{len(case.seen)} rows, {case.rereads} times asked about files at known paths")
