# SPDX-License-Identifier: Apache-2.0
"""`tidemill doctor`: what it says of machines, disks and real servers, well and ill."""

import json
import resource
import subprocess
from pathlib import Path

import psycopg
import pytest
import servers
from project import Project

PIPELINES = {
    "p": {"source": {"files": "*.csv"}, "columns": {"a": "text"}, "sink": {"discard": True}}
}


@pytest.fixture
def project(tidemill: Path, tmp_path: Path) -> Project:
    return Project(tmp_path, tidemill)


def examine(project: Project, connections: dict[str, dict], code: int = 0) -> dict:
    """(subject, topic) -> finding."""
    project.write("tidemill.yaml", json.dumps({"connections": connections, "pipelines": PIPELINES}))
    lines = project.run("doctor", "--json", code=code).stdout.splitlines()
    findings = [json.loads(line) for line in lines]
    for finding in findings:
        assert (finding["advice"] is None) == (finding["verdict"] == "fine"), finding
    return {(finding["subject"], finding["topic"]): finding for finding in findings}


def test_without_a_project_the_machine_is_looked_at(project: Project) -> None:
    said = project.run("doctor").stdout
    assert said.startswith("machine\n")
    assert "\nspill\n" in said
    assert "project" not in said
    assert (
        "can't open the project file other.yaml"
        in project.run("doctor", "-f", "other.yaml", code=1).stdout
    )


def test_elasticsearch(project: Project, elasticsearch_8: servers.SearchServer) -> None:
    found = examine(project, {"events": {"elasticsearch": elasticsearch_8.url}})
    assert found["events", "server"]["verdict"] == "fine"
    assert "Elasticsearch 8.11.0 at http://127.0.0.1" in found["events", "server"]["text"]
    assert found["events", "health"]["text"] in ("green", "yellow")
    assert found["events", "clock"]["text"] == "agrees with this machine's"
    assert "500 allowed" in found["events", "search contexts"]["text"]
    assert "libcurl/" in found["events", "library"]["text"]


def test_opensearch(project: Project, opensearch_2: servers.SearchServer) -> None:
    found = examine(project, {"events": {"elasticsearch": opensearch_2.url}})
    assert "OpenSearch 2.19" in found["events", "server"]["text"]
    assert found["events", "clock"]["verdict"] == "fine"


def test_each_host_is_looked_at(project: Project, elasticsearch_8: servers.SearchServer) -> None:
    urls = [elasticsearch_8.url, "http://127.0.0.1:9"]
    project.write(
        "tidemill.yaml",
        json.dumps({"connections": {"e": {"elasticsearch": urls}}, "pipelines": PIPELINES}),
    )
    said = project.run("doctor", code=1).stdout
    assert "ok    server" in said
    assert "FAIL  server" in said
    assert "http://127.0.0.1:9" in said
    assert "`tidemill explain E4002`" in said


def test_a_password_in_the_clear_is_told_and_not_shown(
    project: Project, elasticsearch_8: servers.SearchServer
) -> None:
    login = {"elasticsearch": elasticsearch_8.url, "user": "reader", "password": "canary-7f3"}
    found = examine(project, {"events": login})
    assert found["events", "secrets"]["verdict"] == "warning"
    assert "canary-7f3" not in json.dumps(list(found.values()))


def test_postgres(project: Project, postgres_database: str) -> None:
    found = examine(project, {"dwh": {"postgres": postgres_database}})
    assert found["dwh", "server"]["verdict"] == "fine"
    with psycopg.connect(postgres_database) as connection:
        (version,) = connection.execute("SHOW server_version").fetchone()
    assert f"PostgreSQL {version} at " in found["dwh", "server"]["text"]
    assert found["dwh", "rights"]["text"] == "may create tables in schema public"
    assert found["dwh", "connections"]["verdict"] == "fine"
    assert found["dwh", "clock"]["verdict"] == "fine"
    assert "libpq " in found["dwh", "library"]["text"]


def test_postgres_rights_that_are_missing(project: Project, postgres_database: str) -> None:
    with psycopg.connect(postgres_database, autocommit=True) as connection:
        connection.execute("DROP ROLE IF EXISTS guest")
        connection.execute("CREATE ROLE guest LOGIN PASSWORD 'canary-7f3'")
        connection.execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC")
        try:
            found = examine(
                project,
                {"dwh": {"postgres": f"{postgres_database} user=guest password=canary-7f3"}},
            )
            assert found["dwh", "rights"]["verdict"] == "warning"
            assert "may not create tables in schema public" in found["dwh", "rights"]["text"]
            assert "canary-7f3" not in json.dumps(list(found.values()))
        finally:
            connection.execute("DROP ROLE guest")


def test_a_postgres_that_is_not_there(project: Project) -> None:
    found = examine(
        project,
        {"dwh": {"postgres": "host=127.0.0.1 port=9 dbname=x password=canary-7f3"}},
        code=1,
    )
    assert found["dwh", "server"]["verdict"] == "failure"
    assert "Connection refused" in found["dwh", "server"]["text"]
    assert found["dwh", "server"]["advice"] == "`tidemill explain E5001`"
    assert "canary-7f3" not in json.dumps(list(found.values()))


def test_disks(project: Project, tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    found = examine(
        project,
        {
            "lite": {"sqlite": "there/out.sqlite"},
            "files": {"csv": "there/new"},
            "memory": {"csv": "/dev/shm"},
        },
    )
    assert found["lite", "file"]["text"].endswith("there/out.sqlite will be created")
    assert found["lite", "fsync"]["text"].endswith(" ms")
    assert found["files", "directory"]["text"].endswith("there/new will be created")
    assert found["memory", "file system"]["verdict"] == "warning"
    assert "/dev/shm is on tmpfs" in found["memory", "file system"]["text"]
    assert [path.name for path in (tmp_path / "there").iterdir()] == []


def test_a_directory_that_is_not_there(project: Project) -> None:
    found = examine(project, {"lite": {"sqlite": "absent/out.sqlite"}}, code=1)
    assert found["lite", "writing"]["verdict"] == "failure"
    assert "No such file or directory" in found["lite", "writing"]["text"]


def test_limits_that_are_tight(project: Project, tidemill: Path, tmp_path: Path) -> None:
    def tighten() -> None:
        resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
        resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))

    said = subprocess.run(
        [tidemill, "doctor"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
        preexec_fn=tighten,
    ).stdout
    assert "warn  open files      64 allowed" in said
    assert "warn  file size       files may have at most 1048576 bytes" in said


def test_a_project_file_with_errors_is_a_finding(project: Project) -> None:
    project.write("tidemill.yaml", "connections: {e: {elastic: x}}\n")
    said = project.run("doctor", code=1).stdout
    assert "FAIL  file" in said
    assert "tidemill.yaml:1:" in said
