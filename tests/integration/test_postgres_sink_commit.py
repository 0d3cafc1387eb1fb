# SPDX-License-Identifier: Apache-2.0
"""Exactly once, whatever is lost: connections, answers to COMMIT, processes, leases."""

import contextlib
import os
import signal
import socket
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from commit_ground import (
    COLUMNS,
    contents,
    execute,
    fetch,
    load_undisturbed,
    load_unit,
    open_sink,
)
from sink_driver import Sink, SinkError

POINTS = [
    "postgres.begin",
    "postgres.marker",
    "postgres.copy.begin",
    "postgres.copy.end",
    "postgres.fence",
    "postgres.state",
    "postgres.commit.before",
    "postgres.commit.sent",
    "postgres.commit.after",
]


def wait_for(condition: Callable[[], bool], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come about"
        time.sleep(0.02)


@pytest.fixture
def undisturbed(postgres_database) -> list:
    return load_undisturbed(postgres_database)


def passings(log: Path) -> Counter:
    return Counter(line for line in log.read_text().splitlines() if line.startswith("postgres."))


@pytest.mark.parametrize("point", POINTS[:-1])
def test_a_connection_lost_at_each_point(postgres_database, tmp_path, undisturbed, point):
    """The point cuts the connection on its last passing within load (begin passes some too)."""
    log = tmp_path / "points"
    with open_sink(postgres_database, fault_log=log) as sink:
        sink.begin()
        nth = passings(log)[point] + 1
    execute(postgres_database, "drop table t, tidemill_units, tidemill_lease, tidemill_runs")
    with open_sink(postgres_database, fault=f"{point}:{nth}:error", fault_log=log) as sink:
        sink.begin()
        assert load_unit(sink) == (500, 0, 0)
        sink.call("finish", 1)
    assert contents(postgres_database) == undisturbed
    assert passings(log)["postgres.marker"] == (1 if point == "postgres.begin" else 2)


@pytest.mark.parametrize("point", [*POINTS, "postgres.finish.before", "postgres.finish.after"])
def test_a_process_killed_at_each_point_resumes(postgres_database, tmp_path, undisturbed, point):
    """Kills at the first, second, ... passing of a point until none is left, then a whole run."""
    kills = 0
    for nth in range(1, 30):
        with (
            contextlib.suppress(SinkError),
            open_sink(postgres_database, fault=f"{point}:{nth}") as sink,
        ):
            sink.begin()
            done = sink.call("units")[:-1]
            if "u" not in done:
                load_unit(sink)
            sink.call("finish", 1)
        if sink.process.returncode != -signal.SIGKILL:
            break
        kills += 1
    assert kills > 0
    assert contents(postgres_database) == undisturbed
    assert fetch(postgres_database, "select status from tidemill_runs") == [("complete",)]
    assert fetch(postgres_database, "select count(*) from tidemill_units") == [(0,)]


class Proxy:
    """Passes bytes between a client and the server, and can cut around a message of the client:
    `before` it reaches the server, or `after` the server has answered it."""

    def __init__(self, port: int, needle: bytes, when: str, nth: int = 1):
        self.server_port = port
        self.needle = needle
        self.when = when
        self.left = nth
        self.cuts = 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.thread = threading.Thread(target=self.accept, daemon=True)
        self.thread.start()

    def accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                server = socket.create_connection(("127.0.0.1", self.server_port))
                threading.Thread(target=self.pass_on, args=(client, server), daemon=True).start()
                threading.Thread(target=self.pass_back, args=(client, server), daemon=True).start()

    def pass_on(self, client: socket.socket, server: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := client.recv(1 << 16):
                if self.needle in data and self.left > 0:
                    self.left -= 1
                    if self.left == 0:
                        self.cut(client, server, data)
                        return
                server.sendall(data)
        for end in (client, server):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def cut(self, client: socket.socket, server: socket.socket, data: bytes) -> None:
        self.cuts += 1
        if self.when == "after":
            # The client is gone before the answer can reach it, the server is not.
            client.shutdown(socket.SHUT_RDWR)
            server.sendall(data)
            with contextlib.suppress(OSError):
                server.settimeout(5)
                server.recv(1 << 16)
        elif self.when == "silent":
            # The server keeps its transaction open and hears nothing: a broken network.
            client.shutdown(socket.SHUT_RDWR)
            self.kept = server
            return
        else:
            client.shutdown(socket.SHUT_RDWR)
        with contextlib.suppress(OSError):
            server.shutdown(socket.SHUT_RDWR)

    def pass_back(self, client: socket.socket, server: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := server.recv(1 << 16):
                client.sendall(data)
        with contextlib.suppress(OSError):
            client.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)  # wakes the thread that accepts
        self.listener.close()


@contextlib.contextmanager
def proxied(database: str, needle: bytes, when: str, nth: int = 1) -> Iterator[tuple[str, Proxy]]:
    parameters = psycopg.conninfo.conninfo_to_dict(database)
    proxy = Proxy(int(parameters["port"]), needle, when, nth)
    yield psycopg.conninfo.make_conninfo(database, port=proxy.port), proxy
    proxy.close()


# The commits of begin pass before: three of them.
@pytest.mark.parametrize("when", ["before", "after", "silent"])
@pytest.mark.parametrize("nth", [1, 2, 3, 4, 5])
def test_an_unclear_commit_is_found_out(postgres_database, undisturbed, when, nth):
    with proxied(postgres_database, b"COMMIT\0", when, nth) as (conninfo, proxy):
        with open_sink(conninfo) as sink:
            sink.begin()
            assert load_unit(sink) == (500, 0, 0)
            sink.call("finish", 1)
        assert proxy.cuts == 1
    assert contents(postgres_database) == undisturbed
    assert fetch(postgres_database, "select status from tidemill_runs") == [("complete",)]


@pytest.mark.parametrize("needle", [b"PGCOPY", b"tidemill_units", b"FOR KEY SHARE", b"_state_p"])
@pytest.mark.parametrize("when", ["before", "silent"])
def test_a_wire_that_breaks_within_a_unit(postgres_database, undisturbed, needle, when):
    with open_sink(postgres_database) as sink:
        sink.begin()
    with proxied(postgres_database, needle, when) as (conninfo, proxy):
        with open_sink(conninfo) as sink:
            sink.begin()
            assert load_unit(sink) == (500, 0, 0)
            sink.call("finish", 1)
        assert proxy.cuts == 1
    assert contents(postgres_database) == undisturbed


def test_a_backend_ended_in_the_middle_of_a_unit(postgres_database, undisturbed):
    """A lock of ours holds the unit where it is to be hit; it must be loaded all the same."""
    with open_sink(postgres_database) as sink:
        sink.begin()
        for i, held in enumerate(
            ["tidemill_units", "t", "t_rejects", "t_late", "tidemill_state_p"]
        ):
            blocker = psycopg.connect(postgres_database)
            blocker.execute(f"lock table {held} in exclusive mode")
            loader = threading.Thread(
                target=load_unit, args=(sink, f"u{i}", 0 if i == 4 else 10**6)
            )
            loader.start()
            wait_for(
                lambda: fetch(
                    postgres_database,
                    "select 1 from pg_stat_activity where starts_with(application_name, "
                    "'tidemill p ') and wait_event_type = 'Lock'",
                )
            )
            ended = fetch(
                postgres_database,
                "select pg_terminate_backend(pid) from pg_stat_activity where "
                "starts_with(application_name, 'tidemill p ') and wait_event_type = 'Lock'",
            )
            assert ended == [(True,)]
            blocker.close()
            loader.join(60)
            assert not loader.is_alive()
        execute(
            postgres_database,
            "delete from t where k >= 1000000; delete from t_late where x = 'late 1000000'; "
            "delete from t_rejects where position = 'S/1000000'; "
            "delete from tidemill_state_p where series = 'series 1000000'",
        )
        assert sink.call("units")[:-1] == [f"u{i}" for i in range(5)]
    assert contents(postgres_database) == undisturbed


def test_a_server_that_stays_away_ends_the_unit(postgres_database):
    with (
        proxied(postgres_database, b"nothing", "before") as (conninfo, proxy),
        open_sink(conninfo, attempts=3) as sink,
    ):
        sink.begin()
        proxy.close()
        execute(
            postgres_database,
            "select pg_terminate_backend(pid) from pg_stat_activity "
            "where application_name = 'tidemill'",
        )
        with pytest.raises(SinkError) as raised:
            load_unit(sink)
    assert raised.value.code == "remote"
    assert "given up after 3 attempts" in raised.value.sentence
    assert fetch(postgres_database, "select count(*) from t") == [(0,)]


def test_the_same_unit_twice_is_loaded_once(postgres_database, undisturbed):
    with open_sink(postgres_database) as sink:
        sink.begin()
        assert load_unit(sink) == (500, 0, 0)
        assert load_unit(sink) == (500, 0, 0)
    assert contents(postgres_database) == undisturbed


def test_a_living_holder_is_named_and_left_alone(postgres_database):
    with open_sink(postgres_database) as first:
        first.begin()
        with open_sink(postgres_database) as second, pytest.raises(SinkError) as raised:
            second.begin(2)
        assert raised.value.code == "io"
        assert f"pid={first.process.pid} " in raised.value.sentence
        assert load_unit(first) == (500, 0, 0)
        with Sink(postgres_database, COLUMNS, table="other", pipeline="other") as other:
            other.begin()
    with open_sink(postgres_database) as third:
        third.begin(2)


def test_a_dead_holder_is_replaced_at_once(postgres_database):
    first = open_sink(postgres_database).begin()
    first.kill()
    with open_sink(postgres_database) as second:
        second.begin()
        assert load_unit(second) == (500, 0, 0)
    assert fetch(postgres_database, "select epoch from tidemill_lease") == [(2,)]


@pytest.mark.parametrize("silent", [59, 61])
def test_a_silent_holder_elsewhere_is_replaced_after_a_minute(postgres_database, silent):
    with open_sink(postgres_database) as sink:
        sink.begin()
    execute(
        postgres_database,
        "update tidemill_lease set holder = 'host=elsewhere pid=1 start=1 boot=x pidns=1', "
        f"renewed_at = clock_timestamp() - interval '{silent} seconds'",
    )
    with open_sink(postgres_database) as sink:
        if silent > 60:
            sink.begin()
        else:
            with pytest.raises(SinkError) as raised:
                sink.begin()
            assert "host=elsewhere" in raised.value.sentence


def test_a_run_that_was_taken_over_commits_nothing_more(postgres_database, undisturbed):
    """The old process stands still in the middle of a unit, as a stopped machine would."""
    with open_sink(postgres_database) as old:
        old.begin()
        load_unit(old, "before", 10_000)
        old.process.send_signal(signal.SIGSTOP)
        execute(
            postgres_database,
            "update tidemill_lease set renewed_at = clock_timestamp() - interval '2 minutes'",
        )
        with open_sink(postgres_database) as new:
            new.begin()
            old.process.send_signal(signal.SIGCONT)
            for call in (
                lambda: load_unit(old, "after", 20_000),
                lambda: old.call("record", 1, "failed"),
                lambda: old.call("decode_reject", "decode", "zombie", "r"),
                lambda: old.call("finish", 1),
            ):
                with pytest.raises(SinkError) as raised:
                    call()
                assert raised.value.code == "fenced"
            assert load_unit(new) == (500, 0, 0)
            old.close()
            assert fetch(postgres_database, "select holder <> '' from tidemill_lease") == [(True,)]
    assert fetch(postgres_database, "select count(*) from t where k >= 20000") == [(0,)]
    assert fetch(postgres_database, "select status from tidemill_runs") == [("started",)]


def test_taking_over_ends_what_the_old_process_had_open(postgres_database):
    """The old one stands still between its epoch check and COMMIT: the row is locked until then."""
    with open_sink(postgres_database) as first:
        first.begin()
    with proxied(postgres_database, b"COMMIT\0", "silent", 4) as (conninfo, proxy):
        old = open_sink(conninfo)
        old.begin(2)
        loader = threading.Thread(target=try_load, args=(old,))
        loader.start()
        wait_for(lambda: proxy.cuts == 1)
        old.process.send_signal(signal.SIGSTOP)
        execute(
            postgres_database,
            "update tidemill_lease set renewed_at = clock_timestamp() - interval '2 minutes'",
        )
        with open_sink(postgres_database) as new:
            new.begin(2)
            assert fetch(postgres_database, "select count(*) from t") == [(0,)]
        old.kill()
        loader.join(60)
    old.close()


def try_load(sink: Sink) -> None:
    with contextlib.suppress(SinkError):
        load_unit(sink)


def test_the_lease_is_renewed_while_units_hold_the_epoch(postgres_database):
    with open_sink(postgres_database) as sink:
        sink.begin()
        with psycopg.connect(postgres_database) as unit:
            unit.execute("select epoch from tidemill_lease for key share")
            # What the sink's thread sends; it must not wait for the unit.
            with psycopg.connect(postgres_database, autocommit=True) as renewer:
                renewer.execute("set lock_timeout = '2s'")
                renewer.execute("update tidemill_lease set renewed_at = clock_timestamp()")
                with pytest.raises(psycopg.errors.LockNotAvailable):
                    renewer.execute("update tidemill_lease set epoch = epoch + 1")


def test_two_workers_load_at_a_time(postgres_database):
    with open_sink(postgres_database) as sink:
        sink.begin(workers=2)
        for i in range(6):
            sink.add_rows([(i, "x")] * 1000)
            sink.send("load", i % 2, f"u{i}")
        sink.process.stdin.flush()
        for _ in range(6):
            assert sink.answer()[-1] == "1000 0 0"
    assert fetch(postgres_database, "select count(*) from t") == [(6000,)]


def test_nothing_but_the_transaction_carries_our_name(postgres_database):
    """application_name is set per transaction, so a pooler hands on no name of ours."""
    with open_sink(postgres_database) as sink:
        sink.begin()
        load_unit(sink)
        names = fetch(
            postgres_database,
            "select distinct application_name from pg_stat_activity "
            "where datname = current_database() and pid <> pg_backend_pid()",
        )
        assert names == [("tidemill",)]
        temporary = "select count(*) from pg_class where relpersistence = 't'"
        assert fetch(postgres_database, temporary) == [(0,)]


def test_a_stop_now_rolls_back(postgres_database):
    with open_sink(postgres_database) as sink:
        sink.begin()
        sink.call("cancel")
        with pytest.raises(SinkError) as raised:
            load_unit(sink)
    assert raised.value.code == "cancelled"
    assert fetch(postgres_database, "select count(*) from t") == [(0,)]


def test_states_are_read_while_units_are_loaded_and_connections_lost(postgres_database):
    with open_sink(postgres_database, fault="postgres.commit.sent:5:error") as sink:
        sink.begin()
        for i in range(3):
            load_unit(sink, f"u{i}", i)
        assert sink.call("states", 0, 0, 2**64 - 1)[-1] == "3"
        execute(
            postgres_database,
            "select pg_terminate_backend(pid) from pg_stat_activity "
            "where application_name = 'tidemill'",
        )
        assert sink.call("states", 0, 0, 2**64 - 1)[-1] == "3"


def test_a_role_that_may_create_nothing_can_use_what_is_there(postgres_database):
    with open_sink(postgres_database) as sink:
        sink.begin()
        load_unit(sink, "u0", 1000)
    role = f"r{os.getpid()}_{uuid.uuid4().hex[:8]}"
    execute(
        postgres_database,
        "revoke create on schema public from public",
        f"create role {role} login",
        f"grant select, insert, update, delete on all tables in schema public to {role}",
    )
    conninfo = psycopg.conninfo.make_conninfo(postgres_database, user=role)
    with open_sink(conninfo) as sink:
        assert sink.check()[1] == []
        sink.begin(2)
        assert load_unit(sink, "u") == (500, 0, 0)
    execute(postgres_database, f"drop owned by {role}", f"drop role {role}")


def test_no_process_is_left(postgres_database):
    with open_sink(postgres_database) as sink:
        sink.begin(workers=3)
    query = (
        "select count(*) from pg_stat_activity "
        "where datname = current_database() and pid <> pg_backend_pid()"
    )
    wait_for(lambda: fetch(postgres_database, query) == [(0,)])
