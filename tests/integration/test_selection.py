# SPDX-License-Identifier: Apache-2.0
"""Many pipelines in one project: which of them a command is for, that a failure of one stops no
other, what the exit code says, and the table at the end."""

import contextlib
import json
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from project import Project

NAMES = ["promo_a", "promo_b", "orders", "promo_c"]


@pytest.fixture
def project(tidemill: Path, tmp_path: Path) -> Project:
    made = Project(tmp_path, tidemill)
    write_project(made, {"lite": {"sqlite": "out.sqlite"}})
    for name in NAMES:
        put(made, name, 1)
    return made


def write_project(project: Project, connections: dict) -> None:
    (sink,) = connections
    pipelines = {
        name: {
            "source": {"files": f"{name}-*.ndjson"},
            "columns": {"n": "int64"},
            "sink": {"connection": sink, "table": name, "mode": "append"},
        }
        for name in NAMES
    }
    text = json.dumps({"connections": connections, "pipelines": pipelines})
    project.write("tidemill.yaml", text)


def put(project: Project, name: str, value: object, number: int = 1) -> None:
    project.write(f"{name}-{number}.ndjson", json.dumps({"n": value}) + "\n")


def remove(project: Project, name: str) -> None:
    for path in project.directory.glob(f"{name}-*.ndjson"):
        path.unlink()


def states(output: str) -> dict[str, str]:
    """What the table says of each pipeline."""
    table = output.split("\npipeline ")[1].splitlines()[1:]
    rows = [line for line in table if line.split("  ")[0] in NAMES]
    return {line.split("  ")[0].strip(): line[9:21].strip() for line in rows}


def checked(project: Project, *arguments: str) -> list[str]:
    said = project.run("check", "--json", "--offline", *arguments).stdout
    return [json.loads(line)["pipeline"] for line in said.splitlines()]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ([], NAMES),
        (["promo_*"], ["promo_a", "promo_b", "promo_c"]),
        (["promo_c", "promo_a"], ["promo_a", "promo_c"]),
        (["promo_[ab]", "o*"], ["promo_a", "promo_b", "orders"]),
        (["--exclude", "promo_*"], ["orders"]),
        (["promo_?", "--exclude", "*_b", "--exclude", "promo_c"], ["promo_a"]),
    ],
)
def test_names_globs_and_excludes_select_in_the_order_of_the_file(project, arguments, expected):
    assert checked(project, *arguments) == expected


@pytest.mark.parametrize("command", ["run", "check", "plan", "runs"])
def test_a_selector_that_matches_nothing_is_an_error_with_the_nearest_name(project, command):
    assert "did you mean `promo_a`?" in project.run(command, "promo_aa", code=2).stderr
    assert "there are: promo_a" in project.run(command, "x*", code=2).stderr
    assert "did you mean `orders`?" in project.run(command, "--exclude", "order", code=2).stderr
    assert "leaves no pipeline" in project.run(command, "--exclude", "*", code=2).stderr
    assert not (project.directory / "out.sqlite").exists()


def test_state_is_for_one_pipeline(project):
    assert "matches 3 pipelines" in project.run("state", "promo_*", code=2).stderr


def test_a_failure_stops_no_other_and_failed_runs_it_alone(project):
    remove(project, "promo_b")
    result = project.run("run", "--jobs", "1", code=2)
    assert states(result.stdout) == {
        "promo_a": "ok",
        "promo_b": "failed",
        "orders": "ok",
        "promo_c": "ok",
    }
    assert "4 pipelines: 3 ok, 1 failed; 3 rows read, 3 loaded" in result.stdout
    assert "failed    promo_b: no file matches" in result.stdout
    assert result.stdout.splitlines()[-1].strip() == "next      tidemill run --failed"
    assert "promo_b: no file matches" in result.stderr
    assert checked(project, "--failed") == ["promo_b"]
    put(project, "promo_b", 5)
    record = json.loads(project.run("run", "--failed", "--json").stdout)
    assert (record["pipeline"], record["status"]) == ("promo_b", "complete")
    assert project.rows("select n from promo_b") == [(5,)]
    assert checked(project, "--failed") == []
    assert "nothing to run" in project.run("run", "--failed").stdout
    assert set(states(project.run("run").stdout).values()) == {"nothing new"}


@pytest.mark.parametrize("kind", ["sqlite", "csv", "postgres"])
def test_failed_knows_runs_that_failed_before_they_began(project, kind, request):
    """Their last run was complete: no row of its own says that the next one could not begin."""
    places = {"sqlite": "out.sqlite", "csv": "out"}
    place = places.get(kind) or request.getfixturevalue("postgres_database")
    write_project(project, {"out": {kind: place}})
    project.run("run", "--quiet")
    assert checked(project, "--failed") == []
    remove(project, "orders")
    project.run("run", "--quiet", code=2)
    project.run("run", "--quiet", code=2)
    assert checked(project, "--failed") == ["orders"]
    shown = json.loads(project.run("show", "orders", "--json").stdout)
    assert (shown["run"], shown["status"]) == (1, "complete")
    assert "no file matches" in shown["record"]["attempt_failed"]["error"]
    assert shown["record"]["loaded_ever"] == 1
    put(project, "orders", 2, number=2)
    assert json.loads(project.run("run", "--failed", "--json").stdout)["run"] == 2
    assert checked(project, "--failed") == []


def test_failed_selects_what_has_never_run_or_can_not_be_asked(project):
    project.run("run", "promo_a", "--quiet")
    assert checked(project, "--failed") == ["promo_b", "orders", "promo_c"]
    assert checked(project, "--failed", "--exclude", "promo_*") == ["orders"]
    write_project(project, {"out": {"postgres": "host=127.0.0.1 port=1 connect_timeout=2"}})
    assert checked(project, "--failed") == NAMES


@contextlib.contextmanager
def locked(path: Path, seconds: float) -> Iterator[None]:
    """By another process, against readers too, for so long."""
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    connection.execute("pragma locking_mode = exclusive")
    connection.execute("begin exclusive")
    timer = threading.Timer(seconds, connection.close)
    timer.start()
    yield
    timer.join()


def test_failed_waits_for_a_lock_as_a_run_does(project):
    """Else it would run again what has ended well."""
    project.run("run", "--quiet")
    with locked(project.directory / "out.sqlite", seconds=4):
        assert checked(project, "--failed") == []


def test_fail_fast_skips_the_rest_and_names_it(project):
    remove(project, "promo_b")
    result = project.run("run", "--jobs", "1", "--fail-fast", code=2)
    assert states(result.stdout) == {
        "promo_a": "ok",
        "promo_b": "failed",
        "orders": "skipped",
        "promo_c": "skipped",
    }
    assert result.stdout.endswith("next      tidemill run promo_b orders promo_c\n")
    said = project.run("run", "--jobs", "1", "--fail-fast", "--json", code=2).stdout
    lines = [json.loads(line) for line in said.splitlines()]
    told = {line["pipeline"]: line["status"] for line in lines}
    assert told == {
        "promo_a": "complete",
        "promo_b": "failed",
        "orders": "skipped",
        "promo_c": "skipped",
    }


def test_the_exit_code_is_that_of_the_first_failure_and_6_only_if_all_are_rejects(project):
    put(project, "promo_a", "no number")
    project.run("run", "--quiet", code=6)
    put(project, "orders", "no number", number=2)
    project.run("run", "--quiet", code=6)
    remove(project, "promo_c")
    project.run("run", "--quiet", code=2)
    assert states(project.run("run", "--exclude", "promo_c", code=6).stdout)["promo_a"] == "failed"


def test_every_selected_pipeline_has_a_line_of_json(project):
    remove(project, "promo_c")
    said = project.run("run", "--json", code=2)
    lines = [json.loads(line) for line in said.stdout.splitlines()]
    assert sorted(line["pipeline"] for line in lines) == sorted(NAMES)
    failed = [line for line in lines if line["status"] != "complete"]
    assert [line["pipeline"] for line in failed] == ["promo_c"]
    assert "no file matches" in failed[0]["error"]
    assert json.loads(said.stderr)["exit"] == 2
