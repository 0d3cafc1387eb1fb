# SPDX-License-Identifier: Apache-2.0
"""Bounded memory, with the real binary: on data several times larger than --memory, each route into
each kind of sink keeps its peak within 1.25 of it and gives what a computation without the engine
gives. User code that wants more than its share, and days that do not fit, stop the run with a clear
error; what was committed stays, and a higher limit resumes it."""

import csv
import json
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import memory_data
import psycopg
import pytest
from memory_data import Data, Row
from pipelines import measured

MB = 1 << 20
PEAK = 1.25
COLUMNS = dict.fromkeys(("id", "customer", "all", "note"), "text")
COLUMNS |= {"value": "int64", "at": "timestamp"}
PLAIN = {name: COLUMNS[name] for name in ("id", "customer", "value", "at", "note")}

DAY_FORM = """
return {day = function(rows, state)
  for i = 1, rows.n do state.total = (state.total or 0) + rows.value[i] end
  state.count = (state.count or 0) + rows.n
  return {count = state.count, total = state.total, note = rows.note[rows.n]}
end}
"""
ROW_FORM = """
return {row = function(row, state)
  state.count = (state.count or 0) + 1
  return {count = state.count, total = row.value, note = row.note}
end}
"""


@pytest.fixture(scope="session")
def events(tmp_path_factory) -> Data:
    data = Data(tmp_path_factory.mktemp("events") / "events.ndjson", memory_data.ROWS, False)
    data.write()
    return data


@pytest.fixture(scope="session")
def wide(tmp_path_factory) -> Data:
    data = Data(tmp_path_factory.mktemp("wide") / "wide.ndjson", memory_data.WIDE_ROWS, True)
    data.write()
    return data


@dataclass
class Bench:
    """A project of one pipeline whose runs are measured."""

    directory: Path
    binary: Path
    peak_bytes: int = 0

    def pipeline(self, sink: dict, **keys: object) -> None:
        kind = sink.pop("kind", "sqlite")
        place = {"sqlite": "out.sqlite", "csv": "out"}.get(kind) or sink.pop("conninfo")
        keys["sink"] = {"connection": "out", "table": "t", "mode": "append", **sink}
        project = {"connections": {"out": {kind: place}}, "pipelines": {"p": keys}}
        (self.directory / "tidemill.yaml").write_text(json.dumps(project))

    def call(self, *arguments: str, code: int = 0) -> subprocess.CompletedProcess:
        command = [sys.executable, "-I", "-S", measured.__file__, "peak", str(self.binary)]
        result = subprocess.run(
            [*command, *arguments], cwd=self.directory, capture_output=True, text=True, timeout=120
        )
        assert result.returncode == code, (result.returncode, result.stdout, result.stderr)
        self.peak_bytes = int((self.directory / "peak").read_text()) << 10
        return result

    def run(self, memory_mb: int, workers: int = 4, code: int = 0) -> dict | str:
        """The record of a run that ended well, or what was said of one that failed. The peak is
        within its bounds in either case."""
        spill = self.directory / "spill"
        spill.mkdir(exist_ok=True)
        limits = ["--memory", f"{memory_mb}MB", "--workers", str(workers), "--spill", "spill"]
        result = self.call("run", "--json", *limits, code=code)
        print(f"peak {self.peak_bytes / MB:.1f} MB of {memory_mb} MB, {workers} workers")
        assert self.peak_bytes <= PEAK * memory_mb * MB
        assert list(spill.iterdir()) == []
        return json.loads(result.stdout) if code == 0 else result.stderr

    def sqlite(self, statement: str) -> list[tuple]:
        with closing(sqlite3.connect(self.directory / "out.sqlite")) as connection:
            return connection.execute(statement).fetchall()

    def table(self, sink: dict, columns: tuple) -> list[tuple]:
        """Rows with the digest of their note, which is the last column."""
        names = ", ".join(f'"{name}"' for name in columns)
        if sink.get("kind") == "csv":
            rows = self.csv_rows(columns)
        elif "conninfo" in sink:
            with psycopg.connect(sink["conninfo"]) as connection:
                rows = connection.execute(f"select {names} from t").fetchall()
        else:
            rows = self.sqlite(f"select {names} from t")
        return sorted((*row[:-1], memory_data.digest(row[-1])) for row in rows)

    def csv_rows(self, columns: tuple) -> list[tuple]:
        found = []
        for path in (self.directory / "out" / "t").glob("*.csv"):
            with path.open(newline="") as lines:
                for row in csv.DictReader(lines):
                    texts = [row[name] for name in columns]
                    found.append(tuple(int(t) if t.isdigit() else t for t in texts))
        return found


@pytest.fixture
def bench(tidemill: Path, tmp_path: Path) -> Bench:
    return Bench(tmp_path, tidemill)


def ordered(bench: Bench, data: Data, sink: dict, series: str, script: str, **keys) -> None:
    (bench.directory / "step.lua").write_text(script)
    step = {
        "lua": "step.lua",
        "state": {"count": "int64", "total": "int64"},
        "output": {"count": "int64", "total": "int64", "note": "text"},
    }
    bench.pipeline(
        sink,
        source={"files": str(data.path)},
        columns=COLUMNS,
        series=series,
        time="at",
        steps=[step],
        **keys,
    )


def sink_of(kind: str, request: pytest.FixtureRequest) -> dict:
    if kind == "postgres":
        return {"kind": kind, "conninfo": request.getfixturevalue("postgres_database")}
    return {"kind": kind}


# Shape of the data, form of the script, series, sink, --memory in MB, workers.
ORDERED = [
    ("events", "day", "customer", "sqlite", 64, 4),
    ("events", "day", "customer", "csv", 64, 1),
    ("events", "day", "customer", "postgres", 128, 4),
    ("events", "row", "all", "sqlite", 64, 4),  # one series, larger than memory
    ("events", "row", "customer", "postgres", 64, 4),
    ("events", "day", "id", "sqlite", 64, 4),  # many series
    ("wide", "row", "customer", "sqlite", 64, 4),
    ("wide", "day", "customer", "postgres", 128, 4),
]


@pytest.mark.parametrize(("shape", "form", "series", "kind", "memory", "workers"), ORDERED)
def test_ordered(bench, request, shape, form, series, kind, memory, workers):
    data = request.getfixturevalue(shape)
    sink = sink_of(kind, request)
    script = DAY_FORM if form == "day" else ROW_FORM
    ordered(bench, data, dict(sink), series, script)
    record = bench.run(memory, workers)
    assert record["spilled_bytes"] > 0
    expected = data.days(series) if form == "day" else data.running(series)
    # The engine names its series column itself.
    column = f"_series_{series}"
    assert bench.table(sink, (column, "count", "total", "note")) == expected


# Shape, mode, sink, --memory in MB, workers.
UNORDERED = [
    ("events", "stream", "csv", 64, 4),
    ("events", "stream", "postgres", 64, 1),
    ("events", "merge", "sqlite", 64, 4),
    ("events", "merge", "postgres", 128, 4),
    ("events", "replace", "sqlite", 64, 4),
    ("wide", "stream", "csv", 64, 4),
    ("wide", "merge", "postgres", 64, 1),
    ("wide", "replace", "postgres", 64, 4),
]
SINKS = {
    "stream": {"again": "append"},
    "merge": {"mode": "merge", "key": ["customer", "value"], "newest": "at"},
    "replace": {"mode": "replace"},
}


@pytest.mark.parametrize(("shape", "mode", "kind", "memory", "workers"), UNORDERED)
def test_unordered(bench, request, shape, mode, kind, memory, workers):
    data = request.getfixturevalue(shape)
    sink = {**sink_of(kind, request), **SINKS[mode]}
    bench.pipeline(dict(sink), source={"files": str(data.path)}, columns=PLAIN)
    record = bench.run(memory, workers)
    assert (record["spilled_bytes"] > 0) == (mode == "merge")
    expected = data.newest if mode == "merge" else data.plain
    assert bench.table(sink, ("id", "customer", "value", "note")) == expected


def late_rows(bench: Bench, sink: dict) -> list[tuple]:
    names = "id, customer, value, note"
    if "conninfo" in sink:
        with psycopg.connect(sink["conninfo"]) as connection:
            rows = connection.execute(f"select {names} from t_late").fetchall()
    else:
        place = "out/tidemill.sqlite" if sink["kind"] == "csv" else "out.sqlite"
        with closing(sqlite3.connect(bench.directory / place)) as connection:
            rows = connection.execute(f"select {names} from t_late").fetchall()
    return sorted((*row[:-1], memory_data.digest(row[-1])) for row in rows)


@pytest.mark.parametrize(("kind", "memory"), [("sqlite", 64), ("csv", 64), ("postgres", 64)])
def test_late_rows_of_one_series(bench, request, events, kind, memory):
    """A device that was away for long: all that it sends at last is late, and is one unit."""
    sink = sink_of(kind, request)
    folder = bench.directory / "in"
    folder.mkdir()
    fields = {"all": "everything", "at": "2024-06-01T00:00:00Z", "value": 1, "note": "first"}
    (folder / "first.ndjson").write_text(json.dumps(fields) + "\n")
    first = Data(folder / "*.ndjson", 1, False)
    ordered(bench, first, dict(sink), "all", DAY_FORM, late="report")
    project = json.loads((bench.directory / "tidemill.yaml").read_text())
    project["pipelines"]["p"]["source"]["registry"] = True
    (bench.directory / "tidemill.yaml").write_text(json.dumps(project))
    bench.run(memory)
    (folder / "events.ndjson").symlink_to(events.path)
    record = bench.run(memory)
    assert record["counts"]["late"] == events.count
    # Sorting spills them as well; the shelves of the unit come on top of that.
    assert record["spilled_bytes"] > 0
    assert late_rows(bench, {"kind": kind, **sink}) == events.plain


def test_rejects_of_a_series_that_the_sink_has_no_place_for(bench, request):
    """Many rows of one series that is longer than the index of states takes: all are sorted into
    one partition, and go out with many units."""
    count, size = 12_000, 4_900
    sink = sink_of("postgres", request)
    path = bench.directory / "in.ndjson"
    with path.open("w") as out:
        for i in range(count):
            fields = {"id": "x" * size, "at": "2024-03-01T00:00:00Z", "value": i}
            out.write(json.dumps(fields) + "\n")
        out.write(json.dumps({"id": "good", "at": "2024-03-01T00:00:00Z", "value": 7}) + "\n")
    ordered(bench, Data(path, 0, False), dict(sink), "id", DAY_FORM, max_rejects=count)
    record = bench.run(32)
    assert record["counts"]["rejected"] == count
    with psycopg.connect(sink["conninfo"]) as connection:
        found = "select count(*), count(distinct position) from t_rejects"
        assert connection.execute(found).fetchall() == [(count, count)]
        assert connection.execute("select _series_id, total from t").fetchall() == [("good", 7)]


def test_with_much_memory_nothing_spills(bench, events):
    ordered(bench, events, {}, "customer", DAY_FORM)
    record = bench.run(1024)
    assert (record["spilled_bytes"], record["workers"]) == (0, 4)
    assert bench.table({}, ("_series_customer", "count", "total", "note")) == events.days(
        "customer"
    )


def few_rows(bench: Bench, day_of: list[int]) -> Data:
    """A series of rows on these days of March."""
    path = bench.directory / "in.ndjson"
    with path.open("w") as out:
        for i, day in enumerate(day_of):
            row = Row(i, wide=True)
            moment = f"2024-03-{day:02d}T00:{i // 60 % 60:02d}:{i % 60:02d}Z"
            fields = {"all": "one", "at": moment, "value": i, "note": row.note}
            out.write(json.dumps(fields) + "\n")
    return Data(path, len(day_of), True)


def test_a_day_larger_than_its_limit_stops_there_and_a_higher_limit_resumes(bench):
    data = few_rows(bench, [1] * 20 + [2] * 20 + [3] * 200 + [4] * 20)
    ordered(bench, data, {}, "all", DAY_FORM, max_day_bytes="3MB")
    said = bench.run(64, code=1)
    for word in ("series one", "2024-03-03", "max_day_bytes", "3145728", "--memory"):
        assert word in said, said
    assert bench.sqlite("select count, total from t order by 1") == [(20, 190), (40, 780)]
    ordered(bench, data, {}, "all", DAY_FORM, max_day_bytes="16MB")
    assert bench.run(128)["resumed"]
    sums = [(n, n * (n - 1) // 2) for n in (20, 40, 240, 260)]
    assert bench.sqlite("select count, total from t order by 1") == sums


def test_plan_and_run_take_as_many_workers_as_days_fit(bench):
    data = few_rows(bench, [1] * 20)
    ordered(bench, data, {}, "all", DAY_FORM, max_day_bytes="20MB")
    limits = ["--memory", "256MB", "--workers", "8"]
    plan = json.loads(bench.call("plan", "--json", *limits).stdout)
    assert plan["workers"] == 2
    said = bench.call("plan", *limits).stdout
    assert "2 workers" in said
    assert "2 instead of 8" in said and "max_day_bytes" in said
    assert "2 instead of 8" in bench.call("run", *limits).stdout
    assert json.loads(bench.call("run", "--json", *limits).stdout)["workers"] == 2
    # Not even one: how much would do is said, and is enough.
    limits[1] = "64MB"
    said = bench.call("plan", *limits, code=2).stderr
    assert "max_day_bytes" in said
    enough = said.split("Give --memory ")[1].split(",")[0]
    limits[1] = enough
    assert json.loads(bench.call("plan", "--json", *limits).stdout)["workers"] == 1


def test_a_day_limit_that_was_not_set_is_lowered_and_said(bench):
    ordered(bench, few_rows(bench, [1] * 20), {}, "all", DAY_FORM)
    plan = json.loads(bench.call("plan", "--json", "--memory", "64MB").stdout)
    assert plan["workers"] == 1 and plan["max_day_bytes"] < 64 * MB
    assert "instead of 64 MB" in bench.call("plan", "--memory", "64MB").stdout
    plan = json.loads(bench.call("plan", "--json", "--memory", "2GB").stdout)
    assert plan["max_day_bytes"] == 64 * MB


def test_too_little_memory_is_an_error_that_says_how_much_would_do(bench):
    ordered(bench, few_rows(bench, [1]), {}, "all", ROW_FORM)
    assert "at least 32MB" in bench.call("run", "--memory", "31MB", code=2).stderr
    bench.run(32)


# Each wants ever more memory, at line 3 of the script.
GREEDY = {
    "a table": "local kept = {}\nlocal function row(row, state)\n"
    "  while true do kept[#kept + 1] = {#kept} end",
    "strings": "local kept, n = {}, 0\nlocal function row(row, state)\n"
    "  while true do n = n + 1; kept[n] = 'text ' .. n end",
    "one string": "local kept = 'x'\nlocal function row(row, state)\n"
    "  while true do kept = kept .. kept .. row.note end",
    "a buffer": "local ffi, kept = require('ffi'), {}\nlocal function row(row, state)\n"
    "  while true do kept[#kept + 1] = ffi.new('char[1000]') end",
}


# No pcall makes less of it: what is returned would depend on how much memory there is.
SWALLOWING = {
    "held": "local function fill(row) local kept = {} while true do kept[#kept + 1] = {#kept} end "
    "end",
    "asked for": "local function fill(row) return string.rep('x', 1e9) end",
    "in a coroutine": "local function fill(row) return coroutine.wrap(function()\n"
    "  local kept = {} while true do kept[#kept + 1] = {#kept} end end)() end",
}


@pytest.mark.parametrize("wanted", SWALLOWING)
def test_user_code_can_not_swallow_that_it_is_stopped(bench, wanted):
    script = SWALLOWING[wanted] + "\nreturn {row = function(row)\n  pcall(fill, row)\n"
    script += "  return {count = 1, total = 1, note = 'x'}\nend}"
    ordered(bench, few_rows(bench, [1, 2, 3]), {}, "all", script)
    said = bench.run(64, code=1)
    for word in ("step.lua", "series one", "share", "--memory"):
        assert word in said, said
    assert bench.sqlite("select count(*) from t") == [(0,)]


@pytest.mark.parametrize("wanted", GREEDY)
def test_user_code_without_end_is_stopped_where_it_is(bench, wanted):
    ordered(
        bench, few_rows(bench, [1, 2, 3]), {}, "all", GREEDY[wanted] + "\nend\nreturn {row=row}"
    )
    said = bench.run(64, code=1)
    for word in ("step.lua", "series one", "day 2024-03-01", "share", "--memory"):
        assert word in said, said
    # A block that is refused at once has no line, but a size.
    assert "step.lua:3: " in said or "asked for" in said, said
    assert bench.sqlite("select count(*) from t") == [(0,)]


def test_what_user_code_keeps_is_bounded_and_more_memory_resumes(bench):
    """Some 9 MB of notes in a global: too much for a small run, not for a large one."""
    keeper = ROW_FORM.replace("return {row", "local kept = {}\nreturn {row", 1).replace(
        "state.count =", "kept[#kept + 1] = row.note .. '!'\n  state.count =", 1
    )
    data = few_rows(bench, [1 + i // 5 for i in range(150)])
    ordered(bench, data, {}, "all", keeper, commit={"rows": 5})
    said = bench.run(64, code=1)
    for word in ("step.lua", "user code holds", "series one", "share", "--memory"):
        assert word in said, said
    (done,) = bench.sqlite("select count(*) from t")[0]
    assert 0 < done < 150 and done % 5 == 0  # whole days
    assert bench.run(512)["resumed"]
    assert bench.sqlite("select count from t order by 1") == [(n + 1,) for n in range(150)]


def test_garbage_is_not_what_user_code_holds(bench):
    """Many times its share, but never much at once."""
    script = "return {row = function(row)\n  local s = 0\n  for i = 1, 30000 do\n"
    script += (
        "    s = s + #(row.note .. i)\n  end\n  return {count = 1, total = s, note = 'x'}\nend}"
    )
    ordered(bench, few_rows(bench, [1] * 3), {}, "all", script)
    bench.run(64)
    assert bench.sqlite("select sum(count) from t") == [(3,)]


def test_the_peak_is_not_that_of_whoever_starts_the_run(tidemill, tmp_path) -> None:
    """A program keeps the largest peak of the process before it in its ru_maxrss."""
    (tmp_path / "in.ndjson").write_text('{"n": 1}\n')
    pipeline = {"source": {"files": "in.ndjson"}, "columns": {"n": "int64"}}
    content = {"pipelines": {"p": pipeline | {"sink": {"discard": True}}}}
    (tmp_path / "tidemill.yaml").write_text(json.dumps(content))
    large = f"""
import os
held = b"x" * {200 * MB}
os.execv({str(tidemill)!r}, ["tidemill", "run", "--json"])
"""
    command = [sys.executable, "-c", large]
    ended = subprocess.run(command, cwd=tmp_path, capture_output=True, check=True, timeout=60)
    assert json.loads(ended.stdout)["memory_peak_bytes"] < 100 * MB
