# SPDX-License-Identifier: Apache-2.0
"""Values of mapped fields that documents hold in a form of their own. Random mappings and documents
are in tests/model/mapping."""

import json
import sqlite3
from pathlib import Path

import pytest
from project import Project

NAME = "mapped-values"
PROPERTIES = {
    "note": {"type": "text", "fields": {"raw": {"type": "keyword", "ignore_above": 3}}},
    "blob": {"type": "binary"},
}
DOCUMENTS = [
    ("1", {"note": ["abcd", "b"], "blob": "aGVs\r\nbG8=\n"}),
    ("2", {"note": "abcd", "blob": "aGVs bG8="}),
    ("3", {"note": "abc", "blob": ["aGVsbG8="]}),
    ("4", {"note": "[1]", "blob": "aGVsbG8=x"}),
]


@pytest.fixture
def project(tidemill: Path, tmp_path: Path) -> Project:
    return Project(tmp_path, tidemill)


def write(project: Project, url: str, columns: dict) -> None:
    content = {
        "connections": {"es": {"elasticsearch": url}, "lite": {"sqlite": "out.sqlite"}},
        "pipelines": {
            "p": {
                "source": {"connection": "es", "index": NAME},
                "columns": {"id": {"type": "text", "from": "_id"}} | columns,
                "max_rejects": 10,
                "sink": {"connection": "lite", "table": "t", "mode": "replace"},
            }
        },
    }
    project.write("tidemill.yaml", json.dumps(content))


def ask(project: Project, query: str) -> list[tuple]:
    with sqlite3.connect(project.directory / "out.sqlite") as database:
        return database.execute(query).fetchall()


def test_lists_of_a_sub_field_and_base64_in_lines(project: Project, elasticsearch_8) -> None:
    """A list is kept as it is written, however long its elements may be; base64 may have the line
    breaks and blanks that the server passes over."""
    elasticsearch_8.create_index(NAME, PROPERTIES, shards=1)
    elasticsearch_8.load(NAME, DOCUMENTS)
    raw = {"type": "text", "from": "note.raw", "array": "json"}
    write(project, elasticsearch_8.url, {"raw": raw, "blob": {"type": "bytes", "array": "first"}})
    project.run("run")
    assert ask(project, "select id, raw, blob from t order by id") == [
        ("1", '["abcd", "b"]', b"hello"),
        ("2", None, b"hello"),
        ("3", "abc", b"hello"),
    ]
    assert ask(project, "select position, column_name, reason from t_rejects") == [
        (f"{NAME}/4", "blob", "`aGVsbG8=x` is not base64")
    ]
    elasticsearch_8.request("DELETE", f"/{NAME}")
