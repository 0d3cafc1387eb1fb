# SPDX-License-Identifier: Apache-2.0
"""Rows that only the server can refuse: exactly they become rejects, at bounded cost."""

import math
import random
from pathlib import Path

import psycopg
import pytest
from sink_driver import Sink, SinkError

COLUMNS = {"k": "int32", "v": "int32"}


def execute(database: str, *statements: str) -> None:
    with psycopg.connect(database, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement)


def fetch(database: str, query: str) -> list[tuple]:
    with psycopg.connect(database) as connection:
        return connection.execute(query).fetchall()


TRIGGER = (
    "create function refuse() returns trigger language plpgsql as $$ begin "
    "if new.v < 0 then raise exception 'no negative %', new.k using errcode = 'P0001'; end if; "
    "return new; end $$",
)
# How a bad row is refused, and whether the server names its line.
REFUSALS = {
    "check": (["create table t (k int, v int check (v >= 0))"], "23514"),
    "foreign key": (
        [
            "create table parent (v int primary key)",
            "insert into parent select generate_series(0, 3000)",
            "create table t (k int, v int references parent)",
        ],
        "23503",
    ),
    "deferred foreign key": (
        [
            "create table parent (v int primary key)",
            "insert into parent select generate_series(0, 3000)",
            "create table t (k int, v int references parent deferrable initially deferred)",
        ],
        "23503",
    ),
    "trigger before": (
        [
            *TRIGGER,
            "create table t (k int, v int)",
            "create trigger x before insert on t for each row execute function refuse()",
        ],
        "P0001",
    ),
    "trigger after": (
        [
            *TRIGGER,
            "create table t (k int, v int)",
            "create trigger x after insert on t for each row execute function refuse()",
        ],
        "P0001",
    ),
    "unique": (
        [
            "create table t (k int, v int)",
            "create unique index on t (v) where v < 0",
            "insert into t values (-1, -1)",
        ],
        "23505",
    ),
    "domain": (
        ["create domain positive as int check (value >= 0)", "create table t (k int, v positive)"],
        "23514",
    ),
    "partition": (
        [
            "create table t (k int, v int) partition by range (v)",
            "create table t1 partition of t for values from (0) to (1000000)",
        ],
        "23514",
    ),
}


def count_chunks(log: Path) -> int:
    return log.read_text().splitlines().count("postgres.copy.begin")


@pytest.mark.parametrize("kind", REFUSALS)
@pytest.mark.parametrize("bad", [0, 1, 40, 300])
def test_exactly_the_bad_rows_are_rejects(postgres_database, tmp_path, kind, bad):
    statements, sqlstate = REFUSALS[kind]
    execute(postgres_database, *statements)
    seed = bad
    print("seed", seed)
    random_ = random.Random(seed)
    count = 300
    # Which of several rows in conflict is refused is not promised: here each conflicts with an old.
    refused = set(random_.sample(range(count), bad))
    rows = [(i, -1 if i in refused else i) for i in range(count)]
    log = tmp_path / "points"
    with Sink(postgres_database, COLUMNS, max_rejects=1000, fault_log=log) as sink:
        sink.begin()
        for i in range(0, count, 90):
            sink.add_rows(rows[i : i + 90])
            sink.send("chunk", f"series {i}", i)
        assert sink.load("u") == (count - bad, 0, bad)
    good = fetch(postgres_database, "select k from t where k >= 0 order by k")
    assert {k for (k,) in good} == set(range(count)) - refused
    rejects = fetch(
        postgres_database,
        "select (row_values->>'k')::int, position, sqlstate, reason, step from t_rejects "
        "order by 1",
    )
    assert [row[0] for row in rejects] == sorted(refused)
    for k, position, state, reason, step in rejects:
        start = k // 90 * 90
        day = str(psycopg.Date(1970, 1, 1).fromordinal(719163 + start))
        assert position == f"series {start}/{day}/{k - start + 1}"
        assert (state, step) == (sqlstate, None)
        assert reason
    assert count_chunks(log) <= 1 + bad * 2 * math.ceil(math.log2(count) + 1)
    if bad == count:
        assert count_chunks(log) <= 1.1 * count


def test_duplicates_within_a_unit_keep_one(postgres_database):
    execute(postgres_database, "create table t (k int unique, v int)")
    with Sink(postgres_database, COLUMNS, max_rejects=100) as sink:
        sink.begin()
        assert sink.load("u", [(i % 90, i) for i in range(100)]) == (90, 0, 10)
    assert fetch(postgres_database, "select count(distinct k) from t") == [(90,)]


def test_over_the_limit_the_unit_rolls_back_and_its_rejects_stay(postgres_database):
    execute(postgres_database, "create table t (k int, v int check (v >= 0))")
    with Sink(postgres_database, COLUMNS, max_rejects=2) as sink:
        sink.begin()
        assert sink.load("good", [(1, 1), (2, -1), (3, -1)]) == (1, 0, 2)
        sink.send("reject", "step", "S/1970-01-01/9", "the step's own")
        with pytest.raises(SinkError) as raised:
            sink.load("bad", [(i, -(i % 2)) for i in range(10, 20)])
        assert raised.value.code == "over_rejects"
        assert "6 rows of unit `bad`" in raised.value.sentence
        assert "max_rejects is 2" in raised.value.sentence
        assert "t_rejects" in raised.value.sentence
        assert sink.call("units") == ["good", ""]
    assert fetch(postgres_database, "select k from t") == [(1,)]
    stages = fetch(postgres_database, "select stage, count(*) from t_rejects group by 1 order by 1")
    # Two of the first unit share their positions with two of the second: one series, one day.
    assert stages == [("load", 6), ("step", 1)]


def test_a_run_over_the_limit_stops_asking_after_some_more(postgres_database, tmp_path):
    execute(postgres_database, "create table t (k int, v int check (v >= 0))")
    log = tmp_path / "points"
    with Sink(postgres_database, COLUMNS, max_rejects=10, fault_log=log) as sink:
        sink.begin()
        with pytest.raises(SinkError) as raised:
            sink.load("bad", [(i, -1) for i in range(5000)])
        assert raised.value.code == "over_rejects"
    assert fetch(postgres_database, "select count(*) from t_rejects") == [(110,)]
    assert count_chunks(log) < 150


def test_rejects_are_upserted_without_times(postgres_database):
    with Sink(postgres_database, COLUMNS) as sink:
        sink.begin()
        sink.call("decode_reject", "decode", "idx/1", "first reason")
        sink.call("decode_reject", "decode", "idx/2", "")
        before = fetch(postgres_database, "select position, xmin::text from t_rejects order by 1")
        sink.call("decode_reject", "decode", "idx/2", "")
        assert before == fetch(
            postgres_database, "select position, xmin::text from t_rejects order by 1"
        )
        sink.call("decode_reject", "decode", "idx/1", "another")
        sink.call("decode_reject", "decode", "x" * 5000, "long position")
        sink.call("decode_reject", "decode", "x" * 5001, "long position")
    assert fetch(postgres_database, "select * from t_rejects where position = 'idx/1'") == [
        ("p", "decode", "idx/1", None, None, None, "another", {"a": 1}, 1, False)
    ]
    assert fetch(postgres_database, "select count(*) from t_rejects") == [(4,)]


def test_a_failure_of_the_server_is_not_a_refusal(postgres_database):
    """A trigger that is itself broken stops the run; no row is blamed for it."""
    execute(
        postgres_database,
        "create table t (k int, v int)",
        "create function broken() returns trigger language plpgsql as "
        "$$ begin perform nothing_here(); return new; end $$",
        "create trigger x before insert on t for each row execute function broken()",
    )
    with Sink(postgres_database, COLUMNS, max_rejects=1000) as sink:
        sink.begin()
        with pytest.raises(SinkError) as raised:
            sink.load("u", [(1, 1)])
        assert raised.value.code == "remote"
        assert "nothing_here" in raised.value.sentence
        execute(postgres_database, "drop trigger x on t")
        assert sink.load("u", [(1, 1)]) == (1, 0, 0)
    assert fetch(postgres_database, "select count(*) from t_rejects") == [(0,)]
