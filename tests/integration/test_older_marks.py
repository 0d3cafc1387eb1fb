# SPDX-License-Identifier: Apache-2.0
"""What an older version has read is not read again: its marks - of files and of cursors - are gone on
from, and its runs that were killed are ended by what their plans say, with each row once.

`layouts/` keeps what versions of then left of the first two nights of the pipelines in
older_marks_ground.py, as SQL: `1.marks` in layout 1; `2.marks` in layout 2, with marks of files and
cursors as in layout 1; `2.marks-from` in layout 2, with marks that say from where a file was read, and
by which field documents. Never made anew, as for test_older_layouts.py.
"""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from fault.fake_search import FakeSearch
from older_ground import LEDGER
from older_marks_ground import (
    FILES,
    HALFWAY,
    NAMES,
    SERIES,
    Marked,
    documents,
    make,
    rows_of_file,
)
from pipelines.tables import Tables

LAYOUTS = Path(__file__).parent / "layouts"
OLDER = {"1.marks": None, "2.marks": 2, "2.marks-from": 2}


@pytest.fixture
def search() -> Iterator[FakeSearch]:
    with FakeSearch({}) as search:
        yield search


@pytest.fixture(params=["sqlite", "postgres"])
def empty(request: pytest.FixtureRequest, tidemill: Path, tmp_path: Path, search: FakeSearch):
    kind = request.param
    conninfo = request.getfixturevalue("postgres_database") if kind == "postgres" else ""
    return make(tidemill, tmp_path / "case", kind, search, conninfo)


def put_down(case: Marked, layout: str) -> None:
    case.sink.script((LAYOUTS / layout / f"{case.sink.kind}.sql").read_text())
    case.night(1)


def undisturbed(case: Marked, place: Path) -> dict[str, Tables]:
    """What this version makes of all nights, in the database of the case, emptied."""
    kind = case.sink.kind
    own = make(case.project.binary, place, kind, case.search, case.sink.conninfo)
    if kind == "postgres":
        own.sink.script("drop schema public cascade; create schema public")
    for night in range(len(FILES)):
        own.night(night)
        for name in NAMES:
            own.record(name)
    return own.tables()


def values(name: str) -> Counter:
    """The number of each row that the nights have brought: each of one content once."""
    if name.startswith(("events", "docs")):
        return Counter(row["v"] for row in documents(2).values() if "at" in row)
    contents = {number: days for night in FILES for number, days in night.values()}
    return Counter(row["v"] for item in contents.items() for row in rows_of_file(*item))


def expect(found: dict[str, Tables], wanted: dict[str, Tables]) -> None:
    for name in NAMES:
        tables = found[name]
        there = Counter(row["v"] for row in tables.output + tables.late)
        assert there == values(name), name
        assert bool(tables.late) == name.startswith(SERIES), name
        for table in ("output", "late", "rejects", "state"):
            assert getattr(tables, table) == getattr(wanted[name], table), (name, table)


@pytest.mark.parametrize("layout", OLDER)
def test_marks_and_killed_runs_are_gone_on_from(layout, empty: Marked, tmp_path: Path) -> None:
    put_down(empty, layout)
    for name in HALFWAY:
        found = empty.record(name)
        assert (found["run"], found["resumed"], found["status"]) == (2, True, "complete"), name
    assert empty.query("select version from tidemill_ledger") == [(LEDGER,)]
    empty.night(2)
    for name in NAMES:
        found = empty.record(name)
        assert (found["run"], found["resumed"]) == (3, False), name
    found = empty.tables()
    for name in NAMES:
        assert empty.record(name)["counts"]["loaded"] == 0, name
    expect(found, undisturbed(empty, tmp_path / "undisturbed"))


@pytest.mark.parametrize("layout", OLDER)
def test_looking_at_older_marks_changes_nothing(layout, empty: Marked) -> None:
    put_down(empty, layout)
    marks = "select pipeline, name, value, open from tidemill_marks order by 1, 2"
    before = empty.query(marks)
    for command in ("plan", "check", "runs"):
        for name in NAMES:
            code, said = empty.look(command, name)
            assert code == 0, (command, name, said)
    assert empty.query(marks) == before
    tables = "select name from sqlite_master where type = 'table'"
    if empty.sink.kind == "postgres":
        tables = "select tablename from pg_tables where schemaname = 'public'"
    has_ledger = ("tidemill_ledger",) in empty.query(tables)
    assert has_ledger == (OLDER[layout] is not None)
    if has_ledger:
        assert empty.query("select version from tidemill_ledger") == [(OLDER[layout],)]


# The checks can fail.


@pytest.mark.parametrize("route", ["lines", "docs"])
def test_without_their_marks_rows_would_be_found_twice(route, empty: Marked) -> None:
    put_down(empty, "2.marks")
    empty.sink.script(f"delete from tidemill_marks where pipeline = '{route}_ended'")
    empty.night(2)
    empty.record(f"{route}_ended")
    found = empty.reader(f"{route}_ended").read()
    assert max(Counter(row["v"] for row in found.output).values()) > 1
