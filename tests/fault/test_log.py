# SPDX-License-Identifier: Apache-2.0
"""The log of a run: what happened, in lines of text or JSON, without secrets."""

import json
import re
from datetime import datetime
from pathlib import Path

import pytest
from fake_search import Answer, FakeSearch, Request
from integration.project import Project

DOCUMENTS = {f"d{i:04}": {"who": f"c{i % 7}", "n": i} for i in range(90)}
CANARY = "canary-91c4"
TEXT = re.compile(r"^(\S+Z) (info|warning|error) +(\w+) (\w+): (.*?)(?: \[(E\d{4})\])?$")


@pytest.fixture
def project(tidemill: Path, tmp_path: Path) -> Project:
    return Project(tmp_path, tidemill)


def reads_from(project: Project, url: str, **connection: object) -> None:
    pipeline = {
        "source": {"connection": "events", "index": "uses", "page_size": 20},
        "columns": {"who": "text", "n": "int64"},
        "sink": {"connection": "lite", "table": "t", "mode": "append"},
    }
    pipeline["sink"]["again"] = "append"
    events = {"elasticsearch": url, "retry_pause": "1ms", **connection}
    project.write(
        "tidemill.yaml",
        json.dumps(
            {
                "connections": {"events": events, "lite": {"sqlite": "out.sqlite"}},
                "pipelines": {"p": pipeline},
            }
        ),
    )


def entries(text: str) -> list[dict]:
    return [json.loads(line) for line in text.splitlines()]


def cut_third_page(request: Request, answer: Answer) -> None:
    if request.kind == "next" and request.number == 3:
        answer.cut_at = -5


def test_a_run_tells_its_stages_and_failed_attempts(project: Project) -> None:
    with FakeSearch(DOCUMENTS) as server:
        server.fault = cut_third_page
        reads_from(project, server.url)
        project.run("run", "--quiet", "--log", "run.log", "--log-format", "json", "--workers", "1")
    told = entries((project.directory / "run.log").read_text("utf-8"))
    events = [entry["event"] for entry in told]
    assert events[0] == "run_started"
    assert events[-1] == "run_complete"
    assert next(e["message"] for e in told if e["event"] == "stage") == "reading"
    (failed,) = [entry for entry in told if entry["event"] == "attempt_failed"]
    assert failed["level"] == "warning"
    assert re.fullmatch(r"E4\d{3}", failed["problem"])
    assert "attempt 1" in failed["message"] and "uses slice" in failed["message"]
    assert "90 rows read" in told[-1]["message"] or "90 loaded" in told[-1]["message"]
    assert {entry["pipeline"] for entry in told} == {"p"}
    times = [datetime.fromisoformat(entry["at"].replace("Z", "+00:00")) for entry in told]
    assert times == sorted(times)
    assert project.rows("SELECT count(*) FROM t") == [(90,)]


def test_text_lines_say_the_same(project: Project) -> None:
    with FakeSearch(DOCUMENTS) as server:
        server.fault = cut_third_page
        reads_from(project, server.url)
        said = project.run("run", "--quiet", "--log", "-", "--workers", "1").stderr
    lines = [TEXT.match(line) for line in said.splitlines()]
    assert all(lines), said
    events = [line[4] for line in lines]
    assert events[0] == "run_started" and events[-1] == "run_complete"
    assert "attempt_failed" in events


def test_the_log_is_appended_to(project: Project) -> None:
    with FakeSearch(DOCUMENTS) as server:
        reads_from(project, server.url)
        project.run("run", "--quiet", "--log", "run.log")
        first = (project.directory / "run.log").read_text("utf-8")
        project.run("run", "--quiet", "--log", "run.log")
    assert (project.directory / "run.log").read_text("utf-8").startswith(first)


def test_a_failure_ends_the_log_with_its_code(project: Project) -> None:
    reads_from(project, "http://127.0.0.1:9", retries=0)
    project.run("run", "--quiet", "--log", "run.log", "--log-format", "json", code=4)
    last = entries((project.directory / "run.log").read_text("utf-8"))[-1]
    assert (last["level"], last["event"], last["problem"]) == ("error", "run_failed", "E4002")


def test_secrets_are_in_no_log(project: Project) -> None:
    def refuse(request: Request, answer: Answer) -> None:
        if request.kind == "next" and request.number > 1:
            answer.status = 401
            answer.body = json.dumps({"error": {"type": "security", "reason": "go"}}).encode()

    with FakeSearch(DOCUMENTS) as server:
        server.fault = refuse
        for number, login in enumerate(
            [
                {"user": "reader", "password": CANARY},
                {"api_key": CANARY},
                {"url": server.url.replace("http://", f"http://reader:{CANARY}@")},
            ]
        ):
            url = login.pop("url", server.url)
            reads_from(project, url, retries=1, **login)
            name = f"{number}.log"
            done = project.run("run", "--new", "--log", name, "--log-format", "json", code=4)
            text = (project.directory / name).read_text("utf-8")
            assert "run_failed" in text
            assert CANARY not in text + done.stdout + done.stderr
            assert CANARY not in json.dumps(project.rows("SELECT * FROM tidemill_runs"))


def load(project: Project, conninfo: str, columns: dict, log: str, code: int) -> str:
    """What a run into PostgreSQL leaves in its log, and says."""
    sink = {"connection": "dwh", "table": "t", "mode": "append", "again": "append"}
    pipeline = {"source": {"files": "in.ndjson"}, "columns": columns, "sink": sink}
    content = {"connections": {"dwh": {"postgres": conninfo}}, "pipelines": {"p": pipeline}}
    project.write("tidemill.yaml", json.dumps(content))
    kind = log.partition(".")[0]
    done = project.run("run", "--log", log, "--log-format", kind, code=code)
    text = (project.directory / log).read_text("utf-8")
    assert ("run_failed" if code else "run_complete") in text
    return text + done.stdout + done.stderr


@pytest.mark.parametrize("kind", ["text", "json"])
def test_a_database_password_and_the_key_of_a_mask_are_in_no_log(
    project: Project, postgres_database: str, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    key = f"{CANARY}-of-a-mask-0123456789"
    monkeypatch.setenv("TIDEMILL_LOG_KEY", key)
    monkeypatch.setenv("TIDEMILL_LOG_PASSWORD", CANARY)
    project.write("in.ndjson", '{"who": "a", "n": 1}\n')
    masked = {"who": {"type": "text", "mask": {"hash": "${TIDEMILL_LOG_KEY}"}}, "n": "int64"}
    login = f"{postgres_database} password=${{TIDEMILL_LOG_PASSWORD}}"
    said = load(project, login, masked, f"{kind}.well.log", 0)
    monkeypatch.setenv("TIDEMILL_LOG_KEY", key + "!")  # another key is told, and neither is shown
    project.write("in.ndjson", '{"who": "a", "n": "none"}\n')
    said += load(project, login, masked, f"{kind}.reject.log", 6)
    nobody = f"{postgres_database} user=nobody_{CANARY[-4:]} password=${{TIDEMILL_LOG_PASSWORD}}"
    said += load(project, nobody, masked, f"{kind}.refused.log", 5)
    said += load(project, "host=127.0.0.1 port=9 password=" + CANARY, masked, f"{kind}.gone.log", 5)
    assert CANARY not in said
    assert f"nobody_{CANARY[-4:]}" in said


def test_a_log_that_cannot_be_opened_stops_the_run_before_it_begins(project: Project) -> None:
    with FakeSearch(DOCUMENTS) as server:
        reads_from(project, server.url)
        said = project.run("run", "--log", "absent/run.log", code=1).stderr
    assert "can't open the log absent/run.log: No such file or directory [E7000]" in said
    assert not (project.directory / "out.sqlite").exists()


def test_a_format_that_does_not_exist(project: Project) -> None:
    said = project.run("run", "--log-format", "xml", code=2).stderr
    assert "--log-format takes text or json" in said
