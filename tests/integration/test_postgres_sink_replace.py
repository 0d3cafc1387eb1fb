# SPDX-License-Identifier: Apache-2.0
"""replace, staged append, starting over and accepting: what moves when, and what stays."""

import contextlib
import signal
import uuid

import psycopg
import pytest
from sink_driver import Sink, SinkError, cell

COLUMNS = {"k": "int32", "v": "text"}


def fetch(database: str, query: str) -> list[tuple]:
    with psycopg.connect(database) as connection:
        return connection.execute(query).fetchall()


def execute(database: str, *statements: str) -> None:
    with psycopg.connect(database, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement)


def load(sink: Sink, name: str, rows: list[tuple], series: str = "s") -> tuple[int, ...]:
    state = (len(rows), series, 0, None, 1, 1, uuid.UUID(int=1), 1.0, None)
    sink.send("state", *(cell(value) for value in state))
    return sink.load(name, rows)


def replacing(database: str, **options) -> Sink:
    return Sink(database, COLUMNS, mode="replace", state=True, **options)


def tables(database: str) -> set[str]:
    return {
        name
        for (name,) in fetch(
            database, "select tablename from pg_tables where schemaname = 'public'"
        )
    }


def test_a_missing_table_is_renamed_into_place(postgres_database):
    with replacing(postgres_database) as sink:
        sink.begin()
        assert load(sink, "u1", [(1, "a"), (2, "b")]) == (2, 0, 0)
        assert "t" not in tables(postgres_database)
        sink.call("finish", 1)
        assert sink.check()[0]["same"] == "1"
    assert fetch(postgres_database, "select * from t order by k") == [(1, "a"), (2, "b")]
    assert fetch(postgres_database, "select series from tidemill_state_p") == [("s",)]
    assert not any("staged" in name for name in tables(postgres_database))


def test_everything_that_hangs_on_the_table_stays(postgres_database):
    execute(
        postgres_database,
        "create table t (extra int default 7, v text, k int not null)",
        "create index by_v on t (v)",
        "create view w as select k, v from t",
        "grant select on t to public",
        "insert into t (k, v) select i, 'old' from generate_series(1, 100) i",
    )
    before = fetch(
        postgres_database,
        "select oid, relacl::text from pg_class where relname in ('t', 'w', 'by_v') order by oid",
    )
    with replacing(postgres_database) as sink:
        assert sink.check()[1] == []
        sink.begin()
        load(sink, "u1", [(1, "new")], "new series")
        assert fetch(postgres_database, "select count(*) from t where v = 'old'") == [(100,)]
        assert sink.call("states", 0, 0, 2**64 - 1) == ["0"]
        sink.call("finish", 1)
    assert fetch(postgres_database, "select extra, v, k from t") == [(7, "new", 1)]
    assert fetch(postgres_database, "select * from w") == [(1, "new")]
    after = fetch(
        postgres_database,
        "select oid, relacl::text from pg_class where relname in ('t', 'w', 'by_v') order by oid",
    )
    assert after == before


def test_state_is_swapped_in_with_the_table(postgres_database):
    for run, series in enumerate(["first", "second"], 1):
        with replacing(postgres_database) as sink:
            sink.begin(run)
            load(sink, "u", [(run, series)], series)
            sink.call("finish", run)
        assert fetch(postgres_database, "select * from t") == [(run, series)]
        assert fetch(postgres_database, "select series from tidemill_state_p") == [(series,)]


@pytest.mark.parametrize("point", ["before", "after"])
def test_a_kill_around_finish_leaves_the_old_table_whole(postgres_database, point):
    with replacing(postgres_database) as sink:
        sink.begin()
        load(sink, "u", [(1, "old")])
        sink.call("finish", 1)
    with (
        contextlib.suppress(SinkError),
        replacing(postgres_database, fault=f"postgres.finish.{point}:1") as sink,
    ):
        sink.begin(2)
        load(sink, "u", [(2, "new")])
        sink.call("finish", 2)
    assert sink.process.returncode == -signal.SIGKILL
    assert fetch(postgres_database, "select * from t") == [(1, "old")]
    with replacing(postgres_database) as sink:
        sink.begin(2)
        assert sink.call("units") == [""]  # staged rows of the killed execution are gone
        load(sink, "u", [(2, "new")])
        sink.call("finish", 2)
    assert fetch(postgres_database, "select * from t") == [(2, "new")]


@pytest.mark.parametrize("cut", ["before", "sent"])
def test_an_unclear_commit_of_finish(postgres_database, cut, tmp_path):
    log = tmp_path / "points"
    with replacing(postgres_database, fault_log=log) as sink:
        sink.begin()
        load(sink, "u", [(1, "a")])
    nth = log.read_text().splitlines().count(f"postgres.commit.{cut}") + 1
    with replacing(postgres_database, fault=f"postgres.commit.{cut}:{nth}:error") as sink:
        sink.begin(1)
        load(sink, "u", [(1, "a")])
        sink.call("finish", 1)
    assert fetch(postgres_database, "select * from t") == [(1, "a")]
    assert fetch(postgres_database, "select status from tidemill_runs") == [("complete",)]


def test_replace_with_a_key_keeps_the_newest(postgres_database):
    columns = {"k": "int32", "at": "int64"}
    for run in (1, 2):
        with Sink(postgres_database, columns, mode="replace", key=["k"], newest="at") as sink:
            sink.begin(run)
            assert sink.load("u1", [(1, 5 * run), (1, 4), (2, 1)]) == (2, 1, 0)
            assert sink.load("u2", [(1, 4), (2, 9), (3, 0)]) == (2, 1, 0)
            sink.call("finish", run)
        expected = [(1, 5 * run), (2, 9), (3, 0)]
        assert fetch(postgres_database, "select * from t order by k") == expected


def test_constraints_of_the_table_refuse_rows_while_they_are_staged(postgres_database):
    execute(postgres_database, "create table t (k int unique, v text check (v <> 'bad'))")
    with replacing(postgres_database, max_rejects=10) as sink:
        sink.begin()
        assert load(sink, "u1", [(1, "a"), (1, "again"), (2, "bad"), (3, "c")]) == (2, 0, 2)
        sink.call("finish", 1)
    assert fetch(postgres_database, "select k from t order by k") == [(1,), (3,)]


@pytest.mark.parametrize("deferred", ["", "deferrable initially deferred"])
def test_what_only_the_table_refuses_is_found_when_rows_are_moved(postgres_database, deferred):
    execute(
        postgres_database,
        "create table parent (v text primary key)",
        "insert into parent values ('good')",
        f"create table t (k int, v text references parent {deferred})",
    )
    rows = [(k, "orphan" if k % 50 == 7 else "good") for k in range(200)]
    with replacing(postgres_database, max_rejects=4) as sink:
        sink.begin()
        assert load(sink, "u1", rows) == (200, 0, 0)
        assert sink.finish() == (-4, 4)
    good = [(k,) for k, v in rows if v == "good"]
    assert fetch(postgres_database, "select k from t order by k") == good
    rejects = fetch(
        postgres_database,
        "select position, sqlstate, row_values->>'k', stage from t_rejects order by 3",
    )
    bad = sorted(str(k) for k, v in rows if v == "orphan")
    assert rejects == [(f"S/1970-01-01/{int(k) + 1}", "23503", k, "load") for k in bad]
    assert not any("staged" in name for name in tables(postgres_database))


def test_over_the_limit_nothing_is_moved(postgres_database):
    execute(
        postgres_database,
        "create table parent (v text primary key)",
        "create table t (k int, v text references parent)",
    )
    with replacing(postgres_database) as sink:
        sink.begin()
        load(sink, "u1", [(1, "orphan")])
        with pytest.raises(SinkError) as raised:
            sink.finish()
        assert raised.value.code == "over_rejects"
        assert "S/1970-01-01/1" in raised.value.sentence
        assert fetch(postgres_database, "select count(*) from t_rejects") == [(1,)]
        assert fetch(postgres_database, "select count(*) from t") == [(0,)]
        execute(postgres_database, "insert into parent values ('orphan')")
        assert sink.finish() == (0, 0)
    assert fetch(postgres_database, "select * from t") == [(1, "orphan")]


def test_a_staged_append_meets_the_rows_that_are_there(postgres_database):
    execute(postgres_database, "create table t (k int unique, v text)")
    execute(postgres_database, "insert into t values (1, 'old')")
    with Sink(postgres_database, COLUMNS, staged=True, max_rejects=3) as sink:
        sink.begin()
        assert sink.load("u1", [(1, "new"), (2, "new"), (2, "twice")]) == (2, 0, 1)
        assert sink.finish() == (-1, 1)
    assert fetch(postgres_database, "select * from t order by k") == [(1, "old"), (2, "new")]
    query = "select position from t_rejects order by 1"
    assert fetch(postgres_database, query) == [("S/1970-01-01/1",), ("S/1970-01-01/3",)]


def test_a_referenced_table_is_refused_by_check(postgres_database):
    execute(
        postgres_database,
        "create table t (k int primary key, v text)",
        "create table child (k int references t)",
    )
    with replacing(postgres_database) as sink:
        problems = sink.check()[1]
        assert len(problems) == 1
        assert "child" in problems[0]
        with pytest.raises(SinkError) as raised:
            sink.begin()
        assert raised.value.code == "bad_config"


def test_a_staged_append_appears_at_once(postgres_database):
    execute(
        postgres_database, "create table t (id int generated always as identity, k int, v text)"
    )
    execute(postgres_database, "insert into t (k) values (0)")
    with Sink(postgres_database, COLUMNS, staged=True) as sink:
        sink.begin()
        sink.load("u1", [(1, "a")])
        sink.load("u2", [(2, "b")])
        assert fetch(postgres_database, "select k from t") == [(0,)]
        sink.call("finish", 1)
    assert fetch(postgres_database, "select k from t order by k") == [(0,), (1,), (2,)]
    with Sink(postgres_database, COLUMNS, staged=True) as sink:
        sink.begin(2)
        sink.load("u1", [(3, "c")])
        sink.call("finish", 2)
    assert fetch(postgres_database, "select id, k from t order by k")[-1] == (4, 3)


def test_starting_over_forgets_state_and_empties_the_table(postgres_database):
    options = {"state": True, "late": {"x": "text"}, "max_rejects": 9}
    with Sink(postgres_database, COLUMNS, **options) as sink:
        sink.begin()
        sink.send("late", "x")
        sink.send("reject", "step", "p", "r")
        load(sink, "u", [(1, "a")])
        facts = sink.check()[0]
        assert (facts["state"], facts["same"], facts["empty"]) == ("1", "1", "0")
    with Sink(postgres_database, COLUMNS, **options) as sink:
        sink.call("reset")
        facts = sink.check()[0]
        assert (facts["state"], facts["same"], facts["empty"]) == ("0", "0", "1")
        assert facts["fingerprint"] == ""
        assert [row[1] for row in (line.split("\t") for line in sink.call("runs")[:-1])] == [
            "abandoned"
        ]
    for name in ("t", "t_late", "t_rejects", "tidemill_units"):
        assert fetch(postgres_database, f"select count(*) from {name}") == [(0,)]
    with Sink(postgres_database, COLUMNS, **options) as sink:
        sink.begin(2)
        assert load(sink, "u", [(1, "a")]) == (1, 0, 0)


def test_another_table_is_told_and_can_be_accepted(postgres_database):
    with Sink(postgres_database, COLUMNS, state=True) as sink:
        sink.begin()
        load(sink, "u", [(1, "a")])
    execute(postgres_database, "drop table t", "create table t (k int, v text)")
    with Sink(postgres_database, COLUMNS, state=True, fingerprint="f" * 32) as sink:
        facts = sink.check()[0]
        assert (facts["state"], facts["same"]) == ("1", "0")
        assert facts["fingerprint"] != "f" * 32
        sink.call("accept")
        facts = sink.check()[0]
        assert (facts["state"], facts["same"], facts["fingerprint"]) == ("1", "1", "f" * 32)


def test_two_pipelines_may_share_a_table_only_by_the_same_merge(postgres_database):
    keyed = {"mode": "merge", "key": ["k"], "newest": "v"}
    with Sink(postgres_database, COLUMNS, pipeline="a", **keyed) as sink:
        sink.begin()
    with Sink(postgres_database, COLUMNS, pipeline="b", **keyed) as sink:
        assert sink.check()[1] == []
    with Sink(postgres_database, COLUMNS, pipeline="b") as sink:
        problems = sink.check()[1]
        assert len(problems) == 1
        assert "pipeline `a`" in problems[0]


def test_run_records_are_kept_and_read_newest_first(postgres_database):
    with Sink(postgres_database, COLUMNS) as sink:
        assert sink.call("runs") == [""]
        sink.begin(1)
        sink.call("record", 1, "failed")
    with Sink(postgres_database, COLUMNS) as sink:
        sink.begin(1)
        assert sink.call("runs")[0].split("\t")[1:4] == ["started", "1700000000123456", "0"]
        sink.call("record", 1, "cancelled")
    with Sink(postgres_database, COLUMNS) as sink:
        sink.call("record", 1, "abandoned")  # closing an old run needs no lease
        sink.begin(2)
        sink.call("finish", 2)
        rows = [line.split("\t") for line in sink.call("runs")[:-1]]
    assert [(row[0], row[1]) for row in rows] == [("2", "complete"), ("1", "abandoned")]
    assert rows[1][2:] == [
        "1700000000123456",
        "1700000001123457",
        '{"horizon": 1,  "a": 2}',
        '{"rows": 3}',
    ]


def test_a_state_table_grows_with_the_pipeline(postgres_database):
    execute(
        postgres_database,
        "create table tidemill_state_p (_hash bigint not null, series text not null, "
        "_last_day date not null, _previous_day date, _run bigint not null, _rows bigint not null, "
        "_digest uuid not null, primary key (_hash, series))",
        "insert into tidemill_state_p values (1, 'old', '2024-01-01', null, 1, 1, "
        "'00000000-0000-0000-0000-000000000000')",
    )
    with Sink(postgres_database, COLUMNS, state=True) as sink:
        assert sink.check()[1] == []
        sink.begin()
        lines = sink.call("states", 0, 0, 2**64 - 1)
        assert len(lines) == 2
        assert '"s1_balance":null' in lines[0].replace(" ", "")
    execute(postgres_database, "alter table tidemill_state_p alter s1_balance type text")
    with Sink(postgres_database, COLUMNS, state=True) as sink:
        assert sink.check()[1] == []  # a rewind makes it anew; a run asks as it begins
        with pytest.raises(SinkError) as raised:
            sink.begin()
    assert "`s1_balance`" in str(raised.value)
