# SPDX-License-Identifier: Apache-2.0
"""Two runs that do not overlap while they write: the first has looked what is loaded, and stands still
before it begins; the second begins and ends. What the first would read is loaded by then. Or a command
takes back meanwhile what was loaded, and leaves no run to tell of it."""

import signal
import sqlite3
import subprocess

import psycopg
import pytest
from pipelines.engine import EXIT_SINK, Project, finish
from pipelines.files import ndjson_line
from pipelines.tables import read_csv
from takeover import ended_at_last, wait_until_stopped

ONCE = [1, 2, 3]
STANDS_STILL = {"TIDEMILL_FAULT": "run.begin:1:stop"}


@pytest.fixture(params=["sqlite", "csv", "postgres"])
def project(request, tidemill, tmp_path) -> Project:
    made = Project(tidemill, tmp_path)
    places = {"sqlite": "out.sqlite", "csv": "out"}
    if request.param == "postgres":
        places["postgres"] = request.getfixturevalue("postgres_database")
    made.content = {
        "connections": {"out": {request.param: places[request.param]}},
        "pipelines": {
            "events": {
                "source": {"files": "in/*.ndjson"},
                "columns": {"id": "int64"},
                "max_rejects": 0,
                "sink": {"connection": "out", "table": "loaded", "mode": "append"},
            }
        },
    }
    made.write()
    (tmp_path / "in").mkdir()
    add(made, "a", *ONCE)
    return made


def add(project: Project, name: str, *ids: int) -> None:
    lines = (ndjson_line({"id": i}) for i in ids)
    (project.directory / "in" / f"{name}.ndjson").write_bytes(b"".join(lines))


def sink(project: Project) -> tuple[str, str]:
    ((kind, place),) = project.content["connections"]["out"].items()
    return kind, place


def loaded(project: Project) -> list[int]:
    kind, place = sink(project)
    if kind == "csv":
        parts = (project.directory / place / "loaded").glob("part-*.csv")
        return sorted(int(i) for part in parts for i, *_ in read_csv(part)[1:])
    if kind == "sqlite":
        with sqlite3.connect(project.directory / place) as connection:
            return [i for (i,) in connection.execute("select id from loaded order by id")]
    with psycopg.connect(place) as connection:
        return [i for (i,) in connection.execute("select id from loaded order by id")]


def overtake(project: Project, first: subprocess.Popen) -> None:
    """A second run ends; the first goes on, and must say that it looked before that."""
    second = project.run()
    assert second.code == 0, second.describe()
    expected = loaded(project)
    first.send_signal(signal.SIGCONT)
    done = finish(first)
    assert done.code == EXIT_SINK, done.describe()
    assert "[E5002]" in done.said or '"E5002"' in done.said, done.said
    assert "since this one looked" in done.said and "run the same command again" in done.said
    assert loaded(project) == expected


def stands_still(project: Project, *arguments: str) -> subprocess.Popen:
    first = project.start(*arguments, **STANDS_STILL)
    assert wait_until_stopped(first)
    return first


def test_the_first_run_of_all(project: Project):
    with ended_at_last(stands_still(project)) as first:
        overtake(project, first)
    assert project.run().code == 0
    assert loaded(project) == ONCE


def test_a_later_run(project: Project):
    assert project.run().code == 0
    add(project, "b", 4)
    with ended_at_last(stands_still(project)) as first:
        overtake(project, first)
    assert project.run().code == 0
    assert loaded(project) == [*ONCE, 4]


def test_a_run_that_both_resume(project: Project):
    killed = project.run(TIDEMILL_FAULT=f"{sink(project)[0]}.finish.before:1")
    assert killed.code == -signal.SIGKILL
    with ended_at_last(stands_still(project)) as first:
        overtake(project, first)
    assert project.run().code == 0
    assert loaded(project) == ONCE


def test_a_new_run_beside_one_that_is_resumed(project: Project):
    """It would append what the resumed run has appended meanwhile."""
    killed = project.run(TIDEMILL_FAULT=f"{sink(project)[0]}.finish.before:1")
    assert killed.code == -signal.SIGKILL
    with ended_at_last(stands_still(project, "--new")) as first:
        overtake(project, first)
    assert loaded(project) == ONCE


SERIES = {
    "columns": {"id": "int64", "at": "timestamp"},
    "series": "id",
    "time": "at",
    "sink": {"connection": "out", "table": "loaded", "mode": "append"},
}


def add_day(project: Project, name: str, *ids: int) -> None:
    lines = (ndjson_line({"id": i, "at": "2024-03-01T10:00:00Z"}) for i in ids)
    (project.directory / "in" / f"{name}.ndjson").write_bytes(b"".join(lines))


def command(project: Project, *arguments: str) -> None:
    done = subprocess.run(
        [project.binary, *arguments],
        cwd=project.directory,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr


def refused(first: subprocess.Popen) -> None:
    first.send_signal(signal.SIGCONT)
    done = finish(first)
    assert done.code == EXIT_SINK, done.describe()
    assert "E5002" in done.said, done.said
    assert "run the same command again" in done.said


@pytest.mark.parametrize(
    "words", [["reset"], ["rewind", "--to", "2024-02-01"], ["accept"]], ids=lambda words: words[0]
)
def test_what_a_command_takes_back_is_read_again(project: Project, words: list[str]):
    """The first run has looked: all files but the new one are read, and their rows in the table."""
    project.content["pipelines"]["events"] |= SERIES
    project.write()
    add_day(project, "a", *ONCE)
    assert project.run().code == 0
    add_day(project, "b", 4)
    with ended_at_last(stands_still(project)) as first:
        command(project, "state", "events", *words, "--yes")
        refused(first)
    assert project.run().code == 0
    assert loaded(project) == [*ONCE, 4]


def test_a_reset_beside_the_first_of_two_that_share_a_table(project: Project):
    kind, _ = sink(project)
    if kind == "csv":
        return  # it has no merge
    shared = project.content["pipelines"]["events"] | {
        "source": {"files": "in/*.ndjson", "registry": True},
        "sink": {
            "connection": "out",
            "table": "loaded",
            "mode": "merge",
            "key": "id",
            "newest": "id",
        },
    }
    other = shared | {"source": {"files": "other.ndjson", "registry": True}}
    project.content["pipelines"] = {"events": shared, "other": other}
    project.write()
    (project.directory / "other.ndjson").write_bytes(ndjson_line({"id": 9}))
    assert project.run().code == 0
    add(project, "b", 4)
    with ended_at_last(stands_still(project, "events")) as first:
        command(project, "state", "other", "reset", "--yes")
        refused(first)
    again = project.run("events")
    assert again.code != 0
    assert "E8000" in again.said
