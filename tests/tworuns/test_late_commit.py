# SPDX-License-Identifier: Apache-2.0
"""The COMMIT by which a run takes its lease is slow, and the run is cut off from it: it is executed
while the next attempt waits for the row already. What that finds there is the run itself."""

import json
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest
from pg_wire import Cut, PgProxy, Plan
from pipelines.engine import Project, finish

WAITS = """select count(*) from pg_stat_activity where datname = current_database()
           and application_name like 'tidemill % take%' and wait_event_type = 'Lock'"""
LEASE = "select epoch, holder <> '' from tidemill_lease"
COMMIT = b"Q\0\0\0\x0bCOMMIT\0"
PATIENCE_S = 60


@contextmanager
def role_without_rights(conninfo: str) -> Iterator[str]:
    """Its statements run as another role, which may not see, nor end, sessions of the one that has
    logged in: so a later attempt waits for what an earlier one has left open."""
    name = re.search(r"dbname=(\w+)", conninfo)[1]
    with psycopg.connect(conninfo, autocommit=True) as owner:
        owner.execute(
            f"""create role own_{name}; create role log_{name} login noinherit in role own_{name};
                alter role log_{name} set role = 'own_{name}';
                grant create on schema public to own_{name}"""
        )
        try:
            yield re.sub(r"user=\w+", f"user=log_{name}", conninfo)
        finally:
            owner.execute(f"drop owned by own_{name}; drop role log_{name}; drop role own_{name}")


def write(project: Project, conninfo: str, *ids: int) -> None:
    lines = "".join(json.dumps({"id": i}) + "\n" for i in ids)
    (project.directory / f"in-{ids[0]}.ndjson").write_text(lines)
    project.content = {
        "connections": {"out": {"postgres": conninfo}},
        "pipelines": {
            "events": {
                "source": {"files": "in-*.ndjson"},
                "columns": {"id": "int64"},
                "sink": {"connection": "out", "table": "loaded", "mode": "append"},
            }
        },
    }
    project.write()


def wait_for(condition, process: subprocess.Popen) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline, "it did not come about"
        assert process.poll() is None, process.communicate()
        time.sleep(0.02)


@pytest.mark.parametrize("is_first", [True, False])
def test_the_taking_of_a_lease_is_committed_late(
    tmp_path, tidemill, postgres_database: str, is_first: bool
) -> None:
    project = Project(tidemill, tmp_path)
    port = int(re.search(r"port=(\d+)", postgres_database)[1])
    with (
        role_without_rights(postgres_database) as conninfo,
        PgProxy(port) as proxy,
        psycopg.connect(postgres_database, autocommit=True) as watcher,
    ):
        through = re.sub(r"port=\d+", f"port={proxy.port}", conninfo)
        if not is_first:
            write(project, through, 1, 2)
            assert project.run().code == 0
        taken_before = 0 if is_first else 1
        write(project, through, 3, 4)
        proxy.begin(Plan([Cut("take", 1, "before", keeps=True)]))
        run = project.start()
        try:
            wait_for(lambda: watcher.execute(WAITS).fetchone() == (1,), run)
            (held,) = proxy.kept
            assert watcher.execute(LEASE).fetchone() == (taken_before, False)
            held.sendall(COMMIT)
            done = finish(run)
        finally:
            run.send_signal(signal.SIGKILL)
            run.wait()
        assert done.code == 0, done.describe()
        assert watcher.execute(LEASE).fetchone() == (taken_before + 1, False)
        found = [i for (i,) in watcher.execute("select id from loaded order by id")]
        assert found == ([3, 4] if is_first else [1, 2, 3, 4])
        proxy.drop_kept()
