# SPDX-License-Identifier: Apache-2.0
"""Ctrl-C, twice, while the server waits for a lock that somebody else holds: the run ends at once,
and not when that somebody does."""

import json
import signal
import subprocess
import time

import psycopg
import pytest
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
