# SPDX-License-Identifier: Apache-2.0
"""CSV files that are committed and not yet in place, since the run was killed right after its COMMIT:
check and plan tell, and touch nothing; the next run begins by putting them there, even if it then
fails because its source is gone."""

import shutil
import signal
import subprocess

import pytest
from pipelines.engine import EXIT_CONFIG, EXIT_SOURCE, Project
from pipelines.files import ndjson_line
from pipelines.tables import read_csv

KILLED = -signal.SIGKILL


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


def look(project: Project, command: str) -> str:
    done = subprocess.run(
        [project.binary, command], cwd=project.directory, capture_output=True, text=True
    )
    assert done.returncode == 0, done
    return done.stdout


def is_told(project: Project, words: str, before: list[int]) -> None:
    for command in ("check", "plan"):
        assert words in look(project, command)
    assert loaded(project) == before  # nobody has touched them
    assert hidden(project)


def is_settled(project: Project, words: str, after: list[int]) -> None:
    assert loaded(project) == after
    assert hidden(project) == []
    add(project, "c", 9)
    assert words not in look(project, "check")


@pytest.mark.parametrize("project", ["replace"], indirect=True)
def test_a_generation_that_was_not_swapped_in(project: Project):
    add(project, "a", 1)
    assert project.run().code == 0
    add(project, "b", 2)
    assert project.run(TIDEMILL_FAULT="csv.finish.after:1").code == KILLED
    words = "still holds those of the run before"
    is_told(project, words, [1])
    shutil.rmtree(project.directory / "in")
    assert project.run().code == EXIT_CONFIG  # no file matches
    is_settled(project, words, [1, 2])


@pytest.mark.parametrize("project", ["append"], indirect=True)
def test_a_part_that_was_not_named(project: Project):
    add(project, "a", 1)
    assert project.run().code == 0
    add(project, "b", 2)
    assert project.run(TIDEMILL_FAULT="csv.manifest.after:1").code == KILLED
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
