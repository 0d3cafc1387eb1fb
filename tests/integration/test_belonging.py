# SPDX-License-Identifier: Apache-2.0
"""State, table and pipeline belong together, also after kills; and a run that is resumed is the one
that was begun."""

import contextlib
import json
import os
import signal
import sqlite3
import subprocess
import time
from pathlib import Path

import psycopg
import pytest
from project import Project

COLUMNS = {"c": "text", "ts": "timestamp", "n": "int64"}
ROWS = 3000


@pytest.fixture
def project(tidemill: Path, tmp_path: Path) -> Project:
    made = Project(tmp_path, tidemill)
    lines = (
        json.dumps({"c": f"C{i % 40}", "ts": f"2024-03-{1 + i % 20:02}T{i % 24:02}:00:00Z", "n": i})
        for i in range(ROWS)
    )
    made.write("in.ndjson", "\n".join(lines) + "\n")
    return made


def ordered(project: Project, **keys: object) -> None:
    keys = {
        "source": {"files": "in.ndjson"},
        "columns": COLUMNS,
        "series": "c",
        "time": "ts",
        "commit": {"rows": 100},
        "sink": "t",
    } | keys
    project.pipeline(**keys)


def streamed(project: Project, split_bytes: int = 16384, where: str = "n >= 0") -> None:
    project.pipeline(
        source={"files": "in.ndjson", "split_bytes": split_bytes},
        columns=COLUMNS,
        steps=[{"where": where}],
        sink={"connection": "lite", "table": "t", "mode": "append", "again": "append"},
    )


def kill_at(project: Project, point: str) -> None:
    environment = os.environ | {"TIDEMILL_FAULT": point}
    ended = subprocess.run(
        [project.binary, "run", "--workers", "1"],
        cwd=project.directory,
        env=environment,
        capture_output=True,
        timeout=60,
    )
    assert ended.returncode == -signal.SIGKILL, ended.stderr


def count(project: Project) -> int:
    return project.rows("SELECT count(*) FROM t")[0][0]


def test_a_streamed_run_is_not_resumed_with_other_splits(project: Project) -> None:
    streamed(project)
    kill_at(project, "sqlite.commit.after:3")
    loaded = count(project)
    assert 0 < loaded < ROWS
    streamed(project, split_bytes=10000)
    said = project.run("run", code=5).stderr
    assert "cut otherwise" in said and "--new" in said and "[E8003]" in said
    assert count(project) == loaded
    streamed(project)
    project.run("run")
    assert count(project) == ROWS


def test_a_streamed_run_is_not_resumed_by_another_pipeline(project: Project) -> None:
    streamed(project)
    kill_at(project, "sqlite.commit.after:3")
    loaded = count(project)
    streamed(project, where="n >= 1000")
    said = project.run("run", code=1).stderr
    assert "step 1 where" in said and "--new" in said and "[E8001]" in said
    assert count(project) == loaded
    project.run("run", "--new")
    assert count(project) == loaded + ROWS - 1000


def test_a_streamed_run_that_has_committed_nothing_may_change(project: Project) -> None:
    streamed(project)
    kill_at(project, "sqlite.commit.before:1")
    streamed(project, split_bytes=10000, where="n >= 1000")
    project.run("run")
    assert count(project) == ROWS - 1000


def test_a_run_without_output_is_resumed(project: Project) -> None:
    ordered(project, steps=[{"where": "n < 0"}])
    kill_at(project, "sqlite.commit.after:3")
    project.run("run")
    kill_at(project, "reading:1")
    assert project.record()["counts"]["seen"] == ROWS


def test_an_emptied_table_is_found_after_a_kill_and_after_new(project: Project) -> None:
    ordered(project)
    kill_at(project, "sqlite.commit.after:3")
    assert count(project) > 0
    project.rows("DELETE FROM t")
    assert "emptied" in project.run("run", code=1).stderr
    assert "emptied" in project.run("run", "--new", code=1).stderr


def test_an_emptied_table_can_be_accepted(project: Project) -> None:
    ordered(project)
    project.run("run")
    project.rows("DELETE FROM t")
    assert "emptied" in project.run("run", code=1).stderr
    project.run("state", "p", "accept")
    assert project.record()["counts"]["seen"] == ROWS
    assert project.record()["counts"]["seen"] == ROWS


def test_an_emptied_table_of_a_killed_run_can_be_accepted(project: Project) -> None:
    ordered(project)
    kill_at(project, "sqlite.commit.after:3")
    loaded = count(project)
    project.rows("DELETE FROM t")
    project.run("state", "p", "accept")
    project.run("run")
    assert count(project) == ROWS - loaded
    project.rows("DELETE FROM t")
    assert "emptied" in project.run("run", code=1).stderr


@pytest.mark.parametrize("kind", ["lite", "files"])
def test_a_dropped_table_can_be_accepted(project: Project, kind: str) -> None:
    ordered(project)
    file = project.directory / "tidemill.yaml"
    content = json.loads(file.read_text())
    content["connections"]["files"] = {"csv": "out"}
    content["pipelines"]["p"]["sink"]["connection"] = kind
    file.write_text(json.dumps(content))
    project.run("run")
    if kind == "lite":
        project.rows("DROP TABLE t")
    else:
        for part in (project.directory / "out/t").iterdir():
            part.unlink()
        (project.directory / "out/t").rmdir()
    assert "does not exist" in project.run("run", code=1).stderr
    project.run("state", "p", "accept")
    assert project.record()["counts"]["seen"] == ROWS


def registered(project: Project, **sink: object) -> None:
    project.pipeline(
        source={"files": "*.ndjson"},
        columns={"n": "int64"},
        sink={"connection": "lite", "table": "t", "mode": "append"} | sink,
    )


def numbers(project: Project) -> list[int]:
    return [n for (n,) in project.rows("SELECT n FROM t ORDER BY n")]


@pytest.mark.parametrize("lost", ["DELETE FROM t", "DROP TABLE t"])
def test_what_was_read_can_be_accepted_without_a_series(project: Project, lost: str) -> None:
    """Somebody has taken the rows away: the advice of the error goes on with what is new."""
    project.write("in.ndjson", '{"n": 1}\n{"n": 2}\n')
    registered(project)
    project.run("run")
    with contextlib.closing(sqlite3.connect(project.directory / "out.sqlite")) as connection:
        connection.execute(lost)
        connection.commit()
    project.write("more.ndjson", '{"n": 3}\n')
    assert "tidemill state p accept" in project.run("run", code=1).stderr
    project.run("state", "p", "accept")
    project.run("run")
    project.run("run")
    assert numbers(project) == [3]


@pytest.mark.parametrize("key", [{}, {"key": ["n"], "newest": "n"}])
@pytest.mark.parametrize("registered_before", [False, True])
def test_what_was_replaced_is_not_appended_to(
    project: Project, registered_before: bool, key: dict
) -> None:
    """Nothing knows which files the rows are from: they would be loaded twice."""
    project.write("in.ndjson", '{"n": 1}\n{"n": 2}\n')
    if registered_before:
        registered(project)
        project.run("run")
    project.write("more.ndjson", '{"n": 3}\n')
    registered(project, mode="replace", **key)
    project.run("run")
    registered(project)
    assert "keep no account of what they have read" in project.run("run", code=1).stderr
    assert numbers(project) == [1, 2, 3]
    project.run("state", "p", "reset", "--yes")
    project.run("run")
    project.run("run")
    assert numbers(project) == [1, 2, 3]


@pytest.mark.parametrize("passing", [3, 4, 5, 6])
@pytest.mark.parametrize("series", [{}, {"series": "c", "time": "ts"}])
def test_a_killed_replace_is_not_resumed_by_an_append(
    project: Project, postgres_database: str, series: dict, passing: int
) -> None:
    """What it had staged is no part of the table, though its markers tell that it is done."""

    def write(mode: str, **more: object) -> None:
        pipeline = {
            "source": {"files": "*.ndjson"},
            "columns": COLUMNS,
            "commit": {"rows": 1},
            "sink": {"connection": "at", "table": "t", "mode": mode},
        }
        connections = {"at": {"postgres": postgres_database}}
        content = {"connections": connections, "pipelines": {"p": pipeline | more}}
        project.write("tidemill.yaml", json.dumps(content))

    def day(number: int) -> str:
        row = {"c": f"C{number}", "ts": "2024-03-01T00:00:00Z", "n": number}
        return json.dumps(row) + "\n"

    project.write("in.ndjson", day(0))
    write("append")
    project.run("run")
    for number in range(1, 6):
        project.write(f"in{number}.ndjson", day(number))
    write("replace", **series)
    kill_at(project, f"postgres.commit.after:{passing}")
    write("append")
    for _ in range(2):
        project.run("run")
        found = ask(postgres_database, "select n from t order by n")
        assert found == [(number,) for number in range(6)]
    statuses = ask(postgres_database, "select status from tidemill_runs order by run")
    assert [status for (status,) in statuses] == ["complete", "abandoned", "complete", "complete"]


def test_a_killed_append_is_not_resumed_by_a_replace(project: Project) -> None:
    """It was to read what is new: a replace needs everything."""
    project.write("in.ndjson", '{"n": 1}\n{"n": 2}\n')
    registered(project)
    project.run("run")
    project.write("more.ndjson", '{"n": 3}\n')
    kill_at(project, "sqlite.begun:1")
    registered(project, mode="replace")
    project.run("run")
    assert numbers(project) == [1, 2, 3]


def test_what_was_accepted_is_missed_when_it_goes_later(project: Project) -> None:
    project.write("in.ndjson", '{"n": 1}\n')
    registered(project)
    project.run("run")
    project.run("state", "p", "accept")
    with contextlib.closing(sqlite3.connect(project.directory / "out.sqlite")) as connection:
        connection.execute("DELETE FROM t")
        connection.commit()
    assert "has been emptied" in project.run("run", code=1).stderr


def test_a_lost_state_is_not_taken_for_a_first_run(project: Project) -> None:
    ordered(project)
    project.run("run")
    project.rows("DROP TABLE tidemill_state_p")
    assert "no state" in project.run("run", code=1).stderr
    assert count(project) == ROWS
    project.run("state", "p", "accept")
    project.run("run")
    assert count(project) == 2 * ROWS


def test_after_a_reset_everything_is_loaded_again(project: Project) -> None:
    ordered(project)
    project.run("run")
    project.run("state", "p", "reset", "--yes")
    kill_at(project, "sqlite.commit.after:3")
    project.run("run")
    assert count(project) == ROWS


def test_a_database_that_is_removed_meanwhile_fails_the_run(project: Project) -> None:
    project.write(
        "slow.lua",
        "return {day = function(rows) local x = 0 for i = 1, 1e8 do x = x + i % 7 end"
        " return {n = x} end}",
    )
    ordered(project, commit={"rows": 1}, steps=[{"lua": "slow.lua", "output": {"n": "double"}}])
    process = subprocess.Popen(
        [project.binary, "run"], cwd=project.directory, stderr=subprocess.PIPE, text=True
    )
    wait_for_rows(project, process)
    (project.directory / "out.sqlite").unlink()
    _, said = process.communicate(timeout=60)
    assert process.returncode == 5, said
    assert "removed or replaced" in said and "[E5006]" in said


def wait_for_rows(project: Project, process: subprocess.Popen) -> None:
    deadline = time.monotonic() + 60
    while process.poll() is None and time.monotonic() < deadline:
        with contextlib.suppress(sqlite3.OperationalError):  # the table is not there yet
            if count(project) > 0:
                return
    raise AssertionError("nothing was committed")


def in_postgres(project: Project, database: str) -> None:
    ordered(project)
    file = project.directory / "tidemill.yaml"
    content = json.loads(file.read_text())
    content["connections"]["lite"] = {"postgres": database}
    file.write_text(json.dumps(content))


def ask(database: str, statement: str) -> list[tuple]:
    with psycopg.connect(database, autocommit=True) as connection:
        cursor = connection.execute(statement)
        return cursor.fetchall() if cursor.description else []


def test_postgres_tells_apart_what_was_lost(project: Project, postgres_database: str) -> None:
    in_postgres(project, postgres_database)
    project.run("run")
    ask(postgres_database, "drop table tidemill_state_p")
    assert "no state" in project.run("run", code=1).stderr
    project.run("state", "p", "reset", "--yes")
    project.run("run")
    ask(postgres_database, "delete from t")
    assert "emptied" in project.run("run", code=1).stderr
    project.run("state", "p", "accept")
    assert project.record()["counts"]["seen"] == ROWS
    ask(postgres_database, "drop table t")
    assert "does not exist" in project.run("run", code=1).stderr
    project.run("state", "p", "accept")
    assert project.record()["counts"]["seen"] == ROWS
