# SPDX-License-Identifier: Apache-2.0
"""`tidemill doctor`: what it says of machines, disks and real servers, well and ill."""

import json
import os
import resource
import socket
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


@pytest.mark.parametrize(
    ("name", "version", "snapshots", "contexts"),
    [
        ("elasticsearch_8", "Elasticsearch 8.11.0", "scroll and point in time", "500 allowed"),
        ("elasticsearch_7", "Elasticsearch 7.17.18", "scroll and point in time", "500 allowed"),
        ("elasticsearch_6", "Elasticsearch 6.8.23", "scroll only", "any number allowed"),
        ("opensearch_2", "OpenSearch 2.19.1", "scroll and point in time", "500 allowed"),
        ("opensearch_3", "OpenSearch 3.0.0", "scroll and point in time", "500 allowed"),
    ],
)
def test_search_servers(
    project: Project,
    request: pytest.FixtureRequest,
    name: str,
    version: str,
    snapshots: str,
    contexts: str,
) -> None:
    server = request.getfixturevalue(name)
    found = examine(project, {"events": {"elasticsearch": server.url}})
    assert {one["verdict"] for (subject, _), one in found.items() if subject == "events"} == {
        "fine"
    }
    assert f"{version} at {server.url}, {snapshots}; " in found["events", "server"]["text"]
    assert found["events", "health"]["text"] in ("green", "yellow")
    assert found["events", "clock"]["text"] == "agrees with this machine's"
    assert found["events", "search contexts"]["text"].endswith(f" open on this node, {contexts}")
    assert "libcurl/" in found["events", "library"]["text"]


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


def told_by_check(project: Project) -> list[str]:
    """The project file's errors, without the name of the program and the error's code."""
    said = project.run("check", "--offline", code=2).stderr
    return said.strip().removeprefix("tidemill: ").rsplit(" [E", 1)[0].splitlines()


def one_of_three(database: str, wrong: dict) -> dict:
    pipelines = {name: dict(PIPELINES["p"]) for name in ("first", "wrong", "last")}
    for name, connection in (("first", "dwh"), ("wrong", "lite"), ("last", "files")):
        pipelines[name]["sink"] = {"connection": connection, "table": name, "mode": "replace"}
    pipelines["wrong"].update(wrong)
    connections = {
        "dwh": {"postgres": database},
        "lite": {"sqlite": "out.sqlite"},
        "files": {"csv": "out"},
    }
    return {"connections": connections, "pipelines": pipelines}


@pytest.mark.parametrize(
    ("wrong", "errors"),
    [
        ({"colums": {"b": "text"}, "late": "perhaps"}, 3),  # found while the file is read
        ({"columns": {"a": "tekst", "b": "numbr"}}, 2),  # found while the pipeline is bound
        ({"sink": {"connection": "nowhere", "table": "t", "mode": "append"}}, 1),
    ],
)
def test_errors_of_one_pipeline_hide_no_connection(
    project: Project, postgres_database: str, wrong: dict, errors: int
) -> None:
    project.write("tidemill.yaml", json.dumps(one_of_three(postgres_database, wrong), indent=1))
    said = project.run("doctor", "--json", code=1).stdout
    lines = [json.loads(line) for line in said.splitlines()]
    told = [line for line in lines if line["subject"] == "project"]
    assert {line["verdict"] for line in told} == {"failure"}
    assert {line["advice"] for line in told} == {"`tidemill explain E1003`"}
    assert [line["text"] for line in told] == told_by_check(project)
    assert len(told) == errors
    found = {(line["subject"], line["topic"]): line for line in lines}
    assert "PostgreSQL " in found["dwh", "server"]["text"]
    assert found["dwh", "clock"]["verdict"] == "fine"
    assert found["lite", "fsync"]["verdict"] == "fine"
    assert found["files", "disk"]["verdict"] == "fine"
    said = project.run("doctor", code=1).stdout
    assert said.count("FAIL  file") == errors
    assert said.count("`tidemill explain E1003`") == 1  # below the last of them


def test_a_connection_that_is_written_wrongly_is_not_tried(
    project: Project, postgres_database: str
) -> None:
    """Without what is missing it would be another login, perhaps of another server."""
    connections = {
        "unset": {"postgres": f"{postgres_database} password=${{TIDEMILL_NOT_SET}}"},
        "list": {"elasticsearch": ["http://127.0.0.1:9", "http://${TIDEMILL_NOT_SET}:9"]},
        "strange": {"sqlite": "out.sqlite", "pasword": "canary-7f3"},
        "both": {"sqlite": "out.sqlite", "csv": "out"},
        "none": {},
        "text": "postgres",
        "dwh": {"postgres": postgres_database},
    }
    assert "TIDEMILL_NOT_SET" not in os.environ
    found = examine(project, connections, code=1)
    for name in ("unset", "list", "strange", "both", "none", "text"):
        topics = {topic for subject, topic in found if subject == name}
        assert topics == {"file"}, name
        assert found[name, "file"]["verdict"] == "failure"
        assert found[name, "file"]["text"].startswith("not looked at: what tidemill.yaml says")
    assert found["dwh", "server"]["verdict"] == "fine"
    assert "canary-7f3" not in json.dumps(list(found.values()))


def test_who_uses_a_connection(project: Project) -> None:
    def pipeline(connection: str, table: str) -> dict:
        sink = {"connection": connection, "table": table, "mode": "replace"}
        return {**PIPELINES["p"], "sink": sink}

    content = {
        "connections": {
            "lite": {"sqlite": "out.sqlite"},
            "files": {"csv": "out"},
            "spare": {"csv": "other"},
            "events": {"elasticsearch": "http://127.0.0.1:9"},
        },
        "pipelines": {f"p{i}": pipeline("lite", f"t{i}") for i in range(7)}
        | {
            "events_to_files": {
                **pipeline("files", "t"),
                "source": {"connection": "events", "index": "x"},
            }
        },
    }
    project.write("tidemill.yaml", json.dumps(content))
    lines = project.run("doctor", "--json", code=1).stdout.splitlines()
    found = [json.loads(line) for line in lines]
    assert {one["subject"]: one["text"] for one in found if one["topic"] == "use"} == {
        "lite": "SQLite, written by 7 pipelines: p0, p1, p2, p3, p4, ...",
        "files": "CSV, written by 1 pipeline: events_to_files",
        "spare": "CSV, used by no pipeline",
        "events": "Elasticsearch, read by 1 pipeline: events_to_files",
    }


def test_the_last_line_is_the_sum(project: Project) -> None:
    findings = examine(project, {"e": {"elasticsearch": "http://127.0.0.1:9"}}, code=1).values()
    count = [finding["verdict"] for finding in findings].count
    warnings = count("warning")
    assert count("failure") == 1
    said = project.run("doctor", code=1).stdout.splitlines()[-1]
    assert said == f"1 failure: runs would stop; {warnings} warning{'s' * (warnings != 1)}"
    said = project.run("doctor", "-f", "tidemill.yaml", "--spill", ".", code=1).stdout
    assert said.count("runs would stop") == 1


def test_a_server_that_does_not_answer_is_waited_for_once_and_hides_nothing(
    project: Project, tidemill: Path, tmp_path: Path
) -> None:
    """One takes connections and keeps silent, as behind a firewall; one answers only when what was
    found before it has been read."""
    with (
        socket.create_server(("127.0.0.1", 0)) as slow,
        socket.create_server(("127.0.0.1", 0)) as silent,
    ):
        connections = {
            "lite": {"sqlite": "out.sqlite"},
            "slow": {"elasticsearch": f"http://127.0.0.1:{slow.getsockname()[1]}"},
            "silent": {"elasticsearch": f"http://127.0.0.1:{silent.getsockname()[1]}"},
            "files": {"csv": "out"},
        }
        content = {"connections": connections, "pipelines": PIPELINES}
        project.write("tidemill.yaml", json.dumps(content))
        doctor = subprocess.Popen(
            [tidemill, "doctor", "--json"], cwd=tmp_path, stdout=subprocess.PIPE, text=True
        )
        before = []
        while ("lite", "fsync") not in before:
            finding = json.loads(doctor.stdout.readline())
            before.append((finding["subject"], finding["topic"]))
        with slow.accept()[0] as asked:
            asked.recv(1 << 16)
            asked.sendall(b"HTTP/1.1 401 Unauthorized\r\ncontent-length: 0\r\n\r\n")
            said, _ = doctor.communicate(timeout=60)
        silent.accept()[0].close()
        silent.settimeout(0)
        with pytest.raises(BlockingIOError):  # nobody has asked again
            silent.accept()
    after = {(one["subject"], one["topic"]): one for one in map(json.loads, said.splitlines())}
    assert doctor.returncode == 1
    assert "401" in after["slow", "server"]["text"]
    assert after["silent", "server"]["verdict"] == "failure"
    assert "timed out" in after["silent", "server"]["text"]
    assert after["files", "fsync"]["verdict"] == "fine"


def test_a_variable_that_is_set_is_no_reason_not_to_look(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TIDEMILL_FOLDER", "out")
    found = examine(project, {"files": {"csv": "${TIDEMILL_FOLDER}"}})
    assert found["files", "directory"]["text"] == "out will be created"


def test_a_project_file_that_is_no_yaml(project: Project) -> None:
    project.write("tidemill.yaml", "connections: {lite: {sqlite: out.sqlite}}\npipelines: [\n")
    said = project.run("doctor", code=1).stdout
    assert "FAIL  file            tidemill.yaml:" in said
    assert "`tidemill explain E1002`" in said
    assert "lite" not in said.split("\nproject\n")[1]
