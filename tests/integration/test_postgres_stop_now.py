# SPDX-License-Identifier: Apache-2.0
"""Ctrl-C, twice, while the server waits for a lock that somebody else holds: the run ends at once,
and not when that somebody does."""

import json
import re
import signal
import socket
import subprocess
import threading
import time
from contextlib import suppress
from pathlib import Path

import psycopg
import pytest
import servers
from project import Project

MODES = {
    "append": {"mode": "append"},
    "merge": {"mode": "merge", "key": "n", "newest": "n"},
    "replace": {"mode": "replace"},
}
WAITS = "select count(*) from pg_locks where not granted and relation = 't'::regclass"
PATIENCE_S = 60


def wait_until_blocked(connection: psycopg.Connection) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while connection.execute(WAITS).fetchone() == (0,):
        assert time.monotonic() < deadline


@pytest.mark.parametrize("mode", MODES)
def test_twice_ends_what_the_server_waits_for(
    tmp_path, tidemill, postgres_database: str, mode: str
) -> None:
    project = Project(tmp_path, tidemill)
    project.write("in.ndjson", "".join(json.dumps({"n": n}) + "\n" for n in range(100)))
    pipeline = {
        "source": {"files": "in.ndjson"},
        "columns": {"n": "int64"},
        "sink": {"connection": "to", "table": "t", **MODES[mode]},
    }
    content = {"connections": {"to": {"postgres": postgres_database}}, "pipelines": {"p": pipeline}}
    project.write("tidemill.yaml", json.dumps(content))
    with (
        psycopg.connect(postgres_database) as locker,
        psycopg.connect(postgres_database, autocommit=True) as watcher,
    ):
        watcher.execute("create table t (n bigint primary key)")
        locker.execute("lock table t in share mode")
        run = subprocess.Popen(
            [tidemill, "run"], cwd=tmp_path, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL
        )
        wait_until_blocked(watcher)
        run.send_signal(signal.SIGINT)
        said = b""
        while b"again = now" not in said:
            said += run.stderr.read1()
        assert run.poll() is None
        run.send_signal(signal.SIGINT)
        told = run.communicate(timeout=PATIENCE_S)[1]
        assert run.returncode == 130
        assert b"stopped at once on request" in told
        assert watcher.execute(WAITS).fetchone() == (0,)
        locker.rollback()
        project.run("run")
        assert watcher.execute("select count(*), count(distinct n) from t").fetchone() == (100, 100)


DOES = {
    "refuses": "raise exception 'no records today'",
    "is slow": "perform pg_sleep(2.5); return new",
}


@pytest.mark.parametrize("does", DOES)
def test_the_record_of_a_failure_is_not_what_somebody_stopped(
    tmp_path, tidemill, postgres_database: str, does: str
) -> None:
    """Work that fails stops its neighbours; nobody has asked for more than that."""
    project = Project(tmp_path, tidemill)
    project.write("in.ndjson", json.dumps({"c": "a", "at": "2024-01-02T00:00:00Z"}) + "\n")
    project.write("fails.lua", "return { row = function(r, s) error('broken') end }")
    pipeline = {
        "source": {"files": "in.ndjson"},
        "columns": {"c": "text", "at": "timestamp"},
        "series": "c",
        "time": "at",
        "steps": [{"lua": "fails.lua", "output": {"n": "int64"}}],
        "sink": {"connection": "to", "table": "t", "mode": "append"},
    }
    content = {"connections": {"to": {"postgres": postgres_database}}, "pipelines": {"p": pipeline}}
    project.write("tidemill.yaml", json.dumps(content))
    project.run("run", "--workers", "2", code=1)
    with psycopg.connect(postgres_database, autocommit=True) as watcher:
        watcher.execute("delete from tidemill_runs")
        watcher.execute(
            f"""create function act() returns trigger language plpgsql as
                $$ begin if new.status = 'failed' then {DOES[does]}; end if; return new; end $$;
                create trigger act before insert or update on tidemill_runs
                for each row execute function act()"""
        )
        done = project.run("run", "--workers", "2", code=1)
        status = watcher.execute("select status from tidemill_runs").fetchall()
    told = done.stdout + done.stderr
    assert "broken" in told
    assert "on request" not in told
    assert ("no records today" in told) == (does == "refuses")
    assert status == [("started" if does == "refuses" else "failed",)]


BLOCKED = """select count(*) from pg_stat_activity
             where datname = current_database() and wait_event_type = 'Lock'"""
SECONDS_MAX = 30


def write_project(project: Project, conninfo: str, count: int = 100) -> None:
    project.write("in.ndjson", "".join(json.dumps({"n": n}) + "\n" for n in range(count)))
    pipeline = {
        "source": {"files": "in.ndjson"},
        "columns": {"n": "int64"},
        "sink": {"connection": "to", "table": "t", "mode": "append"},
    }
    content = {"connections": {"to": {"postgres": conninfo}}, "pipelines": {"p": pipeline}}
    project.write("tidemill.yaml", json.dumps(content))


def wait_for(happened, run: subprocess.Popen) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not happened():
        assert time.monotonic() < deadline
        assert run.poll() is None
        time.sleep(0.05)


def stop_twice(
    project: Project, conninfo: str, then=lambda: None, seconds_max: float = SECONDS_MAX
) -> None:
    """Once the run waits for a lock, and something else has happened."""
    run = subprocess.Popen(
        [project.binary, "run", "--workers", "1"],
        cwd=project.directory,
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
    )
    try:
        with psycopg.connect(conninfo, autocommit=True) as watcher:
            wait_for(lambda: watcher.execute(BLOCKED).fetchone() != (0,), run)
        then()
        run.send_signal(signal.SIGINT)
        said = b""
        while b"again = now" not in said:
            said += run.stderr.read1()
        run.send_signal(signal.SIGINT)
        told = run.communicate(timeout=seconds_max)[1]
    finally:
        run.kill()
        run.wait()
    assert run.returncode == 130
    assert b"stopped at once on request" in told


def threads_of(run: subprocess.Popen) -> int:
    return len(list(Path(f"/proc/{run.pid}/task").iterdir()))


def test_once_leaves_a_unit_its_time_when_other_workers_have_nothing_to_do(
    tmp_path, tidemill, postgres_database: str
) -> None:
    """They stop at the first request; for the one that loads that is no failure of theirs."""
    project = Project(tmp_path, tidemill)
    write_project(project, postgres_database)
    content = json.loads((tmp_path / "tidemill.yaml").read_text())
    content["pipelines"]["p"]["source"]["files"] = "in.*.ndjson"
    content["pipelines"]["p"]["max_rejects"] = 1
    project.write("tidemill.yaml", json.dumps(content))
    for i in range(4):
        project.write(f"in.{i}.ndjson", json.dumps({"n": i}) + "\n")
    project.write("in.3.ndjson", '{"n": 3}\n{"n": 10}\n{"n": 11}\n')  # the first is refused
    run = None
    try:
        with psycopg.connect(postgres_database) as locker:
            locker.execute("create table t (n bigint primary key)")
            locker.commit()
            locker.execute("insert into t values (3)")
            run = subprocess.Popen(
                [tidemill, "run", "--workers", "4"], cwd=tmp_path, stderr=subprocess.PIPE
            )
            with psycopg.connect(postgres_database, autocommit=True) as watcher:
                wait_for(lambda: watcher.execute(BLOCKED).fetchone() == (1,), run)
                wait_for(lambda: watcher.execute("select count(*) from t").fetchone() == (3,), run)
            before = threads_of(run)
            run.send_signal(signal.SIGINT)
            wait_for(lambda: threads_of(run) <= before - 3, run)
            locker.commit()
        told = run.communicate(timeout=PATIENCE_S)[1]
    finally:
        if run is not None:
            run.kill()
            run.wait()
    assert b"at once" not in told
    with psycopg.connect(postgres_database) as connection:
        found = connection.execute("select n from t order by n").fetchall()
        refused = connection.execute("select count(*) from t_rejects").fetchone()
    assert (found, refused) == ([(n,) for n in (0, 1, 2, 3, 10, 11)], (1,)), told


def test_it_needs_no_rights_to_look_at_sessions(tmp_path, tidemill, postgres_database: str) -> None:
    """Statements run as a role that may not see, nor cancel, those of the user who has logged in."""
    project = Project(tmp_path, tidemill)
    name = re.search(r"dbname=(\w+)", postgres_database)[1]
    with psycopg.connect(postgres_database, autocommit=True) as owner:
        owner.execute(
            f"""create role own_{name}; create role log_{name} login noinherit in role own_{name};
                alter role log_{name} set role = 'own_{name}'; grant create on schema public to own_{name};
                create table t (n bigint); alter table t owner to own_{name}"""
        )
    try:
        write_project(project, re.sub(r"user=\w+", "", postgres_database) + f" user=log_{name}")
        with psycopg.connect(postgres_database) as locker:
            locker.execute("lock table t in share mode")
            stop_twice(project, postgres_database)
    finally:
        with psycopg.connect(postgres_database, autocommit=True) as owner:
            owner.execute(f"drop owned by own_{name}; drop role log_{name}; drop role own_{name}")


def test_it_ends_the_taking_of_the_lease(tmp_path, tidemill, postgres_database: str) -> None:
    project = Project(tmp_path, tidemill)
    write_project(project, postgres_database)
    project.run("run")
    write_project(project, postgres_database, 101)
    with psycopg.connect(postgres_database) as locker:
        locker.execute("select from tidemill_lease for update")
        stop_twice(project, postgres_database)


def test_who_takes_the_lease_does_not_wait_for_ever(
    tmp_path, tidemill, postgres_database: str, monkeypatch
) -> None:
    project = Project(tmp_path, tidemill)
    write_project(project, postgres_database)
    project.run("run")
    write_project(project, postgres_database, 101)
    monkeypatch.setenv("TIDEMILL_LEASE_TAKE_MS", "300")
    with psycopg.connect(postgres_database) as locker:
        locker.execute("select from tidemill_lease for update")
        assert "E5007" in project.run("run", code=5).stderr


def test_it_ends_a_copy_that_waits_for_a_row(tmp_path, tidemill, postgres_database: str) -> None:
    """The server takes no more rows meanwhile, so it is not an answer that is waited for."""
    project = Project(tmp_path, tidemill)
    write_project(project, postgres_database, 500000)
    with psycopg.connect(postgres_database) as locker:
        locker.execute("create table t (n bigint primary key)")
        locker.commit()
        locker.execute("insert into t values (3)")
        stop_twice(project, postgres_database)


def test_it_needs_no_place_in_a_pooler(
    tmp_path, tidemill, postgres, postgres_database: str
) -> None:
    project = Project(tmp_path, tidemill)
    with servers.start("pgbouncer", behind=postgres, pool_mode="transaction", pool_size=1) as pool:
        name = re.search(r"dbname=(\w+)", postgres_database)[1]
        write_project(project, pool.conninfo(name))
        with psycopg.connect(postgres_database, autocommit=True) as owner:
            owner.execute("create table t (n bigint)")
        with psycopg.connect(postgres_database) as locker:
            locker.execute("lock table t in share mode")
            stop_twice(project, postgres_database)


SILENT_SECONDS_MAX = 22  # 11 of patience; all in turn would be more than 30


class Silence:
    """Before a server; from a moment on it takes connections and says nothing any more."""

    def __init__(self, port: int) -> None:
        self.behind = port
        self.silent = threading.Event()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.kept: list[socket.socket] = [self.listener]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                server = socket.create_connection(("127.0.0.1", self.behind))
                self.kept += [client, server]
                for pair in ((client, server), (server, client)):
                    threading.Thread(target=self.forward, args=pair, daemon=True).start()

    def forward(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                if self.silent.is_set():
                    return
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        for end in self.kept:
            end.close()


def test_a_server_that_is_silent_is_left_alone(
    tmp_path, tidemill, postgres_database: str, monkeypatch
) -> None:
    """It would not answer the cancel, either. The unit, the run's record, the renewal of the lease and
    its release do not wait one after the other."""
    monkeypatch.setenv("TIDEMILL_LEASE_RENEW_MS", "100")
    project = Project(tmp_path, tidemill)
    silence = Silence(int(re.search(r"port=(\d+)", postgres_database)[1]))
    conninfo = re.sub(r"port=\d+", f"port={silence.port}", postgres_database)
    write_project(project, conninfo)
    try:
        with psycopg.connect(postgres_database) as locker:
            locker.execute("create table t (n bigint)")
            locker.commit()
            locker.execute("lock table t in share mode")
            stop_twice(project, postgres_database, silence.silent.set, SILENT_SECONDS_MAX)
    finally:
        silence.close()
