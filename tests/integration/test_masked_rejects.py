# SPDX-License-Identifier: Apache-2.0
"""Masked means masked among late rows, too, and in all that `tidemill rejects` shows, exports, retries
and dismisses."""

import json
import os
import random
import sqlite3
from contextlib import closing
from datetime import datetime, timezone
from pathlib import Path

import psycopg
import pytest
import servers
from masked_ground import COLUMNS, SEED, Place, Words, good_row, make_place, search

LATE_ROWS = 20
LATE = {"sqlite": "out.sqlite", "csv": "out/tidemill.sqlite", "postgres": "events_late as text"}
SHOWING = (
    ["rejects"],
    ["rejects", "--json"],
    ["rejects", "--list"],
    ["rejects", "--list", "--json"],
    ["rejects", "--list", "--stage", "decode", "--column", "card"],
    ["rejects", "--export", "all.csv"],
    ["rejects", "--export", "all.ndjson"],
    ["rejects", "--export", "-"],
)


@pytest.fixture
def words() -> Words:
    print("seed", SEED)
    return Words(random.Random(SEED))


def kind_of(place: Place) -> str:
    return place.sink.partition(":")[0]


def refuse(place: Place, refuses: bool) -> None:
    """What only the table knows; a file refuses nothing."""
    kind = kind_of(place)
    if kind == "postgres":
        change = "add constraint lucky check (n <> -13)" if refuses else "drop constraint lucky"
        with psycopg.connect(place.sink.partition(":")[2], autocommit=True) as connection:
            connection.execute(f"alter table events {change}")
    elif kind == "sqlite":
        change = (
            "create trigger lucky before insert on events when new.n = -13 "
            "begin select raise(abort, 'no'); end"
            if refuses
            else "drop trigger lucky"
        )
        with closing(sqlite3.connect(place.directory / "out.sqlite")) as connection:
            connection.execute(change)
            connection.commit()


def late_rows(words: Words) -> list[dict]:
    """Of days that were processed; some can't be decoded at all."""
    rows = [{**good_row(words, i), "n": 9000 + i} for i in range(LATE_ROWS)]
    rows.append({**rows[0], "card": f"{words.secret}?"})
    rows.append({**rows[1], "born": [words.secret]})
    return rows


def expect_masked(place: Place, words: Words) -> None:
    found = search(place, words.forms())
    assert not found, sorted(found)


def is_shown(place: Place, words: Words) -> set[str]:
    return {name for name, _ in search(place, {words.shown.encode(): "shown"})}


@pytest.mark.parametrize("sink", ["sqlite", "csv", "postgres"])
def test_late_rows_and_rejects(
    sink: str, tidemill: Path, tmp_path: Path, words: Words, request: pytest.FixtureRequest
) -> None:
    kind, logs = sink, []
    if sink == "postgres":
        sink = f"postgres:{request.getfixturevalue('postgres_database')}"
        logs = [request.getfixturevalue("postgres").log]
    place = make_place(tidemill, tmp_path, sink, words, logs)
    keys = {"source": {"files": "in/*.ndjson", "registry": True, "split_bytes": "256KB"}}
    # So that the table is there when it gets its constraint.
    place.project(until="2024-03-02", **keys)
    place.go()
    refuse(place, True)
    place.project(**keys)
    place.run("state", "p", "accept")
    place.go()
    place.write("in/b.ndjson", "".join(json.dumps(row) + "\n" for row in late_rows(words)))
    record = json.loads(place.go("--json"))
    assert record["counts"]["late"] == LATE_ROWS
    assert record["counts"]["rejected"] >= 2
    for arguments in SHOWING:
        place.run(*arguments)
    if kind != "csv":
        assert b"refused again" in place.run("rejects", "retry", "p")
        refuse(place, False)
        told = json.loads(place.run("rejects", "retry", "p", "--json"))
        assert (told["loaded"], told["refused"]) == (1, 0)
    place.run("rejects", "dismiss", "p", codes=(130,))
    place.run("rejects", "dismiss", "p", "--yes", "--stage", "decode", "--export", "gone.ndjson")
    expect_masked(place, words)
    shown = is_shown(place, words)
    wanted = {"what was said", "all.csv", "all.ndjson", "gone.ndjson", LATE[kind]}
    assert shown >= wanted, wanted - shown


def test_late_rows_of_a_cursor(
    tidemill: Path, tmp_path: Path, words: Words, elasticsearch_8: servers.SearchServer
) -> None:
    place = Place(tmp_path, tidemill, "sqlite", words)
    place.connections = {"es": {"elasticsearch": elasticsearch_8.url}}
    index = f"masked-late-{os.getpid()}"
    keyword = {"type": "keyword"}
    mapping = {"extra": {"type": "object", "enabled": False}, "born": keyword, "at": keyword}
    elasticsearch_8.create_index(index, {**mapping, "came": {"type": "date"}})
    columns = {**COLUMNS, "came": "timestamp"}
    source = {"connection": "es", "index": index}
    place.project(source=source, columns=columns, cursor="came", lag="0s")

    def come(rows: list[dict], came: str) -> None:
        documents = [{**row, "tags": [words.secret], "came": came} for row in rows]
        elasticsearch_8.load(index, [(None, document) for document in documents])

    come([good_row(words, i) for i in range(400)], "2024-06-01T00:00:00Z")
    place.go()
    come(late_rows(words)[:LATE_ROWS], datetime.now(timezone.utc).isoformat())
    assert json.loads(place.go("--json"))["counts"]["late"] == LATE_ROWS
    for arguments in SHOWING:
        place.run(*arguments)
    expect_masked(place, words)
    assert "out.sqlite" in is_shown(place, words)
    with closing(sqlite3.connect(place.directory / "out.sqlite")) as connection:
        (found,) = connection.execute("select count(*) from events_late").fetchone()
    assert found == LATE_ROWS
