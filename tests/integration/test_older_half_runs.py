# SPDX-License-Identifier: Apache-2.0
"""A run that an older version left in the middle is ended by this one, row by row as if there had been
neither the kill nor the older version: output, rejects, late rows and states.

`layouts/1.halfway` is what layout 1 left of the second night of the pipelines in older_ground.py, when
each was killed after some of its units: two databases, and a CSV folder with a part that is committed
and not in place, beside its SQLite. Never made anew, as for test_older_layouts.py.
"""

import signal
from pathlib import Path

import pytest
from older_ground import LEDGER, NIGHTS, PIPELINES, Older, make, put_down
from pipelines.tables import Tables

HALFWAY = Path(__file__).parent / "layouts" / "1.halfway"
KILLED = -signal.SIGKILL
STAGES = {"sqlite": {"decode", "step", "load"}, "csv": {"decode", "step"}}
STAGES["postgres"] = STAGES["sqlite"]
KILLS = {"sqlite": "sqlite.commit.after", "csv": "csv.manifest.after"}
KILLS["postgres"] = "postgres.commit.after"


@pytest.fixture(params=list(PIPELINES))
def halfway(request: pytest.FixtureRequest, tidemill: Path, tmp_path: Path) -> Older:
    kind = request.param
    conninfo = request.getfixturevalue("postgres_database") if kind == "postgres" else ""
    older = make(tidemill, tmp_path / "halfway", kind, conninfo)
    put_down(older, HALFWAY)
    older.night(1)
    return older


def record(older: Older, name: str) -> dict:
    execution = older.project.run(name)
    assert execution.code == 0, execution.describe()
    return execution.record


def undisturbed(halfway: Older, place: Path) -> dict[str, Tables]:
    """What this version makes of both nights, in the database of the case, emptied."""
    kind = halfway.sink.kind
    older = make(halfway.project.binary, place, kind, halfway.sink.conninfo)
    if kind == "postgres":
        older.sink.script("drop schema public cascade; create schema public")
    older.sink.prepare()
    for night in range(len(NIGHTS)):
        older.night(night)
        for name in PIPELINES[kind]:
            record(older, name)
    return older.sink.tables()


def expect(found: dict[str, Tables], wanted: dict[str, Tables], kind: str) -> None:
    for name in PIPELINES[kind]:
        for table in ("output", "rejects", "late", "state"):
            assert getattr(found[name], table) == getattr(wanted[name], table), (name, table)
    assert {reject[0] for reject in wanted["kept"].rejects} == STAGES[kind]


def test_a_run_of_an_older_version_is_ended(halfway: Older, tmp_path: Path) -> None:
    kind = halfway.sink.kind
    statuses = halfway.sink.run_states()
    assert statuses == [
        (n, run, s) for n in PIPELINES[kind] for run, s in ((1, "complete"), (2, "started"))
    ]
    before = halfway.sink.tables()
    for name in PIPELINES[kind]:
        found = record(halfway, name)
        assert (found["run"], found["resumed"], found["status"]) == (2, True, "complete")
    found = halfway.sink.tables()
    ((layout,),) = halfway.sink.reader("kept").query("select version from tidemill_ledger")[1]
    assert layout == LEDGER
    if kind == "csv":
        assert halfway.sink.reader("kept").foreign_files() == []
    assert before["kept"].output != found["kept"].output
    for name in PIPELINES[kind]:
        assert record(halfway, name)["run"] == 3
    again = halfway.sink.tables()
    wanted = undisturbed(halfway, tmp_path / "undisturbed")
    expect(found, wanted, kind)
    for name in PIPELINES[kind]:
        assert (again[name].output, again[name].rejects) == (
            found[name].output,
            found[name].rejects,
        )


def test_a_kill_while_an_older_run_is_ended_changes_nothing(halfway: Older, tmp_path: Path) -> None:
    """The layout is brought up to date by the first of these runs, or not at all."""
    kind = halfway.sink.kind
    for name in PIPELINES[kind]:
        for nth in (1, 2):
            execution = halfway.project.run(name, TIDEMILL_FAULT=f"{KILLS[kind]}:{nth}")
            assert execution.code == KILLED, execution.describe()
        assert record(halfway, name)["resumed"]
    expect(halfway.sink.tables(), undisturbed(halfway, tmp_path / "undisturbed"), kind)
