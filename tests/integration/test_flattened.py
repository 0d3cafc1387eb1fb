# SPDX-License-Identifier: Apache-2.0
"""Keys of flattened fields, as somebody meets them who writes a project: what init proposes, what
check says, what a table gets. How each value is typed is in tests/model/mapping."""

import json
import sqlite3
import subprocess
from pathlib import Path

import pytest

TYPES = {
    "elasticsearch_8": {"type": "flattened", "null_value": "none"},
    "opensearch_2": {"type": "flat_object"},
}
NAME = "keyed"
ALIAS = {"type": "alias", "path": "labels"}
DOCUMENTS = [
    ("1", {"labels": {"env": "test", "n": 7, "a": "x", "a.b": "y"}}),
    ("2", {"labels": {"env": None, "n": None, "a": {"b": "z"}}}),
    ("3", {"labels": None}),
]
COLUMNS = {
    "id": {"type": "text", "from": "_id"},
    "env": {"type": "text", "from": "labels.env"},
    "tag": {"type": "text", "from": "tags.env"},
    "n": {"type": "int64", "from": "labels.n"},
    "ab": {"type": "text", "from": "labels.a.b"},
    "labels": "json",
}


@pytest.fixture(params=list(TYPES))
def server(request: pytest.FixtureRequest):
    found = request.getfixturevalue(request.param)
    flattened = TYPES[request.param]
    found.create_index(f"{NAME}-1", {"labels": flattened, "tags": ALIAS}, shards=1)
    found.load(f"{NAME}-1", DOCUMENTS)
    properties = {"labels": {"properties": {"env": {"type": "keyword"}}}}
    found.create_index(f"{NAME}-2", properties, shards=1)
    found.load(f"{NAME}-2", [("4", {"labels": {"env": "live"}})])
    yield found
    found.request("DELETE", f"/{NAME}-1,{NAME}-2")


def execute(tidemill: Path, directory: Path, *arguments: str) -> str:
    done = subprocess.run(
        [tidemill, *arguments], cwd=directory, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def write(directory: Path, url: str, columns: dict) -> None:
    project = {
        "connections": {"es": {"elasticsearch": url}, "out": {"sqlite": "out.sqlite"}},
        "pipelines": {
            "p": {
                "source": {"connection": "es", "index": f"{NAME}-*"},
                "columns": columns,
                "sink": {"connection": "out", "table": "t", "mode": "replace"},
            }
        },
    }
    (directory / "tidemill.yaml").write_text(json.dumps(project))


def test_keys_are_fields(server, tidemill, tmp_path):
    write(tmp_path, server.url, COLUMNS)
    execute(tidemill, tmp_path, "run")
    with sqlite3.connect(tmp_path / "out.sqlite") as database:
        rows = database.execute("select id, env, tag, n, ab from t order by id").fetchall()
        wholes = dict(database.execute("select id, labels from t"))
    null = TYPES[server.name].get("null_value")
    assert rows == [
        ("1", "test", "test", 7, "y"),
        ("2", null, null, None, "z"),  # the null_value is no number
        ("3", None, None, None, None),
        ("4", "live", None, None, None),
    ]
    assert json.loads(wholes["1"]) == DOCUMENTS[0][1]["labels"]


def test_check_knows_keys(server, tidemill, tmp_path):
    write(tmp_path, server.url, COLUMNS | {"typo": {"type": "text", "from": "lables.env"}})
    said = execute(tidemill, tmp_path, "check")
    kind = f"key of {TYPES[server.name]['type']}"
    assert f"`labels.env` is mapped as {kind} in some indices and as keyword in others" in said
    assert "`labels.n`" not in said and "`tags.env`" not in said
    assert "no index maps a field `lables.env`" in said


def test_init_takes_the_whole(server, tidemill, tmp_path):
    arguments = ("--elasticsearch", server.url, "--index", f"{NAME}-1", "--output", "-")
    said = execute(tidemill, tmp_path, "init", *arguments)
    lines = [line.strip() for line in said.splitlines()]
    assert any(line.startswith("labels: json") for line in lines), said
    assert any(line.startswith("# tags: ") and "an alias of `labels`" in line for line in lines)
