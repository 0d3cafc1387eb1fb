# SPDX-License-Identifier: Apache-2.0
"""Reading by a cursor, as somebody at the command line meets it; tests/model/nights compares what it
does with a reference."""

import json
import os
import signal
import subprocess
import time
from collections import Counter
from datetime import datetime, timezone
from pathlib import Path

import pytest
from project import Project

COLUMNS = {"k": "text", "t": "timestamp", "at": "timestamp", "n": "int64"}
TABLE = {"connection": "lite", "table": "t"}


@pytest.fixture
def project(tidemill: Path, tmp_path: Path) -> Project:
    return Project(tmp_path, tidemill)


def write(project: Project, address: str, **keys: object) -> None:
    pipeline = {
        "source": {"connection": "events", "index": "cur-*"},
        "columns": COLUMNS,
        "cursor": "at",
        "sink": TABLE,
    } | keys
    connections = {"events": {"elasticsearch": address}, "lite": {"sqlite": "out.sqlite"}}
    content = {"connections": connections, "pipelines": {"p": pipeline}}
    project.write("tidemill.yaml", json.dumps(content))


def documents(*instants: str | None) -> list[tuple[str, dict]]:
    at = [{} if instant is None else {"at": instant} for instant in instants]
    return [(f"d{n}", {"k": "x", "n": n, **a}) for n, a in enumerate(at)]


@pytest.fixture
def index(elasticsearch_8, request) -> str:
    name = "cur-1"
    request.addfinalizer(lambda: elasticsearch_8.request("DELETE", f"/{name}"))
    return name


def test_a_cursor_reads_what_came_since(project, elasticsearch_8, index) -> None:
    elasticsearch_8.create_index(index, {"at": {"type": "date"}})
    elasticsearch_8.load(
        index, documents("2024-03-01T00:00:00.001Z", "2024-03-02T00:00:00Z", "2999-01-01T00:00:00Z")
    )
    write(project, elasticsearch_8.address)
    assert "cursor at: from the beginning up to 2" in project.run("plan").stdout
    assert project.record()["counts"]["loaded"] == 2
    assert "cursor at: from 2" in project.run("plan").stdout
    assert project.record()["counts"]["read"] == 0
    assert project.rows("select n from t order by n") == [(0,), (1,)]
    ((high, low, _),) = [
        value.split() for (value,) in project.rows("select value from tidemill_marks")
    ]
    assert high == low


def test_what_was_read_without_the_cursor_is_not_late_with_it(
    project, elasticsearch_8, index
) -> None:
    """The mark of before knows nothing of it: it must not outlive a run that keeps none."""
    elasticsearch_8.create_index(index, {"at": {"type": "date"}, "t": {"type": "date"}})
    keys = {"columns": {"k": "text", "t": "timestamp", "n": "int64"}, "series": "k", "time": "t"}
    for number, cursor in enumerate((True, False, True)):
        day = f"2024-03-0{number + 1}T10:00:00Z"
        elasticsearch_8.load(index, [(f"d{number}", {"k": "x", "t": day, "at": day, "n": number})])
        write(project, elasticsearch_8.address, until=f"2024-03-0{number + 2}", **keys)
        content = json.loads((project.directory / "tidemill.yaml").read_text())
        pipeline = content["pipelines"]["p"]
        pipeline["columns"]["at"] = "timestamp"
        if cursor:
            pipeline["lag"] = "0s"
        else:
            del pipeline["cursor"]
        project.write("tidemill.yaml", json.dumps(content))
        if number > 0:
            project.run("state", "p", "accept")
        counts = project.record()["counts"]
        assert (counts["read"], counts["loaded"], counts["late"]) == (number + 1, 1, 0)
    assert project.rows("select n from t order by n") == [(0,), (1,), (2,)]


@pytest.mark.parametrize("killed", [False, True])
@pytest.mark.parametrize("route", ["append", "merge", "series"])
def test_another_field_as_cursor_loses_nothing(
    project, elasticsearch_8, index, route, killed
) -> None:
    """By the first field the second document comes later, by the other it came before. A run that
    was killed had an interval of the first one."""
    dates = {name: {"type": "date"} for name in ("a", "b", "t")}
    elasticsearch_8.create_index(index, dates)
    past, later = "2024-03-01T10:00:00Z", "2999-01-01T00:00:00Z"
    both = [("d0", {"a": past, "n": 0}), ("d1", {"a": later, "n": 1})]
    elasticsearch_8.load(index, [(i, d | {"b": past, "t": past, "k": "x"}) for i, d in both])

    def write_cursor(field: str) -> None:
        keys = {"columns": {"k": "text", "t": "timestamp", "n": "int64"}}
        keys["columns"]["at"] = {"type": "timestamp", "from": field}
        if route == "merge":
            keys["sink"] = TABLE | {"mode": "merge", "key": ["n"], "newest": "t"}
        write(project, elasticsearch_8.address, **keys)
        if route == "series":
            write(project, elasticsearch_8.address, series="n", time="t", **keys)

    write_cursor("a")
    assert project.record()["counts"]["loaded"] == 1
    if killed:
        ended = subprocess.run(
            [project.binary, "run"],
            cwd=project.directory,
            env=os.environ | {"TIDEMILL_FAULT": "sqlite.begun:1"},
            check=False,
        )
        assert ended.returncode == -signal.SIGKILL
    write_cursor("b")
    if route == "append":
        assert "read from `b` now" in project.run("run", code=1).stderr
        project.run("state", "p", "reset", "--yes")
    elif route == "series":
        project.run("state", "p", "accept")
    for read in (2, 0):
        counts = project.record()["counts"]
        assert (counts["read"], counts["late"], counts["rejected"]) == (read, 0, 0)
    assert project.rows("select n from t order by n") == [(0,), (1,)]


def test_documents_without_the_cursor_are_rejects_in_every_run(
    project, elasticsearch_8, index
) -> None:
    elasticsearch_8.create_index(index, {"at": {"type": "date"}})
    elasticsearch_8.load(index, documents("2024-03-01T00:00:00Z", None))
    write(project, elasticsearch_8.address, max_rejects=1)
    for read in (2, 1):
        counts = project.record()["counts"]
        assert (counts["read"], counts["rejected"]) == (read, 1)
    assert project.rows("select position from t_rejects") == [("cur-1/d1",)]


def test_the_cursor_must_be_mapped_as_a_date(project, elasticsearch_8, index) -> None:
    elasticsearch_8.create_index(index, {"at": {"type": "keyword"}})
    write(project, elasticsearch_8.address)
    said = project.run("check", code=2).stderr
    assert "the cursor `at` is mapped as keyword" in said


def test_the_cursor_can_not_be_within_nested_documents(project, elasticsearch_8, index) -> None:
    """A query sees nothing there, so each of them would be one without a cursor, in every run."""
    nested = {"type": "nested", "properties": {"at": {"type": "date"}}}
    elasticsearch_8.create_index(index, {"o": nested})
    write(
        project,
        elasticsearch_8.address,
        columns=COLUMNS | {"at": {"type": "timestamp", "from": "o.at"}},
    )
    assert (
        "the cursor `o.at` is within a field mapped as nested" in project.run("run", code=2).stderr
    )


@pytest.mark.parametrize("mode", ["append", "merge"])
@pytest.mark.parametrize("case", ["unmapped", "malformed", "list"])
def test_what_a_server_reads_otherwise_is_loaded_once(
    project, elasticsearch_8, index, case, mode
) -> None:
    """The server sends it in more than one run: as a document without a cursor, or by another
    element of a list."""
    at = {"type": "timestamp", "array": "first"}
    now = iso_millis(time.time_ns() // 1_000_000 - 2000)
    mapped = {"at": {"type": "date", "ignore_malformed": True}}
    strange = {
        "unmapped": "2024-03-01T00:00:00Z",
        "malformed": "2024-03-01 00:00:00Z",
        "list": ["2024-03-01T00:00:00Z", now],
    }
    fields = {} if case == "unmapped" else mapped
    mappings = {"dynamic": False, "properties": fields}
    elasticsearch_8.request("PUT", f"/{index}", {"mappings": mappings})
    elasticsearch_8.load(index, documents("2024-03-02T00:00:00Z"))
    elasticsearch_8.load(index, [("strange", {"n": 9, "at": strange[case]})])
    keys = {"columns": {"n": "int64", "at": at}, "max_rejects": 2}
    if mode == "merge":
        keys["sink"] = TABLE | {"mode": "merge", "key": ["n"], "newest": "at"}
    for lag in ("1 min", "0s"):
        write(project, elasticsearch_8.address, lag=lag, **keys)
        counts = project.record()["counts"]
        assert project.rows("select n from t order by n") == [(0,), (9,)]
    known = [] if mode == "merge" else [f"{index}/strange"]
    known += [f"{index}/d0"] if (case, mode) == ("unmapped", "append") else []
    assert counts["rejected"] == len(known)
    rejects = project.rows("select position, reason from t_rejects order by position desc")
    assert [position for position, _ in rejects] == known
    assert all("is no cursor of this run" in reason for _, reason in rejects)


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ({"sink": TABLE | {"mode": "replace"}}, "does not go together with mode replace"),
        ({"sink": TABLE | {"again": "append"}}, "does not go together with"),
        ({"source": {"files": "x.ndjson"}}, "of files `registry: true` in the source"),
        ({"cursor": "k"}, "must be a column of type timestamp"),
        ({"columns": COLUMNS | {"at": {"type": "timestamp", "zone": "Asia/Tokyo"}}}, "as UTC"),
        ({"columns": COLUMNS | {"at": {"type": "timestamp", "mask": None}}}, "can't be masked"),
        ({"cursor": "when"}, "unknown column `when`"),
        ({"cursor": None, "lag": "1 min"}, "`lag:` needs `cursor:`"),
    ],
)
def test_a_cursor_that_makes_no_sense(project, keys, words) -> None:
    write(project, "http://127.0.0.1:1", **keys)
    content = json.loads((project.directory / "tidemill.yaml").read_text())
    content["pipelines"]["p"] = {
        key: value for key, value in content["pipelines"]["p"].items() if value is not None
    }
    project.write("tidemill.yaml", json.dumps(content))
    assert words in project.run("check", "--offline", code=2).stderr


class Late:
    """Documents that say when they were written, some seconds before they arrive, and the rows that
    runs should have appended: those between the last high mark and the run's own."""

    def __init__(self, project: Project, server, index: str) -> None:
        self.project, self.server, self.index = project, server, index
        self.at: dict[int, int] = {}
        self.expected: Counter = Counter()
        self.high = 0
        server.create_index(index, {"at": {"type": "date"}, "n": {"type": "long"}})

    def arrive(self, *ages: int) -> None:
        now = time.time_ns() // 1_000_000
        new = {len(self.at) + i: now - 1000 * age for i, age in enumerate(ages)}
        sources = [(f"d{n}", {"n": n, "at": iso_millis(at)}) for n, at in new.items()]
        self.server.load(self.index, sources)
        self.at |= new

    def run(self, *arguments: str, code: int = 0) -> None:
        self.project.run("run", *arguments, code=code)

    def high_for(self, lag: int) -> int:
        """The high mark after a run with this lag, in ms: by the clock, or what it was before."""
        ((high, low, _),) = [
            value.split() for (value,) in self.project.rows("select value from tidemill_marks")
        ]
        assert high == low
        starts = self.project.rows("select started_at from tidemill_runs order by run")
        millis = starts[-1][0] // 1000
        assert abs(time.time_ns() // 1_000_000 - millis) < 60_000
        assert int(high) == 1000 * max(self.high, millis - 1000 * lag)
        return int(high) // 1000

    def check(self, lag: int, *numbers: int) -> None:
        """These came with the last run."""
        high = self.high_for(lag)
        new = [n for n, at in self.at.items() if self.high <= at < high]
        assert sorted(new) == sorted(numbers)
        self.expected.update(new)
        self.high = high
        assert Counter(n for (n,) in self.project.rows("select n from t")) == self.expected


def iso_millis(millis: int) -> str:
    whole = datetime.fromtimestamp(millis // 1000, timezone.utc)
    return f"{whole:%Y-%m-%dT%H:%M:%S}.{millis % 1000:03}Z"


def test_lag_leaves_time_to_arrive(project, elasticsearch_8, index) -> None:
    """Whatever the lag becomes from run to run, no document is loaded twice, and none is missed but
    those that came when their time had been read."""
    late = Late(project, elasticsearch_8, index)

    def write_lag(lag: str | None) -> None:
        keys = {} if lag is None else {"lag": lag}
        write(project, elasticsearch_8.address, columns={"at": "timestamp", "n": "int64"}, **keys)

    late.arrive(7200, 600, 240, 10, 0)
    write_lag(None)  # 5 min
    late.run()
    late.check(300, 0, 1)
    late.arrive(200, 20)  # late, but within the lag
    late.arrive(400)  # beyond it: never found
    write_lag("3 min")
    late.run()
    late.check(180, 2, 5)
    write_lag("1h")  # the mark stays where it is
    late.arrive(1800, 150)  # the first of them too late for whatever lag
    late.run()
    late.check(3600)
    late.run()
    late.check(3600)
    write_lag("2 min")
    late.run()
    late.check(120, 9)
    write_lag("0s")
    late.run()
    late.check(0, 3, 4, 6)
    write_lag("1h")
    late.run()
    late.check(3600)


def test_a_resumed_run_keeps_the_interval_of_its_lag(
    project, elasticsearch_8, index, monkeypatch
) -> None:
    late = Late(project, elasticsearch_8, index)
    columns = {"at": "timestamp", "n": "int64"}
    late.arrive(7200, 240)
    write(project, elasticsearch_8.address, columns=columns)
    monkeypatch.setenv("TIDEMILL_FAULT", "sqlite.rows:1")
    late.run(code=-9)
    assert project.rows("select status from tidemill_runs") == [("started",)]
    monkeypatch.delenv("TIDEMILL_FAULT")
    write(project, elasticsearch_8.address, columns=columns, lag="0s")
    late.run()
    late.check(300, 0)
    late.run()
    late.check(0, 1)


@pytest.mark.parametrize("new_days", [False, True])
def test_after_a_rewind_the_days_are_made_anew_from_the_server(
    project, elasticsearch_8, index, new_days
) -> None:
    """The rewind drops the mark of the cursor: what was read is asked for once more, and what came
    meanwhile is there, too."""
    days = [f"2024-03-0{day}T10:00:00Z" for day in (1, 2, 3, 4)]
    elasticsearch_8.create_index(index, {"at": {"type": "date"}, "t": {"type": "date"}})
    sources = [
        (f"{key}{day}", {"k": key, "t": day, "at": day, "n": number})
        for number, (day, key) in enumerate((day, key) for day in days for key in "xy")
    ]
    elasticsearch_8.load(index, sources)
    keys = {"series": "k", "time": "t", "until": "2024-03-04"}
    write(project, elasticsearch_8.address, **keys)
    assert project.record()["counts"]["loaded"] == 6
    rows = "select k, t, n from t order by n"
    before = project.rows(rows)
    said = project.run("state", "p", "rewind", "--to", "2024-03-01", "--yes").stdout
    assert "2024-03-01" in said
    assert project.rows(rows) == before[:2]
    assert project.rows("select count(*) from tidemill_marks") == [(0,)]
    if new_days:
        late = ("late", {"k": "x", "t": "2024-03-02T11:00:00Z", "at": days[3], "n": 99})
        elasticsearch_8.load(index, [late])
    counts = project.record()["counts"]
    assert counts["loaded"] == 4 + new_days
    assert counts["rebuilt"] == 2
    assert project.rows("select count(*) from t_late") == [(0,)]
    rewound = [row for row in project.rows(rows) if row[2] != 99]
    assert rewound == before
    assert len(project.rows(rows)) == 6 + new_days
    # From here on by the cursor again.
    counts = project.record()["counts"]
    assert (counts["loaded"], counts["late"]) == (0, 0)
