# SPDX-License-Identifier: Apache-2.0
"""Reading through a real TLS gateway: certificates of both sides, keys, tokens and passwords. What
is wrong is named, with what to do; secrets stand nowhere."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from project import Project
from tls_gateway import API_KEY, KEY_PASSWORD, PASSWORD, SECRETS, TOKEN, USER, Gateway

DOCUMENTS = 300
INDEX = "tls-uses"


@pytest.fixture(scope="module")
def gateway(elasticsearch_8, tmp_path_factory) -> Iterator[Gateway]:
    elasticsearch_8.create_index(INDEX, {"n": {"type": "long"}}, shards=2)
    elasticsearch_8.load(INDEX, ((f"d{i}", {"n": i}) for i in range(DOCUMENTS)))
    with Gateway(tmp_path_factory.mktemp("tls"), elasticsearch_8.port) as gateway:
        yield gateway
    elasticsearch_8.request("DELETE", f"/{INDEX}")


@pytest.fixture
def project(tidemill: Path, tmp_path: Path) -> Project:
    return Project(tmp_path, tidemill)


def write(project: Project, url: str | list[str], **keys: object) -> None:
    pipeline = {
        "source": {"connection": "events", "index": INDEX, "page_size": 50},
        "columns": {"id": {"type": "text", "from": "_id"}, "n": "int64"},
        "sink": {"connection": "lite", "table": "t", "mode": "merge", "key": "id", "newest": "n"},
    }
    given = {key: str(value) if isinstance(value, Path) else value for key, value in keys.items()}
    connections = {
        "events": {"elasticsearch": url, "retry_pause": "1ms", "retries": 1, **given},
        "lite": {"sqlite": "out.sqlite"},
    }
    content = {"connections": connections, "pipelines": {"p": pipeline}}
    project.write("tidemill.yaml", json.dumps(content))


def expect_no_secrets(project: Project, *said: str) -> None:
    """Neither in what was said, nor in whatever was written; the project file has them."""
    written = [path for path in project.directory.rglob("*") if path.is_file()]
    texts = [text.encode() for text in said]
    texts += [path.read_bytes() for path in written if path.name != "tidemill.yaml"]
    for secret in SECRETS:
        assert not any(secret.encode() in text for text in texts), secret


def expect_read(project: Project) -> None:
    said = [project.run("check").stdout, project.run("plan", "--json").stdout]
    record = project.run("run", "--json")
    assert json.loads(record.stdout)["counts"]["read"] == DOCUMENTS
    rows = project.rows("select id, n from t order by n")
    assert rows == [(f"d{i}", i) for i in range(DOCUMENTS)]
    said += [record.stdout, record.stderr, project.run("runs", "--json").stdout]
    expect_no_secrets(project, *said)


def expect_refusal(project: Project, *words: str) -> str:
    said = ""
    for command in (("check",), ("run", "--json"), ("plan",)):
        result = project.run(*command, code=4)
        said = result.stdout + result.stderr
        for word in words:
            assert word in said, (word, said)
        expect_no_secrets(project, said)
    return said


def access(gateway: Gateway, name: str) -> dict[str, object]:
    return {
        "plain": {},
        "narrow": {},
        "mutual": {"client_cert": gateway.client[0], "client_key": gateway.client[1]},
        "basic": {"user": USER, "password": PASSWORD},
        "key": {"api_key": API_KEY},
        "token": {"bearer_token": TOKEN + "\n"},
    }[name]


@pytest.mark.parametrize("name", ["plain", "mutual", "basic", "key", "token", "narrow"])
def test_whoever_may_reads(project, gateway, name):
    write(
        project,
        gateway.url(name),
        ca_file=gateway.authority.certificate,
        **access(gateway, name),
    )
    expect_read(project)
    asked = gateway.requests(name)
    # The server keeps `GET /` to itself.
    assert {status for *_, status in asked} <= {"200", "405"}
    if name == "plain":
        # A handshake for each reader at most, and one to plan: not for each request.
        assert len({connection for connection, *_ in asked}) < len(asked) / 3


def test_paths_start_from_the_project_file(project, gateway, tmp_path):
    project.write("certificates/authority.pem", gateway.authority.certificate.read_bytes())
    both = gateway.client[0].read_text() + gateway.locked_key.read_text()
    project.write("certificates/us.pem", both)
    write(
        project,
        gateway.url("mutual"),
        ca_file="certificates/authority.pem",
        client_cert="certificates/us.pem",
        client_key_password=KEY_PASSWORD,
    )
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    here, project.directory = project.directory, elsewhere
    said = project.run("check", "-f", str(here / "tidemill.yaml"))
    project.directory = here
    (here / "certificates" / "us.pem").chmod(0o600)
    assert KEY_PASSWORD not in said.stdout + said.stderr


def test_a_server_that_is_not_trusted_learns_nothing(project, gateway):
    certificate = gateway.authority.certificate
    for door, keys, words in (
        ("basic", {}, ("certificate", "name a file with the authority that signed it as ca_file")),
        (
            "basic",
            {"ca_file": gateway.stranger.certificate},
            ("the authority that signed it is not in ca_file",),
        ),
        ("basic", {"ca_file": "nowhere.pem"}, ("ca_file must be a readable PEM file",)),
        ("expired", {"ca_file": certificate}, ("expired", "have the certificate renewed")),
        ("elsewhere", {"ca_file": certificate}, ("must be for the host in the url",)),
    ):
        before = len(gateway.requests(door))
        write(project, gateway.url(door), user=USER, password=PASSWORD, **keys)
        expect_refusal(project, gateway.url(door), "E4008", *words)
        assert len(gateway.requests(door)) == before


def test_verify_false_reads_and_says_so(project, gateway):
    write(project, gateway.url("elsewhere"), verify=False)
    assert "the server's certificate is not checked" in project.run("check").stdout
    expect_read(project)


def test_a_client_that_is_not_let_in(project, gateway):
    trusted = {"ca_file": gateway.authority.certificate}
    unknown = {"client_cert": gateway.unknown_client[0], "client_key": gateway.unknown_client[1]}
    for door, keys, words in (
        ("mutual", {}, ("E4008", "give client_cert and client_key")),
        ("mutual", unknown, ("E4008", "client_cert is not accepted")),
        (
            "mutual",
            {"client_cert": gateway.client[0], "client_key": gateway.unknown_client[1]},
            ("E4008", "must be readable PEM files that belong together"),
        ),
        (
            "mutual",
            {
                "client_cert": gateway.client[0],
                "client_key": gateway.locked_key,
                "client_key_password": "wrong",
            },
            ("E4008", "client_key_password the key's password"),
        ),
        ("key", {}, ("HTTP status 401", "E4009", "the server wants to know who asks")),
        ("key", {"bearer_token": TOKEN}, ("HTTP status 403", "E4009")),
        ("token", {"api_key": API_KEY}, ("HTTP status 403", "E4009")),
        ("basic", {"user": USER, "password": TOKEN}, ("HTTP status 403", "E4009")),
    ):
        write(project, gateway.url(door), **trusted, **keys)
        expect_refusal(project, gateway.url(door), *words)


def test_a_host_without_trust_is_passed_over(project, gateway):
    """Its failure is kept for the moment when nobody else is left."""
    hosts = [gateway.url("expired"), gateway.url("plain")]
    write(project, hosts, ca_file=gateway.authority.certificate)
    expect_read(project)
    write(project, [*hosts[:1], gateway.url("key")], ca_file=gateway.authority.certificate)
    expect_refusal(project, *hosts[:1], gateway.url("key"), "expired", "HTTP status 401")


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ({"user": "u", "api_key": API_KEY}, "give one of `user:`, `api_key:` and `bearer_token:`"),
        ({"client_key": "x.pem"}, "`client_key:` needs `client_cert:`"),
        ({"password": PASSWORD}, "`password:` needs `user:`"),
        ({"api_key": "id:" + TOKEN}, "give its `encoded` form"),
        ({"bearer_token": "a\nb"}, "bearer_token has a blank"),
        ({"bearer_tokn": TOKEN}, "bearer_token"),
    ],
)
def test_what_makes_no_sense_is_told_before_anybody_is_asked(project, keys, words):
    write(project, "https://127.0.0.1:9", **keys)
    result = project.run("check", code=2)
    assert words in result.stdout + result.stderr
    expect_no_secrets(project, result.stdout, result.stderr)
