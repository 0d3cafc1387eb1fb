# SPDX-License-Identifier: Apache-2.0
"""Edits that are taken back before, or after, their runs have ended; and horizons that go back."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from project import Project

COLUMNS = {"c": "text", "ts": "timestamp", "n": "int64"}
MERGE = {"mode": "merge", "key": ["n"], "newest": "ts"}


def line(n: int, day: int = 1) -> str:
    return json.dumps({"c": "x", "ts": f"2024-03-{day:02}T10:00:{n % 60:02}Z", "n": n}) + "\n"


@pytest.fixture
def project(tidemill: Path, tmp_path: Path) -> Project:
    made = Project(tmp_path, tidemill)
    (tmp_path / "in").mkdir()
    return made


def configure(project: Project, sink: dict | None = None, files: str = "in/*", **keys) -> None:
    project.pipeline(
        source={"files": files, "format": "ndjson", **keys.pop("source", {})},
        columns=COLUMNS,
        sink={"connection": "lite", "table": "t", "mode": "append", **(sink or {})},
        **keys,
    )


def in_order(project: Project, until: int, **source: object) -> None:
    configure(project, series="c", time="ts", until=f"2024-03-{until:02}", source=source)


def numbers(project: Project, table: str = "t") -> list[int]:
    return [n for (n,) in project.rows(f"select n from {table} order by n")]


def ok(project: Project, *arguments: str) -> str:
    return project.run(*arguments).stdout


def fails(project: Project, *arguments: str) -> str:
    return project.run(*arguments, code=1).stderr


def killed_append(project: Project) -> None:
    """Rows 1 to 4; those of the run that is killed, 3 and 4, are in the table."""
    project.write("in/a", line(1) + line(2))
    configure(project)
    ok(project, "run")
    project.write("in/b", line(3))
    project.write("in/c", line(4))
    project.kill("sqlite.commit.after:2", "--workers", "1")
    assert numbers(project) == [1, 2, 3, 4]


def test_an_append_edited_to_replace_and_back(project: Project) -> None:
    killed_append(project)
    configure(project, {"mode": "replace"})
    project.kill("*:12")
    configure(project)
    assert "E8001" in fails(project, "run")
    assert numbers(project) == [1, 2, 3, 4]
    configure(project, {"mode": "replace"})
    ok(project, "run")
    assert numbers(project) == [1, 2, 3, 4]


def test_an_append_closed_by_new_under_replace(project: Project) -> None:
    killed_append(project)
    configure(project, {"mode": "replace"})
    project.kill("*:12", "--new")
    configure(project)
    assert "E8001" in fails(project, "run")
    ok(project, "run", "--new")  # appends everything that is not known, as it says
    assert numbers(project) == [1, 2, 3, 3, 4, 4]


def test_accept_is_no_way_out_of_half_an_append(project: Project) -> None:
    killed_append(project)
    configure(project, steps=[{"where": "n > 0"}])
    assert "E8001" in fails(project, "run")
    ok(project, "state", "p", "accept", "--yes")
    assert "E8001" in fails(project, "run")
    configure(project)
    ok(project, "run")
    assert numbers(project) == [1, 2, 3, 4]


def test_what_a_replace_has_taken_away_is_merged_again(project: Project) -> None:
    project.write("in/a", line(1))
    project.write("in/b", line(2))
    configure(project, MERGE, source={"registry": True})
    ok(project, "run")
    configure(project, {"mode": "replace"}, files="in/a")
    ok(project, "run")
    assert numbers(project) == [1]
    configure(project, MERGE, source={"registry": True})
    ok(project, "run")
    assert numbers(project) == [1, 2]


def test_a_merge_without_registry_keeps_no_account(project: Project) -> None:
    project.write("in/a", line(1) + line(2))
    configure(project, MERGE)
    ok(project, "run")
    with closing(sqlite3.connect(project.directory / "out.sqlite")) as connection:
        for (name,) in connection.execute(
            "select name from sqlite_master where type = 'index' and tbl_name = 't' "
            "and sql is not null and name not like 'tidemill_identity%'"
        ).fetchall():
            connection.execute(f'drop index "{name}"')
        connection.commit()
    configure(project)
    assert "mode merge" in fails(project, "run")
    assert numbers(project) == [1, 2]


@pytest.mark.parametrize("registered_before", [False, True])
def test_rows_beyond_an_earlier_until_are_late_once(
    project: Project, registered_before: bool
) -> None:
    """The series has gone on to the 8th; what lies beyond the new `until` is not simply left."""
    project.write("in/a", line(1, 8))
    in_order(project, 9, registry=registered_before)
    ok(project, "run")
    in_order(project, 7, registry=True)
    ok(project, "run")
    project.write("in/b", line(2, 7) + line(3, 12))
    for _ in range(4):
        ok(project, "run")
        assert (numbers(project), numbers(project, "t_late")) == ([1], [2])
    in_order(project, 13, registry=True)
    ok(project, "run")
    assert (numbers(project), numbers(project, "t_late")) == ([1, 3], [2])


def test_rebuilt_days_beyond_an_earlier_until(project: Project) -> None:
    project.write("in/a", line(1, 1) + line(2, 4) + line(3, 6) + line(4, 12))
    in_order(project, 9, registry=True)
    ok(project, "run")
    ok(project, "state", "p", "rewind", "--to", "2024-03-05", "--yes")
    in_order(project, 3, registry=True)
    for _ in range(3):
        ok(project, "run")
    in_order(project, 13, registry=True)
    ok(project, "run")
    assert numbers(project) == [1, 2, 3, 4]
    assert not project.rows("select name from sqlite_master where name = 't_late'") or (
        numbers(project, "t_late") == []
    )


def test_a_reset_leaves_the_tables_of_others_alone(project: Project) -> None:
    """A table may be called as that of late rows would be, if the pipeline had a series."""
    project.write("in/a", line(1))
    configure(project)
    ok(project, "run")
    with closing(sqlite3.connect(project.directory / "out.sqlite")) as connection:
        connection.execute("create table t_late(mine)")
        connection.execute("insert into t_late values (1)")
        connection.commit()
    ok(project, "state", "p", "reset", "--yes")
    assert project.rows("select count(*) from t") == [(0,)]
    assert project.rows("select mine from t_late") == [(1,)]


def test_a_reset_takes_late_rows_and_state_of_a_series_that_was_taken_away(
    project: Project,
) -> None:
    project.write("in/a", line(1, 5))
    in_order(project, 6, registry=True)
    ok(project, "run")
    project.write("in/b", line(2, 3))
    ok(project, "run")
    assert numbers(project, "t_late") == [2]
    configure(project)
    ok(project, "state", "p", "reset", "--yes")
    assert (numbers(project), numbers(project, "t_late")) == ([], [])
    in_order(project, 6, registry=True)
    ok(project, "run")
    assert (numbers(project), numbers(project, "t_late")) == ([1, 2], [])
