# SPDX-License-Identifier: Apache-2.0
"""The address of a connection is wrong, or what is there lets nobody in: a run and the doctor say where
that was and what to do."""

import json
import ssl
import subprocess
from pathlib import Path

import pytest
import servers
from foreign_servers import foreign, http, json_error
from project import Project
from tls_gateway import Authority

ADDRESS = "heck the address of the connection in the project file"
PORT = "is this the port of Elasticsearch or OpenSearch?"


@pytest.fixture
def project(tidemill: Path, tmp_path: Path) -> Project:
    return Project(tmp_path, tidemill)


def write(project: Project, url: str) -> None:
    config = {
        "connections": {"events": {"elasticsearch": url}, "lite": {"sqlite": "out.sqlite"}},
        "pipelines": {
            "p": {
                "source": {"connection": "events", "index": "uses-*"},
                "columns": {"a": "text"},
                "sink": {"connection": "lite", "table": "t", "mode": "replace"},
            }
        },
    }
    project.write("tidemill.yaml", json.dumps(config))


def told_by_run(project: Project, url: str, code: int = 4) -> str:
    write(project, url)
    said = project.run("run", code=code).stderr
    assert url in said
    return said


def told_by_doctor(project: Project, url: str) -> tuple[str, str]:
    """Its verdict on the server, and all that it says about it."""
    write(project, url)
    command = [project.binary, "doctor", "--json"]
    done = subprocess.run(command, cwd=project.directory, stdout=subprocess.PIPE, text=True)
    findings = map(json.loads, done.stdout.splitlines())
    (one,) = [f for f in findings if (f["subject"], f["topic"]) == ("events", "server")]
    assert url in one["text"]
    assert (done.returncode == 1) == (one["verdict"] == "failure")
    return one["verdict"], f"{one['text']} {one['advice']}"


def is_told(project: Project, url: str, *words: str, problem: str = "E4002") -> None:
    """By both in the same words."""
    said = told_by_run(project, url)
    verdict, looked = told_by_doctor(project, url)
    assert verdict == "failure"
    for each in words:
        assert each in said and each in looked, (each, said, looked)
    assert f"[{problem}]" in said and f"explain {problem}" in looked


def test_a_host_that_nobody_knows(project: Project) -> None:
    is_told(project, "http://no-such-host.invalid:9200", "no-such-host.invalid; c" + ADDRESS)


def test_nobody_listens(project: Project) -> None:
    is_told(project, "http://127.0.0.1:9", "is the server running there? If it is, c" + ADDRESS)


@pytest.mark.parametrize(
    ("reply", "speaks_first"),
    [(b"SSH-2.0-OpenSSH_9.6\r\n", True), (b"-ERR unknown command 'GET'\r\n", False), (b"", False)],
    ids=["SSH", "Redis", "nothing"],
)
def test_no_http(project: Project, reply: bytes, speaks_first: bool) -> None:
    with foreign(reply, speaks_first) as server:
        is_told(project, f"http://127.0.0.1:{server.port}", PORT, ADDRESS)


def test_postgresql(project: Project, postgres: servers.Postgres) -> None:
    is_told(project, f"http://127.0.0.1:{postgres.port}", PORT, ADDRESS)
    is_told(project, f"https://127.0.0.1:{postgres.port}", "https", ADDRESS)


def test_plain_http_to_a_port_of_tls(project: Project, tmp_path: Path) -> None:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(*Authority(tmp_path, "ours").sign("server", "IP:127.0.0.1"))
    with foreign(b"", tls=tls) as server:
        is_told(project, f"http://127.0.0.1:{server.port}", "the url must begin with https")


def test_tls_to_a_port_of_plain_http(project: Project) -> None:
    with foreign(http("200 OK", b"{}")) as server:
        url = f"https://127.0.0.1:{server.port}"
        is_told(project, url, "(https), or plain http?", ADDRESS)


@pytest.mark.parametrize("status", ["200 OK", "302 Found"])
def test_html(project: Project, status: str) -> None:
    with foreign(http(status, b"<html>Hello</html>", "location: /login")) as server:
        url = f"http://127.0.0.1:{server.port}"
        is_told(project, url, "is not JSON", PORT, ADDRESS, problem="E4004")


@pytest.mark.parametrize("body", [b'{"hello":"world"}', b"[]"])
def test_json_of_something_else(project: Project, body: bytes) -> None:
    """It was taken for OpenSearch without indices."""
    with foreign(http("200 OK", body)) as server:
        url = f"http://127.0.0.1:{server.port}"
        words = "does not say that it is Elasticsearch or OpenSearch"
        is_told(project, url, words, body.decode(), ADDRESS, problem="E4004")


@pytest.mark.parametrize(
    ("status", "problem", "code"),
    [
        ("400 Bad Request", "E4007", 2),
        ("403 Forbidden", "E4009", 4),
        ("404 Not Found", "E4007", 4),
        ("405 Method Not Allowed", "E4007", 4),
    ],
)
@pytest.mark.parametrize("body", [b'{"detail":"no"}', b'{"error":"Not Found"}'])
def test_refusals_of_something_else(
    project: Project, status: str, problem: str, code: int, body: bytes
) -> None:
    """A proxy may answer so to `GET /` and let searches through: the doctor does not know."""
    with foreign(http(status, body)) as server:
        url = f"http://127.0.0.1:{server.port}"
        said = told_by_run(project, url, code)
        assert ADDRESS in said and f"[{problem}]" in said
        verdict, looked = told_by_doctor(project, url)
    assert verdict == "warning"
    assert f"does not say whether it is Elasticsearch or OpenSearch (HTTP status {status[:3]})" in (
        looked
    )
    assert ADDRESS in looked


def test_a_server_that_asks_who_we_are(project: Project) -> None:
    reply = json_error("401 Unauthorized", "security_exception", "missing credentials")
    with foreign(reply) as server:
        url = f"http://127.0.0.1:{server.port}"
        words = "give user and password, api_key or bearer_token"
        is_told(project, url, "missing credentials", words, problem="E4009")


def test_a_server_that_lets_us_do_little(project: Project) -> None:
    """By its words the doctor knows what it is."""
    reply = json_error("403 Forbidden", "security_exception", "unauthorized for user [x]")
    with foreign(reply) as server:
        url = f"http://127.0.0.1:{server.port}"
        said = told_by_run(project, url)
        assert "unauthorized for user [x]; the user needs the privileges read" in said
        assert "[E4009]" in said
        assert told_by_doctor(project, url)[0] == "fine"


def test_a_gateway_without_a_server(project: Project) -> None:
    with foreign(http("503 Service Unavailable", b"<html>no upstream</html>")) as server:
        url = f"http://127.0.0.1:{server.port}"
        verdict, looked = told_by_doctor(project, url)
    assert verdict == "failure"
    assert "is not ready: run again when it is" in looked
