# SPDX-License-Identifier: Apache-2.0
"""Units in parts (a long split that streams), and what a run may reject over all its units."""

import psycopg
import pytest
from sink_driver import Sink, SinkError

COLUMNS = {"k": "int32", "v": "int32"}


def fetch(database: str, query: str) -> list[tuple]:
    with psycopg.connect(database) as connection:
        return connection.execute(query).fetchall()


def execute(database: str, *statements: str) -> None:
    with psycopg.connect(database, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement)


def rows(begin: int, end: int) -> list[tuple]:
    return [(k, k) for k in range(begin, end)]


def test_nothing_is_seen_before_the_last_part(postgres_database):
    with Sink(postgres_database, COLUMNS) as sink:
        sink.begin()
        assert sink.part("u", rows(0, 10)) == (10, 0, 0)
        assert sink.part("u", rows(10, 15)) == (5, 0, 0)
        assert sink.call("units") == [""]
        assert fetch(postgres_database, "select count(*) from t") == [(0,)]
        assert sink.load("u", rows(15, 16)) == (1, 0, 0)
        assert sink.call("units") == ["u", ""]
        assert fetch(postgres_database, "select count(*), max(k) from t") == [(16, 15)]
        emitted = "select emitted, loaded from tidemill_units"
        assert fetch(postgres_database, emitted) == [(16, 16)]


def test_rows_count_through_the_parts(postgres_database):
    execute(postgres_database, "create table t (k int, v int check (v <> 12))")
    with Sink(postgres_database, COLUMNS, max_rejects=1) as sink:
        sink.begin()
        sink.part("u", rows(0, 10))
        assert sink.part("u", rows(10, 15)) == (4, 0, 1)
        sink.load("u", rows(15, 16))
    query = "select position, row_values->>'k' from t_rejects"
    assert fetch(postgres_database, query) == [("u/13", "12")]


@pytest.mark.parametrize("end", ["abandon", "close", "kill"])
def test_what_was_given_up_leaves_nothing(postgres_database, end):
    with Sink(postgres_database, COLUMNS) as sink:
        sink.begin()
        sink.part("u", rows(0, 10))
        if end == "abandon":
            sink.call("abandon", 0)
            assert sink.load("u", rows(0, 3)) == (3, 0, 0)
        elif end == "kill":
            sink.kill()
    with Sink(postgres_database, COLUMNS) as sink:
        sink.begin()
        sink.part("w", rows(5, 6))
        assert sink.load("w", rows(6, 7)) == (1, 0, 0)
    expected = 5 if end == "abandon" else 2
    assert fetch(postgres_database, "select count(*) from t") == [(expected,)]


def test_a_unit_in_parts_that_comes_again_is_thrown_away(postgres_database):
    with Sink(postgres_database, COLUMNS) as sink:
        sink.begin()
        for results in [((10, 0, 0), (6, 0, 0)), ((0, 0, 0), (16, 0, 0))]:
            assert sink.part("u", rows(0, 10)) == results[0]
            assert sink.load("u", rows(10, 16)) == results[1]
    assert fetch(postgres_database, "select count(*) from t") == [(16,)]


def test_another_unit_of_the_same_name_is_an_error(postgres_database):
    with Sink(postgres_database, COLUMNS) as sink:
        sink.begin()
        sink.load("u", rows(0, 10))
        assert sink.load("u", rows(0, 10)) == (10, 0, 0)  # what its marker says
        with pytest.raises(SinkError) as raised:
            sink.load("u", rows(0, 11))
        assert raised.value.code == "bad_data"
    assert fetch(postgres_database, "select count(*) from t") == [(10,)]


def test_a_part_lost_with_its_connection_is_read_anew(postgres_database):
    """The first part and the COMMIT outlive a lost connection, what lies between does not."""
    points = ["postgres.marker:1", "postgres.part:1", "postgres.copy.end:3", "postgres.fence:1"]
    for number, point in enumerate(points):
        with Sink(postgres_database, COLUMNS, fault=f"{point}:error") as sink:
            sink.begin()
            lost = None
            try:
                sink.part(f"u{number}", rows(0, 10))
                sink.part(f"u{number}", rows(10, 20))
                sink.load(f"u{number}", rows(20, 30))
            except SinkError as error:
                lost = error.code
            assert lost == (None if point == "postgres.marker:1" else "remote_retry")
            if lost:
                sink.call("abandon", 0)
                sink.part(f"u{number}", rows(0, 29))
                assert sink.load(f"u{number}", rows(29, 30)) == (1, 0, 0)
        assert fetch(postgres_database, "select count(*) from t") == [(30 * (number + 1),)]


@pytest.mark.parametrize(("point", "code"), [("before", "remote_retry"), ("sent", None)])
def test_an_unclear_commit_of_parts(postgres_database, tmp_path, point, code):
    log = tmp_path / "points"
    with Sink(postgres_database, COLUMNS, fault_log=log) as sink:
        sink.begin()
    nth = log.read_text().splitlines().count(f"postgres.commit.{point}")
    with Sink(postgres_database, COLUMNS, fault=f"postgres.commit.{point}:{nth + 1}:error") as sink:
        sink.begin()  # its engine tables are there: as many commits as before
        sink.part("u", rows(0, 10))
        try:
            assert sink.load("u", rows(10, 12)) == (2, 0, 0)
        except SinkError as error:
            # Sent, but not yet taken by the server when the connection went: both may happen.
            assert error.code == "remote_retry"
            assert fetch(postgres_database, "select count(*) from t") == [(0,)]
        else:
            assert code is None
            assert fetch(postgres_database, "select count(*) from t") == [(12,)]


def test_the_limit_holds_for_the_run(postgres_database):
    execute(postgres_database, "create table t (k int, v int check (v >= 0))")
    with Sink(postgres_database, COLUMNS, max_rejects=4) as sink:
        sink.begin()
        sink.call("decode_reject", "decode", "idx/1", "r")
        assert sink.load("u1", [(1, -1), (2, -1), (3, 3)]) == (1, 0, 2)
        with pytest.raises(SinkError) as raised:
            sink.load("u2", [(4, -1), (5, -1), (6, 6)])
        assert raised.value.code == "over_rejects"
        assert sink.load("u3", [(7, -1)]) == (0, 0, 1)
    with Sink(postgres_database, COLUMNS, max_rejects=4) as sink:
        sink.begin()  # a resume knows what its units have rejected
        assert sink.load("u4", [(8, -1)]) == (0, 0, 1)
        with pytest.raises(SinkError):
            sink.load("u2", [(4, -1), (5, -1), (6, 6)])


def test_a_limit_reached_by_a_part_ends_the_unit(postgres_database):
    execute(postgres_database, "create table t (k int, v int check (v >= 0))")
    with Sink(postgres_database, COLUMNS, max_rejects=1) as sink:
        sink.begin()
        assert sink.part("u", [(1, -1), (2, 2)]) == (1, 0, 1)
        with pytest.raises(SinkError) as raised:
            sink.part("u", [(3, 3), (4, -1)])
        assert raised.value.code == "over_rejects"
    assert fetch(postgres_database, "select count(*) from t") == [(0,)]
    query = "select position from t_rejects order by 1"
    assert fetch(postgres_database, query) == [("u/1",), ("u/4",)]
