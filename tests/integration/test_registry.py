# SPDX-License-Identifier: Apache-2.0
"""The registry of files, as somebody at the command line meets it; tests/model/nights compares what
it does with a reference."""

import gzip
import json
import os
import signal
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
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
    made.write("in/a.ndjson", line(1) + line(2))
    made.write("in/b.ndjson", line(3) + line(4))
    return made


def streamed(project: Project, **sink: object) -> None:
    project.pipeline(
        source={"files": "in/*", "split_bytes": 40},
        columns=COLUMNS,
        sink={"connection": "lite", "table": "t", "mode": "append", **sink},
    )


def ordered(project: Project, until: str, **keys: object) -> None:
    project.pipeline(
        source={"files": "in/*", "registry": True},
        columns=COLUMNS,
        series="c",
        time="ts",
        until=until,
        sink="t",
        **keys,
    )


def numbers(project: Project, table: str = "t") -> list[int]:
    return [n for (n,) in project.rows(f"select n from {table} order by n")]


def ok(project: Project, *arguments: str) -> str:
    return project.run(*arguments).stdout


def fails(project: Project, code: int, *arguments: str) -> str:
    return project.run(*arguments, code=code).stderr


def test_plan_says_what_is_new_known_and_grown(project: Project) -> None:
    streamed(project)
    plan = json.loads(ok(project, "plan", "--json"))
    assert [(m["name"], m["reason"]) for m in plan["members"]] == [
        ("in/a.ndjson", "new"),
        ("in/b.ndjson", "new"),
    ]
    ok(project, "run")
    project.write("in/a.ndjson", line(1) + line(2) + line(5))
    project.write("in/c.ndjson", line(6) + '{"c": "half')
    said = ok(project, "plan")
    begin = len(line(1) + line(2))
    assert f"in/a.ndjson  grown, read on from {begin} B" in said
    assert "in/c.ndjson  new" in said and "1 file is known" in said
    assert "in/c.ndjson: its last line is not whole yet" in said
    ok(project, "run")
    assert numbers(project) == [1, 2, 3, 4, 5, 6]
    assert json.loads(ok(project, "plan", "--json"))["known"] == 3


def test_plan_calls_no_copy_read_that_is_as_new_as_its_original(project: Project) -> None:
    streamed(project)
    project.write("in/copy.ndjson", line(1) + line(2))
    assert "1 file is known: read by earlier runs, or copies" in ok(project, "plan")
    ok(project, "run")
    assert numbers(project) == [1, 2, 3, 4]


def test_changed_files_are_named_all_at_once(project: Project) -> None:
    streamed(project)
    ok(project, "run")
    project.write("in/a.ndjson", line(7) + line(2))
    project.write("in/b.ndjson", line(3))
    for command in ("plan", "check", "run"):
        said = fails(project, 4, command)
        assert "in/a.ndjson, in/b.ndjson: changed since an earlier run" in said
        assert "tidemill run --reread FILE" in said
    assert numbers(project) == [1, 2, 3, 4]
    ok(project, "run", "--reread", "in/a.ndjson", "--reread", "./in/b.ndjson")
    assert numbers(project) == [1, 2, 2, 3, 3, 4, 7]
    ok(project, "run")
    assert numbers(project) == [1, 2, 2, 3, 3, 4, 7]


def test_reread_is_for_files_of_one_pipeline_with_a_registry(project: Project) -> None:
    streamed(project)
    said = fails(project, 2, "run", "--reread", "in/nothing.ndjson")
    assert "--reread in/nothing.ndjson: no file of the source has that name" in said
    streamed(project, again="append")
    said = fails(project, 2, "run", "--reread", "in/a.ndjson")
    assert "keep a registry" in said


def test_again_append_reads_everything_again(project: Project) -> None:
    streamed(project, again="append")
    ok(project, "run")
    ok(project, "run")
    assert numbers(project) == [1, 1, 2, 2, 3, 3, 4, 4]


def kill(project: Project, point: str, *arguments: str) -> None:
    project.kill(point, "--workers", "1", *arguments)


def test_a_killed_run_keeps_what_it_planned(project: Project) -> None:
    """What is added meanwhile - to files that it reads, too - is for the next run."""
    streamed(project)
    kill(project, "sqlite.commit.after:2")
    project.write("in/a.ndjson", line(1) + line(2) + line(5))
    project.write("in/c.ndjson", line(6))
    os.utime(project.directory / "in/b.ndjson")
    said = fails(project, 2, "run", "--reread", "in/b.ndjson")
    assert "run 1 has not ended" in said
    ok(project, "run")
    assert numbers(project) == [1, 2, 3, 4]
    ok(project, "run")
    assert numbers(project) == [1, 2, 3, 4, 5, 6]


def test_a_killed_run_stops_at_what_has_changed(project: Project) -> None:
    streamed(project)
    kill(project, "sqlite.commit.after:2")
    project.write("in/b.ndjson", line(4) + line(3))
    said = fails(project, 4, "run")
    assert "the file in/b.ndjson has changed since the run was planned" in said
    assert "run --new" in said


@pytest.mark.parametrize("added", [[], [5]])
@pytest.mark.parametrize("next_one", [None, [6], [1, 2, 6]])
def test_a_killed_run_finds_what_was_renamed(
    project: Project, added: list[int], next_one: list[int] | None
) -> None:
    """A log is rotated - after it grew, and with another one in its place - before the run goes on."""
    streamed(project)
    kill(project, "sqlite.commit.after:1")
    project.write("in/a.ndjson", "".join(line(n) for n in [1, 2, *added]))
    (project.directory / "in/a.ndjson").rename(project.directory / "in/z.ndjson")
    if next_one is not None:
        project.write("in/a.ndjson", "".join(line(n) for n in next_one))
        os.utime(project.directory / "in/a.ndjson", (1, 1))
    ends_alike = next_one is not None and next_one[:2] == [1, 2]
    said = ok(project, "run")
    assert ("in/a.ndjson: it is in/z.ndjson by now" in said) is not ends_alike
    assert numbers(project) == [1, 2, 3, 4]
    if next_one == [6]:
        assert "in/a.ndjson: changed" in fails(project, 4, "run")
        ok(project, "run", "--reread", "in/a.ndjson")
        assert numbers(project) == sorted([1, 2, 3, 4, *added, *next_one])
    elif next_one is None:
        ok(project, "run")
        assert numbers(project) == sorted([1, 2, 3, 4, *added])


def test_a_killed_run_tells_what_is_gone(project: Project) -> None:
    streamed(project)
    kill(project, "sqlite.commit.after:1")
    (project.directory / "in/b.ndjson").unlink()
    project.write("in/z.ndjson", line(3) + line(5))
    said = fails(project, 4, "run")
    assert "the file in/b.ndjson is gone" in said


def test_a_packed_file_that_was_renamed_is_found(project: Project) -> None:
    content = gzip.compress((line(7) + line(8)).encode())
    (project.directory / "in/p.ndjson.gz").write_bytes(content)
    streamed(project)
    kill(project, "sqlite.commit.after:1")
    (project.directory / "in/p.ndjson.gz").rename(project.directory / "in/q.ndjson.gz")
    (project.directory / "in/p.ndjson.gz").write_bytes(content + gzip.compress(line(9).encode()))
    ok(project, "run")
    assert numbers(project) == [1, 2, 3, 4, 7, 8]


@contextmanager
def planned(project: Project) -> Iterator[subprocess.Popen]:
    """A run that has planned and stands still before it begins."""
    first = subprocess.Popen(
        [project.binary, "run", "--workers", "1"],
        cwd=project.directory,
        env=os.environ | {"TIDEMILL_FAULT": "run.begin:1:stop"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        _, status = os.waitpid(first.pid, os.WUNTRACED)
        assert os.WIFSTOPPED(status), status
        yield first
    finally:
        first.kill()
        first.communicate()


def go_on(first: subprocess.Popen) -> tuple[int, str]:
    first.send_signal(signal.SIGCONT)
    said = first.stderr.read()
    return first.wait(), said


def fail_rotated(project: Project, content: str) -> None:
    streamed(project)
    with planned(project) as first:
        (project.directory / "in/a.ndjson").rename(project.directory / "a.ndjson.1")
        project.write("in/a.ndjson", content)
        code, said = go_on(first)
    assert code == 4, said
    assert "the file in/a.ndjson has changed since it was planned" in said and "[E2001]" in said
    assert numbers(project) == []


def test_a_planned_file_that_is_rotated_away_is_not_read(project: Project) -> None:
    """What takes its place is another file, however long it is."""
    longer = line(8) + line(9) + line(10)
    fail_rotated(project, longer)
    assert "run --new" in fails(project, 4, "run")
    (project.directory / "a.ndjson.1").rename(project.directory / "in/a.ndjson")
    ok(project, "run")
    project.write("in/c.ndjson", longer)
    for _ in range(2):
        ok(project, "run")
        assert numbers(project) == [1, 2, 3, 4, 8, 9, 10]


def test_a_new_run_reads_what_a_rotation_has_left(project: Project) -> None:
    fail_rotated(project, line(8) + line(9) + line(10))
    ok(project, "run", "--new")
    ok(project, "run")
    assert numbers(project) == [3, 4, 8, 9, 10]


def test_another_file_that_begins_alike_is_read_when_looked_at(project: Project) -> None:
    """As editors and copies leave it: to be read, its content has to be compared first."""
    fail_rotated(project, line(1) + line(2) + line(5))
    ok(project, "run")
    assert numbers(project) == [1, 2, 3, 4]
    ok(project, "run")
    assert numbers(project) == [1, 2, 3, 4, 5]


def test_a_planned_file_that_grows_is_read_as_planned(project: Project) -> None:
    streamed(project)
    with planned(project) as first:
        with (project.directory / "in/a.ndjson").open("a") as file:
            file.write(line(5))
        code, said = go_on(first)
    assert code == 0, said
    assert numbers(project) == [1, 2, 3, 4]
    ok(project, "run")
    assert numbers(project) == [1, 2, 3, 4, 5]


def test_files_are_not_known_where_their_rows_are_gone(project: Project) -> None:
    streamed(project)
    ok(project, "run")
    with closing(sqlite3.connect(project.directory / "out.sqlite")) as base, base:
        base.execute("drop table t")
    said = fails(project, 1, "run")
    assert "read rows into table `t`, which does not exist any more" in said
    ok(project, "state", "p", "reset", "--yes")
    ok(project, "run")
    assert numbers(project) == [1, 2, 3, 4]


def test_late_rows_are_known_one_by_one(project: Project) -> None:
    ordered(project, "2024-03-02")
    project.write("in/b.ndjson", line(3) + line(4, day=2))
    ok(project, "run")
    assert numbers(project) == [1, 2, 3]  # 4 is left
    project.write("in/c.ndjson", line(5) + line(6, day=2))
    ordered(project, "2024-03-03")
    said = json.loads(ok(project, "plan", "--json"))
    assert [(m["name"], m["reason"]) for m in said["members"]] == [
        ("in/b.ndjson", "open"),
        ("in/c.ndjson", "new"),
    ]
    counts = json.loads(ok(project, "run", "--json"))["counts"]
    assert (counts["read"], counts["seen"], counts["late"], counts["consumed"]) == (4, 1, 1, 2)
    assert (numbers(project), numbers(project, "t_late")) == ([1, 2, 3, 4, 6], [5])


def test_late_fail_holds_the_series_back(project: Project) -> None:
    ordered(project, "2024-03-02", late="fail")
    ok(project, "run")
    project.write("in/c.ndjson", line(5) + line(6, day=2))
    ordered(project, "2024-03-03", late="fail")
    for _ in range(2):
        said = fails(project, 1, "run")
        assert "late" in said
    assert (numbers(project), numbers(project, "t_late")) == ([1, 2, 3, 4], [])


def test_after_new_all_is_read_and_judged_by_sums(project: Project) -> None:
    """Days that the abandoned run has committed are known by their sums, and by nothing else."""
    ordered(project, "2024-03-02", commit={"rows": 1})
    ok(project, "run")
    project.write("in/c.ndjson", line(5, day=2) + line(6, day=3))
    ordered(project, "2024-03-04", commit={"rows": 1})
    kill(project, "sqlite.commit.after:1")
    counts = json.loads(ok(project, "run", "--new", "--json"))["counts"]
    assert (counts["read"], counts["late"], counts["unmatched"]) == (6, 0, 0)
    assert (numbers(project), numbers(project, "t_late")) == ([1, 2, 3, 4, 5, 6], [])


@pytest.mark.parametrize("grown", [False, True])
@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_what_was_read_without_the_registry_is_not_late_with_it(
    project: Project, pipelines_database: str, kind: str, grown: bool
) -> None:
    """The marks of before know nothing of it: they must not outlive a run that keeps none."""
    table = f"registry_{grown}".lower()
    at = {"sqlite": "out.sqlite"} if kind == "sqlite" else {"postgres": pipelines_database}

    def run(registry: bool, until: str) -> dict:
        pipeline = {
            "source": {"files": "in/*", "registry": registry},
            "columns": COLUMNS,
            "series": "c",
            "time": "ts",
            "until": until,
            "sink": {"connection": "at", "table": table},
        }
        content = {"connections": {"at": at}, "pipelines": {table: pipeline}}
        project.write("tidemill.yaml", json.dumps(content))
        return json.loads(ok(project, "run", "--json"))["counts"]

    assert run(True, "2024-03-02")["loaded"] == 4
    before = line(1) + line(2) if grown else ""
    project.write("in/a.ndjson" if grown else "in/c.ndjson", before + line(5, day=2))
    assert run(False, "2024-03-03")["loaded"] == 1
    project.write("in/d.ndjson", line(6, day=3))
    counts = run(True, "2024-03-04")
    assert (counts["loaded"], counts["late"], counts["unmatched"]) == (1, 0, 0)
    project.write("in/e.ndjson", line(7) + line(8, day=4))
    counts = run(True, "2024-03-05")  # by the marks again
    assert (counts["read"], counts["loaded"], counts["late"]) == (2, 1, 1)


def test_a_rewind_opens_all_files(project: Project) -> None:
    ordered(project, "2024-03-04")
    project.write("in/c.ndjson", line(5, day=2) + line(6, day=3))
    ok(project, "run")
    ok(project, "state", "p", "rewind", "--to", "2024-03-01", "--yes")
    ok(project, "run")
    assert (numbers(project), numbers(project, "t_late")) == ([1, 2, 3, 4, 5, 6], [])


@pytest.mark.parametrize(
    "sink",
    [
        {"connection": "lite", "table": "t", "mode": "replace"},
        {"connection": "lite", "table": "t", "again": "append"},
        {"discard": True},
    ],
)
def test_a_registry_where_everything_is_wanted(project: Project, sink: dict) -> None:
    project.pipeline(source={"files": "in/*", "registry": True}, columns=COLUMNS, sink=sink)
    said = fails(project, 2, "check")
    assert "`registry: true` reads only what is new" in said


@pytest.mark.parametrize("copy", ["in/0-before.ndjson", "in/z-behind.ndjson"])
def test_a_file_that_grew_and_was_copied_is_read_once(project: Project, copy: str) -> None:
    """Whichever of the two is looked at first."""
    streamed(project)
    ok(project, "run")
    grown = line(3) + line(4) + line(5)
    project.write("in/b.ndjson", grown)
    project.write(copy, grown)
    ok(project, "run")
    assert numbers(project) == [1, 2, 3, 4, 5]
    ok(project, "run")
    assert numbers(project) == [1, 2, 3, 4, 5]


def test_a_copy_of_an_open_file_that_grows_is_not_read_beside_it(project: Project) -> None:
    """Both have a mark, with the same content, and rows of it are left."""
    (project.directory / "in/b.ndjson").unlink()
    project.write("in/a.ndjson", line(1, day=1) + line(2, day=2))
    ordered(project, "2024-03-02")
    ok(project, "run")
    execute(
        project,
        "insert into tidemill_marks select pipeline, 'in/c.ndjson', value, open, run"
        " from tidemill_marks where name = 'in/a.ndjson'",
    )
    project.write("in/c.ndjson", line(1, day=1) + line(2, day=2))
    project.write("in/a.ndjson", line(1, day=1) + line(2, day=2) + line(3, day=2))
    identity = (project.directory / "in/c.ndjson").stat()
    execute(
        project,
        f"update tidemill_marks set value = '{identity.st_size}:{identity.st_mtime_ns}'"
        " || substr(value, instr(value, ' ')) where name = 'in/c.ndjson'",
    )
    ordered(project, "2024-03-03")
    ok(project, "run")
    assert numbers(project) == [1, 2, 3]


def test_rows_left_of_a_file_that_is_gone_are_told_until_it_is_back(project: Project) -> None:
    project.write("in/b.ndjson", line(3, day=2))
    ordered(project, "2024-03-02")
    ok(project, "run")
    kept = (project.directory / "in/b.ndjson").rename(project.directory / "kept.ndjson")
    ordered(project, "2024-03-03")
    lost = "in/b.ndjson: rows of it were left for a later run, and no file holds them now"
    for arguments in (("plan",), ("run",), ("run",), ("run", "--json")):
        assert lost in ok(project, *arguments)
    kept.rename(project.directory / "in/b.ndjson")
    (record,) = (json.loads(text) for text in ok(project, "run", "--json").splitlines())
    assert record["notes"] == ""
    assert numbers(project) == [1, 2, 3]


def come_back(project: Project, name: str, ending: str = "") -> dict:
    """Row 2 was left by a run; its file was away when its series went on to the day of row 3."""
    (project.directory / "in/a.ndjson").unlink()
    project.write("in/b.ndjson", line(1) + line(2, day=2))
    ordered(project, "2024-03-02")
    ok(project, "run")
    kept = (project.directory / "in/b.ndjson").rename(project.directory / "kept.ndjson")
    project.write("in/c.ndjson", line(3, day=3))
    ordered(project, "2024-03-04")
    assert "those of days that their series has passed by then as late ones" in ok(project, "run")
    kept.rename(project.directory / name)
    with (project.directory / name).open("a") as file:
        file.write(ending)
    return json.loads(ok(project, "run", "--json"))["counts"]


@pytest.mark.parametrize("ending", ["", line(4, day=4)])
@pytest.mark.parametrize("name", ["in/b.ndjson", "in/other.ndjson"])
def test_rows_that_come_back_behind_their_series_are_late(
    project: Project, name: str, ending: str
) -> None:
    """A run has read them, but has not processed them. What it has processed is seen."""
    counts = come_back(project, name, ending)
    assert (counts["seen"], counts["late"], counts["left"]) == (1, 1, 1 if ending else 0)
    assert (numbers(project), numbers(project, "t_late")) == ([1, 3], [2])
    ordered(project, "2024-03-05")
    ok(project, "run")
    assert numbers(project) == ([1, 3, 4] if ending else [1, 3])
    assert numbers(project, "t_late") == [2]


def test_rows_that_come_back_behind_their_series_can_be_rewound_for(project: Project) -> None:
    come_back(project, "in/b.ndjson")
    ok(project, "state", "p", "rewind", "--to", "2024-03-01", "--yes")
    ok(project, "run")
    assert numbers(project) == [1, 2, 3]


def test_days_that_were_processed_before_an_earlier_until_are_known(project: Project) -> None:
    """`until` goes back, and a run leaves rows of days that one before it has processed."""
    (project.directory / "in/a.ndjson").unlink()
    project.write("in/b.ndjson", line(1) + line(2, day=2) + line(3, day=9))
    ordered(project, "2024-03-04")
    ok(project, "run")
    ordered(project, "2024-03-02")
    ok(project, "run")
    kept = (project.directory / "in/b.ndjson").rename(project.directory / "kept.ndjson")
    project.write("in/c.ndjson", line(4, day=5))
    ordered(project, "2024-03-06")
    ok(project, "run")
    kept.rename(project.directory / "in/b.ndjson")
    counts = json.loads(ok(project, "run", "--json"))["counts"]
    assert (counts["seen"], counts["late"], counts["left"]) == (2, 0, 1)


def test_marks_of_before_do_not_tell_what_they_have_left(project: Project) -> None:
    """Then a row of a day that its series has passed is seen, as it was: never twice."""
    (project.directory / "in/b.ndjson").unlink()
    project.write("in/a.ndjson", line(1) + line(2, day=9))
    ordered(project, "2024-03-02")
    ok(project, "run")
    execute(
        project,
        "update tidemill_marks set value = substr(value, 1, instr(value, ' 0 ') - 1)",
    )
    kept = (project.directory / "in/a.ndjson").rename(project.directory / "kept.ndjson")
    project.write("in/c.ndjson", line(3, day=10))
    ordered(project, "2024-03-11")
    ok(project, "run")
    kept.rename(project.directory / "in/a.ndjson")
    counts = json.loads(ok(project, "run", "--json"))["counts"]
    assert (counts["seen"], counts["late"]) == (2, 0)


def test_rows_left_of_many_files_that_are_gone_are_told_in_a_line(project: Project) -> None:
    names = [f"in/{n}.ndjson" for n in range(7)]
    for n, name in enumerate(names):
        project.write(name, line(n, day=2))
    ordered(project, "2024-03-02")
    ok(project, "run")
    for name in names:
        (project.directory / name).unlink()
    assert f"{', '.join(names[:5])} and 2 more: rows of them were left" in ok(project, "run")


def test_rows_left_of_what_a_file_held_are_told(project: Project) -> None:
    """Another content that is known lies at its path: as when an older copy is put back."""
    (project.directory / "in/b.ndjson").unlink()
    ordered(project, "2024-03-02")
    ok(project, "run")
    project.write("in/copy.ndjson", line(1) + line(2))
    project.write("in/a.ndjson", line(1) + line(2) + line(3, day=2))
    ok(project, "run")
    project.write("in/a.ndjson", line(1) + line(2))
    ordered(project, "2024-03-03")
    said = (
        "in/a.ndjson: rows of it were left for a later run, and no file holds all of them any more"
    )
    assert said in ok(project, "run")
    assert said not in ok(project, "run")
    assert numbers(project) == [1, 2]


def test_left_rows_are_read_from_where_they_begin(project: Project) -> None:
    """What was read before them is not read night after night."""
    (project.directory / "in/b.ndjson").unlink()
    ordered(project, "2024-03-02")
    ok(project, "run")
    project.write("in/a.ndjson", line(1) + line(2) + line(3, day=2))
    ok(project, "run")
    project.write("in/a.ndjson", line(1) + line(2) + line(3, day=2) + line(4, day=2))
    (member,) = json.loads(ok(project, "plan", "--json"))["members"]
    assert member["bytes"] == len(line(3, day=2) + line(4, day=2))
    ordered(project, "2024-03-03")
    ok(project, "run")
    assert (numbers(project), numbers(project, "t_late")) == ([1, 2, 3, 4], [])


@pytest.mark.parametrize("stays", [False, True])
@pytest.mark.parametrize("first", ["in/a.ndjson", "in/z.ndjson"])
def test_a_copy_goes_on_while_rows_of_both_are_left(
    project: Project, first: str, stays: bool
) -> None:
    """Each of the left rows is of one file, whichever of the two goes later."""
    (project.directory / "in/b.ndjson").unlink()
    project.write("in/a.ndjson", line(1) + line(2, day=2))
    ordered(project, "2024-03-02")
    ok(project, "run")
    project.write("in/z.ndjson", line(1) + line(2, day=2))
    ok(project, "run")
    other = {"in/a.ndjson": "in/z.ndjson", "in/z.ndjson": "in/a.ndjson"}[first]
    project.write(first, line(1) + line(2, day=2) + line(3, day=2))
    ok(project, "run")
    if not stays:
        (project.directory / other).unlink()
    ordered(project, "2024-03-03")
    ok(project, "run")
    assert (numbers(project), numbers(project, "t_late")) == ([1, 2, 3], [])


def test_a_log_that_goes_on_under_another_name_has_what_was_left_of_its_copy(
    project: Project,
) -> None:
    """The copy, whose name comes first, was read, and goes later."""
    (project.directory / "in/a.ndjson").unlink()
    (project.directory / "in/b.ndjson").unlink()
    for name in ("in/copy.ndjson", "in/log.ndjson"):
        project.write(name, line(1, day=2))
    ordered(project, "2024-03-02")
    ok(project, "run")
    (project.directory / "in/log.ndjson").unlink()
    project.write("in/log-1.ndjson", line(1, day=2) + line(2, day=2))
    ok(project, "run")
    (project.directory / "in/copy.ndjson").unlink()
    ordered(project, "2024-03-03")
    ok(project, "run")
    assert (numbers(project), numbers(project, "t_late")) == ([1, 2], [])


def empty_and_reread(project: Project) -> None:
    """in/a.ndjson is read and rotated, and the new one is read while nothing is in it."""
    project.pipeline(
        source={"files": "in/*", "format": "ndjson"},
        columns=COLUMNS,
        sink={"connection": "lite", "table": "t", "mode": "append"},
    )
    ok(project, "run")
    (project.directory / "in/a.ndjson").rename(project.directory / "in/a.ndjson.1")
    project.write("in/a.ndjson", "")
    fails(project, 4, "run")
    ok(project, "run", "--reread", "in/a.ndjson")


def test_a_log_that_was_empty_may_begin_like_another_one(project: Project) -> None:
    empty_and_reread(project)
    project.write("in/a.ndjson", line(3) + line(4) + line(5))
    ok(project, "run")
    assert numbers(project) == [1, 2, 3, 3, 4, 4, 5]


def test_a_file_that_is_empty_is_no_copy_of_another_one(project: Project) -> None:
    empty_and_reread(project)
    project.write("in/b.ndjson", "")
    assert "in/b.ndjson" in fails(project, 4, "run")
    project.write("in/b.ndjson", line(3) + line(4))
    ok(project, "run")
    assert numbers(project) == [1, 2, 3, 4]


def execute(project: Project, statement: str) -> None:
    with closing(sqlite3.connect(project.directory / "out.sqlite")) as connection, connection:
        connection.execute(statement)
