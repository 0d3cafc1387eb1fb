# SPDX-License-Identifier: Apache-2.0
"""A table is locked against readers when a run begins: by a run or a command of the same pipeline that
stands still, or by somebody else. The run takes over, waits for a bounded time, or says who it is."""

import re
import signal
import time

import psycopg
import pytest
from kill_ground import PIPELINE, TABLE
from pipelines import engine
from pipelines.engine import EXIT_SINK
from takeover import (
    COMMITS_OF_LEASE,
    IN_A_HURRY,
    TakeoverGround,
    check_tables,
    ended_at_last,
    start_command,
    take_over,
    wait_until_stopped,
)

SEED = 1
LOCKED = f"""select count(*) from pg_locks where relation = '{TABLE}'::regclass and granted
             and mode = 'AccessExclusiveLock'"""
WAITING = f"select count(*) from pg_locks where relation = '{TABLE}'::regclass and not granted"
SECONDS_MAX = 60


def make_ground(tidemill, tmp_path, postgres, mode) -> TakeoverGround:
    server = postgres.conninfo().rpartition(" dbname=")[0]
    return TakeoverGround(tidemill, tmp_path, "postgres", mode, SEED, server)


@pytest.fixture
def ground(tidemill, tmp_path, postgres):
    made = make_ground(tidemill, tmp_path, postgres, "append")
    yield made
    made.remove()


def ask(place, sql: str) -> int:
    with psycopg.connect(place.conninfo()) as connection:
        return connection.execute(sql).fetchone()[0]


def lock(place) -> psycopg.Connection:
    connection = psycopg.connect(place.conninfo(), application_name="nightly job")
    connection.execute(f"lock table {TABLE} in access exclusive mode")
    return connection


def test_a_reset_that_stands_still_is_taken_over(ground):
    place = ground.copy("reset")
    fault = {"TIDEMILL_FAULT": f"postgres.commit.before:{COMMITS_OF_LEASE + 1}:stop"}
    with ended_at_last(start_command(place, ["state", PIPELINE, "reset", "--yes"], fault)) as first:
        assert wait_until_stopped(first)
        assert ask(place, LOCKED) == 1
        take_over(ground, place, first, "reset")


def test_a_replace_that_stands_still_at_last_is_taken_over(tidemill, tmp_path, postgres):
    ground = make_ground(tidemill, tmp_path, postgres, "replace")
    place = ground.copy("replace")
    fault = {"TIDEMILL_FAULT": "postgres.finish.after:1:stop"}
    with ended_at_last(place.start(ground.arguments(), fault)) as first:
        assert wait_until_stopped(first)
        assert ask(place, LOCKED) == 1
        take_over(ground, place, first, "replace")
    ground.remove()


def test_another_session_is_waited_for_and_then_named(ground):
    place = ground.copy("locked")
    runs = "select count(*) from tidemill_runs"
    before = ask(place, runs)
    with lock(place) as locker:
        begun = time.monotonic()
        done = engine.finish(place.start(ground.arguments(), {"TIDEMILL_LOCK_WAIT_MS": "50"}))
        assert time.monotonic() - begun < SECONDS_MAX
        assert done.code == EXIT_SINK, done.describe()
        assert f"pid {locker.info.backend_pid}," in done.said
        assert "`nightly job`" in done.said
        assert "E5007" in done.said
    assert ask(place, runs) == before
    done = place.run(*ground.arguments())
    assert done.code == 0, done.describe()
    check_tables(ground, place, "after the lock")


def test_who_waits_for_the_lock_is_told_with_whom_it_waits_for(ground):
    place = ground.copy("queue")
    with (
        psycopg.connect(place.conninfo()) as reader,
        psycopg.connect(place.conninfo(), application_name="migration") as waiter,
    ):
        reader.execute(f"select from {TABLE} limit 1")
        waiter.pgconn.send_query(f"begin; lock table {TABLE}".encode())
        wait_for_waiter(place)
        done = engine.finish(place.start(ground.arguments(), {"TIDEMILL_LOCK_WAIT_MS": "50"}))
        assert done.code == EXIT_SINK, done.describe()
        assert (
            f"`migration`, user `postgres`, which itself waits for pid {pid(reader)};" in done.said
        )
        assert f"pg_terminate_backend({pid(reader)})" in done.said
        waiter.cancel()
        reader.rollback()
        while waiter.pgconn.get_result():
            pass


def pid(connection: psycopg.Connection) -> int:
    return connection.info.backend_pid


def test_a_lock_that_goes_is_waited_for(ground):
    place = ground.copy("goes")
    with lock(place) as locker, ended_at_last(place.start(ground.arguments(), IN_A_HURRY)) as run:
        wait_for_waiter(place)
        locker.rollback()
        done = engine.finish(run)
    assert done.code == 0, done.describe()
    check_tables(ground, place, "after the lock")


def wait_for_waiter(place) -> None:
    deadline = time.monotonic() + SECONDS_MAX
    while ask(place, WAITING) == 0:
        assert time.monotonic() < deadline, "nobody waits for the lock"


def test_a_first_run_that_stands_still_in_its_first_transaction_is_named(ground):
    """There is no lease yet: nobody takes over, nobody waits for ever, and once it goes on it finds
    that another has been faster."""
    place = ground.copy("first")
    with psycopg.connect(place.conninfo(), autocommit=True) as connection:
        connection.execute("drop schema public cascade; create schema public")
    fault = {"TIDEMILL_FAULT": "postgres.commit.before:1:stop"}
    with ended_at_last(place.start(ground.arguments(), fault)) as first:
        assert wait_until_stopped(first)
        begun = time.monotonic()
        done = engine.finish(place.start(ground.arguments(), {"TIDEMILL_LOCK_WAIT_MS": "50"}))
        assert time.monotonic() - begun < SECONDS_MAX
        assert done.code == EXIT_SINK, done.describe()
        assert "is making Tidemill's own tables in this database, and does not go on" in done.said
        assert f" create{first.pid}`" in done.said
        assert "E5007" in done.said
        named = int(re.search(r"pg_terminate_backend\((\d+)\)", done.said)[1])
        ends = f"select pg_terminate_backend({named})::int"
        assert ask(place, ends) == 1  # as it was told to
        done = engine.finish(place.start(ground.arguments(), {}))
        assert done.code == 0, done.describe()
        tables = place.reader().read()
        first.send_signal(signal.SIGCONT)
        _out, said = first.communicate(timeout=engine.RUN_SECONDS_MAX)
    # It has found its connection gone, made the tables, and seen that another run had begun meanwhile.
    assert first.returncode == EXIT_SINK
    assert "since this one looked" in said.decode()
    found = place.reader().read()
    assert (found.output, found.state) == (tables.output, tables.state)
