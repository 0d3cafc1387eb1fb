# SPDX-License-Identifier: Apache-2.0
"""`tidemill state PIPELINE rewind --to DAY` as a user types it: what it says, refuses and leaves."""

import json
import signal
import sqlite3
import subprocess
import time
from pathlib import Path

import pytest
from project import Project

ROWS = [
    {"who": "a", "at": "2024-03-29T10:00:00Z", "n": 1},
    {"who": "a", "at": "2024-03-30T22:30:00Z", "n": 2},  # 23:30 in Warsaw
    {"who": "a", "at": "2024-03-30T23:30:00Z", "n": 3},
    {"who": "b", "at": "2024-03-30T10:00:00Z", "n": 4},
    {"who": "c", "at": "2024-04-01T10:00:00Z", "n": 5},
]
COUNTING = """return {row = function(r, s)
  s.sum = (s.sum or 0) + r.n * FACTOR
  return {n = r.n, sum = s.sum}
end}"""
STEP = {
    "lua": "step.lua",
    "state": {"sum": "int64"},
    "output": {"who": {"from": "series"}, "day": {"from": "day"}, "n": "int64", "sum": "int64"},
}
COLUMNS = {"who": "text", "at": "timestamp", "n": "int64"}
FILES = {"files": "in.ndjson"}
TO_30 = ("state", "p", "rewind", "--to", "2024-03-30", "--yes")
TABLE = "select who, day, n, sum from out order by n"


@pytest.fixture
def project(tidemill: Path, tmp_path: Path) -> Project:
    made = Project(tmp_path, tidemill)
    write_rows(made, ROWS)
    made.write("step.lua", COUNTING.replace("FACTOR", "1"))
    configure(made)
    return made


def write_rows(project: Project, rows: list[dict]) -> None:
    project.write("in.ndjson", "".join(json.dumps(row) + "\n" for row in rows))


def configure(project: Project, **keys: object) -> None:
    project.pipeline(
        **{
            "source": FILES,
            "columns": COLUMNS,
            "series": "who",
            "time": "at",
            "timezone": "Europe/Warsaw",
            "steps": [STEP],
            "sink": "out",
            **keys,
        }
    )


def statuses(project: Project) -> list[tuple]:
    lines = project.run("runs", "--json").stdout.splitlines()
    return [(run["run"], run["status"]) for run in map(json.loads, lines)]


def test_it_deletes_later_days_and_the_next_run_makes_them_anew(project: Project) -> None:
    project.record()
    before = project.rows(TABLE)
    told = json.loads(project.run(*TO_30, "--json").stdout)
    assert told == {
        "pipeline": "p",
        "run": 2,
        "rewound_to": "2024-03-30",
        "rows_deleted": 2,
        "rejects_deleted": 0,
        "late_deleted": 0,
        "series_to_rebuild": 2,
        "pipeline_changed": False,
    }
    assert [row[2] for row in project.rows(TABLE)] == [1, 2, 4]
    counts = project.record()["counts"]
    assert (counts["read"], counts["consumed"], counts["rebuilt"], counts["seen"]) == (5, 2, 2, 1)
    assert (counts["days"], counts["series"], counts["loaded"]) == (2, 2, 2)
    assert project.rows(TABLE) == before
    assert project.record()["counts"]["seen"] == 5
    assert statuses(project) == [(4, "complete"), (3, "complete"), (2, "rewound"), (1, "complete")]
    shown = json.loads(project.run("show", "p", "2", "--json").stdout)
    assert (shown["plan"], shown["record"]["rewound_to"]) == (None, "2024-03-30")


def test_it_says_what_it_did_and_what_comes_next(project: Project) -> None:
    project.record()
    said = project.run(*TO_30).stdout
    assert "rewound to 2024-03-30: 2 rows of later days deleted" in said
    assert "states of 2 series" in said and "next      tidemill run p" in said
    assert "rewound: the next run rebuilds it" in project.run("state", "p", "a").stdout
    state = json.loads(project.run("state", "p", "a", "--json").stdout)
    assert state == {"who": "a", "_last_day": "2024-03-30", "rewound": True}
    assert "rewound" not in project.run("state", "p", "b").stdout
    assert "2 rebuilt" in project.run("run").stdout


def test_corrected_rows_of_later_days_are_taken(project: Project) -> None:
    project.record()
    project.run(*TO_30)
    corrected = [dict(row) for row in ROWS]
    corrected[2]["n"] = 30
    del corrected[4]
    write_rows(project, [*corrected, {"who": "b", "at": "2024-04-02T10:00:00Z", "n": 6}])
    project.record()
    assert project.rows(TABLE) == [
        ("a", "2024-03-29", 1, 1),
        ("a", "2024-03-30", 2, 3),
        ("b", "2024-03-30", 4, 4),
        ("b", "2024-04-02", 6, 10),
        ("a", "2024-03-31", 30, 33),
    ]


def test_rows_that_are_gone_for_now_are_not_loaded_twice(project: Project) -> None:
    project.record()
    project.run(*TO_30)
    write_rows(project, [row for row in ROWS if row["who"] != "a"])
    project.record()
    assert json.loads(project.run("state", "p", "a", "--json").stdout)["rewound"]
    write_rows(project, ROWS)
    project.record()
    assert [row[2] for row in project.rows(TABLE)] == [1, 2, 3, 4, 5]


def test_days_that_are_gone_for_now_are_not_loaded_twice(project: Project) -> None:
    """Although the series has rows of other days, and its state is rebuilt from those."""
    project.record()
    project.run(*TO_30)
    write_rows(project, [row for row in ROWS if row["who"] != "a" or row["n"] == 1])
    project.record()
    state = json.loads(project.run("state", "p", "a", "--json").stdout)
    assert (state["_last_day"], state["s1_sum"]) == ("2024-03-30", 1)
    write_rows(project, ROWS)
    counts = project.record()["counts"]
    assert (counts["unmatched"], counts["consumed"]) == (2, 1)
    assert [row[2] for row in project.rows(TABLE)] == [1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (["rewind", "--to", "2024-02-30"], "not a day; it is written as YYYY-MM-DD"),
        (["rewind", "--to", "yesterday"], "not a day"),
        (["rewind", "--to", "9000-01-01"], "9000-01-01 has not ended yet in Europe/Warsaw"),
        (["rewind"], "rewind takes --to"),
        (["reset", "--to", "2024-03-30"], "--to belongs to rewind"),
        (["--to", "2024-03-30"], "--to belongs to rewind"),
        (["rewind", "a", "--to", "2024-03-30"], "--to belongs to rewind"),
    ],
)
def test_what_can_not_be_meant_ends_with_2(
    project: Project, arguments: list[str], hint: str
) -> None:
    project.record()
    before = project.rows(TABLE)
    assert hint in project.run("state", "p", *arguments, "--yes", code=2).stderr
    assert project.rows(TABLE) == before and statuses(project) == [(1, "complete")]


def test_errors_are_json_when_asked(project: Project) -> None:
    said = project.run("state", "p", "rewind", "--to", "x", "--json", code=2).stderr
    assert json.loads(said)["code"] == "bad_config"


@pytest.mark.parametrize(
    ("keys", "hint"),
    [
        ({"sink": {"mode": "replace"}}, "just run it: `tidemill run p`"),
        ({"sink": {"mode": "merge", "key": ["who"], "newest": "n"}}, "`tidemill state p reset`"),
        (
            {
                "series": None,
                "time": None,
                "timezone": None,
                "steps": None,
                "sink": {"mode": "append", "again": "append"},
            },
            "has no `series:`",
        ),
    ],
)
def test_modes_without_days_are_refused(project: Project, keys: dict, hint: str) -> None:
    keys["sink"] |= {"connection": "lite", "table": "out"}
    configure(project, **keys)
    content = json.loads((project.directory / "tidemill.yaml").read_text())
    pipeline = content["pipelines"]["p"]
    content["pipelines"]["p"] = {k: v for k, v in pipeline.items() if v is not None}
    project.write("tidemill.yaml", json.dumps(content))
    project.record()
    assert hint in project.run(*TO_30, code=2).stderr


def test_without_state_there_is_nothing_to_take_back(project: Project) -> None:
    assert "has no state" in project.run(*TO_30, code=1).stderr
    assert not (project.directory / "out.sqlite").exists()


def test_a_table_that_is_not_ours_is_left_alone(project: Project) -> None:
    project.record()
    project.rows("drop table out")
    assert "does not exist any more" in project.run(*TO_30, code=1).stderr
    project.rows("create table out (who text, day text, n integer, sum integer)")
    project.rows("insert into out values ('x', '2024-05-01', 1, 1)")
    assert "is not the one" in project.run(*TO_30, code=1).stderr
    assert project.rows("select count(*) from out") == [(1,)]


def test_it_asks_before_it_deletes(project: Project) -> None:
    project.record()
    for answer, code, rows in [("q\n", 130, 5), ("", 130, 5), ("p\n", 0, 3)]:
        done = subprocess.run(
            [project.binary, *TO_30[:-1]],
            cwd=project.directory,
            input=answer,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.returncode == code, done.stderr
        assert "deletes all rows of days after 2024-03-30 from table `out`" in done.stderr
        assert project.rows("select count(*) from out") == [(rows,)]


def test_a_changed_step_goes_on_from_a_day(project: Project) -> None:
    """All states are those of the new step, also of series that end before the day."""
    project.record()
    project.write("step.lua", COUNTING.replace("FACTOR", "10"))
    said = project.run("run", code=1).stderr
    assert "state p rewind --to YYYY-MM-DD" in said and "state p accept" in said
    told = json.loads(project.run(*TO_30, "--json").stdout)
    assert (told["series_to_rebuild"], told["pipeline_changed"]) == (3, True)
    write_rows(project, [*ROWS, {"who": "b", "at": "2024-04-02T10:00:00Z", "n": 6}])
    project.record()
    assert project.rows(TABLE) == [
        ("a", "2024-03-29", 1, 1),
        ("a", "2024-03-30", 2, 3),
        ("a", "2024-03-31", 3, 60),
        ("b", "2024-03-30", 4, 4),
        ("c", "2024-04-01", 5, 50),
        ("b", "2024-04-02", 6, 100),
    ]


def test_a_step_with_another_state_goes_on_from_a_day(project: Project) -> None:
    project.record()
    text = COUNTING.replace("s.sum = (s.sum or 0)", "s.sum = tostring((tonumber(s.sum) or 0)")
    project.write("step.lua", text.replace("FACTOR", "1)").replace("sum = s.sum}", "sum = 7}"))
    configure(project, steps=[{**STEP, "state": {"sum": "text", "more": "double"}}])
    project.run(*TO_30)
    project.record()
    assert project.rows("select who, s1_sum, s1_more from tidemill_state_p order by who") == [
        ("a", "6", None),
        ("b", "4", None),
        ("c", "5", None),
    ]


@pytest.mark.parametrize(
    ("keys", "part"),
    [
        ({"timezone": "UTC"}, "timezone"),
        ({"series": ["who", "n"]}, "series"),
        ({"columns": {**COLUMNS, "at": {"type": "timestamp", "from": "n"}}}, "column at"),
        ({"columns": {**COLUMNS, "who": {"type": "text", "from": "n"}}}, "column who"),
    ],
)
def test_other_days_or_series_are_no_continuation(project: Project, keys: dict, part: str) -> None:
    project.record()
    configure(project, steps=[], **keys)
    before = project.rows(TABLE)
    said = project.run(*TO_30, code=1).stderr
    assert f"`{part}`" in said and "state p reset" in said
    assert project.rows(TABLE) == before


def test_what_can_not_be_rewound_is_not_offered(project: Project) -> None:
    project.record()
    configure(project, timezone="UTC")
    said = project.run("run", code=1).stderr
    assert "(timezone)" in said and "reset" in said and "rewind" not in said


def test_an_emptied_table_is_told_and_a_rewind_fills_it(project: Project) -> None:
    project.record()
    before = project.rows(TABLE)
    project.rows("delete from out")
    assert "rewind --to YYYY-MM-DD" in project.run("run", code=1).stderr
    project.run("state", "p", "rewind", "--to", "2020-01-01", "--yes")
    project.record()
    assert project.rows(TABLE) == before


def test_a_table_that_a_rewind_has_emptied_is_no_conflict(project: Project) -> None:
    """Nor when the run after it dies before it has loaded anything."""
    project.record()
    before = project.rows(TABLE)
    project.run("state", "p", "rewind", "--to", "2020-01-01", "--yes")
    assert project.rows("select count(*) from out") == [(0,)]
    done = subprocess.run(
        [project.binary, "run"],
        cwd=project.directory,
        env={"TIDEMILL_FAULT": "sqlite.begun:1"},
        capture_output=True,
        timeout=60,
    )
    assert done.returncode == -signal.SIGKILL
    assert project.record()["resumed"]
    assert project.rows(TABLE) == before


def test_an_unfinished_run_is_closed(project: Project) -> None:
    """It would keep to its files, which are likely to have been corrected."""
    project.record()
    write_rows(project, [*ROWS, {"who": "d", "at": "not a time", "n": 7}])
    project.run("run", code=6)
    project.run(*TO_30)
    write_rows(project, ROWS)
    record = project.record()
    assert (record["run"], record["resumed"]) == (4, False)
    assert statuses(project)[1:3] == [(3, "rewound"), (2, "abandoned")]
    assert project.rows("select * from out_rejects") == []


def test_late_rows_of_later_days_go(project: Project) -> None:
    project.record()
    warsaw_midnight = 1_711_839_600_000_000  # 2024-03-30T23:00Z
    for at in (warsaw_midnight - 1, warsaw_midnight, warsaw_midnight + 1):
        project.rows(f"insert into out_late (who, at, n) values ('a', {at}, 1)")
    told = json.loads(project.run(*TO_30, "--json").stdout)
    assert told["late_deleted"] == 2
    assert project.rows("select at from out_late") == [(warsaw_midnight - 1,)]


def test_rejects_of_later_days_go(project: Project) -> None:
    project.record()
    positions = ["a/2024-03-30/1", "a/2024-03-31/2.12", "x/2024-04-01/1/2024-03-30/3", "b/9/1"]
    for stage, position in [("step", p) for p in positions] + [("decode", "in.ndjson:7")]:
        project.rows(
            "insert into out_rejects (pipeline, stage, position, reason, row_values) "
            f"values ('p', '{stage}', '{position}', '', '{{}}')"
        )
    project.rows(
        "insert into out_rejects (pipeline, stage, position, reason, row_values) "
        "values ('q', 'step', 'a/2024-04-01/1', '', '{}')"
    )
    told = json.loads(project.run(*TO_30, "--json").stdout)
    assert told["rejects_deleted"] == 2
    left = project.rows("select pipeline, position from out_rejects order by 1, 2")
    kept = ["a/2024-03-30/1", "b/9/1", "x/2024-04-01/1/2024-03-30/3"]
    assert left == [("p", p) for p in kept] + [("q", "a/2024-04-01/1")]


SLOW = """return {row = function(r, s)
  local x = 0
  for i = 1, 100000 do x = x + i % 7 end
  return {x = x}
end}"""


def test_a_run_that_holds_the_lease_is_not_disturbed(project: Project) -> None:
    project.run("sample", "--rows", "60000", "--customers", "400", "in.ndjson")
    project.write("slow.lua", SLOW)
    configure(
        project,
        columns={
            "who": {"type": "text", "from": "customer_id"},
            "at": {"type": "timestamp", "from": "ts"},
        },
        commit={"rows": 200},
        steps=[{"lua": "slow.lua", "output": {"x": "int64"}}],
    )
    process = subprocess.Popen(
        [project.binary, "run"],
        cwd=project.directory,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    wait_for_rows(project, process)
    said = project.run(*TO_30, code=5).stderr
    assert f"process {process.pid}" in said and "let it finish" in said and "[E5002]" in said
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130, said
    project.run(*TO_30)
    assert project.rows("select count(*) from out where _day > '2024-03-30'") == [(0,)]


def wait_for_rows(project: Project, process: subprocess.Popen) -> None:
    deadline = time.monotonic() + 60
    while process.poll() is None and time.monotonic() < deadline:
        try:
            if project.rows("select count(*) from out")[0][0] > 0:
                return
        except sqlite3.OperationalError:  # the table is not there yet
            pass
        time.sleep(0.01)
    raise AssertionError("the run ended, or committed nothing, before it was interrupted")


def test_a_rewind_that_fails_keeps_parts_that_wait_for_their_names(project: Project) -> None:
    """A run was killed between its COMMIT and the rename, and the rename fails once more."""
    file = project.directory / "tidemill.yaml"
    file.write_text(file.read_text().replace('{"sqlite": "out.sqlite"}', '{"csv": "out"}'))
    killed = run_with_fault(project, "csv.rename.before:1", "run")
    assert killed.returncode == -signal.SIGKILL
    waiting = {path: path.read_text() for path in project.directory.glob("out/out/.part-*.tmp")}
    assert waiting
    failed = run_with_fault(project, "csv.rename.before:1:error", *TO_30)
    assert failed.returncode != 0 and "can't rename" in failed.stderr
    assert {path: path.read_text() for path in waiting} == waiting
    project.run(*TO_30)
    project.record()
    parts = project.directory.glob("out/out/part-*.csv")
    lines = [line for part in parts for line in part.read_text().splitlines()[1:]]
    assert sorted(line.split(",")[2] for line in lines) == ["1", "2", "3", "4", "5"]


def run_with_fault(project: Project, fault: str, *arguments: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [project.binary, *arguments],
        cwd=project.directory,
        env={"TIDEMILL_FAULT": fault},
        capture_output=True,
        text=True,
        timeout=60,
    )
