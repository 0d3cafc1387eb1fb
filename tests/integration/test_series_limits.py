# SPDX-License-Identifier: Apache-2.0
"""Series and days that PostgreSQL can't keep the state of: such a row is a reject, since with any
other end it would stop all rows that are committed with it, in every run."""

import json
import random
from pathlib import Path

import psycopg
import pytest
from project import Project

GOOD = "2024-03-01T10:00:00Z"
LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+/"


def long_text(size: int) -> str:
    """Nothing that an index could compress."""
    return "".join(random.Random(size).choices(LETTERS, k=size))


CASES = {
    "text": ("text", ["a", long_text(2500)], [long_text(2501), long_text(30000)]),
    "bytes": ("bytes", ["AAAA"], [long_text(3600)]),
    "date": ("date", ["-4712-01-01", "2024-03-01"], ["-4714-01-01", "-9999-01-01"]),
    "timestamp": ("timestamp", ["-4712-01-01T00:00:00Z", GOOD], ["-9999-01-01T00:00:00Z"]),
}


def rows_of(name: str) -> list[dict]:
    """The good ones first; then those with a bad series; last one with a bad time."""
    _, good, bad = CASES[name]
    rows = [{"k": k, "t": GOOD} for k in good + bad]
    rows.append({"k": good[0], "t": "-9000-01-01T00:00:00Z"})
    return [row | {"n": n} for n, row in enumerate(rows)]


@pytest.mark.parametrize("name", CASES)
def test_a_series_that_has_no_place_is_a_reject(
    tidemill: Path, tmp_path: Path, postgres_database: str, name: str
) -> None:
    project = Project(tmp_path, tidemill)
    kind, good, _ = CASES[name]
    rows = rows_of(name)
    project.write("in.ndjson", "".join(json.dumps(row) + "\n" for row in rows))
    content = {
        "connections": {"at": {"postgres": postgres_database}},
        "pipelines": {
            "p": {
                "source": {"files": "in.ndjson"},
                "columns": {"k": kind, "t": "timestamp", "n": "int64"},
                "series": "k",
                "time": "t",
                "max_rejects": len(rows),
                "sink": {"connection": "at", "table": "t"},
            }
        },
    }
    project.write("tidemill.yaml", json.dumps(content))
    bad = len(rows) - len(good)
    counts = project.record()["counts"]
    assert (counts["loaded"], counts["rejected"], counts["refused"]) == (len(good), bad, 0)
    counts = project.record()["counts"]
    assert (counts["seen"], counts["rejected"]) == (len(good), bad)
    with psycopg.connect(postgres_database) as connection:
        loaded = connection.execute("select n from t order by n").fetchall()
        rejects = connection.execute(
            "select column_name, row_values::text from t_rejects"
        ).fetchall()
    assert loaded == [(n,) for n in range(len(good))]
    assert sorted(column for column, _ in rejects) == ["k"] * (bad - 1) + ["t"]
    assert {json.loads(values)["n"] for _, values in rejects} == set(range(len(good), len(rows)))
