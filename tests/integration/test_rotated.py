# SPDX-License-Identifier: Apache-2.0
"""Logs whose names are given on: `rotated: true` takes what lies at a known path for a new file, if
its old content is found under another name."""

import gzip
import json
import os
from pathlib import Path

import pytest
from project import Project

COLUMNS = {"c": "text", "ts": "timestamp", "n": "int64"}


def line(n: int, day: int = 1) -> str:
    return json.dumps({"c": "x", "ts": f"2024-03-{day:02}T10:00:{n % 60:02}Z", "n": n}) + "\n"


@pytest.fixture
def project(tidemill: Path, tmp_path: Path) -> Project:
    made = Project(tmp_path, tidemill)
    (tmp_path / "in").mkdir()
    made.write("in/app.log", line(1) + line(2))
    return made


def configure(project: Project, **source: object) -> None:
    project.pipeline(
        source={"files": "in/*", "format": "ndjson", **source},
        columns=COLUMNS,
        sink={"connection": "lite", "table": "t", "mode": "append"},
    )


def rotate(project: Project, kept: int) -> None:
    logs = project.directory / "in"
    (logs / f"app.log.{kept}").unlink(missing_ok=True)
    for age in range(kept - 1, 0, -1):
        if (logs / f"app.log.{age}").exists():
            (logs / f"app.log.{age}").rename(logs / f"app.log.{age + 1}")
    (logs / "app.log").rename(logs / "app.log.1")


def add(project: Project, name: str, text: str) -> None:
    with (project.directory / name).open("a") as file:
        file.write(text)


def numbers(project: Project) -> list[int]:
    return [n for (n,) in project.rows("select n from t order by n")]


def test_ten_nights_of_a_log(project: Project) -> None:
    """It grows after the run, is rotated, and a new one begins: each row once, nobody is asked."""
    configure(project, rotated=True)
    written = 2
    for _ in range(10):
        project.run("run")
        assert numbers(project) == list(range(1, written + 1))
        add(project, "in/app.log", line(written + 1))
        rotate(project, kept=3)
        project.write("in/app.log", line(written + 2) + line(written + 3))
        written += 3
    project.run("run")
    assert numbers(project) == list(range(1, written + 1))
    plan = json.loads(project.run("plan", "--json").stdout)
    assert plan["members"] == []


def test_days_that_were_left_are_loaded_from_where_they_are_by_then(project: Project) -> None:
    written = 2
    for night in range(2, 9):
        project.pipeline(
            source={"files": "in/*", "format": "ndjson", "registry": True, "rotated": True},
            columns=COLUMNS,
            series="c",
            time="ts",
            until=f"2024-03-{night:02}",
            sink="t",
        )
        counts = json.loads(project.run("run", "--json").stdout)["counts"]
        assert (numbers(project), counts["late"]) == (list(range(1, written + 1)), 0)
        rotate(project, kept=3)
        project.write("in/app.log", line(written + 1, night))
        written += 1


def test_a_log_that_is_copied_and_truncated(project: Project) -> None:
    configure(project, rotated=True)
    project.run("run")
    add(project, "in/app.log", line(3))
    old = (project.directory / "in/app.log").read_text()
    project.write("in/app.log.1", old)
    project.write("in/app.log", line(4))
    project.run("run")
    assert numbers(project) == [1, 2, 3, 4]


def test_compressed_logs_are_given_on_as_well(project: Project) -> None:
    configure(project, files="in/*.gz", rotated=True)
    logs = project.directory / "in"
    (logs / "app.log.1.gz").write_bytes(gzip.compress((line(1) + line(2)).encode()))
    project.run("run")
    (logs / "app.log.1.gz").rename(logs / "app.log.2.gz")
    (logs / "app.log.1.gz").write_bytes(gzip.compress(line(3).encode()))
    project.run("run")
    assert numbers(project) == [1, 2, 3]


@pytest.mark.parametrize("rotated", [False, True])
def test_a_file_that_was_corrected_is_no_new_one(project: Project, rotated: bool) -> None:
    """Its old content is nowhere: its rows would come twice."""
    configure(project, rotated=rotated)
    project.run("run")
    project.write("in/app.log", line(1) + line(9))
    said = project.run("run", code=4).stderr
    assert "E2002" in said and "in/app.log" in said and "`rotated: true`" in said
    assert numbers(project) == [1, 2]


def test_without_the_word_a_rotation_is_asked_about(project: Project) -> None:
    configure(project)
    project.run("run")
    rotate(project, kept=3)
    project.write("in/app.log", line(3))
    assert "in/app.log: changed" in project.run("run", code=4).stderr
    configure(project, rotated=True)
    project.run("run")
    assert numbers(project) == [1, 2, 3]


def test_a_shorter_log_of_the_same_time_is_new(project: Project) -> None:
    """What counts is what it held, not how large it is."""
    configure(project, rotated=True)
    project.run("run")
    before = (project.directory / "in/app.log").stat()
    rotate(project, kept=3)
    project.write("in/app.log", line(3))
    os.utime(project.directory / "in/app.log", ns=(before.st_mtime_ns, before.st_mtime_ns))
    project.run("run")
    assert numbers(project) == [1, 2, 3]


@pytest.mark.parametrize(
    ("source", "keys"),
    [
        ({"files": "in/*"}, {"series": "c", "time": "ts", "sink": "t"}),
        ({"files": "in/*"}, {"sink": {"connection": "lite", "table": "t", "mode": "replace"}}),
    ],
)
def test_where_there_is_no_registry(project: Project, source: dict, keys: dict) -> None:
    project.pipeline(source={**source, "rotated": True}, columns=COLUMNS, **keys)
    said = project.run("check", code=2).stderr
    assert "`rotated: true` needs a registry of files" in said
