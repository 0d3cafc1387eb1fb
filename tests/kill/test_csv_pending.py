# SPDX-License-Identifier: Apache-2.0
"""CSV files that are committed and not yet in place, since the run was killed right after its COMMIT:
check, plan, runs, show and doctor tell, and touch nothing; the next run begins by putting them there,
even if it then fails because its source is gone. Where another run would append all rows once more
it ends with that."""

import json
import shutil
import signal
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

import pytest
from pipelines.engine import EXIT_CONFIG, EXIT_SINK, EXIT_SOURCE, Project
from pipelines.files import ndjson_line
from pipelines.tables import read_csv

KILLED = -signal.SIGKILL
INDEX = "csv-pending"


@pytest.fixture
def project(request, tidemill, tmp_path) -> Project:
    made = Project(tidemill, tmp_path)
    made.content = {
        "connections": {"files": {"csv": "out"}},
        "pipelines": {
            "events": {
                "source": {"files": "in/*.ndjson"},
                "columns": {"id": "int64"},
                "sink": {"connection": "files", "table": "loaded", "mode": request.param},
            }
        },
    }
    made.write()
    return made


def add(project: Project, name: str, *ids: int) -> None:
    (project.directory / "in").mkdir(exist_ok=True)
    with (project.directory / "in" / f"{name}.ndjson").open("ab") as file:
        file.write(b"".join(ndjson_line({"id": i}) for i in ids))


def loaded(project: Project) -> list[int]:
    """As whoever reads the folder sees it."""
    parts = sorted((project.directory / "out" / "loaded").glob("part-*.csv"))
    return sorted(int(i) for part in parts for (i,) in read_csv(part)[1:])


def hidden(project: Project) -> list[str]:
    return [path.name for path in (project.directory / "out").rglob(".*")]


def look(project: Project, *command: str, code: int = 0) -> str:
    done = subprocess.run(
        [project.binary, *command], cwd=project.directory, capture_output=True, text=True
    )
    assert done.returncode == code, done
    return done.stdout


def objects(project: Project, *command: str, code: int = 0) -> list[dict]:
    return [json.loads(line) for line in look(project, *command, "--json", code=code).splitlines()]


def finding(project: Project, code: int = 0) -> dict:
    """What the doctor says of the files."""
    lines = objects(project, "doctor", code=code)
    (one,) = [line for line in lines if (line["subject"], line["topic"]) == ("files", "files")]
    return one


COMMANDS = (("check",), ("plan",), ("runs",), ("show", "events"), ("doctor",))


def is_told(project: Project, words: str, before: list[int]) -> None:
    """By each command once, in the same sentence, of the newest run."""
    (check,), (plan,), runs = (objects(project, one) for one in ("check", "plan", "runs"))
    (sentence,) = [line for line in check["notes"].splitlines() if words in line]
    assert "the next `tidemill run`" in sentence
    for command in COMMANDS:
        assert look(project, *command).count(sentence) == 1, command
    assert sentence in plan["notes"].splitlines()
    assert len(runs) > 1
    assert [run["pending"] for run in runs] == [sentence] + [None] * (len(runs) - 1)
    (newest,) = objects(project, "show", "events")
    (oldest,) = objects(project, "show", "events", "1")
    assert (newest["pending"], oldest["pending"]) == (sentence, None)
    said = finding(project)
    assert (said["verdict"], said["text"]) == ("warning", f"events: {sentence}")
    assert "`tidemill run events`" in said["advice"]
    assert loaded(project) == before  # nobody has touched them
    assert hidden(project)


def is_told_beside_errors(project: Project, words: str) -> None:
    """Also while the pipeline itself can't be read."""
    broken = json.loads(json.dumps(project.content))
    broken["pipelines"]["events"]["colums"] = {}
    path = project.directory / "tidemill.yaml"
    right = path.read_bytes()
    path.write_text(json.dumps(broken))
    assert words in finding(project, code=1)["text"]
    path.write_bytes(right)


def is_settled(project: Project, words: str, after: list[int]) -> None:
    assert loaded(project) == after
    assert hidden(project) == []
    add(project, "c", 9)
    for command in COMMANDS:
        assert words not in look(project, *command), command
    assert {run["pending"] for run in objects(project, "runs")} == {None}
    said = finding(project)
    assert said["text"] == "1 pipeline has written here; what is committed is in place"


def kill_second_run(project: Project, fault: str) -> None:
    """The first has loaded 1, the second commits 2 as well."""
    add(project, "a", 1)
    assert project.run().code == 0
    add(project, "b", 2)
    assert project.run(TIDEMILL_FAULT=fault).code == KILLED


@pytest.mark.parametrize("project", ["replace"], indirect=True)
def test_a_generation_that_was_not_swapped_in(project: Project):
    kill_second_run(project, "csv.finish.after:1")
    words = "still holds those of the run before"
    is_told(project, words, [1])
    is_told_beside_errors(project, words)
    shutil.rmtree(project.directory / "in")
    assert project.run().code == EXIT_CONFIG  # no file matches
    is_settled(project, words, [1, 2])


@pytest.mark.parametrize("project", ["replace"], indirect=True)
def test_a_generation_whose_predecessor_was_not_removed(project: Project):
    kill_second_run(project, "csv.swap.after:1")
    words = "but those of the run before are still kept in out/.loaded.stage-"
    is_told(project, words, [1, 2])
    shutil.rmtree(project.directory / "in")
    assert project.run().code == EXIT_CONFIG
    is_settled(project, words, [1, 2])


def move_aside(project: Project) -> tuple[Path, Path]:
    """The first of two renames by which folders change places where the file system can't exchange
    them: where the new one is, and where the one before is kept."""
    out = project.directory / "out"
    (staging,) = out.glob(".loaded.stage-*")
    aside = staging.with_name(f"{staging.name}0")
    (out / "loaded").rename(aside)
    return staging, aside


@pytest.mark.parametrize("project", ["replace"], indirect=True)
def test_a_generation_whose_predecessor_is_out_of_the_way(project: Project):
    kill_second_run(project, "csv.finish.after:1")
    staging, _ = move_aside(project)
    words = f"out/loaded is not there yet, and they are in out/{staging.name}:"
    is_told(project, words, [])
    shutil.rmtree(project.directory / "in")
    assert project.run().code == EXIT_CONFIG
    is_settled(project, words, [1, 2])


@pytest.mark.parametrize("project", ["replace"], indirect=True)
def test_a_generation_whose_predecessor_is_kept_aside(project: Project):
    kill_second_run(project, "csv.finish.after:1")
    staging, aside = move_aside(project)
    staging.rename(project.directory / "out" / "loaded")
    words = f"but those of the run before are still kept in out/{aside.name}:"
    is_told(project, words, [1, 2])
    shutil.rmtree(project.directory / "in")
    assert project.run().code == EXIT_CONFIG
    is_settled(project, words, [1, 2])


@pytest.mark.parametrize("project", ["replace"], indirect=True)
def test_a_swap_of_which_nothing_is_left_to_do(project: Project):
    kill_second_run(project, "csv.swap.after:1")
    (staging,) = (project.directory / "out").glob(".loaded.stage-*")
    shutil.rmtree(staging)
    is_settled(project, "next `tidemill run`", [1, 2])


@pytest.mark.parametrize("project", ["replace"], indirect=True)
def test_a_first_generation_that_was_not_put_there(project: Project):
    add(project, "a", 1)
    assert project.run(TIDEMILL_FAULT="csv.finish.after:1").code == KILLED
    (staging,) = (project.directory / "out").glob(".loaded.stage-*")
    words = f"out/loaded is not there yet, and they are in out/{staging.name}:"
    for command in COMMANDS:
        assert look(project, *command).count(words) == 1, command


@pytest.mark.parametrize("project", ["append"], indirect=True)
def test_a_ledger_that_is_locked_is_not_waited_for_as_by_a_run(project: Project):
    add(project, "a", 1)
    assert project.run().code == 0
    with closing(sqlite3.connect(project.directory / "out" / "tidemill.sqlite")) as holder:
        holder.execute("PRAGMA locking_mode=EXCLUSIVE")
        holder.execute("BEGIN EXCLUSIVE")
        said = finding(project)
        assert said["verdict"] == "warning"
        words = "out/tidemill.sqlite is locked by another process; waited 2000 ms"
        assert said["text"].startswith("not looked at: ") and words in said["text"]
        assert "ask again when that has finished" in said["advice"]
        done = subprocess.run(
            [project.binary, "runs"], cwd=project.directory, stderr=subprocess.PIPE, text=True
        )
        assert done.returncode == EXIT_SINK
        assert words in done.stderr and "E5004" in done.stderr
    is_settled(project, "not looked at", [1])


@pytest.mark.parametrize("project", ["append"], indirect=True)
def test_a_part_that_was_not_named(project: Project):
    kill_second_run(project, "csv.manifest.after:1")
    words = "have not got their names yet: 1"
    is_told(project, words, [1])
    (project.directory / "in" / "b.ndjson").rename(project.directory / "b.ndjson")
    assert project.run().code == EXIT_SOURCE  # of the run that is resumed, a file is gone
    assert loaded(project) == [1, 2]
    (project.directory / "b.ndjson").rename(project.directory / "in" / "b.ndjson")
    is_settled(project, words, [1, 2])
    assert project.run().code == 0  # resumes: reads what was planned
    assert project.run().code == 0
    assert loaded(project) == [1, 2, 9]


@pytest.fixture
def staged(tidemill, tmp_path, elasticsearch_8):
    """Appends three documents in each run, all of them in its last COMMIT."""
    elasticsearch_8.create_index(INDEX, {"id": {"type": "long"}}, shards=2)
    elasticsearch_8.load(INDEX, ((str(i), {"id": i}) for i in (1, 2, 3)))
    made = Project(tidemill, tmp_path)
    made.content = {
        "connections": {"files": {"csv": "out"}, "search": {"elasticsearch": elasticsearch_8.url}},
        "pipelines": {
            "events": {
                "source": {"connection": "search", "index": INDEX, "slices": 2},
                "columns": {"id": "int64"},
                "sink": {
                    "connection": "files",
                    "table": "loaded",
                    "mode": "append",
                    "again": "append",
                },
            }
        },
    }
    made.write()
    yield made
    elasticsearch_8.request("DELETE", f"/{INDEX}")


ONCE = [1, 2, 3]


def statuses(project: Project) -> list[tuple[int, str, bool]]:
    """Number, status, and whether something is pending, of each run."""
    runs = objects(project, "runs")
    return [(run["run"], run["status"], run["pending"] is not None) for run in runs]


def test_the_same_command_completes_an_append_and_appends_nothing(staged: Project):
    assert staged.run(TIDEMILL_FAULT="csv.finish.after:1").code == KILLED
    assert statuses(staged) == [(1, "complete", True)]
    assert loaded(staged) == []
    (plan,) = objects(staged, "plan")
    assert (plan["run"], plan["resumes"], plan["splits"]) == (1, True, 0)
    words = "run 1 had committed all its rows when it was ended"
    assert words in plan["notes"]
    assert loaded(staged) == []
    done = staged.run()
    assert done.code == 0
    assert (done.record["run"], done.record["counts"]["loaded"]) == (1, 3)
    assert statuses(staged) == [(1, "complete", False)]
    assert loaded(staged) == ONCE
    assert words not in look(staged, "plan")
    assert staged.run().code == 0  # as is wanted of it
    assert loaded(staged) == sorted(ONCE * 2)


def test_a_new_run_appends_again(staged: Project):
    assert staged.run(TIDEMILL_FAULT="csv.finish.after:1").code == KILLED
    assert staged.run("--new").code == 0
    assert statuses(staged) == [(2, "complete", False), (1, "complete", False)]
    assert loaded(staged) == sorted(ONCE * 2)
