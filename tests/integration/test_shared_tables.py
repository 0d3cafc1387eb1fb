# SPDX-License-Identifier: Apache-2.0
"""What two pipelines, or two states of one, share: a table that both merge into, names that SQLite
takes for the same, tables of late rows and states with the types of before."""

import json
import sqlite3
from collections.abc import Callable

import psycopg
import pytest
from project import Project

Rows = Callable[[str], list[tuple]]


@pytest.fixture(params=["sqlite", "postgres"])
def shared(tmp_path, tidemill, request) -> tuple[Project, dict, Rows]:
    """A project, where its tables are, and a way to look at them."""
    project = Project(tmp_path, tidemill)
    if request.param == "sqlite":
        return project, {"sqlite": "out.sqlite"}, project.rows
    conninfo = request.getfixturevalue("postgres_database")

    def rows(query: str) -> list[tuple]:
        with psycopg.connect(conninfo) as connection:
            return connection.execute(query).fetchall()

    return project, {"postgres": conninfo}, rows


def test_a_reset_of_one_of_two_merges_is_told_to_the_other(shared) -> None:
    """It empties the table for both, and what the other has read it would not read again."""
    project, connection, rows = shared
    sink = {"connection": "to", "table": "t", "mode": "merge", "key": "k", "newest": "k"}
    pipelines = {
        name: {
            "source": {"files": f"{name}.ndjson", "registry": True},
            "columns": {"k": "int64"},
            "sink": sink,
        }
        for name in "ab"
    }
    content = {"connections": {"to": connection}, "pipelines": pipelines}
    project.write("tidemill.yaml", json.dumps(content))
    project.write("a.ndjson", '{"k": 1}\n')
    project.write("b.ndjson", '{"k": 2}\n')
    project.run("run")
    project.run("state", "a", "reset", "--yes")
    project.run("run", "a")
    told = project.run("run", "b", code=1).stderr
    assert "has been emptied by the reset of another pipeline" in told
    assert "[E8000]" in told
    project.run("state", "a", "reset", "--yes")
    project.run("state", "b", "reset", "--yes")
    project.run("run")
    assert rows("select k from t order by 1") == [(1,), (2,)]
    project.run("run")
    assert rows("select k from t order by 1") == [(1,), (2,)]


def ordered(project: Project, kind: str, **more: object) -> None:
    project.pipeline(
        source={"files": "in.*.ndjson", "registry": True},
        columns={"c": "text", "at": "timestamp", "v": kind},
        series="c",
        time="at",
        sink="t",
        **more,
    )


def record(day: int, v: object) -> str:
    return json.dumps({"c": "a", "at": f"2024-03-0{day}T10:00:00Z", "v": v}) + "\n"


def test_sqlite_keeps_late_rows_and_states_as_they_are(tmp_path, tidemill) -> None:
    """A column of integers would take the text 007, and give 7 back."""
    project = Project(tmp_path, tidemill)
    ordered(project, "int64")
    project.write("in.a.ndjson", record(1, 1))
    project.run("run")
    project.write("in.b.ndjson", record(1, 2))
    project.run("run")
    assert project.rows("select v from t_late") == [(2,)]
    ordered(project, "text")
    with sqlite3.connect(project.directory / "out.sqlite") as connection:
        connection.execute("drop table t")
    project.run("state", "p", "accept")
    project.write("in.c.ndjson", record(1, "007"))
    told = project.run("run", code=2).stderr
    assert "late rows' column v of t_late is declared INTEGER" in told
    with sqlite3.connect(project.directory / "out.sqlite") as connection:
        connection.execute("drop table t_late")
    project.run("run")
    assert project.rows("select v from t_late") == [("007",)]


def test_a_table_without_late_rows_is_made_anew_for_other_types(tmp_path, tidemill) -> None:
    project = Project(tmp_path, tidemill)
    ordered(project, "int64")
    project.write("in.a.ndjson", record(1, 1))
    project.run("run")
    project.write("in.b.ndjson", record(1, 2))
    project.run("run")
    ordered(project, "text")
    project.run("state", "p", "reset", "--yes")
    with sqlite3.connect(project.directory / "out.sqlite") as connection:
        connection.execute("drop table t")
    project.run("run")
    project.write("in.c.ndjson", record(1, "007"))
    project.run("run")
    assert project.rows("select v from t_late") == [("007",)]


def test_pipelines_that_differ_in_case_are_one_to_sqlite(tmp_path, tidemill) -> None:
    """They would share a state: the second would take the days of the first for its own."""
    project = Project(tmp_path, tidemill)
    project.write("in.a.ndjson", record(1, 1))
    ordered(project, "int64")
    content = json.loads((tmp_path / "tidemill.yaml").read_text())
    content["pipelines"]["P"] = json.loads(json.dumps(content["pipelines"]["p"]))
    content["pipelines"]["P"]["sink"]["table"] = "u"
    project.write("tidemill.yaml", json.dumps(content))
    assert "pipeline `P` and pipeline `p` differ in case alone" in project.run("run", code=2).stderr
    assert not (tmp_path / "out.sqlite").exists()


def test_a_state_of_another_type_is_made_anew(tmp_path, tidemill) -> None:
    project = Project(tmp_path, tidemill)

    def with_state(kind: str, seen: str) -> None:
        project.write(
            "step.lua", f"return {{row = function(r, s) s.seen = {seen} return {{v = r.v}} end}}"
        )
        step = {"lua": "step.lua", "state": {"seen": kind}, "output": {"v": "text"}}
        ordered(project, "text", steps=[step])

    with_state("int64", "tonumber(r.v)")
    project.write("in.a.ndjson", record(1, "7"))
    project.run("run")
    with_state("text", "r.v")
    project.write("in.b.ndjson", record(2, "007"))
    project.run("state", "p", "accept")
    told = project.run("run", code=2).stderr
    assert "state column s1_seen of tidemill_state_p is declared INTEGER" in told
    project.run("state", "p", "reset", "--yes")
    project.run("run")
    assert project.rows("select s1_seen from tidemill_state_p") == [("007",)]


def test_a_rewind_takes_a_state_of_another_type(shared) -> None:
    project, connection, rows = shared
    project.write("in.ndjson", "".join(record(day, str(6 + day)) for day in (1, 2, 3)))

    def configure(kind: str, seen: str) -> None:
        project.write(
            "step.lua", f"return {{row = function(r, s) s.seen = {seen} return {{v = r.v}} end}}"
        )
        pipeline = {
            "source": {"files": "in.ndjson"},
            "columns": {"c": "text", "at": "timestamp", "v": "text"},
            "series": "c",
            "time": "at",
            "steps": [{"lua": "step.lua", "state": {"seen": kind}, "output": {"v": "text"}}],
            "sink": {"connection": "to", "table": "t", "mode": "append"},
        }
        content = {"connections": {"to": connection}, "pipelines": {"p": pipeline}}
        project.write("tidemill.yaml", json.dumps(content))

    configure("int64", "tonumber(r.v)")
    project.run("run")
    configure("text", "'seen ' .. r.v")
    project.run("state", "p", "rewind", "--to", "2024-03-01", "--yes")
    project.run("run")
    assert rows("select s1_seen from tidemill_state_p") == [("seen 9",)]
    assert rows("select v from t order by v") == [("7",), ("8",), ("9",)]

    configure("double", "tonumber(r.v)")
    project.run("state", "p", "accept")
    told = project.run("run", code=2).stderr
    assert "start over, or take the pipeline back to a day" in told
    assert "[E1010]" in told
