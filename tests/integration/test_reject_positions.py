# SPDX-License-Identifier: Apache-2.0
"""A reject is one row of `<table>_rejects`, however often its row is loaded."""

import json
from pathlib import Path

import psycopg
import pytest
from project import Project

ROWS = 900
REFUSED = {f"C{k}" for k in range(300) if k % 30 == 7}


@pytest.fixture
def project(tidemill: Path, tmp_path: Path) -> Project:
    made = Project(tmp_path, tidemill)
    lines = (
        json.dumps({"c": f"C{i % 300}", "ts": f"2024-03-01T00:{i // 300:02}:00Z", "k": i % 300})
        for i in range(ROWS)
    )
    made.write("in.ndjson", "\n".join(lines) + "\n")
    return made


def write(project: Project, mode: str, connection: dict) -> None:
    sink = {"connection": "to", "table": "t", "mode": mode, "key": "c", "newest": "ts"}
    pipeline = {
        "source": {"files": "in.ndjson", "split_bytes": 8192},
        "columns": {"c": "text", "ts": "timestamp", "k": "int64"},
        "max_rejects": 1000,
        "sink": sink,
    }
    content = {"connections": {"to": connection}, "pipelines": {"p": pipeline}}
    project.write("tidemill.yaml", json.dumps(content))


def run_twice(project: Project) -> None:
    for workers in ("1", "3"):
        record = project.record("--workers", workers)
        assert record["counts"]["refused"] == len(REFUSED)


@pytest.mark.parametrize("mode", ["merge", "replace"])
def test_sqlite_keeps_each_reject_once(project: Project, mode: str) -> None:
    write(project, mode, {"sqlite": "out.sqlite"})
    project.rows("create table t (c text unique, ts integer, k integer check (k % 30 <> 7))")
    run_twice(project)
    found = project.rows("select row_values from t_rejects")
    assert sorted(json.loads(values)["c"] for (values,) in found) == sorted(REFUSED)


@pytest.mark.parametrize("mode", ["merge", "replace"])
def test_postgres_keeps_each_reject_once(
    project: Project, postgres_database: str, mode: str
) -> None:
    write(project, mode, {"postgres": postgres_database})
    with psycopg.connect(postgres_database, autocommit=True) as connection:
        connection.execute(
            "create table t (c text primary key, ts timestamptz, k bigint check (k % 30 <> 7))"
        )
        run_twice(project)
        found = connection.execute("select row_values ->> 'c' from t_rejects").fetchall()
    assert sorted(name for (name,) in found) == sorted(REFUSED)
