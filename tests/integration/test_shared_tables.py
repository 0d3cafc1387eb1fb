# SPDX-License-Identifier: Apache-2.0
"""What two pipelines, or two states of one, share: a table that both merge into, names that SQLite
takes for the same, tables of late rows and states with the types of before."""

import contextlib
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


@pytest.mark.parametrize("first", ["a", "b"])
def test_pipelines_that_share_late_rows_agree_on_their_types(shared, first: str) -> None:
    """While one of them ran, the other changed the type of a column: the eight bytes of a timestamp
    were taken for those of a double."""
    project, connection, rows = shared
    step = "return {row = function(r) return {at = r.at, n = r.n} end}"
    project.write("step.lua", step)
    output = {"who": {"from": "series"}, "at": "timestamp", "n": "int64"}
    values = {"timestamp": "2024-01-01T00:00:00Z", "double": 1.5}
    kinds = {"a": "timestamp", "b": "double"}

    def pipeline(name: str, kind: str) -> dict:
        return {
            "source": {"files": f"{name}.*.ndjson", "registry": True},
            "columns": {"who": "text", "at": "timestamp", "v": kind, "n": "int64"},
            "series": "who",
            "time": "at",
            "steps": [{"lua": "step.lua", "output": output}],
            "sink": {
                "connection": "to",
                "table": "t",
                "mode": "merge",
                "key": "who",
                "newest": "n",
            },
        }

    def feed(name: str, day: int, kind: str) -> None:
        row = {"who": name, "at": f"2024-03-0{day}T10:00:00Z", "v": values[kind], "n": day}
        project.write(f"{name}.{day}.ndjson", json.dumps(row) + "\n")

    def configure() -> None:
        pipelines = {name: pipeline(name, kind) for name, kind in kinds.items()}
        content = {"connections": {"to": connection}, "pipelines": pipelines}
        project.write("tidemill.yaml", json.dumps(content))

    def is_refused(second: str) -> None:
        for command in ("check", "run"):
            told = project.run(command, second, code=2).stderr
            assert "late rows' column" in told
            assert f"late rows of pipeline `{first}` go there, too" in told
            assert "[E1010]" in told

    second = "b" if first == "a" else "a"
    configure()
    for name, kind in kinds.items():
        feed(name, 9, kind)
    project.run("run", first)
    is_refused(second)
    # It forgets the table's identity, but who is at work goes on.
    project.run("state", second, "reset", "--yes")
    is_refused(second)
    kinds[second] = kinds[first]
    configure()
    for day in (9, 2):
        feed(second, day, kinds[second])
        project.run("run", second)
    assert len(rows("select v from t_late")) == 1


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


@pytest.mark.parametrize("kind", ["sqlite", "csv"])
def test_a_table_of_late_rows_takes_null_in_every_column(tmp_path, tidemill, kind: str) -> None:
    """What is required today may not be so tomorrow; one late row without it stopped every run."""
    project = Project(tmp_path, tidemill)
    database = tmp_path / {"sqlite": "out.sqlite", "csv": "out/tidemill.sqlite"}[kind]
    project.write("step.lua", "return {row = function() return {n = 1} end}")
    required = {"type": "int64", "required": True}

    def configure(**columns: object) -> None:
        pipeline = {
            "source": {"files": "in.*.ndjson", "registry": True},
            "columns": {"c": "text", "at": "timestamp", **columns},
            "series": "c",
            "time": "at",
            "steps": [{"lua": "step.lua", "output": {"n": "int64"}}],
            "sink": {"connection": "to", "table": "t", "mode": "append"},
        }
        connection = {kind: {"sqlite": "out.sqlite", "csv": "out"}[kind]}
        content = {"connections": {"to": connection}, "pipelines": {"p": pipeline}}
        project.write("tidemill.yaml", json.dumps(content))

    def late_rows(query: str) -> list[tuple]:
        with contextlib.closing(sqlite3.connect(database)) as connection:
            found = connection.execute(query).fetchall()
            connection.commit()
        return found

    configure(v=required, w=required)
    project.write("in.a.ndjson", '{"c": "a", "at": "2024-03-09T10:00:00Z", "v": 1, "w": 1}\n')
    project.run("run")
    project.write("in.b.ndjson", '{"c": "a", "at": "2024-03-01T10:00:00Z", "v": 2, "w": 2}\n')
    project.run("run")
    assert late_rows("select name from pragma_table_info('t_late') where \"notnull\"") == []
    # As an earlier version made it; and `w` is none of the pipeline any more.
    made = "CREATE TABLE t_late (c TEXT, at INTEGER, v INTEGER NOT NULL, w INTEGER NOT NULL) STRICT"
    late_rows("alter table t_late rename to earlier")
    late_rows(made)
    late_rows("insert into t_late select c, at, v, w from earlier")
    late_rows("drop table earlier")
    configure(v="int64")
    project.run("state", "p", "accept")
    project.write("in.c.ndjson", '{"c": "a", "at": "2024-03-02T10:00:00Z"}\n')
    project.run("check")
    project.run("run")
    assert late_rows("select v, w from t_late order by at") == [(2, 2), (None, None)]


def test_a_table_of_late_rows_is_never_dropped(tmp_path, tidemill) -> None:
    """It may have been made by somebody else, and have columns, indexes and triggers."""
    project = Project(tmp_path, tidemill)

    def execute(script: str) -> None:
        with contextlib.closing(sqlite3.connect(tmp_path / "out.sqlite")) as connection:
            connection.executescript(script)

    execute(
        "create table t_late (id integer primary key, v text not null, note text);"
        "create table log (id integer);"
        "create index noted on t_late (note);"
        "create trigger logs after insert on t_late begin insert into log values (new.id); end;"
    )
    ordered(project, "int64")
    project.write("in.a.ndjson", record(9, 1))
    project.run("run")
    project.write("in.b.ndjson", record(1, 2))
    project.run("run")
    assert project.rows("select id, v, note from t_late") == [(1, 2, None)]
    assert project.rows("select id from log") == [(1,)]
    assert project.rows("select count(*) from pragma_index_list('t_late')") == [(1,)]


NEEDED = {
    "index": "create index seen on t_late (v)",
    "view": "create view seen as select v from t_late",
    "trigger": "create trigger seen after insert on t_late begin select new.v; end",
}


@pytest.mark.parametrize("kind", NEEDED)
def test_what_needs_a_column_of_late_rows_is_told(tmp_path, tidemill, kind: str) -> None:
    project = Project(tmp_path, tidemill)
    with contextlib.closing(sqlite3.connect(tmp_path / "out.sqlite")) as connection:
        connection.executescript(f"create table t_late (v text); {NEEDED[kind]}")
    ordered(project, "int64")
    project.write("in.a.ndjson", record(9, 1))
    told = project.run("run", code=2).stderr
    assert "the table t_late can't be changed to what late rows need now" in told
    assert "[E1010]" in told
    with contextlib.closing(sqlite3.connect(tmp_path / "out.sqlite")) as connection:
        connection.executescript(f"drop {kind} seen")
    project.run("run")


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
