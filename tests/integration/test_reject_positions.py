# SPDX-License-Identifier: Apache-2.0
"""A reject is one row of `<table>_rejects`, however often its row is loaded."""

import json
from pathlib import Path

import psycopg
import pytest
import servers
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


def test_rows_of_a_point_in_time_are_rejected_once(
    project: Project, elasticsearch_8: servers.SearchServer, postgres_database: str
) -> None:
    """Each run reads another point in time, in which the rows may stand in another order."""
    lines = (project.directory / "in.ndjson").read_text().splitlines()
    elasticsearch_8.create_index("reject-positions", shards=2)
    elasticsearch_8.load("reject-positions", [(None, json.loads(line)) for line in lines])
    source = {"connection": "es", "index": "reject-positions", "snapshot": "pit", "slices": 3}
    pipeline = {
        "source": source,
        "columns": {"c": "text", "ts": "timestamp", "k": "int64"},
        "max_rejects": 1000,
        "sink": {"connection": "to", "table": "t", "mode": "replace"},
    }
    connections = {
        "es": {"elasticsearch": elasticsearch_8.url},
        "to": {"postgres": postgres_database},
    }
    content = {"connections": connections, "pipelines": {"p": pipeline}}
    project.write("tidemill.yaml", json.dumps(content))
    with psycopg.connect(postgres_database, autocommit=True) as connection:
        connection.execute("create table t (c text, ts timestamptz, k bigint check (k % 30 <> 7))")
        for _ in range(2):
            assert project.record()["counts"]["refused"] == 3 * len(REFUSED)
        count, distinct = connection.execute(
            "select count(*), count(distinct row_values::text) from t_rejects"
        ).fetchone()
    assert (count, distinct) == (3 * len(REFUSED), 3 * len(REFUSED))
