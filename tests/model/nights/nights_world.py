# SPDX-License-Identifier: Apache-2.0
"""A case: a directory of files that changes from night to night, a pipeline that reads it, and the
reference that says what should be there in the morning."""

import gzip
import json
import os
import random
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import nights_mishaps
from nights_reference import DAY, File, Plan, Reference, Row, whole
from pipelines import engine
from pipelines.engine import Execution, Project
from pipelines.tables import EPOCH, CsvReader, PostgresReader, Reader, SqliteReader

FIRST_DAY = 19_800
KEYS = ["a", "b", "c", "d", "é"]
TYPES = {"k": "text", "t": "timestamp", "v": "int64", "n": "int64", "s1_n": "int64"}
COUNT_LUA = """
local M = {}
function M.row(r, state)
  state.n = (state.n or 0) + 1
  return {k = r.k, t = r.t, v = r.v, n = state.n}
end
return M
"""
MTIME_STEP = 1_000_000_007


class Directory:
    """The files, as the nights leave them. Every content is different from all others."""

    def __init__(self, rng: random.Random, place: Path) -> None:
        self.rng = rng
        self.place = place
        self.files: dict[str, File] = {}
        self.away: dict[str, File] = {}
        self.serial = 0
        self.clock = 1_700_000_000 * 10**9
        place.mkdir(parents=True)

    def write(self, path: str, content: bytes) -> None:
        self.clock += MTIME_STEP
        self.files[path] = File(content, self.clock)
        on_disk = self.place / path
        on_disk.write_bytes(content)
        os.utime(on_disk, ns=(self.clock, self.clock))

    def move(self, path: str, to: str) -> None:
        self.files[to] = self.files.pop(path)
        (self.place / path).rename(self.place / to)

    def remove(self, path: str) -> None:
        del self.files[path]
        (self.place / path).unlink()

    def hide(self, path: str) -> None:
        """As when a disk is not mounted."""
        self.away[path] = self.files[path]
        self.remove(path)

    def bring_back(self, path: str) -> None:
        file = self.away.pop(path)
        if path not in self.files:
            self.files[path] = file
            (self.place / path).write_bytes(file.content)
            os.utime(self.place / path, ns=(file.mtime, file.mtime))

    def row(self, night: int) -> Row:
        self.serial += 1
        day = FIRST_DAY + night + self.rng.choice([-3, -2, -1, -1, -1, 0, 0, 1])
        time = day * DAY + self.rng.randrange(86_000) * 1_000_000 + self.serial
        return Row(self.rng.choice(KEYS), time, self.serial)

    def line(self, suffix: str, night: int) -> bytes:
        row = self.row(night)
        if suffix == ".csv":
            return f"{row.key},{time_text(row.time)},{row.value}\n".encode()
        if self.rng.random() < 0.04:
            return b'{"k": nonsense %d}\n' % row.value
        text = json.dumps(
            {"k": row.key, "t": time_text(row.time), "v": row.value}, ensure_ascii=False
        )
        return text.encode() + b"\n"

    def lines(self, suffix: str, night: int) -> bytes:
        count = self.rng.choice([1, 2, 5, 20, 60])
        return b"".join(self.line(suffix, night) for _ in range(count))

    def new_path(self, suffix: str) -> str:
        self.serial += 1
        return f"{self.rng.choice('abcxyz')}{self.serial}{suffix}"

    def cut(self, text: bytes, chance: float) -> bytes:
        """Perhaps as it looks while the last line is being written, or without its end."""
        if self.rng.random() >= chance:
            return text
        return text[: -self.rng.choice([1, 1, 2, 7])]


def run_rows(reader: Reader, pipeline: str) -> list[tuple]:
    """(run, status) of each run, oldest first."""
    if "tidemill_runs" not in reader.names():
        return []
    where = f"where pipeline = '{pipeline}' order by run"
    return reader.query(f"select run, status from tidemill_runs {where}")[1]


class Case:
    def __init__(self, seed: int, binary: Path, place: Path, fixture: Callable) -> None:
        self.seed = seed
        self.rng = rng = random.Random(seed)
        self.kind = ["append", "ordered", "ordered", "merge"][seed % 4]
        sinks = ["sqlite", "postgres"] + ([] if self.kind == "merge" else ["csv"])
        self.sink = sinks[(seed + seed // 4) % len(sinks)]
        self.late = rng.choice(["report", "report", "drop"])
        self.reference = Reference(self.kind, self.late)
        self.project = Project(binary, place)
        self.directory = Directory(rng, place / "in")
        self.fixture = fixture
        self.name = f"nights{seed}"
        self.night = 0
        self.kills = 0
        self.mishaps: Counter = Counter()
        self.script = COUNT_LUA
        self.pending: Plan | None = None  # of a run that has begun and not ended

    def describe(self) -> str:
        return f"{self.kind} into {self.sink}, late: {self.late}"

    # --- the project ---

    def write_project(self) -> None:
        source = {"files": ["in/*"], "allow_empty": True, "split_bytes": self.rng.choice([64, 999])}
        pipeline = {
            "source": source,
            "columns": {"k": "text", "t": "timestamp", "v": "int64"},
            "max_rejects": 100_000,
            "sink": {"connection": "out", "table": self.name + "_out", "mode": "append"},
        }
        if self.kind != "append":
            source["registry"] = True
        if self.kind == "merge":
            pipeline["sink"].update(mode="merge", key=["k"], newest="t")
        if self.kind == "ordered":
            output = {**pipeline["columns"], "n": "int64"}
            step = {"lua": "count.lua", "state": {"n": "int64"}, "output": output}
            pipeline |= {"series": "k", "time": "t", "late": self.late, "steps": [step]}
            pipeline["until"] = day_text(self.horizon() // DAY)
            pipeline["partitions"] = self.rng.choice([1, 3])
            pipeline["commit"] = {"rows": self.rng.choice([1, 7, 1000])}
            (self.project.directory / "count.lua").write_text(self.script)
        self.project.content = {
            "connections": {"out": self.connection()},
            "pipelines": {self.name: pipeline},
        }
        self.project.write()

    def horizon(self) -> int:
        return (FIRST_DAY + self.night) * DAY

    def connection(self) -> dict:
        if self.sink == "postgres":
            return {"postgres": self.fixture("pipelines_database")}
        return {"csv": "out"} if self.sink == "csv" else {"sqlite": "out.sqlite"}

    def reader(self) -> Reader:
        arguments = (self.name, self.name + "_out", TYPES)
        place = self.project.directory
        if self.sink == "postgres":
            return PostgresReader(self.fixture("pipelines_database"), *arguments)
        if self.sink == "csv":
            return CsvReader(place / "out", *arguments)
        return SqliteReader(place / "out.sqlite", *arguments)

    # --- what happens to the files ---

    def change_files(self) -> None:
        changes = [self.add] * 4 + [self.grow] * 4
        changes += [self.move, self.move, self.copy, self.touch, self.remove, self.move_and_grow]
        changes += [self.copy, self.shift, self.hide, self.bring_back, self.bring_back]
        for _ in range(self.rng.choice([0, 1, 2, 4])):
            self.rng.choice(changes)()

    def add(self) -> None:
        suffix = self.rng.choice([".ndjson", ".ndjson", ".ndjson.gz", ".csv"])
        text = self.directory.lines(suffix, self.night)
        if suffix == ".csv":
            text = b"k,t,v\n" + text
        elif suffix.endswith(".gz"):
            text = gzip.compress(text, mtime=0)
        else:
            text = self.directory.cut(text, 0.3)
        self.directory.write(self.directory.new_path(suffix), text)

    def pick(self, plain: bool = False) -> str | None:
        paths = [p for p in sorted(self.directory.files) if not plain or p.endswith(".ndjson")]
        return self.rng.choice(paths) if paths else None

    def grow(self) -> None:
        path = self.pick(plain=True)
        if path is None:
            return self.add()
        content = self.directory.files[path].content
        end = whole(path, content)
        if len(end) < len(content) or not end.endswith(b"\n"):
            # What was cut is written to its end: a document's rest is made up from what is there.
            end = end if not end or end.endswith(b"\n") else end + b"\n"
        text = self.directory.lines(".ndjson", self.night)
        return self.directory.write(path, self.directory.cut(end + text, 0.3))

    def move(self) -> None:
        if path := self.pick():
            self.directory.move(path, self.directory.new_path(path[path.index(".") :]))

    def shift(self) -> None:
        """Log rotation: a file comes to the path of another one, which has moved on."""
        registry, files = self.reference.registry, self.directory.files
        read = sorted(registry.kept(files))
        if len(read) > 1:
            first, other = self.rng.sample(read, 2)
            suffix = first[first.index(".") :]
            if other.endswith(suffix):
                self.directory.move(first, self.directory.new_path(suffix))
                self.directory.move(other, first)

    def copy(self) -> None:
        if path := self.pick():
            to = self.directory.new_path(path[path.index(".") :])
            self.directory.write(to, self.directory.files[path].content)

    def touch(self) -> None:
        if path := self.pick():
            self.directory.write(path, self.directory.files[path].content)

    def remove(self) -> None:
        if self.rng.random() < 0.5 and (path := self.pick()):
            self.directory.remove(path)

    def hide(self) -> None:
        if path := self.pick():
            self.directory.hide(path)

    def bring_back(self) -> None:
        if self.directory.away:
            self.directory.bring_back(self.rng.choice(sorted(self.directory.away)))

    def move_and_grow(self) -> None:
        if path := self.pick(plain=True):
            to = self.directory.new_path(".ndjson")
            self.directory.move(path, to)
            content = whole(to, self.directory.files[to].content)
            content += b"" if content.endswith(b"\n") or not content else b"\n"
            self.directory.write(to, content + self.directory.lines(".ndjson", self.night))

    def disturb(self) -> None:
        """What may happen between a kill and the resume: nothing that is read changes."""
        changes = [self.add, self.grow_read, self.touch_read, self.rename_read]
        for change in self.rng.sample(changes, 2):
            change()

    def read_paths(self) -> list[str]:
        """Of what the run that was killed reads: what is still where it was."""
        assert self.pending is not None
        return [r.path for r in self.pending.readings if r.path in self.directory.files]

    def grow_read(self) -> None:
        plain = [path for path in self.read_paths() if path.endswith(".ndjson")]
        if plain:
            path = self.rng.choice(plain)
            content = whole(path, self.directory.files[path].content)
            content += b"" if content.endswith(b"\n") else b"\n"
            self.directory.write(path, content + self.directory.lines(".ndjson", self.night))

    def touch_read(self) -> None:
        if paths := self.read_paths():
            path = self.rng.choice(paths)
            self.directory.write(path, self.directory.files[path].content)

    def rename_read(self) -> None:
        if paths := self.read_paths():
            path = self.rng.choice(paths)
            self.directory.move(path, self.directory.new_path(path[path.index(".") :]))

    # --- a night ---

    def spend_night(self) -> None:
        self.night += 1
        self.change_files()
        if self.rng.random() < 0.12:
            nights_mishaps.happen(self)
        if self.rng.random() < 0.15:
            self.change_wrongly()
        else:
            self.run_to_the_end(set())
        self.compare()

    def change_wrongly(self) -> None:
        """A file that was read is changed; it is refused, then put back or read again."""
        marks = self.reference.registry.marks
        read = [p for p in sorted(self.directory.files) if p in marks and marks[p].read]
        if not read:
            return self.run_to_the_end(set())
        path = self.rng.choice(read)
        before = self.directory.files[path].content
        rotated = self.rng.random() < 0.3
        if rotated:  # what it held is elsewhere, and what it holds is new
            self.directory.move(path, self.directory.new_path(path[path.index(".") :]))
        self.directory.write(path, self.wrong_content(path, marks[path].read))
        self.write_project()
        plan = self.reference.plan(self.directory.files, set(), self.horizon())
        assert path in plan.changed
        refused = self.project.run(*self.options())
        assert refused.code == engine.EXIT_SOURCE, refused.describe()
        assert f"in/{path}" in refused.said and "--reread" in refused.said, refused.said
        if not rotated and self.rng.random() < 0.5:
            self.directory.write(path, before)
            return self.run_to_the_end(set())
        return self.run_to_the_end({path})

    def wrong_content(self, path: str, read: bytes) -> bytes:
        """Of the same format, but neither what was read nor more of it."""
        if path.endswith(".gz"):
            return gzip.compress(self.directory.lines(".ndjson", self.night), mtime=0)
        if path.endswith(".csv"):
            return read + self.directory.line(".csv", self.night)
        return self.directory.line(".ndjson", self.night) + read

    def options(self) -> list[str]:
        return engine.options(
            workers=self.rng.choice([1, 2, 4]), few_rows=self.rng.choice([False, True])
        )

    def run_to_the_end(self, reread: set[str]) -> None:
        self.write_project()
        arguments = self.options()
        for path in sorted(reread):
            arguments += ["--reread", f"in/{path}"]
        plan = self.reference.plan(self.directory.files, reread, self.horizon())
        assert not plan.changed
        undisturbed = True
        while self.rng.random() < 0.4:
            execution = self.project.run(
                *arguments, TIDEMILL_FAULT=f"*:{self.rng.randrange(1, 25)}"
            )
            if execution.code == 0:
                return self.complete(plan, execution, undisturbed)
            assert execution.code == -9, execution.describe()
            self.kills += 1
            undisturbed = False
            self.settle()
            status = self.newest_status()
            if status in ("complete", None) and self.run_count() > self.complete_runs:
                self.complete_runs += 1
                self.reference.apply(plan)
                return None
            if status == "started":
                self.pending = plan
                self.disturb()
            else:
                plan = self.reference.plan(self.directory.files, reread, self.horizon())
        execution = self.project.run(*arguments)
        while not undisturbed and "run the same command again" in execution.said:
            execution = self.project.run(*arguments)
        return self.complete(plan, execution, undisturbed)

    complete_runs = 0

    def settle(self) -> None:
        reader = self.reader()
        if isinstance(reader, PostgresReader):
            reader.settle()

    def run_rows(self) -> list[tuple]:
        return run_rows(self.reader(), self.name)

    # What a mishap asks for.

    def has_states(self) -> bool:
        return bool(self.reference.series)

    def has_output(self) -> bool:
        return bool(self.reference.output)

    def forget_all(self) -> None:
        self.reference = Reference(self.kind, self.late)

    def run_count(self) -> int:
        return len(self.run_rows())

    def newest_status(self) -> str | None:
        rows = self.run_rows()
        return rows[-1][1] if len(rows) > self.complete_runs else None

    def complete(self, plan: Plan, execution: Execution, undisturbed: bool) -> None:
        assert execution.code == engine.EXIT_OK, execution.describe()
        self.complete_runs += 1
        self.pending = None
        counts = self.reference.apply(plan)
        if undisturbed:
            found = execution.record["counts"]
            found = {name: found[name] for name in counts}
            assert found == counts, f"counts {found}, expected {counts}"

    # --- the morning ---

    def compare(self) -> None:
        tables = self.reader().read()
        reference = self.reference
        columns = ("k", "t", "v", "n") if self.kind == "ordered" else ("k", "t", "v")
        found = [tuple(row[c] for c in columns) for row in tables.output]
        assert_same("output", found, reference.output)
        late = [(row["k"], row["t"], row["v"]) for row in tables.late]
        assert_same("late", late, [(r.key, r.time, r.value) for r in reference.late])
        positions = [position for _, position, *_ in tables.rejects]
        assert_same("rejects", positions, [f"in/{p}" for p in reference.rejects])
        states = [
            (row["k"], row["_last_day"].isoformat(), row["_rows"], row["s1_n"])
            for row in tables.state
        ]
        expected = [
            (key, day_text(s.last_day), s.rows, s.count) for key, s in reference.series.items()
        ]
        assert_same("state", states, expected)
        self.compare_marks()

    def compare_marks(self) -> None:
        names = self.reader().names()
        rows = []
        if "tidemill_marks" in names:
            sql = f"select name, open from tidemill_marks where pipeline = '{self.name}'"
            rows = [(name, bool(is_open)) for name, is_open in self.reader().query(sql)[1]]
        marks = self.reference.registry.marks
        assert_same("marks", rows, [(f"in/{path}", mark.open) for path, mark in marks.items()])


def time_text(time: int) -> str:
    return (EPOCH + timedelta(microseconds=time)).isoformat()


def day_text(day: int) -> str:
    return (EPOCH + timedelta(days=day)).date().isoformat()


def assert_same(what: str, found: list, expected: list) -> None:
    surplus, missing = Counter(found), Counter(expected)
    surplus, missing = surplus - missing, missing - surplus
    few = f"{what}: too many {sorted(surplus)[:5]}, missing {sorted(missing)[:5]}"
    assert not surplus and not missing, few
