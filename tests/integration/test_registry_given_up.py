# SPDX-License-Identifier: Apache-2.0
"""A run that was killed is given up by --new, when its files have been rotated: which reads everything,
so that nothing is left but what it leaves itself."""

import json
import os
import signal
import subprocess
from pathlib import Path

import pytest
from project import Project


def line(n: int, day: int) -> str:
    return json.dumps({"c": "x", "ts": f"2024-03-{day:02}T10:00:00Z", "n": n}) + "\n"


HELD = line(1, day=1) + line(2, day=2) + line(3, day=3)


def until(project: Project, day: int) -> None:
    project.pipeline(
        source={"files": "in/*", "format": "ndjson", "registry": True},
        columns={"c": "text", "ts": "timestamp", "n": "int64"},
        series="c",
        time="ts",
        until=f"2024-03-{day:02}",
        commit={"rows": 1},
        sink="t",
    )


def numbers(project: Project, table: str = "t") -> list[int]:
    return [n for (n,) in project.rows(f"select n from {table} order by n")]


@pytest.fixture
def given_up(tidemill: Path, tmp_path: Path) -> Project:
    """One night's rows are left, the next night's run is killed once it has committed a day."""
    project = Project(tmp_path, tidemill)
    project.write("in/a.ndjson", HELD)
    until(project, 2)
    project.run("run")
    until(project, 3)
    killed = subprocess.run(
        [tidemill, "run"],
        cwd=tmp_path,
        env=os.environ | {"TIDEMILL_FAULT": "sqlite.commit.after:1"},
        capture_output=True,
        check=False,
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    return project


def give_up(project: Project) -> str:
    return project.run("run", "--new").stdout


def test_nothing_is_told_as_lost_that_has_been_read(given_up: Project) -> None:
    (given_up.directory / "in/a.ndjson").unlink()
    given_up.write("in/a.ndjson.1", HELD + line(4, day=3))
    assert "were left" not in give_up(given_up)
    for day in (4, 5):
        until(given_up, day)
        assert "were left" not in given_up.run("run").stdout
    assert numbers(given_up) == [1, 2, 3, 4]


def test_rows_that_were_left_then_are_not_left_twice(given_up: Project) -> None:
    """What was left of in/a.ndjson is left of in/a.ndjson.1 from then on."""
    (given_up.directory / "in/a.ndjson").unlink()
    given_up.write("in/a.ndjson.1", HELD + line(4, day=3))
    give_up(given_up)
    given_up.write("in/a.ndjson", HELD)
    until(given_up, 4)
    given_up.run("run")
    assert (numbers(given_up), numbers(given_up, "t_late")) == ([1, 2, 3, 4], [])


def test_what_is_gone_by_then_is_told(given_up: Project) -> None:
    (given_up.directory / "in/a.ndjson").rename(given_up.directory / "kept")
    given_up.write("in/b.ndjson", line(5, day=3))
    lost = "in/a.ndjson: rows of it were left for a later run, and no file holds them now"
    assert lost in give_up(given_up)
    until(given_up, 4)
    assert lost in given_up.run("run").stdout
    (given_up.directory / "kept").rename(given_up.directory / "in/c.ndjson")
    assert "were left" not in given_up.run("run").stdout


def test_a_file_that_has_changed_by_then_is_read_as_it_is(given_up: Project) -> None:
    given_up.write("in/a.ndjson", line(2, day=2) + line(6, day=3))
    assert "has changed since the run was planned" in given_up.run("run", code=4).stderr
    assert "only those are loaded that are read again" in given_up.run("run", "--new").stdout
    until(given_up, 4)
    assert "were left" not in given_up.run("run").stdout
    assert numbers(given_up)[-1] == 6
