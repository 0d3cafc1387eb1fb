# SPDX-License-Identifier: Apache-2.0
"""Rejects of a series whose name is too long for the key of the table of rejects in PostgreSQL: their
positions are cut, and still tell the day and the row."""

import json
from pathlib import Path

import psycopg
import pytest
from project import Project

LONG = "".join(chr(ord("a") + i * i % 26) for i in range(2400))
OLD_BYTES = 1024 + len("...") + 16  # as versions before cut a position


@pytest.fixture
def project(tidemill: Path, tmp_path: Path, postgres_database: str) -> Project:
    made = Project(tmp_path, tidemill)
    pipeline = {
        "source": {"files": "in.ndjson"},
        "columns": {"c": "text", "at": "timestamp", "v": "int64"},
        "series": "c",
        "time": "at",
        "max_rejects": 99,
        "sink": {"connection": "to", "table": "t", "mode": "append"},
    }
    content = {"connections": {"to": {"postgres": postgres_database}}, "pipelines": {"p": pipeline}}
    made.write("tidemill.yaml", json.dumps(content))
    with psycopg.connect(postgres_database, autocommit=True) as connection:
        connection.execute(
            "create table t(c text, at timestamptz, v int8 constraint positive check (v > 0), _day date)"
        )
    return made


def run(project: Project, *rows: tuple[str, int, int]) -> None:
    lines = ({"c": c, "at": f"2024-01-{day:02}T10:00:00Z", "v": v} for c, day, v in rows)
    project.write("in.ndjson", "".join(json.dumps(line) + "\n" for line in lines))
    project.run("run")


@pytest.mark.parametrize("version", ["this", "earlier"])
def test_a_rewind_drops_those_of_later_days(
    project: Project, postgres_database: str, version: str
) -> None:
    run(project, (LONG, 1, -1), (LONG, 2, 1), (LONG, 5, -2), (LONG, 5, -3), ("short", 5, -4))
    with psycopg.connect(postgres_database, autocommit=True) as connection:
        if version == "earlier":
            connection.execute(
                "update t_rejects set position = left(position, 1024) || '...' || "
                "left(md5(position), 16) where length(position) > %s",
                [OLD_BYTES],
            )
        connection.execute("alter table t drop constraint positive")
        project.run("state", "p", "rewind", "--to", "2024-01-03", "--yes")
        left = connection.execute("select row_values ->> 'v' from t_rejects").fetchall()
        assert left == [("-1",)]
        project.run("run")
        project.run("rejects", "retry", "p")
        loaded = connection.execute("select v from t order by v").fetchall()
        assert loaded == [(-4,), (-3,), (-2,), (-1,), (1,)]
        assert connection.execute("select count(*) from t_rejects").fetchone() == (0,)


def test_a_retry_takes_the_days_in_their_order(project: Project, postgres_database: str) -> None:
    run(project, *((LONG, day, -day) for day in range(1, 12)))
    with psycopg.connect(postgres_database, autocommit=True) as connection:
        connection.execute("alter table t drop constraint positive")
        connection.execute("alter table t add column n serial")
        project.run("rejects", "retry", "p")
        days = connection.execute("select -v from t order by n").fetchall()
    assert [day for (day,) in days] == list(range(1, 12))
