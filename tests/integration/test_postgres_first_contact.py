# SPDX-License-Identifier: Apache-2.0
"""PostgreSQL does not let us in, or not yet, or takes no rows: what commands and the doctor say, by real
servers."""

import json
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import servers
from foreign_servers import foreign, http
from project import Project
from servers.postgres import Postgres, binaries
from sink_driver import Sink, SinkError

EXIT_SINK = 5
LOG_SECONDS_MAX = 20.0
RUN_SECONDS_MAX = 60.0
PROJECT_FILE = "of the connection in the project file"

RULES = """\
host     all  scram     all  scram-sha-256
host     all  rejected  all  reject
hostssl  all  encrypted all  trust
host     all  postgres,full,nobody  all  trust
"""
SETUP = (
    "create role scram login password 'right-canary'",
    "create role full login connection limit 0",
    "create role nobody nologin",
    "create database closed allow_connections false",
    "create database denied",
    "revoke connect on database denied from public",
    "create role guest login",
)


@pytest.fixture(scope="module")
def strict() -> Iterator[Postgres]:
    """A server that is particular about who may come in."""
    with servers.start("postgres") as server:
        with psycopg.connect(server.conninfo(), autocommit=True) as connection:
            for statement in SETUP:
                connection.execute(statement)
        rules = server.directory / "data" / "pg_hba.conf"
        guests = "host denied guest all trust\n"
        rules.write_text(guests + RULES)
        server.run_tool([binaries() / "pg_ctl", "reload", "-D", server.directory / "data"], {})
        wait_for(server, "reloading configuration files")
        yield server


def wait_for(server: Postgres, words: str, before: int = 0) -> None:
    """Until the server has written it, after that many bytes."""
    deadline = time.monotonic() + LOG_SECONDS_MAX
    while words not in server.log.read_bytes()[before:].decode(errors="replace"):
        assert time.monotonic() < deadline, server.log_tail()
        time.sleep(0.02)


@pytest.fixture
def project(tidemill: Path, tmp_path: Path) -> Project:
    made = Project(tmp_path, tidemill)
    made.write("a.ndjson", '{"a": "1"}\n')
    return made


def write(project: Project, conninfo: str) -> None:
    config = {
        "connections": {"dwh": {"postgres": conninfo}},
        "pipelines": {
            "p": {
                "source": {"files": "*.ndjson"},
                "columns": {"a": "text"},
                "sink": {"connection": "dwh", "table": "first", "mode": "replace"},
            }
        },
    }
    project.write("tidemill.yaml", json.dumps(config))


def finding(project: Project, topic: str) -> dict:
    """A failure that the doctor finds."""
    lines = project.run("doctor", "--json", code=1).stdout.splitlines()
    found = [json.loads(line) for line in lines]
    (one,) = [f for f in found if (f["subject"], f["topic"]) == ("dwh", topic)]
    assert one["verdict"] == "failure"
    return one


def is_told(project: Project, conninfo: str, *words: str, problem: str = "E5000") -> None:
    """By a run, by what only looks, and by the doctor: at once, and without the password."""
    write(project, conninfo)
    looked = finding(project, "server")
    assert looked["advice"] == f"`tidemill explain {problem}`"
    for command in ("run", "runs"):
        said = project.run(command, code=EXIT_SINK).stderr
        assert f"[{problem}]" in said and "given up" not in said
        assert "`dwh`" in said and "canary" not in said
        for each in words:
            assert each in said and each in looked["text"], (each, said)


def login(server: Postgres, user: str, more: str = "", database: str = "postgres") -> str:
    return f"host=127.0.0.1 port={server.port} user={user} dbname={database} {more}"


def test_nobody_listens(project: Project) -> None:
    conninfo = "host=127.0.0.1 port=9 user=u dbname=d"
    is_told(project, conninfo, "port 9", "check host and port " + PROJECT_FILE, problem="E5001")


def test_a_host_that_nobody_knows(project: Project) -> None:
    words = ("no-such-host.invalid", "check host " + PROJECT_FILE)
    is_told(project, "host=no-such-host.invalid user=u dbname=d", *words, problem="E5001")


@pytest.mark.parametrize(
    ("reply", "more"),
    [
        (http("400 Bad Request", b""), ""),
        (http("400 Bad Request", b""), "sslmode=disable"),
        (b"", ""),
    ],
)
def test_another_server(project: Project, reply: bytes, more: str) -> None:
    with foreign(reply) as server:
        conninfo = f"host=127.0.0.1 port={server.port} user=u dbname=d {more}"
        words = ("is this the port of PostgreSQL?", "check host and port " + PROJECT_FILE)
        is_told(project, conninfo, *words, problem="E5001")


@pytest.mark.parametrize(
    ("user", "more", "database", "words"),
    [
        ("postgres", "", "missing", ('"missing" does not exist; check dbname ', "CREATE DATABASE")),
        ("postgres", "", "closed", ("not currently accepting connections; check dbname ",)),
        ("guest", "", "denied", ("GRANT CONNECT ON DATABASE", "check user and dbname ")),
        ("scram", "password=wrong-canary", "postgres", ('"scram"; check user and password ',)),
        ("nobody", "", "postgres", ("not permitted to log in; check user ", "WITH LOGIN")),
        ("stranger", "", "postgres", ("no pg_hba.conf entry", "check user and dbname ")),
        ("rejected", "", "postgres", ("pg_hba.conf rejects", "check user, dbname and sslmode ")),
        ("encrypted", "sslmode=disable", "postgres", ("no encryption", "and sslmode where ")),
    ],
)
def test_a_login_that_is_refused(
    project: Project, strict: Postgres, user: str, more: str, database: str, words: tuple[str]
) -> None:
    is_told(project, login(strict, user, more, database), PROJECT_FILE, *words)


def test_a_role_that_does_not_exist(project: Project, postgres: Postgres) -> None:
    is_told(project, login(postgres, "missing"), 'role "missing" does not exist; check user ')


def test_a_password_that_was_not_given(project: Project, strict: Postgres) -> None:
    is_told(project, login(strict, "scram", "passfile=none"), "; give password in the connection")


def test_tls_that_is_not_there(project: Project, strict: Postgres) -> None:
    is_told(project, login(strict, "postgres", "sslmode=require"), "switch TLS on at the server")


def test_a_session_that_takes_no_rows(project: Project, postgres_database: str) -> None:
    write(project, f"{postgres_database} options='-c default_transaction_read_only=on'")
    for command in ("run", "check", "plan"):
        said = project.run(command, code=2).stderr
        assert "sessions are read-only: take default_transaction_read_only back" in said, command
    assert "default_transaction_read_only" in finding(project, "writing")["advice"]
    with psycopg.connect(postgres_database) as connection:
        assert connection.execute("select to_regclass('tidemill_runs')").fetchone() == (None,)
    write(project, postgres_database)
    project.run("run")


def test_only_servers_that_take_no_rows(project: Project, postgres_database: str) -> None:
    more = "target_session_attrs=read-write options='-c default_transaction_read_only=on'"
    is_told(project, f"{postgres_database} {more}", "none of the hosts takes writes")


class Standby(Postgres):
    """Of no primary: whatever it is, it is no server that takes rows, until it is promoted."""

    def prepare(self) -> None:
        super().prepare()
        self.write("data/standby.signal", "")

    def is_ready(self) -> bool:
        """Where nobody is let in, the state is another one."""
        path = self.directory / "data" / "postmaster.pid"
        lines = path.read_text().splitlines() if path.exists() else []
        return len(lines) >= 8 and lines[7].strip() in ("ready", "standby")

    def promote(self) -> None:
        data = self.directory / "data"
        self.run_tool([binaries() / "pg_ctl", "promote", "-w", "-D", data], {})


def start(project: Project, *arguments: str) -> subprocess.Popen:
    return subprocess.Popen(
        [project.binary, *arguments],
        cwd=project.directory,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def ends_well(process: subprocess.Popen) -> None:
    said = process.communicate(timeout=RUN_SECONDS_MAX)
    assert process.returncode == 0, said


def test_a_standby(project: Project) -> None:
    with Standby() as server:
        server.start()
        write(project, server.conninfo())
        for command in ("run", "check", "plan"):
            said = project.run(command, code=2).stderr
            assert "the server is a standby and takes no writes: connect to the primary" in said
        assert "this is a standby" in finding(project, "writing")["text"]
        server.promote()
        project.run("run")


def test_a_server_that_is_not_ready_is_waited_for(project: Project) -> None:
    with Standby(settings={"hot_standby": "off"}) as server:
        server.start()
        write(project, server.conninfo())
        looked = finding(project, "server")
        assert "the database system is not accepting connections" in looked["text"]
        assert looked["advice"] == "`tidemill explain E5001`"
        before = server.log.stat().st_size
        process = start(project, "run")
        wait_for(server, "the database system is not accepting connections", before)
        server.promote()
        ends_well(process)


def test_room_for_a_connection_is_waited_for(project: Project, strict: Postgres) -> None:
    write(project, login(strict, "full"))
    assert "a run takes one connection for each worker" in finding(project, "server")["text"]
    before = strict.log.stat().st_size
    process = start(project, "runs")
    wait_for(strict, 'too many connections for role "full"', before)
    with psycopg.connect(strict.conninfo(), autocommit=True) as connection:
        connection.execute("alter role full connection limit -1")
    ends_well(process)
    with psycopg.connect(strict.conninfo(), autocommit=True) as connection:
        connection.execute("alter role full connection limit 0")


def test_room_is_not_waited_for_for_ever(strict: Postgres) -> None:
    """Once, although a run that fails asks the server once more how things are."""
    before = strict.log.stat().st_size
    with Sink(login(strict, "full"), {"a": "text"}, attempts=3, wait_ms=1) as sink:
        with pytest.raises(SinkError, match="given up after 3 attempts") as told:
            sink.check()
        assert "raise max_connections, or put a pooler in between" in told.value.sentence
        with pytest.raises(SinkError, match="too many connections"):
            sink.check()
    words = 'FATAL:  too many connections for role "full"'
    refused = strict.log.read_bytes()[before:].decode().count(words)
    assert refused == 1 + 3 + 1  # at first, then by the attempts, and once more at the end
