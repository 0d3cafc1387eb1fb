# SPDX-License-Identifier: Apache-2.0
"""Files that are not the pipeline's own, in or beside the folder of a CSV table: they outlive a swap
that a killed run has left, a reset, and parts that would have had their names. And what was committed
gets its place where it was committed, whichever table the project file names by then."""

import json
import os
import shutil
import signal
import subprocess
from pathlib import Path

import pytest
from project import Project

COLUMNS = {"c": "text", "ts": "timestamp", "n": "int64"}
SWAP_DUE, SWAPPED, NAME_DUE = "csv.finish.after:1", "csv.swap.after:1", "csv.manifest.after:1"


@pytest.fixture
def project(tmp_path, tidemill) -> Project:
    (tmp_path / "in").mkdir()
    return Project(tmp_path, tidemill)


def configure(project: Project, **sinks: tuple[str, str] | dict) -> None:
    """A pipeline for each name, with its table and mode, or with these keys besides."""
    pipelines = {}
    for name, given in sinks.items():
        keys = given if isinstance(given, dict) else {"sink": given}
        table, mode = keys["sink"]
        pipelines[name] = {
            "source": {"files": f"in/{name}*", "format": "ndjson"},
            "columns": COLUMNS,
            **keys,
            "sink": {"connection": "files", "table": table, "mode": mode},
        }
    content = {"connections": {"files": {"csv": "out"}}, "pipelines": pipelines}
    project.write("tidemill.yaml", json.dumps(content))


def add(project: Project, name: str, *numbers: int) -> None:
    rows = ({"c": "x", "ts": f"2024-03-01T10:00:{n:02}Z", "n": n} for n in numbers)
    project.write(f"in/{name}", "".join(json.dumps(row) + "\n" for row in rows))


def rows(project: Project, table: str) -> list[int]:
    """As whoever reads the folder sees them."""
    parts = (project.directory / "out" / table).glob("part-*.csv")
    lines = (line for part in parts for line in part.read_text().splitlines()[1:])
    return sorted(int(line.split(",")[2]) for line in lines)


def hidden(project: Project) -> list[str]:
    return sorted(path.name for path in (project.directory / "out").rglob(".*"))


def forget_ledger(project: Project) -> None:
    for path in (project.directory / "out").glob("tidemill.sqlite*"):
        path.unlink()


def commit_two_generations(project: Project, point: str = SWAP_DUE) -> None:
    """Of `t`: the first is in place, the second not wholly."""
    configure(project, p=("t", "replace"))
    add(project, "p1", 1, 2)
    project.run("run")
    add(project, "p2", 3)
    project.kill(point, "p")


@pytest.fixture
def unswapped(project: Project) -> Project:
    commit_two_generations(project)
    assert rows(project, "t") == [1, 2]
    return project


def is_swapped(project: Project) -> None:
    assert rows(project, "t") == [1, 2, 3]
    assert hidden(project) == []


def test_a_swap_keeps_off_the_table_of_another_pipeline(project: Project) -> None:
    configure(project, q=("u", "append"))
    add(project, "q1", 11, 12)
    project.run("run")
    commit_two_generations(project)
    configure(project, p=("u", "replace"), q=("elsewhere", "append"))
    assert "u is written by pipeline q too" in project.run("run", "p", code=2).stderr
    assert rows(project, "u") == [11, 12]
    is_swapped(project)


def test_a_swap_keeps_off_a_folder_that_the_table_was_renamed_to(unswapped: Project) -> None:
    mine = unswapped.write("out/mine/precious.csv", "mine\n")
    configure(unswapped, p=("mine", "replace"))
    for command in ("plan", "run"):
        said = unswapped.run(command, "p", code=2).stderr
        assert "out/mine, which holds precious.csv: move it elsewhere" in said
        assert "[E1010]" in said
    assert mine.read_text() == "mine\n"
    is_swapped(unswapped)


def test_a_table_that_was_renamed_gets_a_generation_of_its_own(unswapped: Project) -> None:
    configure(unswapped, p=("v", "replace"))
    unswapped.run("run")
    is_swapped(unswapped)
    assert rows(unswapped, "v") == [1, 2, 3]


@pytest.mark.parametrize("mode", ["replace", "append"])
def test_a_swap_waits_while_the_folder_holds_another_file(unswapped: Project, mode: str) -> None:
    configure(unswapped, p=("t", mode))
    notes = unswapped.write("out/t/notes.txt", "mine")
    staged = hidden(unswapped)
    for command in ("plan", "run", "run"):
        said = unswapped.run(command, code=2).stderr
        assert "out/t" in said and "holds notes.txt" in said and "move it elsewhere" in said
        assert "[E1010]" in said
    assert "nothing is lost" in said
    assert notes.read_text() == "mine"
    assert rows(unswapped, "t") == [1, 2]
    assert hidden(unswapped) == staged
    notes.rename(unswapped.directory / "notes.txt")
    configure(unswapped, p=("t", "replace"))
    unswapped.run("run")
    is_swapped(unswapped)


def test_a_file_that_went_out_with_the_generation_before_is_kept(project: Project) -> None:
    commit_two_generations(project, SWAPPED)
    (staging,) = (project.directory / "out").glob(".t.stage-*")
    late = staging / "notes.txt"
    late.write_text("mine")
    said = project.run("run", code=2).stderr
    assert f"{staging.name} is to be removed, but holds notes.txt" in said
    assert late.read_text() == "mine"
    assert rows(project, "t") == [1, 2, 3]
    late.rename(project.directory / "notes.txt")
    project.run("run")
    is_swapped(project)


@pytest.mark.parametrize("command", ["reset", "accept"])
@pytest.mark.parametrize("table", ["mine", "t"])
def test_the_state_commands_swap_first(unswapped: Project, command: str, table: str) -> None:
    """A reset then empties the table that is the pipeline's now."""
    mine = unswapped.write("out/mine/precious.csv", "mine\n")
    configure(unswapped, p=(table, "replace" if command == "reset" else "append"))
    unswapped.run("state", "p", command, *(["--yes"] if command == "reset" else []))
    assert mine.read_text() == "mine\n"
    assert rows(unswapped, "t") == ([] if (command, table) == ("reset", "t") else [1, 2, 3])
    assert hidden(unswapped) == []


def test_a_replace_sees_who_began_to_write_its_new_table(project: Project) -> None:
    """Until it commits, others know it by the table of its last run. It stops here when all its rows are
    staged."""
    commit_two_generations(project)
    configure(project, p=("u", "replace"))
    add(project, "q1", 11, 12)
    waiting = subprocess.Popen(
        [project.binary, "run", "p", "--workers", "1"],
        cwd=project.directory,
        env=os.environ | {"TIDEMILL_FAULT": "csv.manifest.after:2:stop"},
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert os.WIFSTOPPED(os.waitpid(waiting.pid, os.WUNTRACED)[1])
        configure(project, q=("u", "append"))
        project.run("run", "q")
    finally:
        waiting.send_signal(signal.SIGCONT)
        said = waiting.communicate(timeout=60)[1]
    assert waiting.returncode != 0
    assert "u is written by pipeline q too" in said
    assert rows(project, "u") == [11, 12]


def leave_part_unnamed(project: Project, **keys: object) -> dict:
    """Rows 1 and 2, committed by a run that has more to do."""
    pipeline = {"sink": ("t", "append"), **keys}
    configure(project, p=pipeline)
    add(project, "p1", 1, 2)
    add(project, "p2", 3)
    project.kill(NAME_DUE, "--workers", "1")
    assert rows(project, "t") == []
    return pipeline


def test_a_part_gets_its_name_where_it_was_committed(project: Project) -> None:
    """And so it outlives runs into another table, and the way back."""
    leave_part_unnamed(project)
    configure(project, p=("u", "append"))
    assert "[E8000]" in project.run("run", code=1).stderr
    assert rows(project, "t") == [1, 2]
    project.run("run", "--new")
    assert rows(project, "u") == [1, 2, 3]
    configure(project, p=("t", "append"))
    assert "[E8000]" in project.run("run", code=1).stderr
    project.run("state", "p", "accept")
    project.run("run")
    assert rows(project, "t") == [1, 2]
    assert rows(project, "u") == [1, 2, 3]


@pytest.mark.parametrize("command", ["reset", "accept"])
def test_the_state_commands_give_names_first(project: Project, command: str) -> None:
    leave_part_unnamed(project)
    configure(project, p=("u", "append"))
    project.run("state", "p", command, *(["--yes"] if command == "reset" else []))
    assert rows(project, "t") == [1, 2]
    assert hidden(project) == []


def test_a_folder_that_was_moved_is_followed(project: Project) -> None:
    leave_part_unnamed(project)
    (project.directory / "out" / "t").rename(project.directory / "out" / "u")
    configure(project, p=("u", "append"))
    project.run("run")
    assert rows(project, "u") == [1, 2, 3]
    assert hidden(project) == []


def test_a_name_that_was_taken_meanwhile_is_not_overwritten(project: Project) -> None:
    leave_part_unnamed(project)
    other = project.write("out/t/part-000001-000001.csv", "c,ts,n\r\nz,,99\r\n")
    for _ in range(2):
        said = project.run("run", code=2).stderr
        assert "holds committed rows and is to be named out/t/part-000001-000001.csv" in said
        assert "[E1010]" in said
        assert rows(project, "t") == [99]
    other.rename(project.directory / other.name)
    project.run("run")
    assert rows(project, "t") == [1, 2, 3]
    assert hidden(project) == []


SERIES = {
    "source": {"files": "in/p*", "format": "ndjson", "registry": True},
    "series": "c",
    "time": "ts",
    "until": "2024-03-09",
}


@pytest.mark.parametrize("keys", [SERIES, {}], ids=["series", "streamed"])
def test_parts_that_a_lost_ledger_knew_are_kept(project: Project, keys: dict) -> None:
    configure(project, p={"sink": ("t", "append"), **keys})
    add(project, "p1", 1, 2)
    project.run("run")
    forget_ledger(project)
    (project.directory / "in" / "p1").unlink()
    add(project, "p2", 3)
    if keys:
        assert "[E8000]" in project.run("run", code=1).stderr
        project.run("state", "p", "accept")
    project.run("run")
    assert rows(project, "t") == [1, 2, 3]


def test_a_generation_is_told_from_one_that_a_lost_ledger_knew(project: Project) -> None:
    """Both are of a run 1. What was swapped in is not swapped out again."""
    configure(project, p=("t", "replace"))
    add(project, "p1", 1, 2)
    project.run("run")
    forget_ledger(project)
    add(project, "p1", 3)
    project.kill(SWAPPED)
    assert rows(project, "t") == [3]
    shutil.rmtree(project.directory / "in")
    project.run("run", code=2)  # no file matches
    assert rows(project, "t") == [3]
    assert hidden(project) == []


def test_parts_that_another_pipeline_has_left_are_kept(project: Project) -> None:
    configure(project, p=("t", "append"))
    add(project, "p1", 1, 2)
    project.run("run")
    configure(project, p=("u", "append"), q=("t", "append"))
    project.run("state", "p", "accept")
    add(project, "q1", 11)
    project.run("run", "q")
    assert rows(project, "t") == [1, 2, 11]


def test_a_part_that_somebody_put_there_is_kept(project: Project) -> None:
    """Its number may be any, also none that could be counted on from."""
    configure(project, p=("t", "append"))
    for number in ("000001", "000017", "9" * 40):
        project.write(f"out/t/part-000001-{number}.csv", "c,ts,n\r\nz,,99\r\n")
    add(project, "p1", 1)
    project.run("run")
    assert rows(project, "t") == [1, 99, 99, 99]
    assert (project.directory / "out/t/part-000001-000018.csv").exists()


def test_a_run_that_goes_on_numbers_past_what_it_committed(project: Project) -> None:
    leave_part_unnamed(project)
    shutil.copy(
        next(Path(project.directory / "out/t").glob(".part-*.tmp")),
        project.directory / "out/t/part-000001-000005.csv",
    )
    project.run("run")
    names = sorted(path.name for path in (project.directory / "out/t").iterdir())
    assert names == [f"part-000001-{n:06}.csv" for n in (1, 5, 6)]
    assert rows(project, "t") == [1, 1, 2, 2, 3]


SERIES = {"sink": ("t", "append"), "series": "c", "time": "ts"}
MOVED = {**SERIES, "sink": ("u", "append")}


def add_day(project: Project, name: str, day: int, *numbers: int) -> None:
    rows = ({"c": "x", "ts": f"2024-03-0{day}T10:00:{n:02}Z", "n": n} for n in numbers)
    project.write(f"in/{name}", "".join(json.dumps(row) + "\n" for row in rows))


def leave_empty(project: Project) -> None:
    """The files were moved to another folder; the one of the old name is still there."""
    (project.directory / "out/t").rename(project.directory / "out/u")
    (project.directory / "out/t").mkdir()


def test_files_that_were_moved_out_of_a_folder_are_known_where_they_are(project: Project) -> None:
    configure(project, p=SERIES)
    add_day(project, "p1", 1, 1, 2)
    add_day(project, "p2", 2, 3, 4)
    project.run("run")
    leave_empty(project)
    project.write("out/t/README", "empty by now\n")
    configure(project, p=MOVED)
    add_day(project, "p3", 3, 5)
    project.run("run")
    assert rows(project, "u") == [1, 2, 3, 4, 5]
    project.run("state", "p", "rewind", "--to", "2024-03-01", "--yes")
    assert rows(project, "u") == [1, 2]
    project.run("run")
    assert rows(project, "u") == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("way", [["run"], ["run", "--new"], ["state", "p", "accept"]])
@pytest.mark.parametrize("keeps", [False, True], ids=["moved", "copied"])
def test_a_part_gets_its_name_where_it_was_moved(
    project: Project, way: list[str], keeps: bool
) -> None:
    configure(project, p=SERIES)
    add_day(project, "p1", 1, 1, 2)
    project.run("run")
    add_day(project, "p2", 2, 3, 4)
    project.kill(NAME_DUE, "p")
    if keeps:
        shutil.copytree(project.directory / "out/t", project.directory / "out/u")
    else:
        leave_empty(project)
    configure(project, p=MOVED)
    assert "have not got their names yet: 1" in project.run("plan").stdout
    project.run(*way)
    for _ in range(2):
        project.run("run")
        assert rows(project, "u") == [1, 2, 3, 4]


def test_a_replace_that_is_taken_back_has_forgotten_nothing(project: Project) -> None:
    configure(project, p=SERIES)
    add_day(project, "p1", 1, 1)
    add_day(project, "p2", 2, 2)
    project.run("run")
    configure(project, p={**SERIES, "sink": ("u", "replace")})
    project.kill("csv.begun:1", "p")
    configure(project, p=SERIES)
    project.run("run")
    project.run("state", "p", "rewind", "--to", "2024-03-01", "--yes")
    assert rows(project, "t") == [1]
    project.run("run")
    assert rows(project, "t") == [1, 2]


def test_a_replace_does_not_take_the_place_of_a_link(project: Project) -> None:
    (project.directory / "real").mkdir()
    (project.directory / "out").mkdir()
    (project.directory / "out/t").symlink_to("../real")
    configure(project, p=("t", "replace"))
    add(project, "p1", 1)
    assert "a symbolic link" in project.run("run", code=2).stderr
    configure(project, p=("t", "append"))
    project.run("run")
    assert rows(project, "t") == [1]
