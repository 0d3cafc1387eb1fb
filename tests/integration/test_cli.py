# SPDX-License-Identifier: Apache-2.0
"""The commands as a user types them: messages, places, exit codes, JSON."""

import json
import signal
import sqlite3
import subprocess
import time
from pathlib import Path

import pytest
from project import Project

ROWS = [
    {"who": "a", "at": "2024-03-30T22:30:00Z", "n": 1},
    {"who": "a", "at": "2024-03-30T23:30:00Z", "n": 2},
    {"who": "b", "at": "2024-03-31T10:00:00Z", "n": 3},
]
COLUMNS = {"who": "text", "at": "timestamp", "n": "int64"}


@pytest.fixture
def project(tidemill: Path, tmp_path: Path) -> Project:
    made = Project(tmp_path, tidemill)
    made.write("in.ndjson", "".join(json.dumps(row) + "\n" for row in ROWS))
    return made


def ordered(project: Project, **keys: object) -> None:
    project.pipeline(
        source={"files": "in.ndjson"},
        columns=COLUMNS,
        series="who",
        time="at",
        timezone="Europe/Warsaw",
        **{"sink": "out", **keys},
    )


def test_every_error_of_a_project_file_is_told_at_once_with_its_place(project: Project) -> None:
    project.write(
        "tidemill.yaml",
        """connections:
  lite: {sqlit: out.sqlite}
pipelines:
  p:
    source: {files: in.ndjson}
    colums: {who: text}
    columns:
      who: txt
      at: {type: timestamp, frm: ts}
    late: never
    sink: {connection: lit, table: out, mode: upsert}
""",
    )
    said = project.run("check", code=2).stderr
    for place, hint in [
        ("tidemill.yaml:2:10", "`sqlit`: did you mean `sqlite`?"),
        ("tidemill.yaml:6:5", "`colums`: did you mean `columns`?"),
        ("tidemill.yaml:9:29", "`frm`: did you mean `from`?"),
        ("tidemill.yaml:10:11", "unknown value `never`"),
        ("tidemill.yaml:11:24", "unknown connection `lit`: did you mean `lite`?"),
        ("tidemill.yaml:11:47", "unknown value `upsert`"),
    ]:
        assert any(place in line and hint in line for line in said.splitlines()), (place, said)


def test_types_columns_and_zones_are_checked_offline(project: Project) -> None:
    project.write(
        "tidemill.yaml",
        """connections:
  lite: {sqlite: out.sqlite}
pipelines:
  p:
    source: {files: in.ndjson}
    columns:
      who: txt
      n: {type: int64, default: many}
    series: whom
    time: n
    timezone: Europe/Warszawa
    sink: {connection: lite, table: out, mode: append}
""",
    )
    said = project.run("check", "--offline", code=2).stderr
    for place, hint in [
        ("tidemill.yaml:7:12", "text"),
        ("tidemill.yaml:8:7", "many"),
        ("tidemill.yaml:9:13", "did you mean `who`"),
        ("tidemill.yaml:10:11", "timestamp"),
        ("tidemill.yaml:11:15", "Europe/Warszawa"),
    ]:
        assert any(place in line and hint in line for line in said.splitlines()), (place, said)
    assert not (project.directory / "out.sqlite").exists()


def test_a_variable_of_the_environment_that_is_not_set_is_named(project: Project) -> None:
    project.write(
        "tidemill.yaml",
        "connections: {lite: {sqlite: '${TIDEMILL_NOT_SET}'}}\npipelines: {}\n",
    )
    assert "`TIDEMILL_NOT_SET` is not set" in project.run("check", code=2).stderr


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (["rnu"], "did you mean `run`?"),
        (["run", "--wrkers", "2"], "run --help"),
        (["run", "--workers", "0"], "from 1 to 1024"),
        (["run", "--memory", "lots"], "512MB"),
        (["run", "q"], "unknown pipeline `q`"),
        (["show"], "show takes a pipeline"),
        (["state", "p", "a", "b"], "has 1 columns, not 2"),
        (["run", "-f", "none.yaml"], "none.yaml"),
    ],
)
def test_usage_errors_end_with_2_and_a_hint(
    project: Project, arguments: list[str], hint: str
) -> None:
    ordered(project)
    assert hint in project.run(*arguments, code=2).stderr


def test_help_of_every_command_has_examples(project: Project) -> None:
    for command in ["init", "check", "plan", "run", "runs", "show", "state", "sample"]:
        said = project.run(command, "--help").stdout
        assert said.startswith(f"usage: tidemill {command}")
        assert "example" in said


def test_run_again_finds_everything_seen(project: Project) -> None:
    ordered(project)
    first = project.record()
    assert (first["run"], first["status"], first["resumed"]) == (1, "complete", False)
    counts = first["counts"]
    assert (counts["read"], counts["consumed"], counts["loaded"], counts["days"]) == (3, 3, 3, 3)
    second = project.record()
    assert second["run"] == 2
    assert (second["counts"]["seen"], second["counts"]["loaded"]) == (3, 0)
    assert project.rows("select who, n, _day from out order by n") == [
        ("a", 1, "2024-03-30"),
        ("a", 2, "2024-03-31"),
        ("b", 3, "2024-03-31"),
    ]


def test_plan_and_check_touch_nothing(project: Project) -> None:
    ordered(project)
    plan = json.loads(project.run("plan", "--json").stdout)
    assert (plan["run"], plan["resumes"], plan["splits"]) == (1, False, 1)
    assert [member["name"] for member in plan["members"]] == ["in.ndjson"]
    assert "ok" in project.run("check").stdout
    assert not (project.directory / "out.sqlite").exists()


def test_runs_show_and_state(project: Project) -> None:
    ordered(project)
    project.record()
    project.record()
    runs = [json.loads(line) for line in project.run("runs", "--json").stdout.splitlines()]
    assert [(run["run"], run["status"]) for run in runs] == [(2, "complete"), (1, "complete")]
    shown = json.loads(project.run("show", "p", "1", "--json").stdout)
    assert shown["record"]["counts"]["consumed"] == 3
    assert "no such run" in project.run("show", "p", "9", code=2).stderr
    state = json.loads(project.run("state", "p", "a", "--json").stdout)
    assert (state["who"], state["_last_day"], state["_rows"]) == ("a", "2024-03-31", 2)
    assert project.run("state", "p", "nobody").stdout == ""
    assert len(project.run("state", "p").stdout.splitlines()) == 2


def test_until_leaves_days_that_have_not_ended(project: Project) -> None:
    ordered(project, until="2024-03-31")
    counts = project.record()["counts"]
    assert (counts["consumed"], counts["left"]) == (1, 2)
    ordered(project)
    counts = project.record()["counts"]
    assert (counts["consumed"], counts["seen"]) == (2, 1)


def test_a_changed_pipeline_stops_and_says_what_changed(project: Project) -> None:
    ordered(project)
    project.record()
    ordered(project, tie=["n"])
    said = project.run("run", code=1).stderr
    assert "has changed" in said and "(tie)" in said and "state p reset" in said
    project.run("state", "p", "accept")
    assert project.record()["counts"]["seen"] == 3


def test_state_and_table_belong_together(project: Project) -> None:
    ordered(project)
    project.record()
    project.rows("delete from out")
    assert "has been emptied" in project.run("run", code=1).stderr
    project.run("state", "p", "reset", "--yes")
    assert project.record()["counts"]["loaded"] == 3
    project.rows("drop table out")
    assert "does not exist any more" in project.run("run", code=1).stderr


def test_rows_without_state_are_not_mixed_with_ours(project: Project) -> None:
    ordered(project)
    project.rows("create table out (who text, at integer, n integer, _day text)")
    project.rows("insert into out values ('x', 1, 1, '2020-01-01')")
    assert "no state that belongs to them" in project.run("run", code=1).stderr


def test_rejects_over_the_limit_end_with_6_and_load_nothing(project: Project) -> None:
    project.write("in.ndjson", '{"who": "a", "at": "2024-03-30T22:30:00Z", "n": 1}\nnot json\n')
    ordered(project)
    result = project.run("run", code=6)
    assert "in.ndjson:51" in result.stderr and "out_rejects" in result.stderr
    assert project.rows("select count(*) from out") == [(0,)]
    assert [row[0] for row in project.rows("select position from out_rejects")] == ["in.ndjson:51"]
    ordered(project, max_rejects=1)
    counts = project.record()["counts"]
    assert (counts["read"], counts["rejected"], counts["loaded"]) == (2, 1, 1)


def test_a_resume_keeps_its_files_and_new_closes_the_run(project: Project) -> None:
    project.write("in.ndjson", '{"who": "a", "at": "2024-03-30T22:30:00Z", "n": 1}\nnot json\n')
    ordered(project)
    project.run("run", code=6)
    project.write("in.ndjson", "".join(json.dumps(row) + "\n" for row in ROWS))
    said = project.run("run", code=4).stderr
    assert "in.ndjson" in said and "run --new" in said
    assert project.record("--new")["run"] == 2
    runs = [json.loads(line) for line in project.run("runs", "--json").stdout.splitlines()]
    assert [run["status"] for run in runs] == ["complete", "abandoned"]


def test_sample_is_the_same_for_the_same_seed(project: Project) -> None:
    arguments = ["sample", "--rows", "50", "--seed"]
    one = project.run(*arguments, "7").stdout
    assert one == project.run(*arguments, "7").stdout
    assert one != project.run(*arguments, "8").stdout
    rows = [json.loads(line) for line in one.splitlines()]
    assert len(rows) == 50 and len({row["event_id"] for row in rows}) == 50
    hits = project.run(*arguments, "7", "--hits").stdout.splitlines()
    assert {"_index", "_id", "_source"} == set(json.loads(hits[0]))


def test_errors_are_json_when_asked(project: Project) -> None:
    result = project.run("run", "--json", code=2)
    error = json.loads(result.stderr)
    assert error["exit"] == 2 and error["code"] == "bad_config"


def test_ctrl_c_stops_and_the_same_command_resumes(project: Project) -> None:
    project.run("sample", "--rows", "60000", "--customers", "400", "in.ndjson")
    project.write(
        "slow.lua",
        "return {row = function(r, s) local x = 0; for i = 1, 3000 do x = x + i % 7 end;"
        " s.n = (s.n or 0) + 1; return {n = s.n, x = x} end}",
    )
    project.pipeline(
        source={"files": "in.ndjson"},
        columns={"customer_id": "text", "ts": "timestamp"},
        series="customer_id",
        time="ts",
        commit={"rows": 500},
        steps=[
            {"lua": "slow.lua", "state": {"n": "int64"}, "output": {"n": "int64", "x": "int64"}}
        ],
        sink="out",
    )
    process = subprocess.Popen(
        [project.binary, "run"],
        cwd=project.directory,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    wait_for_commits(project, process)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130, said
    committed = project.rows("select count(*) from out")[0][0]
    assert 0 < committed < 60000
    record = project.record()
    assert record["resumed"] and record["run"] == 1
    assert project.rows("select count(*), count(distinct _series_customer_id || n) from out") == [
        (60000, 60000)
    ]


def wait_for_commits(project: Project, process: subprocess.Popen) -> None:
    """Until something is committed: then the run is in the middle."""
    deadline = time.monotonic() + 60
    while process.poll() is None and time.monotonic() < deadline:
        try:
            if project.rows("select count(*) from out")[0][0] > 0:
                return
        except sqlite3.OperationalError:  # the table is not there yet
            pass
        time.sleep(0.01)
    raise AssertionError("the run ended, or committed nothing, before it was interrupted")
