# SPDX-License-Identifier: Apache-2.0
"""Several pipelines at a time: the same tables at any number of them, one limit of memory for all,
a small one does not wait behind a large one, Ctrl-C stops all, and two may merge into one table."""

import csv
import json
import random
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from pipelines import measured
from project import Project

MB = 1 << 20
SEED = 20240331
COLUMNS = {"id": "text", "who": "text", "n": "int64", "at": "timestamp", "note": "text"}
COUNTING = """return {row = function(row, state)
  state.n = (state.n or 0) + 1
  return {n = state.n, total = row.n}
end}"""
SLOW = """return {row = function(row, state)
  local x = 0
  for i = 1, 20000 do x = x + i % 7 end
  return {n = 1, total = row.n + x * 0}
end}"""


def make_rows(name: str, count: int, note_bytes: int, chance: random.Random) -> list[dict]:
    return [
        {
            "id": f"{name}-{i}",
            "who": f"w{chance.randrange(200):03d}",
            "n": chance.randrange(10**9),
            "at": f"2024-03-{1 + i % 28:02d}T10:00:{i // 28 % 60:02d}.{i:06d}Z",
            "note": f"{chance.getrandbits(512):x}" * (note_bytes // 128 + 1),
        }
        for i in range(count)
    ]


@dataclass
class Many:
    """A project of many pipelines over files, whose rows are known."""

    project: Project
    pipelines: dict
    rows: dict

    def add(self, name: str, rows: list[dict], sink: dict, **keys: object) -> None:
        self.project.write(f"{name}.ndjson", "".join(json.dumps(row) + "\n" for row in rows))
        self.rows[name] = rows
        self.pipelines[name] = {
            "source": {"files": f"{name}.ndjson"},
            "columns": COLUMNS,
            "sink": {"connection": "out", "table": name, "mode": "append", **sink},
            **keys,
        }

    def write(self, kind: str, place: str) -> None:
        project = {"connections": {"out": {kind: place}}, "pipelines": self.pipelines}
        self.project.write("tidemill.yaml", json.dumps(project))

    def expected(self, name: str) -> list[tuple]:
        """What the table is to hold, computed without the engine."""
        keys, rows = self.pipelines[name], self.rows[name]
        if "series" in keys:
            found, seen = [], {}
            for row in sorted(rows, key=lambda row: row["at"]):
                seen[row["who"]] = seen.get(row["who"], 0) + 1
                found.append((row["who"], seen[row["who"]], row["n"]))
            return sorted(found)
        if keys["sink"]["mode"] == "merge":
            newest = {row["who"]: row for row in sorted(rows, key=lambda row: row["at"])}
            rows = newest.values()
        return sorted((row["id"], row["who"], row["n"]) for row in rows)

    def statement(self, name: str) -> str:
        ordered = "series" in self.pipelines[name]
        return f"select {'_series_who, n, total' if ordered else 'id, who, n'} from {name}"


@pytest.fixture
def many(tidemill: Path, tmp_path: Path) -> Many:
    made = Many(Project(tmp_path, tidemill), {}, {})
    made.project.write("count.lua", COUNTING)
    made.project.write("slow.lua", SLOW)
    return made


def ordered(script: str) -> dict:
    step = {
        "lua": script,
        "state": {"n": "int64"},
        "output": {"n": "int64", "total": "int64"},
    }
    return {"series": "who", "time": "at", "steps": [step]}


def fill(many: Many, kind: str, large: int, small: int, note_bytes: int) -> None:
    """Ten pipelines of all routes, the first of them large."""
    print("seed", SEED)
    chance = random.Random(SEED)
    merge = {"mode": "merge", "key": ["who"], "newest": "at"}
    if kind == "csv":
        merge = {"mode": "replace"}
    shapes = [({}, ordered("count.lua")), (merge, {}), ({"mode": "replace"}, {}), ({}, {})]
    for i in range(10):
        rows = make_rows(f"p{i}", large if i == 0 else small, note_bytes, chance)
        sink, keys = shapes[i % 4]
        many.add(f"p{i}", rows, sink, **keys)


def read_table(many: Many, name: str, kind: str, place: str) -> list[tuple]:
    if kind == "postgres":
        with psycopg.connect(place) as connection:
            return sorted(connection.execute(many.statement(name)).fetchall())
    if kind == "sqlite":
        with closing(sqlite3.connect(many.project.directory / place)) as connection:
            return sorted(connection.execute(many.statement(name)).fetchall())
    names = ("_series_who", "n", "total") if "series" in many.pipelines[name] else None
    found = []
    for path in (many.project.directory / place / name).glob("*.csv"):
        with path.open(newline="") as lines:
            for row in csv.DictReader(lines):
                texts = [row[column] for column in names or ("id", "who", "n")]
                found.append(tuple(int(t) if t.isdigit() else t for t in texts))
    return sorted(found)


@pytest.mark.parametrize("kind", ["sqlite", "csv", "postgres"])
def test_the_same_tables_however_many_run_at_a_time(many, kind, request):
    fill(many, kind, large=3000, small=400, note_bytes=100)
    for jobs in ("1", "2", "4", "10"):
        place = f"out{jobs}" + (".sqlite" if kind == "sqlite" else "")
        if kind == "postgres":
            place = request.getfixturevalue("postgres_database")
            with psycopg.connect(place, autocommit=True) as connection:
                connection.execute("drop schema public cascade; create schema public")
        many.write(kind, place)
        limits = ["--jobs", jobs, "--workers", "3", "--memory", "512MB"]
        said = many.project.run("run", "--json", *limits).stdout
        records = [json.loads(line) for line in said.splitlines()]
        assert {record["status"] for record in records} == {"complete"}
        for name in many.pipelines:
            assert read_table(many, name, kind, place) == many.expected(name), (jobs, name)


@pytest.mark.parametrize("jobs", [2, 4])
def test_one_limit_of_memory_for_all(many, jobs):
    """Every second pipeline has more rows than fit into all of the memory."""
    chance = random.Random(SEED)
    for i in range(5):
        rows = make_rows(f"p{i}", 300 if i % 2 else 30_000, 2400, chance)
        many.add(f"p{i}", rows, {}, **ordered("count.lua"))
    many.write("sqlite", "out.sqlite")
    memory = 48 * jobs
    command = [sys.executable, "-I", "-S", measured.__file__, "peak", str(many.project.binary)]
    command += ["run", "--json", "--jobs", str(jobs), "--memory", f"{memory}MB"]
    result = subprocess.run(
        command, cwd=many.project.directory, capture_output=True, text=True, timeout=120
    )
    assert result.returncode == 0, result.stderr
    peak = int((many.project.directory / "peak").read_text()) << 10
    print(f"peak {peak / MB:.1f} MB of {memory} MB")
    assert peak <= 1.25 * memory * MB
    records = [json.loads(line) for line in result.stdout.splitlines()]
    assert sum(record["memory_limit_bytes"] for record in records[:jobs]) <= memory * MB
    assert any(record["spilled_bytes"] > 0 for record in records)
    for name in many.pipelines:
        assert read_table(many, name, "sqlite", "out.sqlite") == many.expected(name), name


@pytest.mark.parametrize("workers", ["1", "2"])
def test_small_pipelines_do_not_wait_behind_a_large_one(many, workers):
    """The large one comes first, and has tasks enough to keep all workers busy to the end."""
    chance = random.Random(SEED)
    many.add("large", make_rows("large", 20_000, 100, chance), {}, **ordered("slow.lua"))
    for i in range(6):
        many.add(f"small{i}", make_rows(f"small{i}", 50, 100, chance), {}, **ordered("count.lua"))
    many.write("sqlite", "out.sqlite")
    said = many.project.run("run", "--json", "--jobs", "2", "--workers", workers).stdout
    ended = [json.loads(line)["pipeline"] for line in said.splitlines()]
    assert ended == [*(f"small{i}" for i in range(6)), "large"]


def test_a_failure_among_others_stops_none_of_them(many):
    fill(many, "sqlite", large=500, small=50, note_bytes=100)
    (many.project.directory / "p5.ndjson").unlink()
    many.write("sqlite", "out.sqlite")
    said = many.project.run("run", "--json", "--jobs", "4", code=2).stdout
    told = {json.loads(line)["pipeline"]: json.loads(line)["status"] for line in said.splitlines()}
    assert told == dict.fromkeys(many.pipelines, "complete") | {"p5": "failed"}


def wait_for_leases(many: Many, process: subprocess.Popen, count: int) -> None:
    """Until so many runs have begun."""
    statement = "select count(*) from tidemill_runs where status = 'started'"
    deadline = time.monotonic() + 60
    while process.poll() is None and time.monotonic() < deadline:
        try:
            if many.project.rows(statement)[0][0] >= count:
                return
        except sqlite3.OperationalError:  # the table is not there yet
            pass
        time.sleep(0.01)
    raise AssertionError(f"{count} runs never ran at the same time")


def test_ctrl_c_stops_all_and_failed_resumes_them(many):
    chance = random.Random(SEED)
    for i in range(3):
        rows = make_rows(f"p{i}", 10_000, 100, chance)
        many.add(f"p{i}", rows, {}, **ordered("slow.lua"))
    many.write("sqlite", "out.sqlite")
    process = subprocess.Popen(
        [many.project.binary, "run", "--jobs", "2"],
        cwd=many.project.directory,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    wait_for_leases(many, process, 2)
    process.send_signal(signal.SIGINT)
    out, said = process.communicate(timeout=60)
    assert process.returncode == 130, said
    assert "3 pipelines: 2 cancelled, 1 skipped" in out, out
    records = many.project.run("run", "--failed", "--json").stdout.splitlines()
    assert sorted(json.loads(line)["pipeline"] for line in records) == ["p0", "p1", "p2"]
    for name in many.pipelines:
        rows = many.project.rows(f"select _series_who, total from {name}")
        assert sorted(rows) == sorted((row["who"], row["n"]) for row in many.rows[name])


def test_two_pipelines_merge_into_one_table_at_the_same_time(many, postgres_database):
    print("seed", SEED)
    chance = random.Random(SEED)
    merge = {"mode": "merge", "key": ["who"], "newest": "n", "table": "newest"}
    for name in ("a", "b", "c"):
        many.add(name, make_rows(name, 4000, 100, chance), merge)
        many.pipelines[name]["commit"] = {"rows": 20}
    many.write("postgres", postgres_database)
    winners: dict[str, dict] = {}
    for rows in many.rows.values():
        for row in rows:
            if row["who"] not in winners or row["n"] > winners[row["who"]]["n"]:
                winners[row["who"]] = row
    for _ in range(3):
        many.project.run("run", "--quiet", "--jobs", "3", "--workers", "6")
        with psycopg.connect(postgres_database) as connection:
            found = connection.execute("select id, who, n from newest").fetchall()
        assert sorted(found) == sorted((r["id"], r["who"], r["n"]) for r in winners.values())
        many.project.run("run", "--quiet", "--jobs", "3", "--workers", "6", "--new")


def test_days_that_fit_alone_fit_beside_others(many):
    """A pipeline whose step wants large days whole waits until there is memory for them."""
    day = "return {day = function(rows) return {n = rows.n, total = 1} end}"
    many.project.write("day.lua", day)
    chance = random.Random(SEED)
    for i in range(4):
        keys = ordered("day.lua") if i % 2 else {}
        keys |= {"max_day_bytes": "30MB"} if i % 2 else {}
        many.add(f"p{i}", make_rows(f"p{i}", 500, 100, chance), {}, **keys)
    many.write("sqlite", "out.sqlite")
    said = many.project.run("run", "--json", "--jobs", "4", "--memory", "180MB").stdout
    records = {json.loads(line)["pipeline"]: json.loads(line) for line in said.splitlines()}
    assert {record["status"] for record in records.values()} == {"complete"}
    assert records["p1"]["memory_limit_bytes"] > 180 * MB // 2


def test_fewer_at_a_time_where_memory_is_short_and_it_is_said(many):
    fill(many, "sqlite", large=50, small=50, note_bytes=100)
    many.write("sqlite", "out.sqlite")
    result = many.project.run("run", "--jobs", "9", "--memory", "96MB")
    assert "3 pipelines at a time instead of 9" in result.stderr
    assert "at least 32 MB" in result.stderr
    result = many.project.run("run", "--memory", "96MB")
    assert "at a time" not in result.stderr
