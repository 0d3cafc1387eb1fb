# SPDX-License-Identifier: Apache-2.0
"""Passwords with the bytes that end a part of an address, where nobody has percent-encoded them: in urls,
connection strings and proxies. No command, log or record shows a part of one, and what is said
helps. `init` writes none into the project file."""

import json
import os
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from fault.fake_search import FakeSearch
from project import Project

# Two words each, which are looked for: libraries show parts.
PASSWORDS = [f"{left}{mark}glycine" for left in ("canary", "31337") for mark in "/@:#%?"]
PASSWORDS += [
    "canary@31337/glycine",
    "canary/31337@glycine",
    "canary://glycine",
    "canary?x=glycine",
]
PARTS = ("canary", "31337", "glycine")
PROXIES = ("http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY")
NO_PROXIES = ("no_proxy", "NO_PROXY", "HTTP_PROXY")
DOCUMENTS = {f"d{i}": {"n": i} for i in range(5)}
ENCODE = "percent-encoded"
NOWHERE = "http://search.invalid:9200"


@dataclass
class Place:
    """A project of one pipeline, the doctor and a log included."""

    project: Project

    def write(self, connections: dict, source: dict, sink: str) -> None:
        pipeline = {
            "source": source,
            "columns": {"n": "int64"},
            "sink": {"connection": sink, "table": "t", "mode": "replace"},
        }
        content = {"connections": connections, "pipelines": {"p": pipeline}}
        self.project.write("tidemill.yaml", json.dumps(content))

    def read_from(self, url: str) -> None:
        search = {"elasticsearch": url, "retries": 0, "retry_pause": "1ms"}
        source = {"connection": "far", "index": "uses"}
        self.write({"far": search, "lite": {"sqlite": "out.sqlite"}}, source, "lite")

    def write_to(self, conninfo: str) -> None:
        self.project.write("a.ndjson", '{"n": 1}\n')
        self.write({"far": {"postgres": conninfo}}, {"files": "*.ndjson"}, "far")

    def call(self, *arguments: str) -> subprocess.CompletedProcess:
        return subprocess.run(
            [self.project.binary, *arguments],
            cwd=self.project.directory,
            capture_output=True,
            text=True,
            timeout=120,
        )

    def fail(self, *arguments: str) -> str:
        result = self.call(*arguments)
        assert result.returncode not in (0, -6, -11), (arguments, result)
        return result.stdout + result.stderr

    def fail_all(self, *words: str) -> None:
        """All commands that go there fail, with the words and without a part of a password."""
        commands = (
            ("check",),
            ("check", "--json"),
            ("plan",),
            ("run", "--log", "run.log"),
            ("run", "--json", "--log-format", "json", "--log", "json.log"),
            ("doctor",),
            ("doctor", "--json"),
        )
        for command in commands:
            said = self.fail(*command)
            assert all(word in said for word in words), (command, words, said)
            expect_clean(command, said.encode())
        self.expect_clean_files()

    def expect_clean_files(self) -> None:
        for path in self.project.directory.rglob("*"):
            if path.is_file() and path.name != "tidemill.yaml":
                expect_clean(path, path.read_bytes())


def expect_clean(what: object, text: bytes) -> None:
    assert not any(part.encode() in text for part in PARTS), (what, text)


@pytest.fixture
def place(tidemill: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    for name in (*PROXIES, *NO_PROXIES):
        monkeypatch.delenv(name, raising=False)
    return Place(Project(tmp_path, tidemill))


@pytest.fixture
def server() -> Iterator[FakeSearch]:
    with FakeSearch(DOCUMENTS) as fake:
        yield fake


def ends_userinfo(password: str) -> bool:
    return re.search("[/@#?]", password) is not None


@pytest.mark.parametrize("password", PASSWORDS)
def test_a_proxy(place, monkeypatch, password):
    place.read_from(NOWHERE)
    monkeypatch.setenv("http_proxy", f"http://u:{password}@127.0.0.1:1")
    if ends_userinfo(password):
        place.fail_all("E1016", "`http_proxy`", ENCODE, "no_proxy")
    else:
        place.fail_all("E4002", "`http_proxy`", "no_proxy")


@pytest.mark.parametrize("value", ["u:canary@31337@nowhere.invalid:1", "canary://u:glycine@h:1",
                                   "http://u:canary glycine@127.0.0.1:1", "ftp://u:canary@h:1"])  # fmt: skip
def test_what_is_no_address_of_a_proxy(place, monkeypatch, value):
    place.read_from(NOWHERE)
    monkeypatch.setenv("http_proxy", value)
    place.fail_all("E1016", "`http_proxy`", ENCODE)


@pytest.mark.parametrize("name", PROXIES)
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_each_variable(place, monkeypatch, name, scheme):
    place.read_from(f"{scheme}://search.invalid:9200")
    monkeypatch.setenv(name, "http://u:canary/glycine@nowhere.invalid:1")
    if name.lower() == f"{scheme}_proxy" or name.lower() == "all_proxy":
        place.fail_all("E1016", f"`{name}`")
    else:
        place.fail_all("E4002", "search.invalid")


def test_a_proxy_that_nobody_knows_or_that_is_down(place, monkeypatch):
    place.read_from(NOWHERE)
    for host in ("nowhere.invalid:3128", "127.0.0.1:1"):
        monkeypatch.setenv("ALL_PROXY", f"http://u:canary@{host}/")
        place.fail_all("E4002", "`ALL_PROXY`", host.partition(":")[0])


def test_a_proxy_that_is_well_and_a_host_that_needs_none(place, server, monkeypatch):
    monkeypatch.setenv("http_proxy", f"http://u:canary%2F%40@127.0.0.1:{server.port}")
    place.read_from(NOWHERE)
    assert place.project.record()["counts"]["read"] == len(DOCUMENTS)
    monkeypatch.setenv("http_proxy", "http://u:canary/glycine@nowhere.invalid:1")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    place.read_from(server.url)
    assert place.project.record()["counts"]["read"] == len(DOCUMENTS)


def test_hosts_that_the_proxy_is_not_for_are_tried(place, server, monkeypatch):
    monkeypatch.setenv("http_proxy", "http://u:canary/glycine@nowhere.invalid:1")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    place.read_from([NOWHERE, server.url])
    assert place.project.record()["counts"]["read"] == len(DOCUMENTS)
    place.expect_clean_files()


@pytest.mark.parametrize("password", ["canary/glycine", "canary@glycine", "canary@31337@glycine"])
def test_records_of_runs(place, server, monkeypatch, password):
    """Of a pipeline that has run a failure is kept in the database."""
    place.read_from(server.url)
    place.project.record()
    monkeypatch.setenv("http_proxy", f"http://u:{password}@nowhere.invalid:1")
    place.fail_all("E1016", "`http_proxy`")
    for command in (("runs",), ("runs", "--json"), ("show", "p", "--json")):
        result = place.call(*command)
        expect_clean(command, (result.stdout + result.stderr).encode())


@pytest.mark.parametrize("password", PASSWORDS)
def test_a_url_of_a_search_server(place, monkeypatch, password):
    monkeypatch.setenv("PW", password)
    place.read_from("http://u:${PW}@127.0.0.1:1")
    if ends_userinfo(password):
        place.fail_all("E1016", ENCODE, "`user` and `password`")
    else:
        place.fail_all("E4002", "http://127.0.0.1:1")


@pytest.mark.parametrize("password", PASSWORDS)
@pytest.mark.parametrize("scheme", ["postgresql", "postgres"])
def test_an_address_of_postgres(place, monkeypatch, password, scheme):
    monkeypatch.setenv("PW", password)
    place.write_to(f"{scheme}://u:${{PW}}@127.0.0.1:9/db")
    if re.search("[/@%]", password):
        place.fail_all("E1016", ENCODE, "keyword=value")
    else:
        place.fail_all("E5001", "port 9")


@pytest.mark.parametrize("password", PASSWORDS)
def test_pairs_of_postgres(place, monkeypatch, password):
    monkeypatch.setenv("PW", password)
    place.write_to("host=127.0.0.1 port=9 user=u password='${PW}' dbname=db")
    place.fail_all("E5001", "port 9")


@pytest.mark.parametrize("conninfo", [
    "host=127.0.0.1 password=canary glycine", "host=127.0.0.1 password='canary",
    "host=u:canary@127.0.0.1", "host=127.0.0.1 port=canary", "u:canary@127.0.0.1/db",
    "host=127.0.0.1 dbname=postgresql://u:canary@h/db", "postgresql://u@h/db?canary=glycine",
    "host=127.0.0.1 dbname='host=h password=canary'",
])  # fmt: skip
def test_strings_that_postgres_would_quote(place, conninfo):
    place.write_to(conninfo)
    place.fail_all("E1016", "keyword=value")


@pytest.mark.parametrize("conninfo", [
    "host=127.0.0.1 port=9 user=me@there", "postgresql://127.0.0.1:9/db?user=me@there",
    "postgresql://u:p%40@127.0.0.1:9,[::1]:9/db", "host=127.0.0.1,127.0.0.2 port=9,9",
    "host=@nowhere,127.0.0.1 port=9", "postgresql://%2Fnowhere:9/a%40b",
])  # fmt: skip
def test_strings_that_are_right(place, conninfo):
    place.write_to(conninfo)
    place.fail_all("E5001")


@pytest.mark.parametrize(("parameter", "words"), [
    ("port=99999", "invalid port number"), ("sslmode=never", "invalid sslmode value"),
    ("connect_timeout=soon", "invalid integer value"), ("port=1,2", "could not match 2 port"),
])  # fmt: skip
def test_a_parameter_that_is_wrong(place, parameter, words):
    place.write_to(f"host=127.0.0.1 {parameter}")
    place.fail_all("E1016", words)


def test_a_secret_where_a_word_is_wanted(place, monkeypatch):
    """A variable that stands in the wrong place is named, its value is not."""
    monkeypatch.setenv("PW", "canary")
    place.read_from(NOWHERE)
    text = (place.project.directory / "tidemill.yaml").read_text()
    place.project.write("tidemill.yaml", text.replace('"replace"', '"${PW}"'))
    for command in (("check",), ("run",), ("doctor",)):
        said = place.fail(*command)
        assert "${PW}" in said
        expect_clean(command, said.encode())


REFUSED = [
    *(("--postgres", f"postgresql://u:{password}@127.0.0.1/x") for password in PASSWORDS),
    *(("--postgres", f"host=h user=u password={password} dbname=d") for password in PASSWORDS),
    *(("--elasticsearch", f"http://u:{password}@127.0.0.1:1") for password in PASSWORDS),
    ("--postgres", "host=h password = 'canary glycine'"),
    ("--postgres", "host=${H} password=canary"),
    ("--postgres", "password=${PW}glycine"),
    ("--postgres", "password='${PW}${PW}canary${PW}'"),
    ("--postgres", "host=h sslpassword=canary"),
    ("--postgres", "postgresql://h/${DB}?password=canary&user=u"),
    ("--postgres", "postgresql://${U}:canary@h/${DB}"),
    ("--postgres", "u:canary@h"),
    ("--elasticsearch", "http://${U}:canary@h:9200"),
    ("--elasticsearch", "http://u:canary@h:9200/${PATH}"),
]


@pytest.mark.parametrize(("option", "value"), REFUSED)
def test_init_writes_no_password(place, option, value):
    place.project.write("in.ndjson", '{"a": 1}\n')
    more = ("--index", "x") if option == "--elasticsearch" else ("--files", "in.ndjson")
    result = place.call("init", option, value, *more)
    assert result.returncode == 2
    assert "secrets do not go into the project file" in result.stderr
    expect_clean(value, (result.stdout + result.stderr).encode())
    assert not (place.project.directory / "tidemill.yaml").exists()


@pytest.mark.parametrize("conninfo", [
    "host=127.0.0.1 port=9 user=u dbname=d", "host=127.0.0.1 password='${PW}' user=u@there",
    "host=127.0.0.1 password=${PW}", "postgresql://u:${PW}@127.0.0.1:9/d",
    "postgresql://u@127.0.0.1:9/d?password=${PW}&sslmode=disable", "${CONNINFO}", "service=x",
])  # fmt: skip
def test_init_writes_what_is_no_secret(place, conninfo):
    place.project.write("in.ndjson", '{"a": 1}\n')
    place.project.run("init", "--postgres", conninfo, "--files", "in.ndjson")
    assert os.fsencode(conninfo) in (place.project.directory / "tidemill.yaml").read_bytes()
