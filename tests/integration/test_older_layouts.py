# SPDX-License-Identifier: Apache-2.0
"""Runs and states that another version has left: brought up to date, or refused with a sentence.

`layouts/` keeps databases as earlier layouts (src/flow/ledger_version.h) left them after the first
night of the pipeline below, as SQL. They are never made anew: should a version not go on from them,
it would not go on from anybody's. Dumps of SQLite and PostgreSQL; there the table's oid is set anew.
"""

import json
import sqlite3
import subprocess
from pathlib import Path

import psycopg
import pytest
from older_ground import LEDGER
from pipelines.engine import Project

LAYOUTS = Path(__file__).parent / "layouts"
SINKS = ("sqlite", "postgres")
NIGHTS = ("2024-03-03", "2024-03-05")
COUNT_LUA = """
local M = {}
function M.row(r, state)
  state.n = (state.n or 0) + 1
  return {k = r.k, t = r.t, v = r.v, n = state.n}
end
return M
"""


def lines(days: range) -> str:
    return "".join(
        json.dumps({"k": key, "t": f"2024-03-0{day}T0{hour}:00:00Z", "v": 10 * day + hour}) + "\n"
        for day in days
        for hour, key in enumerate(["a", "b", "a", "c"])
    )


def make_project(binary: Path, place: Path, sink: dict) -> Project:
    project = Project(binary, place)
    columns = {"k": "text", "t": "timestamp", "v": "int64"}
    step = {"lua": "count.lua", "state": {"n": "int64"}, "output": {**columns, "n": "int64"}}
    project.content = {
        "connections": {"out": sink},
        "pipelines": {
            "p": {
                "source": {"files": ["in.ndjson"]},
                "columns": columns,
                "series": "k",
                "time": "t",
                "steps": [step],
                "sink": {"connection": "out", "table": "t", "mode": "append"},
            }
        },
    }
    (place / "count.lua").write_text(COUNT_LUA)
    return project


def spend_night(project: Project, night: int, code: int = 0):
    """All days before the night's date."""
    date = NIGHTS[night]
    (project.directory / "in.ndjson").write_text(lines(range(1, int(date[-1]) + 1)))
    project.content["pipelines"]["p"]["until"] = f"{date}T00:00:00Z"
    project.write()
    execution = project.run()
    assert execution.code == code, execution.describe()
    return execution


class Sink:
    """The database of a case."""

    def __init__(self, kind: str, place: Path, conninfo: str) -> None:
        self.kind, self.path, self.conninfo = kind, place / "out.sqlite", conninfo

    @property
    def connection(self) -> dict:
        return {"sqlite": "out.sqlite"} if self.kind == "sqlite" else {"postgres": self.conninfo}

    def script(self, text: str) -> None:
        if self.kind == "sqlite":
            with sqlite3.connect(self.path) as connection:
                connection.executescript(text)
        else:
            with psycopg.connect(self.conninfo, autocommit=True) as connection:
                connection.execute(text)

    def rows(self, statement: str) -> list[tuple]:
        if self.kind == "sqlite":
            with sqlite3.connect(self.path) as connection:
                return connection.execute(statement).fetchall()
        with psycopg.connect(self.conninfo) as connection:
            return connection.execute(statement).fetchall()

    def tables(self) -> dict[str, list]:
        state = "select k, _last_day, _rows, s1_n from tidemill_state_p order by 1"
        return {
            "output": self.rows("select k, t, v, n from t order by 1, 2, 3"),
            "state": self.rows(state),
            "late": self.rows("select count(*) from t_late"),
        }


@pytest.fixture(params=SINKS)
def sink(request, tmp_path) -> Sink:
    conninfo = request.getfixturevalue("postgres_database") if request.param == "postgres" else ""
    return Sink(request.param, tmp_path, conninfo)


@pytest.fixture
def project(tidemill, tmp_path, sink) -> Project:
    return make_project(tidemill, tmp_path, sink.connection)


def undisturbed(project: Project, sink: Sink) -> dict[str, list]:
    for night in range(len(NIGHTS)):
        spend_night(project, night)
    return sink.tables()


def test_a_night_goes_on_from_layout_1(project, sink, tmp_path) -> None:
    sink.script((LAYOUTS / f"1.{sink.kind}.sql").read_text())
    assert "nothing new" not in spend_night(project, 1).said
    found = sink.tables()
    assert sink.rows("select version from tidemill_ledger") == [(LEDGER,)]
    (newest,) = sink.rows("select run, status from tidemill_runs order by run desc limit 1")
    assert newest == (2, "complete")
    assert spend_night(project, 1).record["counts"]["loaded"] == 0
    drop = ["t", "t_late", "t_rejects", "tidemill_state_p", "tidemill_runs", "tidemill_units"]
    drop += ["tidemill_marks", "tidemill_lease", "tidemill_pipelines", "tidemill_ledger"]
    sink.script("".join(f"drop table {table};" for table in drop))
    assert found == undisturbed(project, sink)


def test_looking_at_an_older_layout_changes_nothing(project, sink) -> None:
    sink.script((LAYOUTS / f"1.{sink.kind}.sql").read_text())
    project.write()
    before = sink.tables()
    assert sink.rows("select count(*) from tidemill_runs") == [(1,)]
    (project.directory / "in.ndjson").write_text(lines(range(1, 4)))
    for command in ("plan", "check", "runs"):
        assert look(project, command) == (0, True)
    assert sink.tables() == before
    with pytest.raises((sqlite3.OperationalError, psycopg.errors.UndefinedTable)):
        sink.rows("select version from tidemill_ledger")


def look(project: Project, *arguments: str) -> tuple[int, bool]:
    """Exit code, and whether nothing was said to be of a later version."""
    done = subprocess.run(
        [project.binary, *arguments], cwd=project.directory, capture_output=True, text=True
    )
    return done.returncode, "later version" not in done.stderr + done.stdout


def test_a_later_layout_is_refused_and_left_alone(project, sink) -> None:
    spend_night(project, 0)
    before = sink.tables()
    sink.script(f"update tidemill_ledger set version = {LEDGER + 1}")
    for command in ("run", "plan", "check", "runs"):
        code, silent = look(project, command)
        assert (code != 0, silent) == (True, False), command
    sink.script(f"update tidemill_ledger set version = {LEDGER}")
    assert sink.tables() == before
    spend_night(project, 1)
